package cluster

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// What is wrong is told by the object that is wrong, with the remedy, and what
// works beside it goes on working.
func TestWhatIsMissingGivesNothingAndSaysSo(t *testing.T) {
	w := newWorld(t, "missing")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.must(put(w.ctx, w.root(), "missing-brand", "launch/a.txt", "A"))
	alice := w.as("alice")
	works := func() error { _, err := fetch(w.ctx, alice, "missing-brand", "launch/a.txt"); return err }
	w.eventually("alice reads", 2*time.Second, works)

	binding := func(name, role, subject, target string) string {
		return `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: ` + name + `}
spec: {roleRef: ` + role + `, subjects: [` + subject + `], targets: [` + target + `]}`
	}
	const (
		viewer = "{kind: BuiltIn, name: viewer}"
		person = "{kind: User, name: alice}"
		folder = "{kind: Folder, name: launch}"
	)
	w.apply(w.named(binding("norole", "{kind: Role, name: none}", person, folder) +
		binding("nouser", viewer, "{kind: User, name: nobody}", folder) +
		binding("nogroup", viewer, "{kind: UserGroup, name: none}", folder) +
		binding("notarget", viewer, person, "{kind: Folder, name: none}") + `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: UserGroup
metadata: {name: ghosts}
spec: {members: [alice, casper]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: orphan}
spec: {libraryRef: {name: none}, path: a}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Collection
metadata: {name: orphan}
spec: {libraryRef: {name: none}, items: [{path: a/b.jpg}]}
`))
	w.stalled(&v1alpha1.RoleBinding{}, "norole", v1alpha1.ReasonRoleNotFound)
	w.stalled(&v1alpha1.RoleBinding{}, "nouser", v1alpha1.ReasonSubjectNotFound)
	w.stalled(&v1alpha1.RoleBinding{}, "nogroup", v1alpha1.ReasonSubjectNotFound)
	w.stalled(&v1alpha1.RoleBinding{}, "notarget", v1alpha1.ReasonTargetNotFound)
	if message := w.stalled(&v1alpha1.UserGroup{}, "ghosts", v1alpha1.ReasonMemberNotFound); !strings.Contains(message, "casper") {
		t.Errorf("the message does not name who is missing: %s", message)
	}
	w.stalled(&v1alpha1.Folder{}, "orphan", v1alpha1.ReasonLibraryNotFound)
	w.stalled(&v1alpha1.Collection{}, "orphan", v1alpha1.ReasonLibraryNotFound)

	w.apply("{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: nobody}, spec: {}}")
	w.ready(&v1alpha1.RoleBinding{}, "nouser")
	w.must(works())
}

func TestPathsThatMeet(t *testing.T) {
	w := newWorld(t, "meet")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.Folder{}, "launch")
	// Composed and decomposed, the same word to a reader.
	w.apply(w.named("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Folder, metadata: {name: upper}, spec: {libraryRef: {name: brand}, path: LAUNCH}}"))
	w.apply(w.named("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Folder, metadata: {name: composed}, spec: {libraryRef: {name: brand}, path: \"caf\u00e9\"}}"))
	w.apply(w.named("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Folder, metadata: {name: decomposed}, spec: {libraryRef: {name: brand}, path: \"cafe\u0301\"}}"))
	if message := w.stalled(&v1alpha1.Folder{}, "upper", v1alpha1.ReasonConflict); !strings.Contains(message, "launch") {
		t.Errorf("the message does not name the other Folder: %s", message)
	}
	w.stalled(&v1alpha1.Folder{}, "decomposed", v1alpha1.ReasonInvalidPath)
	w.ready(&v1alpha1.Folder{}, "composed")
	w.ready(&v1alpha1.Folder{}, "launch")
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
}

func TestCredentialsThatDoNotWork(t *testing.T) {
	w := newWorld(t, "creds")
	w.apply(w.named(aLink))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	url := w.url("press")
	w.must(put(w.ctx, w.root(), "creds-brand", "launch/a.txt", "A"))
	alice, gateway := w.as("alice"), w.gateway()
	reads := func() error { _, err := fetch(w.ctx, alice, "creds-brand", "launch/a.txt"); return err }
	opens := func() error {
		_, original := fetch(w.ctx, gateway, "creds-brand", "launch/a.txt")
		_, catalog := fetch(w.ctx, gateway, "creds-brand-dam", "catalog/press.json")
		return errors.Join(original, catalog)
	}
	w.eventually("the gateway has what the link shares", 3*time.Second, opens)
	good := &corev1.Secret{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: settings.SystemNamespace, Name: "creds"}, good))
	good.ResourceVersion, good.UID = "", ""

	w.must(w.bed.admin.Delete(w.ctx, good.DeepCopy()))
	w.stalled(&v1alpha1.ObjectStore{}, "creds", v1alpha1.ReasonCredentialsNotFound)
	// Nobody lost anything, and no link went down.
	w.must(reads())
	w.must(opens())
	link := &v1alpha1.PublicLink{}
	w.get(link, "press")
	if link.Status.Phase != v1alpha1.LinkActive {
		t.Errorf("the link's phase is %s", link.Status.Phase)
	}
	// Nothing new is given, and who loses access loses it.
	w.apply(w.named(strings.ReplaceAll(strings.ReplaceAll(launch[strings.Index(launch, "apiVersion: dam.vitrine.dev/v1alpha1\nkind: RoleBinding"):], "alice-views", "alice-contributes"), "viewer", "contributor")))
	w.delete(&v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "alice-views"}})
	w.stalled(&v1alpha1.RoleBinding{}, "alice-contributes", v1alpha1.ReasonCredentialsNotFound)
	w.must(denied(put(w.ctx, alice, "creds-brand", "launch/b.txt", "B")))
	w.delete(&v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "alice-contributes"}})
	w.eventually("revoking works without the Secret", 3*time.Second, func() error { return denied(reads()) })
	w.apply(w.named(launch))

	wrong := good.DeepCopy()
	wrong.Data["AWS_SECRET_ACCESS_KEY"] = []byte("wrong")
	w.must(w.bed.admin.Create(w.ctx, wrong))
	if message := w.stalled(&v1alpha1.ObjectStore{}, "creds", v1alpha1.ReasonCredentialsRefused); strings.Contains(message, "wrong") {
		t.Errorf("the message tells the credentials: %s", message)
	}
	wrong.Labels = nil
	w.must(w.bed.admin.Update(w.ctx, wrong))
	w.stalled(&v1alpha1.ObjectStore{}, "creds", v1alpha1.ReasonSecretNotMarked)
	w.must(opens())

	w.must(w.bed.admin.Delete(w.ctx, wrong))
	w.must(w.bed.admin.Create(w.ctx, good))
	w.ready(&v1alpha1.ObjectStore{}, "creds")
	w.eventually("with the credentials back, granting works", 15*time.Second, reads)
	if now := w.url("press"); now != url {
		t.Error("the link has another URL")
	}
}

func TestStatusThatIsWipedComesBack(t *testing.T) {
	onEachStore(t, "wiped", func(w *world) {
		w.apply(w.named(aLink))
		w.ready(&v1alpha1.PublicLink{}, "press")
		link := &v1alpha1.PublicLink{}
		w.get(link, "press")
		hash := link.Status.TokenHash
		alice := w.as("alice")
		w.must(put(w.ctx, w.root(), w.name+"-brand", "launch/a.txt", "A"))
		reads := func() error { _, err := fetch(w.ctx, alice, w.name+"-brand", "launch/a.txt"); return err }
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		w.eventually("alice reads", w.soon(), reads)
		stop := w.always("alice reads all the time", reads)
		w.must(w.kubectl(nil, "patch", "ostore/"+w.name, "--subresource=status", "--type=merge",
			"-p", `{"status":{"conditions":null,"observedGeneration":-1,"capabilities":null,"libraries":null}}`))
		for _, what := range []string{"lib/brand", "damfolder/launch", "damuser/alice", "damrb/alice-views", "plink/press"} {
			w.must(w.kubectl(nil, "patch", what, "-n", w.namespace, "--subresource=status", "--type=merge",
				"-p", `{"status":{"conditions":null,"observedGeneration":-1,"phase":null,"tokenHash":null,"id":null,"catalog":null,"vitrineBucket":null,"identities":null}}`))
		}
		w.ready(&v1alpha1.ObjectStore{}, w.name)
		w.ready(&v1alpha1.Library{}, "brand")
		w.ready(&v1alpha1.Folder{}, "launch")
		w.ready(&v1alpha1.User{}, "alice")
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		w.ready(link, "press")
		stop()
		if link.Status.TokenHash != hash {
			w.Error("the link has another token")
		}
	})
}
