package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// DefaultMaxBytes is the budget of a bucket policy. VersityGW parses the
// document at every decision, about 2 ms of CPU for 100 KB.
const DefaultMaxBytes = 64 << 10

// Options of Render.
type Options struct {
	// MaxBytes that a document may have; DefaultMaxBytes when zero.
	MaxBytes int
	// MaxDocuments is how many documents may hang on one identity; 1 when zero.
	MaxDocuments int
	// Latin1: the store takes no character above U+00FF in documents that hang on identities, so
	// that the driver writes an escape of six bytes, or two of them, and the budget counts that.
	Latin1 bool
	// Ends writes the end of a right into the document, for stores with date
	// conditions, as long as there is room. Without, whoever applies
	// the documents has to do so again at that instant, and does so in any case.
	Ends bool
}

// Render writes the policy of one bucket. Allows on other buckets are left
// out. The same rights give the same bytes, whatever the order and however
// often they are given. Without rights the document is empty: the caller then
// deletes the policy. Errors are ErrResource and ErrTooLarge.
func Render(bucket string, allows []Allow, o Options) (Document, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	mine := make([]Allow, 0, len(allows))
	for _, a := range allows {
		if a.Bucket != bucket {
			continue
		}
		if a.Principal == "" {
			return Document{}, fmt.Errorf("rendering the policy of bucket %s: %w: nobody", bucket, ErrResource)
		}
		if err := check(a); err != nil {
			return Document{}, fmt.Errorf("rendering the policy of bucket %s: %w", bucket, err)
		}
		mine = append(mine, a)
	}
	if o.Ends {
		if d, _ := shortest(foldCovered(slices.Clone(mine))); d.size() <= o.MaxBytes {
			return d, nil
		}
	}
	best, folded := shortest(foldCovered(endless(mine)))
	if size := best.size(); size > o.MaxBytes {
		return Document{}, tooLarge(bucket, size, o.MaxBytes, len(best.statements), folded)
	}
	return best, nil
}

// shortest writes folded rights. Which grouping is shorter depends on whether
// people or places have more in common; all are tried. The first wins a tie, so
// the choice is stable.
func shortest(folded []Allow) (Document, []Allow) {
	best := write(byPlace(folded))
	for _, blocks := range [][]block{byPerson(folded), byPersonApart(folded)} {
		if other := write(blocks); other.size() < best.size() {
			best = other
		}
	}
	return best, folded
}

// endless takes the ends away.
func endless(allows []Allow) []Allow {
	for i := range allows {
		allows[i].Until = time.Time{}
	}
	return allows
}

func tooLarge(bucket string, size, most, statements int, allows []Allow) error {
	principals, resources := map[string]bool{}, map[string]bool{}
	for _, a := range allows {
		principals[a.Principal] = true
		resources[a.Resource] = true
	}
	return &TooLargeError{Bucket: bucket, Bytes: size, MaxBytes: most, Statements: statements, Principals: len(principals), Resources: len(resources)}
}

// check refuses what a store would read as a pattern, or as everybody.
func check(a Allow) error {
	name := fmt.Sprintf("%q", a.Resource)
	switch {
	case a.Verb == 0 || int(a.Verb) >= len(verbs):
		return fmt.Errorf("%w: verb %d", ErrResource, a.Verb)
	case wild(a.Bucket) || a.Bucket == "" || strings.Contains(a.Bucket, "/"):
		return fmt.Errorf("%w: bucket %q", ErrResource, a.Bucket)
	case a.Principal != "" && !strings.HasPrefix(a.Principal, "arn:") || wild(a.Principal):
		return fmt.Errorf("%w: principal %q", ErrResource, a.Principal)
	case !utf8.ValidString(a.Resource):
		return fmt.Errorf("%w: %s is not UTF-8", ErrResource, name)
	case wild(a.Resource):
		return fmt.Errorf("%w: %s contains *, ?, ${ or a control character", ErrResource, name)
	case a.Exact && (a.Resource == "" || strings.HasSuffix(a.Resource, "/")):
		return fmt.Errorf("%w: %s is not one object", ErrResource, name)
	case a.Exact && a.Verb == List:
		return fmt.Errorf("%w: a listing of the single object %s", ErrResource, name)
	case !a.Exact && a.Resource != "" && !strings.HasSuffix(a.Resource, "/"):
		return fmt.Errorf("%w: the prefix %s does not end in a slash and would cover its neighbours", ErrResource, name)
	case strings.HasPrefix(a.Resource, "/") || strings.Contains(a.Resource, "//"):
		return fmt.Errorf("%w: %s has an empty segment", ErrResource, name)
	case slices.ContainsFunc(strings.Split(a.Resource, "/"), func(s string) bool { return s == "." || s == ".." }):
		return fmt.Errorf("%w: %s has a . or .. segment", ErrResource, name)
	}
	return nil
}

func wild(s string) bool {
	return strings.ContainsAny(s, "*?") || strings.Contains(s, "${") || strings.ContainsFunc(s, unicode.IsControl)
}

func compareAllow(a, b Allow) int {
	return cmp.Or(cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Verb, b.Verb),
		cmp.Compare(a.Resource, b.Resource), compareBool(a.Exact, b.Exact), compareEnd(a.Until, b.Until))
}

// compareBool puts false first: a prefix before an object of the same name.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// compareEnd puts the later end first.
func compareEnd(a, b time.Time) int {
	switch {
	case a.Equal(b):
		return 0
	case b.IsZero() || !a.IsZero() && a.Before(b):
		return 1
	}
	return -1
}

// foldCovered sorts, and drops what a prefix of the same principal and verb
// covers for as long: of two in order, everything below the first follows it at once.
func foldCovered(allows []Allow) []Allow {
	slices.SortFunc(allows, compareAllow)
	kept := allows[:0]
	var above []Allow // the prefixes kept that the place at hand lies in, the outermost first
	for _, a := range allows {
		for len(above) > 0 && !within(a, above[len(above)-1]) {
			above = above[:len(above)-1]
		}
		if n := len(kept); n > 0 && sameRight(kept[n-1], a) ||
			slices.ContainsFunc(above, func(c Allow) bool { return compareEnd(c.Until, a.Until) <= 0 }) {
			continue
		}
		kept = append(kept, a)
		if !a.Exact {
			above = append(above, a)
		}
	}
	return kept
}

// sameRight tells whether two are the same but for the end.
func sameRight(a, b Allow) bool {
	a.Until, b.Until = time.Time{}, time.Time{}
	return a == b
}

func within(a, prefix Allow) bool {
	return a.Principal == prefix.Principal && a.Bucket == prefix.Bucket && a.Verb == prefix.Verb && strings.HasPrefix(a.Resource, prefix.Resource)
}
