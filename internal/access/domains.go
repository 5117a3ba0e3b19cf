package access

import (
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Members are the Users that a UserGroup means, by name and by mail domain, in order, whether
// anything may come to them or not; and the names among spec.members of whom there is no User.
func Members(g *v1alpha1.UserGroup, users []v1alpha1.User) (members, missing []string) {
	known := make(map[string]bool, len(users))
	for i := range users {
		known[users[i].Name] = true
	}
	return membersOf(g, users, known)
}

// GroupSize counts the Users who are in a group and neither absent nor going; 0 when there is no
// such group.
func (m *Model) GroupSize(name string) int { return m.sizes[name] }

// membersOf is Members for many groups of one tenant: known has every User's name.
func membersOf(g *v1alpha1.UserGroup, users []v1alpha1.User, known map[string]bool) (members, missing []string) {
	for _, name := range g.Spec.Members {
		if _, exists := known[name]; !exists {
			missing = append(missing, name)
			continue
		}
		members = append(members, name)
	}
	if len(g.Spec.MemberDomains) > 0 {
		for i := range users {
			if atDomain(users[i].Spec.Email, g.Spec.MemberDomains) {
				members = append(members, users[i].Name)
			}
		}
	}
	slices.Sort(members)
	return slices.Compact(members), missing
}

// atDomain tells whether an address is at one of the domains, and not at one below it. Case does
// not count in domains.
func atDomain(email string, domains []string) bool {
	at := strings.LastIndexByte(email, '@')
	return at > 0 && slices.ContainsFunc(domains, func(d string) bool { return strings.EqualFold(d, email[at+1:]) })
}
