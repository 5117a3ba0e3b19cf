package decisions_test

import (
	"context"
	"net/http"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// target is a store that decisions are asked of.
type target struct {
	name string
	// config reaches it as its administrator.
	config store.Config
	client *http.Client
	// enforcing gives the way in which what is declared gets there, with mistakes in it if any are given; enforce is the one at hand.
	enforcing func(...fault) enforcement
	enforce   enforcement
	// reading foretells what the store says with what is declared, mistakes included; foretell is the one at hand.
	reading  func(...fault) reading
	foretell reading
	// lifted enforces listings of folders all the same, where prefixes cannot be trusted.
	lifted enforcement
	// prefixes says that the store's prefix conditions can be trusted, so that a grant on
	// a folder gives its listing. Elsewhere listings are given on whole buckets alone.
	prefixes bool
	habits   habits
	// workers ask at once, each in a world of its own and with a crew of its own, so that nobody's uploads disturb another's answers.
	workers int
}

// with is the same store, reached with mistakes on the way.
func (at target) with(faults ...fault) target {
	at.enforce, at.foretell = at.enforcing(faults...), at.reading(faults...)
	return at
}

// enforcement brings to a store what a tenant declares, in place of whatever it declared before, and touches no other
// tenant's. It is the one part of this suite that differs between stores whose rights hang on buckets and on identities.
type enforcement func(ctx context.Context, s *store.Store, t *tenant) error

// habits are what a store does in its own way, each known and judged.
type habits struct {
	// dropsSlash: a request on an object whose name ends in a slash is judged by the name without it. So nobody
	// can make the mark that some tools put for a folder at the very place of a grant, and below it all can who may upload.
	dropsSlash bool
	// refusesForms: an upload by a browser's form is judged as one to the bucket itself, which no policy of ours
	// gives. It takes nothing away that Vitrine offers.
	refusesForms bool
	// refusesForce: a deletion that is to destroy all versions of all that is below a name is refused to everybody, in a bucket with object lock.
	// Another store takes it for an ordinary one.
	refusesForce bool
	// refusesVersions: an upload that names an old version, to be written over, is denied. Another store does not look at what is named.
	refusesVersions bool
	// copiesByName: a copy from an old version is judged as a copy of the object <name>?versionId=<id>. So a member of a
	// Collection cannot be copied from an old version by those who may read it; and who may see a rendition and upload
	// somewhere can have an old version of that rendition, which preview alone would not give.
	copiesByName bool
	// forgetsVersions: a request for an old version is judged as one for the object. So who may see a rendition can have an old version of
	// that rendition, which preview alone would not give. What is rendered from other content has another name, so it shows nothing else.
	forgetsVersions bool
	// eitherSlash: a name that ends in a slash is judged with the slash, as what lies below it, and without. So the mark of a folder goes with
	// the folder, and a mark named after a file with that file.
	eitherSlash bool
	// takesTags: an upload may bring tags along. Nothing of ours hangs on tags.
	takesTags bool
	// namesBuckets: the list of buckets has those that the key may list as a whole. It tells their owner nothing new.
	namesBuckets bool
	// hidesBelow: an object whose name leads through another's is kept, and in no listing. So Vitrine does not know it, and renders nothing from it.
	hidesBelow bool
	// refusesDots: a listing whose prefix has a segment of dots alone is refused to everybody before rights are looked at. No file that Vitrine
	// knows has such a name, and who may list the folder above lists it without.
	refusesDots bool
	// refuses are answers to those who lack the right, and to those who have it, of operations that are for nobody: the store looks at
	// something else first.
	refuses map[string]string
}

// forNobody tells of an operation that the store refuses whatever anybody's rights are.
func (h habits) forNobody(o operation) bool {
	return o.form && h.refusesForms || o.name == "force delete" && h.refusesForce || o.name == "put version" && h.refusesVersions
}

// caller asks as somebody.
func (at target) caller(key store.Credentials) caller {
	return caller{endpoint: at.config.Endpoint, region: at.config.Region, id: key.AccessKeyID, secret: key.SecretAccessKey.Reveal(), client: at.client}
}
