package policy

import (
	"fmt"
	"strings"
)

// Narrow gives what both a document and the allows give: the part of a new
// policy that only takes away. It is for when the whole would not fit, so that
// whoever loses a right loses it all the same, and nobody loses one that is
// still meant. Errors are ErrResource and ErrTooLarge.
func Narrow(bucket string, now Document, allows []Allow) (Document, error) {
	had, _ := rights(now)
	want := map[right]bool{}
	var both []Allow
	for _, a := range allows {
		if a.Bucket != bucket {
			continue
		}
		if err := check(a); err != nil {
			return Document{}, fmt.Errorf("narrowing the policy of bucket %s: %w", bucket, err)
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
	return Render(bucket, both, Options{})
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
