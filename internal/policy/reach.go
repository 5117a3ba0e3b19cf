package policy

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// Reach is where a policy of a user or group that is not ours may let it come to. Only what is allowed is read:
// conditions are taken as fulfilled and denials are passed over, so in doubt it is more than the store gives.
type Reach struct {
	// unread: some of it cannot be read, so it may be everywhere.
	unread bool
	allows []allowed
}

// allowed are the resources of one statement, or all resources but these.
type allowed struct {
	resources []string
	but       bool
}

// Texts are what a document may have as a string or as a list of strings.
type Texts []string

// UnmarshalJSON reads either form.
func (t *Texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = Texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// ReachOf reads a policy as a store gives it back. What gives nothing at S3 reaches nothing.
func ReachOf(document []byte) Reach {
	var top struct{ Statement json.RawMessage }
	if json.Unmarshal(document, &top) != nil {
		return Reach{unread: true}
	}
	list := []json.RawMessage{top.Statement}
	switch text := bytes.TrimSpace(top.Statement); {
	case len(text) == 0 || bytes.Equal(text, []byte("null")):
		return Reach{}
	case text[0] == '[':
		if json.Unmarshal(text, &list) != nil {
			return Reach{unread: true}
		}
	}
	var r Reach
	for _, text := range list {
		var s struct {
			Effect                                   string
			Action, NotAction, Resource, NotResource *Texts
		}
		switch err := json.Unmarshal(text, &s); {
		case err != nil:
			r.unread = true
		case s.Effect == "Deny" || !atS3(s.Action, s.NotAction):
		case s.Resource != nil:
			r.allows = append(r.allows, allowed{resources: *s.Resource})
		case s.NotResource != nil:
			r.allows = append(r.allows, allowed{*s.NotResource, true})
		default:
			r.unread = true // no store has a statement without resources, so nobody knows how it is read
		}
	}
	return r
}

// Nowhere tells that it reaches no bucket, whatever that is called.
func (r Reach) Nowhere() bool { return !r.unread && len(r.allows) == 0 }

// Bucket tells whether it reaches a bucket, or anything that may be in it.
func (r Reach) Bucket(name string) bool {
	return r.unread || slices.ContainsFunc(r.allows, func(a allowed) bool {
		if a.but {
			covered := func(text string, below bool) bool {
				return slices.ContainsFunc(a.resources, func(pattern string) bool { return covers(pattern, text, below) })
			}
			return !covered(arn+name, false) || !covered(arn+name+"/", true)
		}
		return slices.ContainsFunc(a.resources, func(pattern string) bool { return namesBucket(pattern, name) })
	})
}

// harmless are actions of S3 that every client asks for, and that tell nothing of what a bucket holds.
var harmless = []string{"s3:listallmybuckets", "s3:getbucketlocation"}

// atS3 tells whether a statement may be about what is in buckets.
func atS3(actions, but *Texts) bool {
	const all = "s3:"
	switch {
	case actions != nil:
		return slices.ContainsFunc(*actions, func(action string) bool {
			action = strings.ToLower(action)
			return !slices.Contains(harmless, action) && meets(action, all, true)
		})
	case but != nil:
		return !slices.ContainsFunc(*but, func(action string) bool { return covers(strings.ToLower(action), all, true) })
	}
	return true
}

// variable is what a store replaces by something that is not known here.
var variable = regexp.MustCompile(`\$\{[^}]*\}?`)

// namesBucket tells whether a pattern may match a bucket, or an object in it.
func namesBucket(pattern, bucket string) bool {
	pattern = variable.ReplaceAllString(pattern, "*")
	either := func(pattern, text string) bool {
		return meets(pattern, text, false) || meets(pattern, text+"/", true)
	}
	if either(pattern, arn+bucket) || !strings.Contains(pattern, ":") && either(pattern, bucket) {
		return true
	}
	// Partitions, regions and accounts differ among stores, and an S3 bucket is the same in all of them.
	parts := strings.SplitN(pattern, ":", 6)
	return len(parts) == 6 && meets(parts[2], "s3", false) && either(parts[5], bucket)
}

// meets tells whether a pattern with * and ? matches a text, or something that begins with it.
func meets(pattern, text string, begins bool) bool {
	at := make([]bool, len(pattern)+1) // where in the pattern one may be after some of the text
	enter := func(at []bool, i int) {
		for ; !at[i]; i++ {
			at[i] = true
			if i == len(pattern) || pattern[i] != '*' {
				return
			}
		}
	}
	enter(at, 0)
	for i := range len(text) {
		next := make([]bool, len(at))
		for j, here := range at[:len(pattern)] {
			switch {
			case !here:
			case pattern[j] == '*':
				enter(next, j)
			case pattern[j] == '?' || pattern[j] == text[i]:
				enter(next, j+1)
			}
		}
		at = next
	}
	return at[len(pattern)] || begins && slices.Contains(at, true)
}

// covers tells whether a pattern plainly matches a text, or everything that begins with it.
func covers(pattern, text string, begins bool) bool {
	head, open := strings.CutSuffix(pattern, "*")
	if strings.ContainsAny(head, "*?$") {
		return false
	}
	return open && strings.HasPrefix(text, head) || !begins && head == text
}
