package asset

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// RenameWindow is how long before a file went another of the same content may have come to be taken for it. Tools copy first and delete
// then, a whole folder after the other; what was there for longer is a duplicate of its own.
const RenameWindow = 24 * time.Hour

// Content is what an original holds or, when it is gone, last held.
type Content struct {
	Key    access.Key
	SHA256 string
	Size   int64
	// Came is when it came, by the store's clock; zero when that is not known.
	Came time.Time
	// Went is when it was deleted, of one that is gone.
	Went time.Time
	// Described: people said or decided something of one that is gone.
	Described bool
}

// Rename is a file that certainly got another name.
type Rename struct{ From, To access.Key }

// Unclear are files of one content of which it is not certain which is which.
type Unclear struct {
	// Gone are those that went, Came those that came; each in order.
	Gone, Came []access.Key
}

// sameContent is what files have to have in common to be taken for each other: a root of keys, and all bytes.
type sameContent struct {
	restricted, sha256 string
	size               int64
}

func (c Content) same() sameContent { return sameContent{c.Key.Restricted, c.SHA256, c.Size} }

// Alike leaves those of which there is another of the same content on the other side, in the same root. Empty files are all alike, and
// left out.
func Alike(gone, came []Content) (alikeGone, alikeCame []Content) {
	count := func(list []Content) map[sameContent]bool {
		there := make(map[sameContent]bool, len(list))
		for _, c := range list {
			there[c.same()] = c.Size > 0 && c.SHA256 != ""
		}
		return there
	}
	both := func(list []Content, other map[sameContent]bool) (left []Content) {
		for _, c := range list {
			if other[c.same()] {
				left = append(left, c)
			}
		}
		return left
	}
	return both(gone, count(came)), both(came, count(gone))
}

// Renames tells which of the files that came are those that went: exactly one of this content went and exactly one came, in the open
// library or in one restricted folder. Came are files of which nobody said anything yet. Of what is not certain only that is told in which
// something would be lost.
func Renames(gone, came []Content) (certain []Rename, unclear []Unclear) {
	gone, came = Alike(gone, came)
	groups := map[sameContent]*[2][]Content{}
	for side, list := range [][]Content{gone, came} {
		for _, c := range list {
			if groups[c.same()] == nil {
				groups[c.same()] = &[2][]Content{}
			}
			groups[c.same()][side] = append(groups[c.same()][side], c)
		}
	}
	for _, group := range groups {
		went, arrived := candidates(group[0], group[1])
		switch {
		case len(went) == 0 || len(arrived) == 0:
		case len(went) == 1 && len(arrived) == 1:
			certain = append(certain, Rename{went[0], arrived[0]})
		default:
			unclear = append(unclear, Unclear{went, arrived})
		}
	}
	slices.SortFunc(certain, func(a, b Rename) int { return compareKeys(a.From, b.From) })
	slices.SortFunc(unclear, func(a, b Unclear) int { return compareKeys(a.Gone[0], b.Gone[0]) })
	return certain, unclear
}

// candidates gives, of files of one content, which may have been renamed and which may be what became of them. One that came and went
// again meanwhile, with nothing said of it, is neither.
func candidates(gone, came []Content) (went, arrived []access.Key) {
	var first, since time.Time
	for _, c := range gone {
		if c.Described && (first.IsZero() || c.Went.Before(first)) {
			first = c.Went
		}
		if c.Described && (since.IsZero() || c.Came.Before(since)) {
			since = c.Came
		}
	}
	if first.IsZero() {
		return nil, nil // nothing to bring along
	}
	from := first.Add(-RenameWindow)
	if from.Before(since) {
		from = since // what was there before a file came is no copy of it
	}
	for _, c := range gone {
		if c.Described || c.Came.Before(from) {
			went = append(went, c.Key)
		}
	}
	for _, c := range came {
		if !c.Came.Before(from) {
			arrived = append(arrived, c.Key)
		}
	}
	slices.SortFunc(went, compareKeys)
	slices.SortFunc(arrived, compareKeys)
	return went, arrived
}

func compareKeys(a, b access.Key) int {
	return cmp.Or(strings.Compare(a.Library, b.Library), strings.Compare(a.Restricted, b.Restricted), strings.Compare(a.Path, b.Path))
}

// Said is what people said and decided of an original.
type Said struct {
	Metadata *Metadata
	State    *StateRecord
	// Approvals of its versions, also of those that are not current.
	Approvals []Approval
}

// Empty tells whether nobody said or decided anything.
func (s Said) Empty() bool { return s.Documents() == 0 }

// Documents counts the objects that hold it.
func (s Said) Documents() int {
	n := len(s.Approvals)
	if s.Metadata != nil {
		n++
	}
	if s.State != nil {
		n++
	}
	return n
}

// Carried gives what was said of an original for its new name: the same, signed as it was, with the decision on its last version, if
// there is one, for the version that is there now. From and to are the facts of the two, there and here what the Folders above them say.
func (s Said) Carried(from, to Facts, there, here Lifecycle) Said {
	carried := Said{Metadata: s.Metadata, State: s.State.Carried(there, here)}
	for _, a := range s.Approvals {
		if moved, ok := a.Carried(from, to); ok {
			carried.Approvals = append(carried.Approvals, moved)
		}
	}
	return carried
}

// Carried gives the approval of the same content in another version; false when it is not of the version that from is of, or when the
// content is not the same.
func (a Approval) Carried(from, to Facts) (Approval, bool) {
	if a.SHA256 == "" || a.SHA256 != from.SHA256 || a.VersionID != from.VersionID || to.SHA256 != a.SHA256 || to.VersionID == "" {
		return Approval{}, false
	}
	a.VersionID = to.VersionID
	return a, true
}

// Within tells whether it says nothing that other does not say in the very same words, signature included.
func (s Said) Within(other Said) bool {
	if s.Metadata != nil && (other.Metadata == nil || !sameDocument(*s.Metadata, *other.Metadata)) {
		return false
	}
	if s.State != nil && (other.State == nil || !sameDocument(*s.State, *other.State)) {
		return false
	}
	for _, a := range s.Approvals {
		if !slices.ContainsFunc(other.Approvals, func(b Approval) bool { return sameDocument(a, b) }) {
			return false
		}
	}
	return true
}

func sameDocument[T interface{ Encode() ([]byte, error) }](a, b T) bool {
	one, failedOne := a.Encode()
	other, failedOther := b.Encode()
	return failedOne == nil && failedOther == nil && bytes.Equal(one, other)
}
