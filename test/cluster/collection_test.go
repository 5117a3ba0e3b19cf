package cluster

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// A file that matches is a member within five seconds of its upload, and no
// longer one within five of its deletion, long before anybody looks at the whole Library.
//
// features: K13, K14, A2.4
func TestMembersFollowUploads(t *testing.T) {
	rarely := settings
	rarely.SweepInterval, rarely.DriftInterval = 10*time.Minute, 10*time.Minute
	w := newWorldWith(t, "members", rarely)
	w.apply(w.named(launch + `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Collection
metadata: {name: heroes}
spec: {libraryRef: {name: brand}, items: [{path: "press/**/hero-*.txt"}, {path: other/logo.txt}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice-heroes}
spec:
  roleRef: {kind: BuiltIn, name: manager}
  subjects: [{kind: User, name: alice}]
  targets: [{kind: Collection, name: heroes}]
`))
	w.ready(&v1alpha1.RoleBinding{}, "alice-heroes")
	alice := w.as("alice")
	w.ready(&v1alpha1.Collection{}, "heroes")
	const hero = "press/2027/hero-1.txt"
	w.must(put(w.ctx, w.root(), "members-brand", hero, "H"))
	w.must(put(w.ctx, w.root(), "members-brand", "press/2027/other.txt", "O"))
	reads := func(key string) error { _, err := fetch(w.ctx, alice, "members-brand", key); return err }
	w.eventually("a matching upload is a member within five seconds", 5*time.Second, func() error { return reads(hero) })
	w.must(denied(reads("press/2027/other.txt")))
	// A member may be read and nothing else, whatever the role.
	w.must(denied(put(w.ctx, alice, "members-brand", hero, "X")))
	w.must(denied(alice.RemoveObject(w.ctx, "members-brand", hero, minio.RemoveObjectOptions{})))
	_, err := list(w.ctx, alice, "members-brand", "press/")
	w.must(denied(err))
	w.must(w.root().RemoveObject(w.ctx, "members-brand", hero, minio.RemoveObjectOptions{}))
	w.eventually("what was deleted is no member within five seconds", 5*time.Second, func() error { return denied(reads(hero)) })
}

// With a Collection go the grants on it, with a UserGroup the grants to it, while the RoleBindings still name them. The files stay.
//
// features: K9, K15
func TestCollectionAndGroupThatGoTakeTheirGrantsAlong(t *testing.T) {
	onEachStore(t, "going", func(w *world) {
		w.apply(w.named(people + `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Collection
metadata: {name: heroes}
spec: {libraryRef: {name: brand}, items: [{path: press/hero.txt}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice-heroes}
spec:
  roleRef: {kind: BuiltIn, name: viewer}
  subjects: [{kind: User, name: alice}]
  targets: [{kind: Collection, name: heroes}]
`))
		for _, binding := range []string{"alice-views", "alice-heroes", "editors-contribute"} {
			w.ready(&v1alpha1.RoleBinding{}, binding)
		}
		bucket := w.name + "-brand"
		w.must(put(w.ctx, w.root(), bucket, "press/hero.txt", "H"))
		w.must(put(w.ctx, w.root(), bucket, "launch/a.txt", "A"))
		alice, bob := w.as("alice"), w.as("bob")
		reads := func(key string) error { _, err := fetch(w.ctx, alice, bucket, key); return err }
		uploads := func() error { return put(w.ctx, bob, bucket, "launch/b.txt", "B") }
		w.eventually("alice reads the member, and bob uploads", 5*time.Second, func() error { return errors.Join(reads("press/hero.txt"), uploads()) })

		w.delete(&v1alpha1.Collection{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "heroes"}})
		w.eventually("the member is nobody's any more", w.soon(), func() error { return denied(reads("press/hero.txt")) })
		w.stalled(&v1alpha1.RoleBinding{}, "alice-heroes", v1alpha1.ReasonTargetNotFound)
		w.must(errors.Join(reads("launch/a.txt"), uploads()))

		w.delete(&v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "editors"}})
		w.eventually("who was in the group has nothing by it any more", w.soon(), func() error { return denied(uploads()) })
		w.stalled(&v1alpha1.RoleBinding{}, "editors-contribute", v1alpha1.ReasonSubjectNotFound)
		w.must(reads("launch/a.txt"))

		for key, content := range map[string]string{"press/hero.txt": "H", "launch/a.txt": "A", "launch/b.txt": "B"} {
			if got, err := fetch(w.ctx, w.root(), bucket, key); err != nil || got != content {
				w.Errorf("%s holds %q: %v", key, got, err)
			}
		}
	})
}

// A member of one version is shown by links in that version, and is nobody's
// at the store, where a policy cannot tell versions apart.
//
// features: K13, K15
func TestMemberOfOneVersion(t *testing.T) {
	w := newWorld(t, "pinned")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.Library{}, "brand")
	first, err := w.root().PutObject(w.ctx, "pinned-brand", "press/logo.txt", strings.NewReader("old"), 3, minio.PutObjectOptions{})
	w.must(err)
	w.must(put(w.ctx, w.root(), "pinned-brand", "press/logo.txt", "newer"))
	w.must(put(w.ctx, w.root(), "pinned-brand", "press/note.txt", "note"))
	w.apply(strings.ReplaceAll(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: Collection
metadata: {name: logos}
spec: {libraryRef: {name: brand}, items: [{path: press/logo.txt, version: "VERSION"}, {path: press/note.txt}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice-logos}
spec:
  roleRef: {kind: BuiltIn, name: viewer}
  subjects: [{kind: User, name: alice}]
  targets: [{kind: Collection, name: logos}]
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: logos}
spec: {target: {collection: {name: logos}}}
`, "VERSION", first.VersionID))
	if message := w.condition(&v1alpha1.Collection{}, "logos", "True", ""); !strings.Contains(message, "1 of them are of one version") {
		t.Errorf("it is not told what grants give: %q", message)
	}
	alice := w.as("alice")
	w.eventually("alice reads the member that is not pinned", 5*time.Second, func() error {
		_, err := fetch(w.ctx, alice, "pinned-brand", "press/note.txt")
		return err
	})
	_, err = fetch(w.ctx, alice, "pinned-brand", "press/logo.txt")
	w.must(denied(err))
	w.ready(&v1alpha1.PublicLink{}, "logos")
	w.eventually("the link shows the old version", 10*time.Second, func() error {
		catalog, err := w.catalog("logos")
		if err != nil {
			return err
		}
		for _, a := range catalog.Assets {
			if a.Path == "logo.txt" && (a.VersionID != first.VersionID || a.Size != 3) {
				return fmt.Errorf("it has %+v", a)
			}
		}
		return w.shows("logos", "logo.txt note.txt")
	})
}
