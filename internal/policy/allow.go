package policy

import (
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Verb is a set of S3 actions that are always given together.
type Verb uint8

// The verbs.
const (
	// List: list the names below a prefix, and their versions.
	List Verb = iota + 1
	// Read: get objects and their versions.
	Read
	// ReadCurrent: get objects as they are now.
	ReadCurrent
	// Write: put objects, in parts too. No tags, no ACL.
	Write
	// Put: put objects that need no parts. No tags, no ACL.
	Put
	// Delete: put a delete marker. No version is ever deleted.
	Delete
)

var verbs = [...]struct {
	name    string
	actions []string
}{
	List:        {"List", []string{"s3:ListBucket", "s3:ListBucketVersions"}},
	Read:        {"Read", []string{"s3:GetObject", "s3:GetObjectVersion"}},
	ReadCurrent: {"ReadCurrent", []string{"s3:GetObject"}},
	Write:       {"Write", []string{"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}},
	Put:         {"Put", []string{"s3:PutObject"}},
	Delete:      {"Delete", []string{"s3:DeleteObject"}},
}

// String is the verb's name.
func (v Verb) String() string {
	if v == 0 || int(v) >= len(verbs) {
		return "none"
	}
	return verbs[v].name
}

// Actions are the S3 actions of the verb; of two verbs of which one has all of the other, both begin with the same. Not to be changed.
func (v Verb) Actions() []string {
	if v == 0 || int(v) >= len(verbs) {
		return nil
	}
	return verbs[v].actions
}

// Allow lets one principal do one thing in one place.
type Allow struct {
	// Principal is the ARN of a user or role at the store; empty where the
	// document hangs on the identity itself.
	Principal string
	Bucket    string
	Verb      Verb
	// Until is the instant at which it ends, in UTC and whole seconds; zero for never.
	Until time.Time
	// Resource is a prefix that ends in a slash, or is empty for the whole
	// bucket; with Exact the name of one object.
	Resource string
	Exact    bool
}

// Buckets are the two buckets of a Library.
type Buckets struct {
	// Originals holds originals; Vitrine is the one beside it.
	Originals, Vitrine string
}

// root is a place in a Library that a permission is about.
type root uint8

const (
	originals  root = iota // where the originals of a scope or key are
	renditions             // what is rendered from them
	changes                // what the user asks to change
	results                // what the manager answers to that
)

// own tells whether the place is the user's alone, whatever the scope within the Library.
func (r root) own() bool { return r == changes || r == results }

// part is what a permission gives at one place.
type part struct {
	root root
	verb Verb
}

// ask is what every permission gives of which the manager has a say: to put change records, and to read its answers. Both may be
// done at both places, which nobody else reaches, so that they are one statement for each person: where rights
// hang on a bucket, how many people it has room for is a matter of that.
var ask = []part{{changes, ReadCurrent}, {changes, Put}, {results, ReadCurrent}, {results, Put}}

// atTheStore says what each permission is that the store enforces. What is asked of the manager
// with Upload is to restore an old version, and with Delete to delete one that is not current.
var atTheStore = map[access.Permission][]part{
	access.List:       {{originals, List}},
	access.Download:   {{originals, Read}},
	access.Upload:     append([]part{{originals, Write}}, ask...),
	access.Delete:     append([]part{{originals, Delete}}, ask...),
	access.Preview:    {{renditions, ReadCurrent}},
	access.Describe:   ask,
	access.Publish:    ask,
	access.Approve:    ask,
	access.Restricted: ask,
}

// WholeLists leaves out the listings of parts of a bucket, for stores whose
// prefix conditions can be got around: there such a listing would tell the names of everything.
func WholeLists(allows []Allow) []Allow {
	return slices.DeleteFunc(allows, func(a Allow) bool { return a.Verb == List && a.Resource != "" })
}

// GroupAllows are what a group's grants are for each of its members alike: all
// but change records and their answers, which lie below places of each member's own.
func GroupAllows(principal string, grants []access.Grant, buckets map[string]Buckets) []Allow {
	return allows("", principal, grants, buckets, func(r root) bool { return !r.own() })
}

// ChangeAllows are the rest of what a user's grants are: the right to put change records, and to read the answers.
func ChangeAllows(user, principal string, grants []access.Grant, buckets map[string]Buckets) []Allow {
	return allows(user, principal, grants, buckets, root.own)
}

// Allows are what a user's or other subject's grants are at the store. Grants in libraries that
// buckets does not name give nothing: the caller names those of one store.
// There may be duplicates; Render folds them.
func Allows(user, principal string, grants []access.Grant, buckets map[string]Buckets) []Allow {
	return allows(user, principal, grants, buckets, func(root) bool { return true })
}

func allows(user, principal string, grants []access.Grant, buckets map[string]Buckets, wanted func(root) bool) []Allow {
	var all []Allow
	for i := range grants {
		g := &grants[i]
		for p := range g.Permissions.Each() {
			if !slices.Contains(p.EnforcedBy(), access.Store) {
				continue
			}
			for _, at := range atTheStore[p] {
				if !wanted(at.root) || at.root.own() && access.IsSession(user) {
					continue // who stands behind a session is not known, so none may say who asks
				}
				all = append(all, ofGrant(g, at, user, principal, buckets)...)
			}
		}
	}
	return all
}

// ofGrant is what a grant gives of one part of a permission.
func ofGrant(g *access.Grant, at part, user, principal string, buckets map[string]Buckets) []Allow {
	a := Allow{Principal: principal, Verb: at.verb, Until: endOfGrant(g)}
	if g.Scope != nil {
		b, ok := buckets[g.Scope.Library]
		if !ok {
			return nil
		}
		a.Bucket, a.Resource = ofScope(*g.Scope, at.root, user, b)
		return []Allow{a}
	}
	if at.verb == List || at.root.own() {
		return nil // has no meaning for single files
	}
	var all []Allow
	for _, k := range g.Keys {
		b, ok := buckets[k.Library]
		if !ok {
			continue
		}
		a.Bucket, a.Resource, a.Exact = ofKey(k, at.root, b)
		all = append(all, a)
	}
	return all
}

// endOfGrant is when a grant ends, in the seconds that a policy knows: never
// later than declared.
func endOfGrant(g *access.Grant) time.Time {
	if g.Route.NotAfter == nil {
		return time.Time{}
	}
	return g.Route.NotAfter.UTC().Truncate(time.Second)
}

// ofScope is the bucket and prefix of what a scope covers.
func ofScope(s access.Scope, r root, user string, b Buckets) (bucket, prefix string) {
	switch r {
	case originals:
	case renditions:
		if s.Prefix != "" {
			return b.Vitrine, asset.Renditions(access.Key{Restricted: s.Restricted, Path: strings.TrimSuffix(s.Prefix, "/")})
		}
		if s.Restricted != "" {
			return b.Vitrine, asset.RestrictedRenditionsRoot + s.Restricted + "/"
		}
		return b.Vitrine, asset.RenditionsRoot
	case changes:
		return b.Vitrine, asset.ChangesPrefix(user)
	case results:
		return b.Vitrine, asset.ResultsPrefix(user)
	}
	vitrine, prefix := asset.Object(access.Key{Restricted: s.Restricted, Path: s.Prefix})
	if vitrine {
		return b.Vitrine, prefix
	}
	return b.Originals, prefix
}

// ofKey is the bucket and object of a file, or the prefix of its renditions.
func ofKey(k access.Key, r root, b Buckets) (bucket, resource string, exact bool) {
	if r == renditions {
		return b.Vitrine, asset.Renditions(k), false
	}
	vitrine, name := asset.Object(k)
	if vitrine {
		return b.Vitrine, name, true
	}
	return b.Originals, name, true
}

// LinkRights are what one live PublicLink needs of the store.
type LinkRights struct {
	Buckets
	// Catalog is the object that lists what the link shows; empty for none.
	Catalog string
	// Originals may be downloaded; Renditions are shown.
	Originals, Renditions bool
	// Scopes and Keys are where the files are that the link shows, as access.LinkScope has it, and Cover makes of it.
	Scopes []access.Scope
	Keys   []access.Key
}

// LinkAllows are what the gateway may do for the links that are live. It never
// lists and never writes.
func LinkAllows(principal string, links ...LinkRights) []Allow {
	var all []Allow
	for _, l := range links {
		if l.Catalog != "" {
			all = append(all, Allow{Principal: principal, Bucket: l.Vitrine, Verb: ReadCurrent, Resource: l.Catalog, Exact: true})
		}
		for _, shown := range []struct {
			part
			want bool
		}{{part{originals, Read}, l.Originals}, {part{renditions, ReadCurrent}, l.Renditions}} {
			if !shown.want {
				continue
			}
			a := Allow{Principal: principal, Verb: shown.verb}
			for _, scope := range l.Scopes {
				a.Bucket, a.Resource = ofScope(scope, shown.root, "", l.Buckets)
				all = append(all, a)
			}
			for _, k := range l.Keys {
				a.Bucket, a.Resource, a.Exact = ofKey(k, shown.root, l.Buckets)
				all = append(all, a)
			}
		}
	}
	return all
}
