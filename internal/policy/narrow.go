package policy

import (
	"errors"
	"math"
	"slices"
	"strings"
)

// Narrow gives what both a document and the allows give: the part of a new
// policy that only takes away. It is for when the whole would not fit or may
// not come into force yet, so that whoever loses a right loses it all the same,
// and nobody loses one that is still meant. What cannot be named in a policy is
// passed over. Where even this does not fit, since what is taken away splits
// what was written in one, whoever loses something loses everything: the
// alternative were to leave it with them.
func Narrow(bucket string, now Document, allows []Allow, o Options) (Document, error) {
	mine := make([]Allow, 0, len(allows))
	for _, a := range allows {
		if a.Bucket == bucket {
			mine = append(mine, a)
		}
	}
	had, _ := rightsOf(now)
	both, want := common(had, mine)
	narrowed, err := Render(bucket, both, o)
	if !errors.Is(err, ErrTooLarge) {
		return narrowed, err
	}
	losers := map[string]bool{}
	for r, end := range had {
		losers[r.principal] = losers[r.principal] || !want.coversUntil(r, end)
	}
	untouched := slices.DeleteFunc(Held(bucket, now), func(a Allow) bool { return losers[a.Principal] })
	return Render(bucket, untouched, Options{MaxBytes: math.MaxInt, Ends: o.Ends}) // no more than there is
}

// common is what both some rights and the allows give; also the allows as rights.
// What cannot be named in a policy is passed over.
func common(had rightSet, allows []Allow) (both []Allow, want rightSet) {
	want = rightSet{}
	for _, a := range allows {
		if check(a) != nil {
			continue
		}
		end := endText(a.Until)
		for _, action := range a.Verb.Actions() {
			want.add(right{a.Principal, action, placeOf(a)}, end)
		}
		if held, ok := had.every(a); ok {
			a.Until = endOf(earlierEnd(end, held))
			both = append(both, a)
		}
	}
	// What is there may be narrower than what is wanted, and stays then.
	for _, a := range allowsOf(had) {
		if end, ok := want.every(a); ok {
			a.Until = endOf(earlierEnd(endText(a.Until), end))
			both = append(both, a)
		}
	}
	return both, want
}

// allowsOf are rights as Allows.
func allowsOf(had rightSet) []Allow {
	var held []Allow
	for r := range had {
		for v := List; int(v) < len(verbs); v++ {
			if v.Actions()[0] != r.action {
				continue
			}
			a := Allow{Principal: r.principal, Verb: v}
			a.Bucket, a.Resource, a.Exact = resourceAt(r.place)
			if end, ok := had.every(a); ok && check(a) == nil {
				a.Until = endOf(end)
				held = append(held, a)
				break // of the verbs that begin with this action, the first has the most
			}
		}
	}
	return held
}

// Held are the rights that our statements in a document give on a bucket, as
// Allows.
func Held(bucket string, now Document) []Allow {
	had, _ := rightsOf(now)
	return slices.DeleteFunc(allowsOf(had), func(a Allow) bool { return a.Bucket != bucket })
}

// Room is how many bytes of a budget statements of ours may take beside those
// of others in a document.
func Room(existing Document, budget int) int {
	if budget == 0 {
		budget = DefaultMaxBytes
	}
	others := Merge(existing, Document{})
	if others.Empty() {
		return budget
	}
	return max(1, budget-others.size())
}

// Fits says whether a rendered document of ours has room beside the statements of others: nil or ErrTooLarge.
func Fits(bucket string, ours Document, room int) error {
	if size := ours.size(); !ours.Empty() && size > room {
		return tooLarge(bucket, size, room, len(ours.statements), Held(bucket, ours))
	}
	return nil
}

// placeOf is an Allow's place as rights has it.
func placeOf(a Allow) string {
	place := arn + a.Bucket + "/" + a.Resource
	if a.Exact {
		return place
	}
	return place + "*"
}

// resourceAt is a place as an Allow has it.
func resourceAt(place string) (bucket, resource string, exact bool) {
	bucket, name, _ := strings.Cut(strings.TrimPrefix(place, arn), "/")
	resource, prefix := strings.CutSuffix(name, "*")
	return bucket, resource, !prefix
}
