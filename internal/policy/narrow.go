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
	had, _ := rights(now)
	want := map[right]bool{}
	var both []Allow
	for _, a := range allows {
		if a.Bucket != bucket || check(a) != nil {
			continue
		}
		place := placeOf(a)
		held := true
		for _, action := range a.Verb.Actions() {
			r := right{a.Principal, action, place}
			want[r] = true
			held = held && covered(had, r)
		}
		if held {
			both = append(both, a)
		}
	}
	// What is there may be narrower than what is wanted, and stays then.
	for r := range had {
		for v := List; int(v) < len(verbs); v++ {
			if v.Actions()[0] != r.action {
				continue
			}
			a := Allow{Principal: r.principal, Bucket: bucket, Verb: v}
			a.Resource, a.Exact = resourceAt(r.place, bucket)
			if check(a) == nil && everyAction(a, had) && everyAction(a, want) {
				both = append(both, a)
				break // of the verbs that begin with this action, the first has the most
			}
		}
	}
	narrowed, err := Render(bucket, both, o)
	if !errors.Is(err, ErrTooLarge) {
		return narrowed, err
	}
	losers := map[string]bool{}
	for r := range had {
		losers[r.principal] = losers[r.principal] || !covered(want, r)
	}
	untouched := slices.DeleteFunc(Held(bucket, now), func(a Allow) bool { return losers[a.Principal] })
	return Render(bucket, untouched, Options{MaxBytes: math.MaxInt}) // no more than there is
}

// Held are the rights that our statements in a document give on a bucket, as
// Allows.
func Held(bucket string, now Document) []Allow {
	had, _ := rights(now)
	var held []Allow
	for r := range had {
		for v := List; int(v) < len(verbs); v++ {
			a := Allow{Principal: r.principal, Bucket: bucket, Verb: v}
			a.Resource, a.Exact = resourceAt(r.place, bucket)
			if v.Actions()[0] == r.action && check(a) == nil && everyAction(a, had) {
				held = append(held, a)
				break // of the verbs that begin with this action, the first has the most
			}
		}
	}
	return held
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

func everyAction(a Allow, given map[right]bool) bool {
	for _, action := range a.Verb.Actions() {
		if !covered(given, right{a.Principal, action, placeOf(a)}) {
			return false
		}
	}
	return true
}

// placeOf is an Allow's place as rights has it.
func placeOf(a Allow) string {
	place := arn + a.Bucket + "/" + a.Resource
	if a.Exact {
		return place
	}
	return place + "*"
}

// resourceAt is a place of a bucket as an Allow has it.
func resourceAt(place, bucket string) (resource string, exact bool) {
	name := strings.TrimPrefix(place, arn+bucket+"/")
	resource, prefix := strings.CutSuffix(name, "*")
	return resource, !prefix
}
