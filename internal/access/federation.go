package access

import (
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Subjects that are no Users open sessions at a store by a token of some issuer: the holders of a UserGroup's claim, whom Git
// does not know one by one, and ServiceAccounts of the namespace. The model names them like Users, in words that
// no User can be called, and answers the same questions about them.
const (
	claimPrefix          = "group:"
	serviceAccountPrefix = "serviceaccount:"
)

// ClaimSubject is how the model names all who hold a federated UserGroup's claim. In one session such a person has
// the rights of one group, whatever other claims the token carries: which claims meet in one person, only the issuer knows.
func ClaimSubject(group string) string { return claimPrefix + group }

// ServiceAccountSubject is how the model names a ServiceAccount of the namespace. It has the rights of
// every group that names it.
func ServiceAccountSubject(name string) string { return serviceAccountPrefix + name }

// ParseSession tells what stands behind a subject that is no User: the name of a UserGroup or of a ServiceAccount, the other being
// empty. It is false for Users.
func ParseSession(subject string) (group, serviceAccount string, ok bool) {
	if group, ok = strings.CutPrefix(subject, claimPrefix); ok {
		return group, "", true
	}
	serviceAccount, ok = strings.CutPrefix(subject, serviceAccountPrefix)
	return "", serviceAccount, ok
}

// IsSession tells whether a subject is no User.
func IsSession(subject string) bool {
	_, _, ok := ParseSession(subject)
	return ok
}

// DeclaredSessions are the subjects that a UserGroup declares beside its Users, in order.
func DeclaredSessions(g *v1alpha1.UserGroup) []string {
	var subjects []string
	if g.Spec.Federation != nil {
		subjects = append(subjects, ClaimSubject(g.Name))
	}
	for _, name := range g.Spec.ServiceAccounts {
		subjects = append(subjects, ServiceAccountSubject(name))
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

// Sessions are the subjects beside Users that anything may come to, in order: of groups that are
// neither frozen nor going.
func (m *Model) Sessions() []string {
	set := map[string]struct{}{}
	for _, members := range m.groups {
		for _, name := range members {
			if IsSession(name) {
				set[name] = struct{}{}
			}
		}
	}
	subjects := make([]string, 0, len(set))
	for name := range set {
		subjects = append(subjects, name)
	}
	slices.Sort(subjects)
	return subjects
}
