package policy

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/policy/evaluate"
)

// DefaultMaxPlaces is around how many places of a bucket each user is judged.
// Around each there are about 80 requests at half a microsecond: 5 ms a user and bucket. At and
// within each further one there are 20; a policy of 64 KiB has some 600, which is 5 ms more.
const DefaultMaxPlaces = 128

// Proof is what Prove judges.
type Proof struct {
	// Documents to be applied, by bucket; a bucket without one has no policy.
	// Statements that are not ours are left out of the proof.
	Documents map[string]Document
	// Attached are the documents that hang on each principal, those of its groups
	// among them, at stores whose rights hang on identities.
	Attached map[string][]Document
	// WholeListsOnly: a listing is only right where the whole bucket may be listed,
	// since the store's prefix conditions cannot be trusted.
	WholeListsOnly bool
	// Model and At say what is right.
	Model *access.Model
	At    time.Time
	// Users to judge, with the principal of each.
	Users map[string]string
	// Buckets of each Library.
	Buckets map[string]Buckets
	// Gateway is the gateway's principal, and Links what it is for; empty: not judged.
	Gateway string
	Links   []LinkRights
	// Others are principals that the documents may name without being judged now.
	// A principal that is neither here nor above fails the proof; with nil nobody looks.
	Others map[string]bool
	// Memory of earlier proofs leaves out the users of whom nothing changed, and
	// learns from this one; nil judges all.
	Memory *Memory
	// MaxPlaces bounds the places around which each user and bucket is judged; DefaultMaxPlaces when zero.
	// Of more, as many are taken at even distances, the first and last among them; the others
	// are judged at the place itself and just inside, where whatever a document gives there is found.
	MaxPlaces int
}

// NotProvedError names the first request on which a document and the model differ; it is ErrNotProved.
type NotProvedError struct {
	// Who asks: a User, or the principal where there is no User.
	Who string
	// Action, Bucket and Name: an object, or for a listing its prefix.
	Action, Bucket, Name string
	// Allowed is the document's answer; the model's is the other.
	Allowed bool
}

// Error names the case.
func (e *NotProvedError) Error() string {
	if e.Allowed {
		return fmt.Sprintf("%s: it would allow %s %s on %s %q, which nothing declared gives", ErrNotProved, e.Who, e.Action, e.Bucket, e.Name)
	}
	return fmt.Sprintf("%s: it would not allow %s %s on %s %q, which is declared", ErrNotProved, e.Who, e.Action, e.Bucket, e.Name)
}

// Is makes it ErrNotProved.
func (e *NotProvedError) Is(target error) bool { return target == ErrNotProved }

// Prove judges documents with the evaluator against the model, for each user
// at every place that the user's grants speak of, at every place that the documents
// give to the user's principal, and where the user's change records and their answers are: just inside, just outside, at a neighbour
// whose name begins alike, beside and above, for every action that could matter,
// in both buckets. It gives the first difference, or nil.
//
// One thing is taken for granted: a name is a file or a folder, never both.
// What is rendered from a file lies below the file's own path, so a right on the
// renditions of a file would be one on those of the files in a folder of that name.
func Prove(p Proof) error {
	if p.MaxPlaces == 0 {
		p.MaxPlaces = DefaultMaxPlaces
	}
	judges, err := newJudges(p.Documents, p.Attached, p.Memory)
	if err != nil {
		return err
	}
	if err := p.known(judges.buckets); err != nil {
		return err
	}
	libraries := slices.DeleteFunc(slices.Sorted(maps.Keys(p.Buckets)), func(lib string) bool {
		return !p.Model.Owns(lib) // its buckets are another Library's, and judged there
	})
	var buckets []string
	for _, lib := range libraries {
		buckets = append(buckets, p.Buckets[lib].Originals, p.Buckets[lib].Vitrine)
	}
	users := slices.Sorted(maps.Keys(p.Users))
	var digests map[string][sha256.Size]byte
	if p.Memory != nil && !judges.everybody() {
		digests, users = p.Memory.unproved(&p)
	}
	for _, user := range users {
		principal := p.Users[user]
		reach := p.Model.Reach(user, p.At)
		spoken := grantedPlaces(Allows(user, principal, p.Model.Grants(user, p.At), p.Buckets))
		given := places(judges.attached[principal], principal, buckets)
		for _, lib := range libraries {
			b := p.Buckets[lib]
			if !reach.MayAnywhere(access.AllPermissions, lib) && !judges.concern(principal, given, b) {
				continue // nothing is declared, and no statement speaks of it
			}
			o := &ofUser{user: user, library: lib, reach: reach, wholeListsOnly: p.WholeListsOnly}
			places := slices.Concat(fixed, o.own())
			if err := p.judge(judges, b, user, principal, spoken, given, places, o.originals, o.vitrine); err != nil {
				return err
			}
		}
	}
	for _, lib := range libraries {
		b := p.Buckets[lib]
		// Nobody in particular: only a statement for everybody could let this one in.
		nobody := func(string, string, bool) bool { return false }
		if err := p.judge(judges, b, "a stranger", "arn:aws:iam::000000000000:user/stranger", nil, nil, fixed, nobody, nobody); err != nil {
			return err
		}
		if p.Gateway == "" {
			continue
		}
		g := &ofLinks{}
		for _, l := range p.Links {
			if l.Buckets == b {
				g.links = append(g.links, l)
			}
		}
		given := places(judges.attached[p.Gateway], p.Gateway, buckets)
		if err := p.judge(judges, b, "the gateway", p.Gateway, grantedPlaces(LinkAllows(p.Gateway, g.links...)), given, fixed, g.originals, g.vitrine); err != nil {
			return err
		}
	}
	if digests != nil {
		p.Memory.users = digests
	}
	return nil
}

// known fails when a document names somebody whom nobody declared.
func (p *Proof) known(judges map[string]*evaluate.Policy) error {
	if p.Others == nil {
		return nil
	}
	mine := map[string]bool{p.Gateway: p.Gateway != ""}
	for _, principal := range p.Users {
		mine[principal] = true
	}
	for _, bucket := range slices.Sorted(maps.Keys(judges)) {
		for _, name := range judges[bucket].Principals() {
			if !mine[name] && !p.Others[name] {
				return &NotProvedError{Who: name, Action: "anything", Bucket: bucket, Allowed: true}
			}
		}
	}
	return nil
}

// grantedPlaces are the places of rights, by bucket.
func grantedPlaces(allows []Allow) map[string][]string {
	places := map[string][]string{}
	for _, a := range allows {
		places[a.Bucket] = append(places[a.Bucket], a.Resource)
	}
	return places
}

// expectation tells whether an action is right on an object, or a listing on
// a prefix.
type expectation func(action, name string, listing bool) bool

// fixed are places in Vitrine's bucket that are looked at whatever was granted.
var fixed = []string{
	"", asset.RestrictedRoot, asset.RenditionsRoot, asset.RestrictedRenditionsRoot, asset.ChangesRoot, asset.ResultsRoot,
	asset.FactsRoot, asset.CatalogRoot, asset.LinksRoot, "meta/", "state/", "approvals/", "audit/", "held/",
}

func (p *Proof) judge(judges judges, b Buckets, who, principal string, spoken, given map[string][]string, looked []string, inOriginals, inVitrine expectation) error {
	for _, in := range []struct {
		bucket string
		fixed  []string
		right  expectation
	}{{b.Originals, []string{""}, inOriginals}, {b.Vitrine, looked, inVitrine}} {
		a := asker{judge: judges.of(in.bucket, principal), who: who, right: in.right}
		a.request = evaluate.Request{Principal: principal, Bucket: in.bucket, At: p.At}
		named := slices.Concat(spoken[in.bucket], given[in.bucket], judges.named(in.bucket, principal))
		slices.Sort(named)
		named = slices.Compact(named)
		names := around(slices.Concat(sample(named, p.MaxPlaces), in.fixed))
		if len(named) > p.MaxPlaces {
			names = slices.Concat(names, atAndIn(named))
		}
		for _, name := range names {
			if err := a.about(name); err != nil {
				return err
			}
		}
		if err := a.aboutBucket(); err != nil {
			return err
		}
	}
	return nil
}

// asker puts questions about one bucket for one principal.
type asker struct {
	judge   judge
	who     string
	right   expectation
	request evaluate.Request
}

var (
	listingNames = []string{"s3:ListBucket", "s3:ListBucketVersions"}
	// objectNames are the actions that some verb has, and those nearest to them that none has.
	objectNames = []string{
		"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:DeleteObject",
		"s3:DeleteObjectVersion", "s3:PutObjectAcl", "s3:PutObjectTagging",
	}
	bucketNames = []string{"s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:DeleteBucket", "s3:PutBucketVersioning"}

	listings  = evaluate.NewActions(listingNames...)
	onObjects = evaluate.NewActions(objectNames...)
	onBuckets = evaluate.NewActions(bucketNames...)
)

// about puts every action on one name, and lists with the name as prefix.
func (a *asker) about(name string) error {
	r := a.request
	if name != "" {
		r.Object = name
		if err := a.compare(r, onObjects, objectNames, name, func(action string) bool { return a.right(action, name, false) }); err != nil {
			return err
		}
	}
	r.Object, r.Conditions = "", map[string]string{"s3:prefix": name}
	return a.compare(r, listings, listingNames, name, func(action string) bool { return a.right(action, name, true) })
}

// aboutBucket lists without a prefix, and puts what nobody may do to a bucket.
func (a *asker) aboutBucket() error {
	if err := a.compare(a.request, listings, listingNames, "", func(action string) bool { return a.right(action, "", true) }); err != nil {
		return err
	}
	return a.compare(a.request, onBuckets, bucketNames, "", func(string) bool { return false })
}

func (a *asker) compare(r evaluate.Request, actions evaluate.Actions, names []string, name string, right func(action string) bool) error {
	allowed := a.judge.allowedOf(r, actions)
	for i, action := range names {
		if is := allowed&(1<<i) != 0; is != right(action) {
			return &NotProvedError{Who: a.who, Action: action, Bucket: r.Bucket, Name: name, Allowed: is}
		}
	}
	return nil
}

// around gives the names at and near places: a place that ends in a slash, or
// is empty, is a prefix, any other an object.
func around(places []string) []string {
	var names []string
	for _, place := range places {
		trimmed := strings.TrimSuffix(place, "/")
		parent := trimmed[:strings.LastIndexByte(trimmed, '/')+1]
		names = append(names, place, trimmed, place+"probe", place+"probe/deeper.jpg", parent, parent+"probe-beside")
		if trimmed != "" {
			names = append(names, trimmed+"-2/probe", trimmed+"2", trimmed[:len(trimmed)-1])
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), noName)
}

// atAndIn gives the names at places and just inside.
func atAndIn(places []string) []string {
	names := make([]string, 0, 2*len(places))
	for _, place := range places {
		names = append(names, place, place+"probe")
	}
	return slices.DeleteFunc(names, noName)
}

// noName: an object's name never begins with a slash; asking for one would ask for the empty bucket's.
func noName(name string) bool { return strings.HasPrefix(name, "/") }

// sample takes at most so many of a list, at even distances.
func sample(list []string, most int) []string {
	if len(list) <= most {
		return list
	}
	if most < 2 {
		return list[:most]
	}
	taken := make([]string, 0, most)
	for i := range most {
		taken = append(taken, list[i*(len(list)-1)/(most-1)])
	}
	return taken
}
