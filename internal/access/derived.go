package access

import "strings"

// needs are what each permission needs beside it: without that it would be of no
// use, or do harm. It is the one place that holds these rules; the API's rules on a
// Role repeat them, and a test compares the two.
var needs = map[Permission]Permission{
	// Whatever is done with files begins with knowing which there are; and nobody
	// overwrites, describes or gives away what they do not see.
	Preview: List, Download: List, Upload: List, Describe: List, Collect: List,
	Publish: List, Approve: List, Share: List, Restricted: List,
	Comment:  Preview, // on what was seen
	Moderate: Comment, // the larger right on threads
	Curate:   Collect, // the larger right on Collections
	Delete:   Upload,  // a rename and a move are an upload and a delete
	Link:     Share,   // a link shares with everybody
}

// Needs is the permission that another one needs beside it; false when it needs none.
func Needs(p Permission) (Permission, bool) {
	n, ok := needs[p]
	return n, ok
}

// Met is what of a set holds: the permissions whose needs are in the set, and
// theirs too.
func (s Permissions) Met() Permissions {
	for {
		met := s
		for p := range s.Each() {
			if n, some := needs[p]; some && !s.Has(n) {
				met &^= Of(p)
			}
		}
		if met == s {
			return s
		}
		s = met
	}
}

// lacking says which permissions of a set are without what they need, in a sentence.
func lacking(have Permissions) string {
	var parts []string
	met := have.Met()
	for p := range (have &^ met).Each() {
		if n := needs[p]; !met.Has(n) {
			parts = append(parts, p.String()+" needs "+n.String())
		}
	}
	return strings.Join(parts, ", ")
}
