package gateway

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/link"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// heartbeatLimit is the age of the manager's heartbeat from which protected and
// sponsored links stay shut: the password, the protection, or the sponsor's right
// may have changed since.
const heartbeatLimit = 10 * time.Minute

// Principal is who asks: a link, and what was shown to open it. What is shown
// has been verified before; here it is only whether it suffices.
type Principal struct {
	// Link is nil when the token or id is of no link.
	Link *Snapshot
	// Token: the address holds the link's token.
	Token bool
	// Unlocked: a valid session of the link came with the request.
	Unlocked bool
	// Signed is what the address was signed for; nil when it was not, or the signature is not valid.
	Signed *Subject
	// Catalog of what the link shows; nil until it has been read. It is only
	// read for what was allowed without an asset.
	Catalog *Catalog
}

// Answer says how a request is to be answered.
type Answer uint8

// The answers. The zero value refuses.
const (
	// NotFound: nobody learns whether there is such a link.
	NotFound Answer = iota
	// Allow.
	Allow
	// Gone: a known link that is over, suspended, frozen or lacks its target.
	Gone
	// TooEarly: a known link that does not open yet.
	TooEarly
	// Locked: the password is needed.
	Locked
	// Unavailable: it cannot be decided now.
	Unavailable
	// NoSuchAsset: the link is open and does not show this.
	NoSuchAsset
	// Preparing: the link shows this, and it is rendered now that somebody asks for it.
	Preparing
)

// Decision is what Authorise decided. Only an allowed one about bytes has a Blob.
type Decision struct {
	Answer  Answer
	Verdict link.Verdict
	// Blob is what may be sent.
	Blob *Blob
	// Asset that the decision is about.
	Asset *asset.CatalogAsset
}

// Authorise decides whether the principal may do this on that now. It is the
// only way to a byte: nothing else makes a Blob. It is pure.
func Authorise(p Principal, s Subject, permission Permission, now time.Time) Decision {
	return decide(conditions, p, s, permission, now)
}

// question is what the conditions look at.
type question struct {
	Principal
	Subject
	permission Permission
	now        time.Time
	verdict    link.Verdict
	asset      *asset.CatalogAsset
	rendition  *asset.CatalogRendition
}

// condition lets a question pass, or gives the answer to refuse with. The
// conditions are a list so that a test can leave out each in turn and see
// that something opens which must not.
type condition struct {
	name   string
	refuse func(*question) (Answer, bool)
}

func when(refused bool, a Answer) (Answer, bool) { return a, refused }

// conditions in their order: what a stranger may learn comes last.
var conditions = []condition{
	{"the link exists", func(q *question) (Answer, bool) {
		return when(q.Link == nil, NotFound)
	}},
	{"something was shown that opens it", func(q *question) (Answer, bool) {
		return when(!q.Token && !q.Unlocked && !q.signedForThis(), NotFound)
	}},
	{"the link is open now", func(q *question) (Answer, bool) {
		switch q.verdict.Phase {
		case v1alpha1.LinkActive:
			return Allow, false
		case v1alpha1.LinkPending:
			return TooEarly, true
		default:
			return Gone, true
		}
	}},
	{"the state of a link that hangs on more than itself is fresh", func(q *question) (Answer, bool) {
		return when((q.Link.Protected || q.Link.Facts.Spec.Sponsor != nil) && q.now.Sub(q.Link.Heartbeat) > heartbeatLimit, Unavailable)
	}},
	{"a protected link's password is known", func(q *question) (Answer, bool) {
		return when(q.Link.Protected && q.Link.PasswordHash.Reveal() == "", Unavailable)
	}},
	{"a protected link is unlocked", func(q *question) (Answer, bool) {
		return when(q.Link.Protected && !q.Unlocked && !q.signedForThis() && q.permission != Unlock, Locked)
	}},
	{"what it shows is known", func(q *question) (Answer, bool) {
		return when(q.Subject.Asset != "" && q.Catalog == nil, Unavailable)
	}},
	{"the asset is one that it shows", func(q *question) (Answer, bool) {
		if q.Subject.Asset == "" {
			return when(q.What != "", NoSuchAsset)
		}
		q.asset = q.Catalog.find(q.Subject.Asset)
		return when(q.asset == nil, NoSuchAsset)
	}},
	{"it shows the asset now", func(q *question) (Answer, bool) {
		return when(q.asset != nil && !q.asset.Shown(q.now), NoSuchAsset)
	}},
	{"the permission is the one that these bytes need", func(q *question) (Answer, bool) {
		return when(q.permission == 0 || q.What != "" && q.permission != permissionFor(q.What) || q.What == "" && q.permission > List, NoSuchAsset)
	}},
	{"originals are handed out", func(q *question) (Answer, bool) {
		return when(q.What == whatOriginal && q.Link.HideOriginals, NoSuchAsset)
	}},
	{"the rendition is offered", func(q *question) (Answer, bool) {
		builtIn := q.What == "" || q.What == whatOriginal || q.What == whatThumb || q.What == whatPreview
		return when(!builtIn && !slices.Contains(q.Link.Presets, q.What), NoSuchAsset)
	}},
	{"the rendition exists", func(q *question) (Answer, bool) {
		if q.asset == nil || q.What == "" || q.What == whatOriginal {
			return Allow, false
		}
		i := slices.IndexFunc(q.asset.Renditions, func(r asset.CatalogRendition) bool { return r.Preset == q.What })
		switch {
		case i >= 0:
			q.rendition = &q.asset.Renditions[i]
		case q.makeable():
			return Preparing, true
		}
		return when(i < 0, NoSuchAsset)
	}},
	// A catalog may be older than the link's watermark.
	{"the rendition bears the link's watermark", func(q *question) (Answer, bool) {
		return when(q.rendition != nil && q.Link.Watermark != "" && !rendition.Bears(path.Base(q.rendition.Object), q.What, q.Link.Watermark), NoSuchAsset)
	}},
	{"the bytes are where the library keeps such", func(q *question) (Answer, bool) {
		return when(q.asset != nil && q.What != "" && !q.inPlace(), NoSuchAsset)
	}},
}

func decide(conditions []condition, p Principal, s Subject, permission Permission, now time.Time) Decision {
	q := &question{Principal: p, Subject: s, permission: permission, now: now}
	if p.Link != nil {
		q.verdict = link.Evaluate(p.Link.Facts, now)
	}
	for _, c := range conditions {
		if answer, refused := c.refuse(q); refused {
			return Decision{Answer: answer, Verdict: q.verdict}
		}
	}
	return Decision{Answer: Allow, Verdict: q.verdict, Asset: q.asset, Blob: q.blob()}
}

func (q *question) signedForThis() bool { return q.Signed != nil && *q.Signed == q.Subject }

// makeable tells whether the rendition that is not there is one that comes to be when it is asked for.
func (q *question) makeable() bool {
	return slices.Contains(q.Link.OnRequest, q.What) && q.asset.Problem == "" && !slices.Contains(q.asset.Unmade, q.What)
}

// inPlace tells whether the catalog points into the library's own buckets, and
// there to where such bytes are kept. A catalog can thus never reach another
// tenant's bucket, nor sealed records, nor facts.
func (q *question) inPlace() bool {
	a := q.asset
	if q.rendition != nil {
		return strings.HasPrefix(q.rendition.Object, asset.RenditionsRoot) || strings.HasPrefix(q.rendition.Object, asset.RestrictedRenditionsRoot)
	}
	switch a.Bucket {
	case q.Link.Originals:
		return true
	case q.Link.Vitrine:
		return strings.HasPrefix(a.Object, asset.RestrictedRoot)
	}
	return false
}

// blob names the bytes that were asked for; nil when the question is not about bytes.
func (q *question) blob() *Blob {
	if q.asset == nil || q.What == "" {
		return nil
	}
	a, r := q.asset, q.rendition
	if r != nil {
		return &Blob{
			Ref:         Ref{Store: q.Link.Store, Bucket: q.Link.Vitrine, Object: r.Object, ETag: r.ETag, Size: r.Size},
			ContentType: pictureType(r.ContentType),
			Inline:      (q.What == whatThumb || q.What == whatPreview) && pictureType(r.ContentType) != octets,
			Filename:    renditionName(a.Path, q.What, r.ContentType),
		}
	}
	return &Blob{
		Ref:         Ref{Store: q.Link.Store, Bucket: a.Bucket, Object: a.Object, VersionID: a.VersionID, ETag: a.ETag, Size: a.Size},
		ContentType: octets,
		Filename:    baseName(a.Path),
		Original:    true,
	}
}
