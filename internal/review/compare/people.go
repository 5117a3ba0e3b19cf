package compare

import (
	"cmp"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// person is one who may do things on either side: a User, a ServiceAccount, whoever holds a
// claim, or whoever is in a group in which nobody is known.
type person struct {
	// name for the reader.
	name string
	// was and is are the names that the models know the person by. Holders of a claim have one for each
	// group that takes them in, and none on a side where no group does.
	was, is []string
}

// people are all who may do things on either side, in order.
func people(base, head review.Tenant, groups []string) []person {
	set := map[string]bool{}
	for _, t := range []review.Tenant{base, head} {
		for i := range t.Declared.Users {
			set[t.Declared.Users[i].Name] = true
		}
		for i := range t.Declared.UserGroups {
			g := &t.Declared.UserGroups[i]
			if slices.Contains(groups, g.Name) {
				set[member(g.Name)] = true
			}
			for _, session := range access.DeclaredSessions(g) {
				if _, account, _ := access.ParseSession(session); account != "" {
					set[session] = true // the same account, whichever groups name it
				}
			}
		}
	}
	var all []person
	for name := range set {
		all = append(all, person{name, []string{name}, []string{name}})
	}
	all = append(all, claimants(base, head)...)
	slices.SortFunc(all, func(a, b person) int { return cmp.Compare(a.name, b.name) })
	return all
}

// claimants are the holders of each claim. They are the same people when the claim is the same, whatever the
// group is called, and others when the group asks for another claim.
func claimants(base, head review.Tenant) []person {
	was, is := holders(base), holders(head)
	several := map[string]int{} // claims by the name that is shown
	shown := func(claim v1alpha1.Federation) string {
		if names := is[claim]; len(names) > 0 {
			return names[0]
		}
		return was[claim][0]
	}
	var claims []v1alpha1.Federation
	for _, side := range []map[v1alpha1.Federation][]string{was, is} {
		for claim := range side {
			if !slices.Contains(claims, claim) {
				claims = append(claims, claim)
				several[shown(claim)]++
			}
		}
	}
	var all []person
	for _, claim := range claims {
		p := person{shown(claim), was[claim], is[claim]}
		if several[p.name] > 1 {
			p.name += fmt.Sprintf(" (%s)", claimText(claim))
		}
		all = append(all, p)
	}
	return all
}

// holders are the names, in order, that a model knows the holders of each claim by.
func holders(t review.Tenant) map[v1alpha1.Federation][]string {
	all := map[v1alpha1.Federation][]string{}
	for i := range t.Declared.UserGroups {
		if g := &t.Declared.UserGroups[i]; g.Spec.Federation != nil {
			all[*g.Spec.Federation] = append(all[*g.Spec.Federation], access.ClaimSubject(g.Name))
		}
	}
	for claim := range all {
		slices.Sort(all[claim])
	}
	return all
}

// claimText is a claim for people.
func claimText(f v1alpha1.Federation) string {
	return fmt.Sprintf("%s %s by issuer %s", f.Claim, f.Value, f.Issuer)
}

// member is the name of one who is in a group and nowhere else. No User can have it.
func member(group string) string { return "group/" + group }

// peopled are declarations in which each group named here has one more member, who is in no other.
func peopled(d access.Declarations, groups []string) access.Declarations {
	d.Users, d.UserGroups = slices.Clone(d.Users), slices.Clone(d.UserGroups)
	for i := range d.UserGroups {
		if g := &d.UserGroups[i]; slices.Contains(groups, g.Name) {
			d.Users = append(d.Users, v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: member(g.Name)}})
			g.Spec.Members = append(slices.Clone(g.Spec.Members), member(g.Name))
		}
	}
	return d
}

// memberless are the groups in which one of the states knows nobody.
func memberless(states ...review.Tenant) []string {
	var all []string
	for _, t := range states {
		for i := range t.Declared.UserGroups {
			if g := &t.Declared.UserGroups[i]; len(g.Spec.Members)+len(access.DeclaredSessions(g)) == 0 {
				all = append(all, g.Name)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
