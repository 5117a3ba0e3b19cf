package policy

import "strings"

// right is one action of one principal at one place; the principal is empty in
// a document that hangs on an identity.
type right struct{ principal, action, place string }

// rightSet are rights, each with the instant at which it ends as a policy
// writes it; empty for never. These texts order as the instants do.
type rightSet map[right]string

// laterEnd tells whether one end comes after another.
func laterEnd(a, b string) bool { return b != "" && (a == "" || a > b) }

func earlierEnd(a, b string) string {
	if laterEnd(a, b) {
		return b
	}
	return a
}

// rightsOf are what the Allow statements of ours in documents give, one by one. odd
// tells whether one of them is not of the form that this package writes.
func rightsOf(documents ...Document) (given rightSet, odd bool) {
	given = rightSet{}
	for _, d := range documents {
		for _, s := range d.statements {
			if !Ours(s.Sid) {
				continue
			}
			places, end, ok := placesOf(s)
			if !ok {
				odd = true
				continue
			}
			who := []string{""}
			if s.parsed.Principal != nil {
				who = s.parsed.Principal.AWS
			}
			for _, principal := range who {
				for _, action := range s.parsed.Action {
					for _, place := range places {
						given.add(right{principal, action, place}, end)
					}
				}
			}
		}
	}
	return given, odd
}

func (s rightSet) add(r right, end string) {
	if was, ok := s[r]; !ok || laterEnd(end, was) {
		s[r] = end
	}
}

// placesOf are where a statement applies, a listing's prefixes as resources,
// and when it ends; false when the statement is not of the form that this package writes.
func placesOf(s Statement) (places []string, end string, ok bool) {
	c := s.parsed
	if c.Effect != "Allow" || len(c.Resource) == 0 || string(marshal(c)) != string(s.text) {
		return nil, "", false
	}
	known := 0
	if at, dated := c.Condition[beforeInstant]; dated {
		if len(at) != 1 || len(at[currentTime]) != 1 {
			return nil, "", false
		}
		end = at[currentTime][0]
		known++
	}
	prefixes := c.Condition["StringLike"]
	if prefixes == nil {
		if len(c.Condition) != known {
			return nil, "", false
		}
		if len(c.Resource) == 1 && !strings.Contains(strings.TrimPrefix(c.Resource[0], arn), "/") {
			return []string{c.Resource[0] + "/*"}, end, true
		}
		return c.Resource, end, true
	}
	if known++; len(c.Condition) != known || len(prefixes) != 1 || len(c.Resource) != 1 {
		return nil, "", false
	}
	for _, p := range prefixes["s3:prefix"] {
		places = append(places, c.Resource[0]+"/"+p)
	}
	return places, end, len(places) > 0
}

// covered gives until when a right is held among others, by itself or by what
// lies above it.
func (s rightSet) covered(r right) (end string, ok bool) {
	if end, ok = s[r]; ok && end == "" {
		return "", true
	}
	place := strings.TrimSuffix(r.place, "*")
	for i := len(place); i > len(arn); i-- {
		if place[i-1] != '/' {
			continue
		}
		above, held := s[right{r.principal, r.action, place[:i] + "*"}]
		if held && (!ok || laterEnd(above, end)) {
			end, ok = above, true
		}
	}
	return end, ok
}

// coversUntil tells whether a right is held at least until an instant.
func (s rightSet) coversUntil(r right, end string) bool {
	held, ok := s.covered(r)
	return ok && !laterEnd(end, held)
}

// every gives until when everything that an Allow gives is held; false when some of it is not.
func (s rightSet) every(a Allow) (end string, ok bool) {
	for _, action := range a.Verb.Actions() {
		held, ok := s.covered(right{a.Principal, action, placeOf(a)})
		if !ok {
			return "", false
		}
		end = earlierEnd(end, held)
	}
	return end, true
}
