package change_test

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
)

var now = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

func in(days int) *time.Time {
	t := now.AddDate(0, 0, days)
	return &t
}

var brandSchema = asset.NewSchema(&v1alpha1.MetadataSchema{Fields: []v1alpha1.MetadataField{
	{Name: "title", Type: v1alpha1.FieldText, Presence: v1alpha1.PresenceRequired},
	{Name: "usage", Type: v1alpha1.FieldChoice, Choices: []string{"web", "print"}},
	{Name: "channels", Type: v1alpha1.FieldChoices, Choices: []string{"web", "tv", "poster"}},
	{Name: "keywords", Type: v1alpha1.FieldKeywords},
	{Name: "fee", Type: v1alpha1.FieldNumber},
}})

// The tenant acme: mallory and carl contribute to launch; cap writes titles there; rea approves and publishes there, and lists nothing else;
// lib may anything, in the restricted Folders embargo and vault as well.
func acme(t *testing.T) *access.Model {
	t.Helper()
	d := access.Declarations{
		Libraries: []v1alpha1.Library{named[v1alpha1.Library]("brand")},
		Folders: []v1alpha1.Folder{
			folder("launch", "launch", ""), folder("press", "press", ""),
			folder("embargo", "launch/embargo", v1alpha1.AccessRestricted), folder("vault", "vault", v1alpha1.AccessRestricted),
		},
		Roles: []v1alpha1.Role{
			role("captions", v1alpha1.PermissionList, v1alpha1.PermissionDescribe),
			role("reviewer", v1alpha1.PermissionList, v1alpha1.PermissionApprove, v1alpha1.PermissionPublish),
			role("keeper", v1alpha1.PermissionList, v1alpha1.PermissionRestricted),
		},
		RoleBindings: []v1alpha1.RoleBinding{
			binding("mallory", v1alpha1.RoleKindBuiltIn, "contributor", v1alpha1.TargetFolder, "launch"),
			binding("carl", v1alpha1.RoleKindBuiltIn, "contributor", v1alpha1.TargetFolder, "launch"),
			binding("mona", v1alpha1.RoleKindBuiltIn, "manager", v1alpha1.TargetFolder, "launch"),
			binding("cap", v1alpha1.RoleKindRole, "captions", v1alpha1.TargetFolder, "launch"),
			binding("rea", v1alpha1.RoleKindRole, "reviewer", v1alpha1.TargetFolder, "launch"),
			binding("kim", v1alpha1.RoleKindRole, "keeper", v1alpha1.TargetFolder, "press"),
			binding("lib", v1alpha1.RoleKindBuiltIn, "library-admin", v1alpha1.TargetLibrary, "brand"),
		},
	}
	d.Roles[0].Spec.MetadataFields = []v1alpha1.MetadataFieldName{"title", "keywords"}
	d.Libraries[0].Spec.Bucket.Name = "acme-brand"
	for _, b := range d.RoleBindings {
		d.Users = append(d.Users, named[v1alpha1.User](b.Name))
	}
	m := access.New(d)
	if problems := m.Problems(); len(problems) > 0 {
		t.Fatalf("the world has problems: %v", problems)
	}
	return m
}

func named[T v1alpha1.Library | v1alpha1.User](name string) T {
	var object any
	meta := metav1.ObjectMeta{Name: name, Namespace: "acme"}
	switch any(*new(T)).(type) {
	case v1alpha1.Library:
		object = v1alpha1.Library{ObjectMeta: meta}
	default:
		object = v1alpha1.User{ObjectMeta: meta}
	}
	return object.(T)
}

func folder(name, path string, mode v1alpha1.FolderAccess) v1alpha1.Folder {
	f := v1alpha1.Folder{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "acme"}}
	f.Spec.LibraryRef.Name, f.Spec.Path, f.Spec.Access = "brand", v1alpha1.Path(path), mode
	return f
}

func role(name string, permissions ...v1alpha1.Permission) v1alpha1.Role {
	return v1alpha1.Role{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "acme"}, Spec: v1alpha1.RoleSpec{Permissions: permissions}}
}

func binding(user string, kind v1alpha1.RoleKind, role string, on v1alpha1.TargetKind, target string) v1alpha1.RoleBinding {
	return v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: user, Namespace: "acme"}, Spec: v1alpha1.RoleBindingSpec{
		RoleRef:  v1alpha1.RoleReference{Kind: kind, Name: role},
		Subjects: []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: user}},
		Targets:  []v1alpha1.Target{{Kind: on, Name: target}},
	}}
}

var heroSHA = change.Digest([]byte("hero"))

// hero is a file of the library, whose older version is v1.
func hero(path string) change.Asset {
	return change.Asset{
		Key: access.Key{Library: "brand", Path: path}, Exists: true, ETag: "e2", VersionID: "v2", SHA256: heroSHA,
		Versions: []asset.Version{{ID: "v2", ETag: "e2", Current: true}, {ID: "m", Marker: true}, {ID: "v1", ETag: "e1"}},
		Metadata: &asset.Metadata{V: 1, Fields: map[string][]string{
			"title": {"Hero"}, "keywords": {"hero", "spring"}, "channels": {"radio", "tv"}, "mood": {"warm"},
		}, Focus: &asset.Focus{X: 0.25, Y: 0.25, Width: 0.5, Height: 0.5}},
		Modified: now.AddDate(0, -1, 0),
	}
}

// files are what there is in the library; what is not among them does not exist.
func files() map[access.Key]change.Asset {
	all := map[access.Key]change.Asset{}
	for _, k := range []access.Key{{Path: "launch/hero.jpg"}, {Path: "press/secret.jpg"}, {Restricted: "embargo", Path: "hero.jpg"}} {
		a := hero(k.Path)
		a.Key.Restricted = k.Restricted
		all[a.Key] = a
	}
	return all
}

// answer is what a record in somebody's folder gets, put as changes/<folder>/<id>.json; earlier is the answer that the id has.
func answer(r change.Rights, folder, id string, data []byte, earlier *change.Result, there map[access.Key]change.Asset) (change.Result, []change.Effect) {
	result := change.Result{V: change.Version, Record: change.Digest(data), At: now}
	record, refused := change.Decode(data)
	asker := change.Asker{Rights: r}
	if refused == nil {
		asker.Name, asker.Platform, refused = record.AuthorOf(folder)
	}
	if refused == nil {
		refused = change.Replay(earlier, result.Record)
	}
	if refused != nil {
		result.Answers = []change.Answer{change.Whole(refused)}
		return result, nil
	}
	var effects []change.Effect
	for i, c := range record.Changes {
		a, known := there[c.Key("brand")]
		if !known {
			a = change.Asset{Key: c.Key("brand")}
		}
		e, refused := change.Decide(asker, brandSchema, c, a, now, id)
		effects = append(effects, e)
		result.Answers = append(result.Answers, change.NewAnswer(i, c, e, refused))
	}
	return result, effects
}

// applied is a file after an effect.
func applied(a change.Asset, e change.Effect) change.Asset {
	switch {
	case e.Metadata != nil:
		a.Metadata = e.Metadata
	case e.State != nil:
		a.State = e.State
	case e.Approval != nil:
		a.Approval = e.Approval
	case e.Restore != "":
		i := slices.IndexFunc(a.Versions, func(v asset.Version) bool { return v.ID == e.Restore })
		a.Exists, a.VersionID, a.ETag = true, "new", a.Versions[i].ETag
		a.Versions = append([]asset.Version{{ID: "new", ETag: a.ETag, Current: true}}, a.Versions...)
		a.Versions[1].Current = false
	case e.Remove != "":
		a.Versions = slices.DeleteFunc(slices.Clone(a.Versions), func(v asset.Version) bool { return v.ID == e.Remove })
	}
	return a
}
