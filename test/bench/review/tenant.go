package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// The tenant that is asked about.
const (
	namespace = "acme"
	bindings  = 10_000
	folders   = 1_000
	users     = 500
	groups    = 100
	// collections are each managed by a group of twenty.
	collections = 200
	// perFile is how many objects stand in one file.
	perFile = 100
)

// tenant declares a Library of 1,000 folders, one in fifty restricted; 500 users and 100 groups of
// twenty; 10,000 bindings of those on one folder or two, every fourth with an end; and 200 Collections,
// which one of the groups manages by a binding on each.
func tenant() []client.Object {
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name, Namespace: namespace} }
	library := &v1alpha1.Library{ObjectMeta: meta("brand")}
	library.Spec.StoreRef.Name, library.Spec.Bucket.Name = "default", "acme-brand"
	objects := []client.Object{library}
	for i := range folders {
		f := &v1alpha1.Folder{ObjectMeta: meta(fmt.Sprintf("f%04d", i))}
		f.Spec.LibraryRef.Name = library.Name
		f.Spec.Path = v1alpha1.Path(fmt.Sprintf("team-%02d/project-%03d/f%04d", i%20, i%100, i))
		if f.Spec.Access = v1alpha1.AccessInherit; i%50 == 25 {
			f.Spec.Access = v1alpha1.AccessRestricted
		}
		objects = append(objects, f)
	}
	for i := range users {
		u := &v1alpha1.User{ObjectMeta: meta(fmt.Sprintf("u%03d", i))}
		u.Spec.DisplayName, u.Spec.Email = fmt.Sprintf("User %d", i), fmt.Sprintf("u%03d@acme.example", i)
		objects = append(objects, u)
	}
	for i := range groups {
		g := &v1alpha1.UserGroup{ObjectMeta: meta(fmt.Sprintf("g%02d", i))}
		for j := range 20 {
			g.Spec.Members = append(g.Spec.Members, fmt.Sprintf("u%03d", (i*7+j)%users))
		}
		objects = append(objects, g)
	}
	for i := range bindings {
		b := &v1alpha1.RoleBinding{ObjectMeta: meta(fmt.Sprintf("b%05d", i))}
		b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: []string{"viewer", "contributor", "manager"}[i%3]}
		b.Spec.Reason = fmt.Sprintf("Campaign %d, BR-%d", i%40, i)
		b.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: fmt.Sprintf("u%03d", i*13%users)}}
		if i%10 == 0 {
			b.Spec.Subjects[0] = v1alpha1.Subject{Kind: v1alpha1.SubjectUserGroup, Name: fmt.Sprintf("g%02d", i/10%groups)}
		}
		for j := range 1 + i%2 {
			b.Spec.Targets = append(b.Spec.Targets, v1alpha1.Target{Kind: v1alpha1.TargetFolder, Name: fmt.Sprintf("f%04d", (i*7+j*311)%folders)})
		}
		if i%4 == 0 {
			end := metav1.Date(2099, 1, 1+i%28, 0, 0, 0, 0, time.UTC)
			b.Spec.NotAfter = &end
		}
		objects = append(objects, b)
	}
	for i := range collections {
		c := &v1alpha1.Collection{ObjectMeta: meta(fmt.Sprintf("c%03d", i))}
		c.Spec.LibraryRef.Name, c.Spec.Title = library.Name, fmt.Sprintf("Campaign %d", i)
		c.Spec.Items = []v1alpha1.CollectionItem{{Path: fmt.Sprintf("team-%02d/project-%03d/hero-%03d-*.jpg", i%20, i%100, i)}}
		b := &v1alpha1.RoleBinding{ObjectMeta: meta("manage-" + c.Name)}
		b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "manager"}
		b.Spec.Reason = "Campaign managers"
		b.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUserGroup, Name: "g07"}}
		b.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetCollection, Name: c.Name}}
		objects = append(objects, c, b)
	}
	return objects
}

// document is an object as people write it into Git.
func document(o client.Object) ([]byte, error) {
	kind, spec := "", any(nil)
	switch o := o.(type) {
	case *v1alpha1.Library:
		kind, spec = "Library", o.Spec
	case *v1alpha1.Folder:
		kind, spec = "Folder", o.Spec
	case *v1alpha1.Collection:
		kind, spec = "Collection", o.Spec
	case *v1alpha1.User:
		kind, spec = "User", o.Spec
	case *v1alpha1.UserGroup:
		kind, spec = "UserGroup", o.Spec
	case *v1alpha1.RoleBinding:
		kind, spec = "RoleBinding", o.Spec
	}
	return yaml.Marshal(map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": kind, "spec": spec,
		"metadata": map[string]string{"name": o.GetName(), "namespace": o.GetNamespace()},
	})
}

// write puts the objects into files of a folder.
func write(dir string, objects []client.Object) error {
	var text []byte
	for i, o := range objects {
		one, err := document(o)
		if err != nil {
			return fmt.Errorf("writing %s: %w", o.GetName(), err)
		}
		text = append(append(text, "---\n"...), one...)
		if i%perFile == perFile-1 || i == len(objects)-1 {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.yaml", i/perFile)), text, 0o600); err != nil {
				return err
			}
			text = nil
		}
	}
	return nil
}
