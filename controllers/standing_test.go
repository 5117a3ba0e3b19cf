package controllers

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Where rights hang on identities, what fails at one is told by the Library and by whatever hangs on that identity;
// all else is in force and says so.
func TestWhatFailsAtOneIdentityIsToldOfThatOne(t *testing.T) {
	in := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: name, Namespace: "acme", Generation: 1}
	}
	user, group := v1alpha1.SubjectUser, v1alpha1.SubjectUserGroup
	binding := func(kind v1alpha1.SubjectKind, name string) v1alpha1.RoleBinding {
		return v1alpha1.RoleBinding{ObjectMeta: in(name), Spec: v1alpha1.RoleBindingSpec{
			RoleRef:  v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "library-viewer"},
			Subjects: []v1alpha1.Subject{{Kind: kind, Name: name}},
			Targets:  []v1alpha1.Target{{Kind: v1alpha1.TargetLibrary, Name: "brand"}},
		}}
	}
	declared := access.Declarations{
		Libraries:    []v1alpha1.Library{{ObjectMeta: in("brand"), Spec: v1alpha1.LibrarySpec{StoreRef: v1alpha1.LocalReference{Name: "default"}, Bucket: v1alpha1.Bucket{Name: "acme-brand"}}}},
		Folders:      []v1alpha1.Folder{{ObjectMeta: in("launch"), Spec: v1alpha1.FolderSpec{LibraryRef: v1alpha1.LocalReference{Name: "brand"}, Path: "launch"}}},
		Users:        []v1alpha1.User{{ObjectMeta: in("alice")}, {ObjectMeta: in("bob")}, {ObjectMeta: in("carol")}},
		UserGroups:   []v1alpha1.UserGroup{{ObjectMeta: in("editors"), Spec: v1alpha1.UserGroupSpec{Members: []string{"alice", "bob", "carol"}}}},
		RoleBindings: []v1alpha1.RoleBinding{binding(user, "alice"), binding(user, "bob"), binding(group, "editors")},
	}
	tenant := &Tenant{Namespace: "acme", Declared: declared, Model: access.New(declared)}
	of := func(kind v1alpha1.SubjectKind, name string, members ...string) policy.Attachment {
		return policy.Attachment{
			Subject: v1alpha1.Subject{Kind: kind, Name: name}, Members: members,
			Allows: []policy.Allow{{Verb: policy.Read, Bucket: "acme-brand"}},
		}
	}
	made := &rendering{
		policies:    []bucketPolicy{{library: libraryAt{Library: &declared.Libraries[0], gives: true}, bucket: "acme-brand"}},
		attachments: []policy.Attachment{of(user, "alice"), of(user, "bob"), of(user, "carol"), of(group, "editors", "alice", "bob")},
	}
	tooLarge := stall(v1alpha1.ReasonPolicyTooLarge, "it does not fit")
	for _, test := range []struct {
		reason string
		fails  policy.Attachment
		want   string // who tells of it
	}{
		{"a User's own rights", of(user, "alice"), "Library RoleBinding/alice"},
		{"a group's", of(group, "editors", "alice", "bob"), "Library RoleBinding/editors UserGroup/editors"},
		{"those of a User in too many groups for the store, who has by itself what they give", of(user, "carol"), "Library RoleBinding/editors"},
		{"the gateway's", policy.Attachment{Members: []string{gatewayMember}, Allows: of(user, "").Allows}, "PublicLink"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			d := &Deps{Enforcement: NewEnforcement(), Foreigners: NewForeigners(), Versions: NewVersionCaps(), Moves: NewMoves(), Inventory: NewInventory()}
			library := &LibraryReconciler{d}
			links := &PublicLinkReconciler{Deps: d}
			link := &v1alpha1.PublicLink{ObjectMeta: in("press")}
			tenant.Links = []v1alpha1.PublicLink{*link}
			pass := func(fails bool) []object {
				result := describe(tenant)
				result.gateway, result.absent = true, nil
				result.libraries["brand"] = libraryResult{applied: true}
				if fails {
					made.tellAttached(result, hanging{Attachment: test.fails, holder: store.Holder{Kind: store.HolderUser}}, tooLarge)
				}
				return d.Enforcement.set(tenantAt{"acme", "default"}, result)
			}
			pass(false)
			var woken []string
			for _, o := range pass(true) {
				woken = append(woken, o.kind+"/"+o.name)
			}
			var tell []string
			note := func(what string, err error) {
				if err != nil {
					tell = append(tell, what)
					if !strings.Contains(strings.Join(woken, " "), what) {
						t.Errorf("%s is not woken, only %v", what, woken)
					}
				}
			}
			_, err := library.verdict(&declared.Libraries[0], foundAtBuckets{})
			note("Library", err)
			for i := range declared.Folders {
				_, err := d.standing(tenant, "Folder", &declared.Folders[i], "")
				note("Folder/launch", err)
			}
			for i := range declared.RoleBindings {
				_, err := d.standing(tenant, "RoleBinding", &declared.RoleBindings[i], "")
				note("RoleBinding/"+declared.RoleBindings[i].Name, err)
			}
			_, err = d.standing(tenant, "UserGroup", &declared.UserGroups[0], "")
			note("UserGroup/editors", err)
			note("PublicLink", links.served(tenant, link, &declared.Libraries[0]))
			if got := strings.Join(tell, " "); got != test.want {
				t.Errorf("%q tell of it, want %q", got, test.want)
			}
		})
	}
}

// A pass that knew a binding before it knew the Library, or what else the binding names, says nothing of what that gives:
// neither is Ready until a pass has known both.
func TestNothingIsInForceBeforeAPassKnewAllOfIt(t *testing.T) {
	in := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: name, Namespace: "acme", UID: types.UID(name), Generation: 1}
	}
	whole := access.Declarations{
		Libraries: []v1alpha1.Library{{ObjectMeta: in("brand"), Spec: v1alpha1.LibrarySpec{StoreRef: v1alpha1.LocalReference{Name: "default"}, Bucket: v1alpha1.Bucket{Name: "acme-brand"}}}},
		Folders:   []v1alpha1.Folder{{ObjectMeta: in("launch"), Spec: v1alpha1.FolderSpec{LibraryRef: v1alpha1.LocalReference{Name: "brand"}, Path: "launch"}}},
		Users:     []v1alpha1.User{{ObjectMeta: in("alice")}},
		RoleBindings: []v1alpha1.RoleBinding{{ObjectMeta: in("alice-views"), Spec: v1alpha1.RoleBindingSpec{
			RoleRef:  v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"},
			Subjects: []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: "alice"}},
			Targets:  []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: "launch"}},
		}}},
	}
	tenant := &Tenant{Namespace: "acme", Declared: whole, Model: access.New(whole)}
	binding, folder := &whole.RoleBindings[0], &whole.Folders[0]
	at := tenantAt{"acme", "default"}
	for _, before := range []struct {
		reason string
		knew   func(*access.Declarations)
	}{
		{"no Library", func(d *access.Declarations) { d.Libraries = nil }},
		{"no Folder", func(d *access.Declarations) { d.Folders = nil }},
	} {
		t.Run(before.reason, func(t *testing.T) {
			d := &Deps{Enforcement: NewEnforcement()}
			pass := func(known access.Declarations) []object {
				result := describe(&Tenant{Namespace: "acme", Declared: known, Model: access.New(known)})
				result.absent = nil
				for i := range known.Libraries {
					result.libraries[known.Libraries[i].Name] = libraryResult{applied: true}
				}
				return d.Enforcement.set(at, result)
			}
			partial := whole
			before.knew(&partial)
			pass(partial)
			early := &Tenant{Namespace: "acme", Declared: access.Declarations{Users: whole.Users}, Model: access.New(access.Declarations{Users: whole.Users})}
			for kind, obj := range map[string]client.Object{"RoleBinding": binding, "Folder": folder} {
				if out, err := d.standing(early, kind, obj, ""); err != nil || out.state != working {
					t.Errorf("%s is in state %d, %v, for a tenant that was gathered before it", kind, out.state, err)
				}
			}
			for kind, obj := range map[string]client.Object{"RoleBinding": binding, "Folder": folder} {
				if out, err := d.standing(tenant, kind, obj, ""); err != nil || out.state != working {
					t.Errorf("%s is in state %d, %v, after a pass without it", kind, out.state, err)
				}
			}
			woken := pass(whole)
			for kind, obj := range map[string]client.Object{"RoleBinding": binding, "Folder": folder} {
				if out, err := d.standing(tenant, kind, obj, ""); err != nil || out.state != enforced {
					t.Errorf("%s is in state %d, %v, after a whole pass", kind, out.state, err)
				}
				if !slices.Contains(woken, object{kind, obj.GetName()}) {
					t.Errorf("%s is not woken by the pass that brings it into force", kind)
				}
			}
		})
	}
}

// How many members a Collection has hangs on files, which are no part of any declaration: whoever tells of it is woken when a pass finds another number.
func TestACollectionIsToldOfAnewWhenItsMembersAreOthers(t *testing.T) {
	in := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: name, Namespace: "acme", Generation: 1}
	}
	at := v1alpha1.LocalReference{Name: "brand"}
	declared := access.Declarations{
		Libraries: []v1alpha1.Library{{ObjectMeta: in("brand"), Spec: v1alpha1.LibrarySpec{StoreRef: v1alpha1.LocalReference{Name: "default"}, Bucket: v1alpha1.Bucket{Name: "acme-brand"}}}},
		Collections: []v1alpha1.Collection{
			{ObjectMeta: in("picks"), Spec: v1alpha1.CollectionSpec{LibraryRef: at, Selector: &v1alpha1.CollectionSelector{Keywords: []string{"pick"}}}},
			{ObjectMeta: in("press"), Spec: v1alpha1.CollectionSpec{LibraryRef: at, Items: []v1alpha1.CollectionItem{{Path: "press/**"}}}},
		},
		Files: map[string][]string{"brand": {"launch/a.jpg", "press/b.jpg"}},
	}
	enforcement := NewEnforcement()
	pass := func(picked ...string) (woken []string) {
		now := declared
		now.Selected = map[string][]string{"picks": picked}
		for _, o := range enforcement.set(tenantAt{"acme", "default"}, describe(&Tenant{Namespace: "acme", Declared: now, Model: access.New(now)})) {
			woken = append(woken, o.kind+"/"+o.name)
		}
		return woken
	}
	pass("launch/a.jpg")
	for _, c := range []struct {
		picked []string
		want   []string
	}{{nil, []string{"Collection/picks"}}, {nil, nil}, {[]string{"launch/a.jpg"}, []string{"Collection/picks"}}} {
		if woken := pass(c.picked...); !slices.Equal(woken, c.want) {
			t.Errorf("with the members %v are woken %v, wanted %v", c.picked, woken, c.want)
		}
	}
}
