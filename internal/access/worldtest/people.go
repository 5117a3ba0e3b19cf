package worldtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// drawer makes up one world.
type drawer struct {
	// number gives one of from to to, both included.
	number func(what string, from, to int) int
	w      *World
	size   Size
}

func pick[T any](d *drawer, what string, from []T) T { return from[d.number(what, 0, len(from)-1)] }

// some gives one to most of a list, each once.
func some[T comparable](d *drawer, what string, from []T, most int) []T {
	var taken []T
	for range d.number("how many "+what, 1, most) {
		if one := pick(d, what, from); !slices.Contains(taken, one) {
			taken = append(taken, one)
		}
	}
	return taken
}

func (d *drawer) rarely(what string) bool { return d.number(what, 0, 19) == 13 }

func (d *drawer) either(what string) bool { return d.number(what, 0, 1) == 1 }

// meta names an object; now and then it is on its way out, or frozen when it can be.
func (d *drawer) meta(name string, age int, freezable bool) metav1.ObjectMeta {
	m := metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(Start.Add(time.Duration(age-100) * time.Hour))}
	switch d.number("fate of "+name, 0, 29) {
	case 13:
		gone := metav1.NewTime(Start)
		m.DeletionTimestamp = &gone
	case 17:
		if freezable {
			m.Annotations = map[string]string{v1alpha1.AnnotationFreeze: "test"}
		}
	}
	return m
}

// Names are those that Users of worlds have.
var Names = []string{"alice", "bob", "carol", "dave", "erin", "frank"}

func (d *drawer) people() {
	names := Names[:d.number("users", 1, min(len(Names), d.size.Users))]
	for i, name := range names {
		u := v1alpha1.User{ObjectMeta: d.meta(name, i, true)}
		if domain := pick(d, "domain of "+name, domains); domain != "" {
			u.Spec.Email = name + "@" + domain
		}
		d.w.Users = append(d.w.Users, u)
	}
	for i := range d.number("groups", 0, d.size.Groups) {
		g := v1alpha1.UserGroup{ObjectMeta: d.meta(fmt.Sprintf("group%d", i), i, true)}
		for _, name := range slices.Concat(names, []string{"nobody"}) {
			if d.either(name + " in " + g.Name) {
				g.Spec.Members = append(g.Spec.Members, name)
			}
		}
		if d.number(g.Name+" by domain", 0, 3) == 0 {
			g.Spec.MemberDomains = []string{pick(d, "domain", []string{"acme.example", "northlight.example", "nobody.example"})}
		}
		if d.size.Sessions {
			d.sessions(&g)
		}
		d.w.UserGroups = append(d.w.UserGroups, g)
	}
}

// domains of mail addresses, which differ by case and by what stands before them; some Users have no address.
var domains = []string{"", "acme.example", "ACME.example", "sub.acme.example", "northlight.example"}

// Accounts are the ServiceAccounts that groups of worlds name.
var Accounts = []string{"cms", "app"}

// sessions lets people into a group by a claim, and ServiceAccounts.
func (d *drawer) sessions(g *v1alpha1.UserGroup) {
	if d.number(g.Name+" by claim", 0, 2) == 0 {
		g.Spec.Federation = &v1alpha1.Federation{Issuer: "sso", Claim: "groups", Value: g.Name}
	}
	for _, name := range Accounts {
		if d.number(name+" in "+g.Name, 0, 2) == 0 {
			g.Spec.ServiceAccounts = append(g.Spec.ServiceAccounts, name)
		}
	}
}

// permissions are the ones that mean something at a store, each with a chance of its own, and one that does not.
var permissions = []v1alpha1.Permission{
	v1alpha1.PermissionPreview, v1alpha1.PermissionDownload, v1alpha1.PermissionUpload, v1alpha1.PermissionDelete,
	v1alpha1.PermissionApprove, v1alpha1.PermissionRestricted, v1alpha1.PermissionComment,
}

var fields = []v1alpha1.MetadataFieldName{"title", "keywords", "rights"}

func (d *drawer) roles() {
	for i, name := range []string{"custom", "library-custom"} {
		r := v1alpha1.Role{ObjectMeta: d.meta(name, i, false)}
		if d.number(name+" lists", 0, 3) > 0 { // most permissions are nothing without it
			r.Spec.Permissions = append(r.Spec.Permissions, v1alpha1.PermissionList)
		}
		for _, p := range permissions {
			if d.either(name + " has " + string(p)) {
				r.Spec.Permissions = append(r.Spec.Permissions, p)
			}
		}
		if d.either(name + " describes") {
			r.Spec.Permissions = append(r.Spec.Permissions, v1alpha1.PermissionDescribe)
			if d.either(name + " describes some fields") {
				r.Spec.MetadataFields = some(d, "fields of "+name, fields, 2)
			}
		}
		d.w.Roles = append(d.w.Roles, r)
	}
}

var roleRefs = []v1alpha1.RoleReference{
	{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"}, {Kind: v1alpha1.RoleKindBuiltIn, Name: "contributor"}, {Kind: v1alpha1.RoleKindBuiltIn, Name: "manager"},
	{Kind: v1alpha1.RoleKindBuiltIn, Name: "library-viewer"}, {Kind: v1alpha1.RoleKindBuiltIn, Name: "library-editor"}, {Kind: v1alpha1.RoleKindBuiltIn, Name: "library-admin"},
	{Kind: v1alpha1.RoleKindBuiltIn, Name: "auditor"}, {Kind: v1alpha1.RoleKindBuiltIn, Name: "finance"},
	{Kind: v1alpha1.RoleKindRole, Name: "custom"}, {Kind: v1alpha1.RoleKindRole, Name: "library-custom"}, {Kind: v1alpha1.RoleKindRole, Name: "missing"},
}

func (d *drawer) bindings() {
	subjects := []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: "nobody"}}
	for _, u := range d.w.Users {
		subjects = append(subjects, v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: u.Name})
	}
	for _, g := range d.w.UserGroups {
		subjects = append(subjects, v1alpha1.Subject{Kind: v1alpha1.SubjectUserGroup, Name: g.Name})
	}
	var whole []v1alpha1.Target
	for _, l := range d.w.Libraries {
		whole = append(whole, v1alpha1.Target{Kind: v1alpha1.TargetLibrary, Name: l.Name})
	}
	parts := []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: "missing"}}
	for _, f := range d.w.Folders {
		parts = append(parts, v1alpha1.Target{Kind: v1alpha1.TargetFolder, Name: f.Name})
	}
	var selections []v1alpha1.Target
	for _, c := range d.w.Collections {
		selections = append(selections, v1alpha1.Target{Kind: v1alpha1.TargetCollection, Name: c.Name})
	}
	for i := range d.number("bindings", 0, d.size.Bindings) {
		b := v1alpha1.RoleBinding{ObjectMeta: d.meta(fmt.Sprintf("binding%d", i), i, false)}
		b.Spec.RoleRef = pick(d, "role", roleRefs)
		b.Spec.Subjects = some(d, "subjects", subjects, 3)
		targets := parts // most roles fit where they are given
		switch d.number("fit", 0, 5) {
		case 5:
			targets = slices.Concat(whole, parts, selections)
		default:
			switch {
			case strings.HasPrefix(b.Spec.RoleRef.Name, "library-"):
				targets = whole
			case len(selections) > 0 && d.number("selection", 0, 2) == 0:
				targets = selections
			}
		}
		b.Spec.Targets = some(d, "targets", targets, 3)
		b.Spec.NotBefore = d.instant("notBefore")
		b.Spec.NotAfter = d.instant("notAfter")
		d.w.RoleBindings = append(d.w.RoleBindings, b)
	}
}

func (d *drawer) instant(what string) *metav1.Time {
	if d.number("no "+what, 0, 2) > 0 {
		return nil
	}
	at := metav1.NewTime(pick(d, what, d.w.Instants))
	return &at
}
