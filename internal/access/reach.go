package access

import (
	"strings"
	"time"
)

// Reach is all that one user may do at one instant, arranged so that an answer
// costs a few look-ups however many grants there are. It says yes exactly when
// Decide and DecideList do, without the routes.
type Reach struct {
	scopes map[Scope]Permissions
	keys   map[Key]Permissions
}

// Reach arranges what a user may do at an instant.
func (m *Model) Reach(user string, at time.Time) *Reach {
	r := &Reach{scopes: map[Scope]Permissions{}, keys: map[Key]Permissions{}}
	for _, ms := range m.byUser[user] {
		if !ms.binding.live(at) {
			continue
		}
		for i := range ms.binding.gives {
			given := &ms.binding.gives[i]
			if given.scope != nil {
				r.scopes[*given.scope] |= given.permissions
				continue
			}
			for _, k := range given.members.granted {
				r.keys[k] |= given.permissions
			}
		}
	}
	return r
}

// May tells whether the user may do something with a file.
func (r *Reach) May(p Permission, k Key) bool {
	if k.Path == "" {
		return false
	}
	if r.keys[k].Has(p) {
		return true
	}
	return r.within(k.Library, k.Restricted, k.Path, p)
}

// MayList tells whether the user may list what begins with the scope's prefix.
func (r *Reach) MayList(s Scope) bool {
	return r.MayBelow(List, s)
}

// MayBelow tells whether the user may do something with everything that
// begins with the scope's prefix.
func (r *Reach) MayBelow(p Permission, s Scope) bool {
	return r.within(s.Library, s.Restricted, s.Prefix, p)
}

// MayAnywhere tells whether the user may do any of these somewhere in a library.
func (r *Reach) MayAnywhere(ps Permissions, library string) bool {
	for s, have := range r.scopes {
		if s.Library == library && have.HasAny(ps) {
			return true
		}
	}
	for k, have := range r.keys {
		if k.Library == library && have.HasAny(ps) {
			return true
		}
	}
	return false
}

// within asks the whole root, and every folder that a name leads through.
func (r *Reach) within(library, restricted, name string, p Permission) bool {
	s := Scope{Library: library, Restricted: restricted}
	for end := 0; ; {
		s.Prefix = name[:end]
		if r.scopes[s].Has(p) {
			return true
		}
		i := strings.IndexByte(name[end:], '/')
		if i < 0 {
			return false
		}
		end += i + 1
	}
}
