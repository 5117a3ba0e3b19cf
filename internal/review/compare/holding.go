package compare

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// holding is one right of one subject, as seen along the paths that people know.
type holding struct {
	bucket string
	// root is the path of the restricted Folder whose files are meant; empty for the open part.
	root string
	// prefix below which the right holds; it ends in a slash, or is empty for all of the root.
	prefix string
	// items of a Collection, when those are what is held.
	items []string
	// pinned are files that are not held by a pattern among the items.
	pinned []string
	// version of the one item, which is a file; empty for the current version of all.
	version string
	// permissions held.
	permissions access.Permissions
	// fields are the only ones that describe is for; nil for all.
	fields []string
	// from and until bound it; nil is from now on, and for good.
	from, until *time.Time
	// route of a grant; nil for a link's, of which by tells in a sentence.
	route *access.Route
	by    string
}

// told is the route in a sentence. Few are ever told, of the thousands that are compared.
func (h *holding) told() string {
	if h.route == nil {
		return h.by
	}
	return sentence(*h.route)
}

// identity is what a holding comes to, whichever way it came about.
type identity struct {
	bucket, root, prefix string
	// items of a Collection with what is pinned; empty when a prefix is held.
	items       string
	version     string
	permissions access.Permissions
	from, until int64
}

func (h *holding) identity() identity {
	i := identity{h.bucket, h.root, h.prefix, "", h.version, h.permissions, unix(h.from), unix(h.until)}
	if h.items != nil {
		i.items = fmt.Sprintf("%q %q", h.items, h.pinned)
	}
	return i
}

// same tells whether two holdings have one identity.
func (h *holding) same(o *holding) bool {
	return h.bucket == o.bucket && h.root == o.root && h.prefix == o.prefix && (h.items == nil) == (o.items == nil) && slices.Equal(h.items, o.items) &&
		slices.Equal(h.pinned, o.pinned) && h.version == o.version && h.permissions == o.permissions && unix(h.from) == unix(o.from) && unix(h.until) == unix(o.until)
}

func unix(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixNano()
}

func (h *holding) live(at time.Time) bool {
	return (h.from == nil || !at.Before(*h.from)) && (h.until == nil || at.Before(*h.until))
}

// covers tells whether a path in a root is held, in the version that the right is on.
func (h *holding) covers(root, path string) bool {
	if h.root != root {
		return false
	}
	if h.items == nil {
		return strings.HasPrefix(path, h.prefix)
	}
	return !slices.Contains(h.pinned, path) && slices.ContainsFunc(h.items, func(item string) bool { return matches(item, path) })
}

// matches tells whether an item of a Collection names a file. A pattern that ends in a ** is
// about what lies in a folder, and never about a file of the folder's name.
func matches(item, path string) bool {
	if isPicked(path) {
		return matchesPicked(item, path)
	}
	literal, _, pattern := strings.Cut(item, "*")
	return item == path || pattern && path != "" && strings.HasPrefix(path, literal) && access.Match(item, path)
}

// window bounds a holding as seen from now on; false when it is never open again.
func window(notBefore, notAfter *time.Time, now time.Time) (from, until *time.Time, ever bool) {
	from, until = notBefore, notAfter
	if until != nil && (!until.After(now) || from != nil && !from.Before(*until)) {
		return nil, nil, false
	}
	if from != nil && !from.After(now) {
		from = nil
	}
	return from, until, true
}

// holdings are all that somebody holds from now on, by the names that the model has for them.
func (s *side) holdings(names ...string) []holding {
	var all []holding
	for _, name := range names {
		grants := s.model.GrantsEver(name)
		all = slices.Grow(all, len(grants))
		for i := range grants {
			g := &grants[i]
			from, until, ever := window(g.Route.NotBefore, g.Route.NotAfter, s.now)
			if !ever {
				continue
			}
			h := holding{permissions: g.Permissions, fields: g.Fields, from: from, until: until, route: &g.Route}
			if g.Scope != nil {
				h.bucket = s.buckets[g.Scope.Library]
				h.root, h.prefix = s.pathOf(*g.Scope)
			} else {
				c := s.contents[g.Route.Target.Name]
				if len(c.items) == 0 { // grants give nothing on what is pinned
					continue
				}
				h.bucket, h.items, h.pinned = s.buckets[g.Keys[0].Library], c.items, c.pinnedPaths()
			}
			all = append(all, h)
		}
	}
	return all
}

// sentence is a route for people.
func sentence(r access.Route) string {
	text := "RoleBinding " + r.Binding + ", " + r.Role
	if r.Group != "" {
		text += " through group " + r.Group
	}
	return text + ", on " + review.Target{Kind: r.Target.Kind, Name: r.Target.Name}.String()
}
