package cluster

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// refused wants that a key does not sign in any more.
func refused(err error) error {
	switch minio.ToErrorResponse(err).Code {
	case "InvalidAccessKeyId", "AccessDenied", "SignatureDoesNotMatch":
		return nil
	}
	return errors.Join(errors.New("want a key that is refused"), orNothing(err))
}

func (w *world) keyOf(user string) (id, secret string) {
	w.Helper()
	s := &corev1.Secret{}
	w.get(s, user+"."+w.name+".key")
	return string(s.Data["AWS_ACCESS_KEY_ID"]), string(s.Data["AWS_SECRET_ACCESS_KEY"])
}

func (w *world) rotate(user, request, overlap string) {
	w.Helper()
	w.apply(w.named(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: ` + user + `}
spec: {credentials: Issue, keyRotation: {request: "` + request + `", overlap: ` + overlap + `}}
`))
}

// signedIn signs in with the key that is in somebody's Secret now.
func (w *world) signedIn(user string) *minio.Client {
	w.Helper()
	id, secret := w.keyOf(user)
	return s3At(w.at.endpoint, id, secret)
}

// readsFirst downloads the one file of the launch folder.
func (w *world) readsFirst(c *minio.Client) error {
	_, err := fetch(w.ctx, c, w.name+"-brand", "launch/a.txt")
	return err
}

// replaced waits until alice's key is another one.
func (w *world) replaced(id string) {
	w.Helper()
	w.eventually("there is another key", 8*time.Second, func() error {
		if now, _ := w.keyOf("alice"); now == id {
			return errors.New("it is the old one")
		}
		return nil
	})
}

// A key that is asked to be replaced, or that is of age, works beside the new one for its overlap
// and not an instant longer; what has it as a file has time to fetch the new one.
//
// features: D16
func TestKeysAreRotatedWithAnOverlap(t *testing.T) {
	onEachStore(t, "rotation", func(w *world) {
		w.apply(w.named(launch))
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		w.must(put(w.ctx, w.root(), w.name+"-brand", "launch/a.txt", "A"))
		old := w.as("alice")
		oldID, _ := w.keyOf("alice")
		w.eventually("alice reads", w.soon(), func() error { return w.readsFirst(old) })

		w.rotate("alice", "2027-03-01", "15s")
		w.replaced(oldID)
		w.eventually("the new key reads", w.soon(), func() error { return w.readsFirst(w.signedIn("alice")) })
		w.must(w.readsFirst(old))
		user := &v1alpha1.User{}
		w.ready(user, "alice")
		if held := user.Status.Identities[0]; held.Previous == nil || held.Previous.AccessKeyID != oldID || held.IssuedAt == nil {
			w.Errorf("status tells of %+v", held)
		}
		w.eventually("the old key ends with its overlap", 20*time.Second, func() error { return refused(w.readsFirst(old)) })
		w.must(w.readsFirst(w.signedIn("alice")))
		w.eventually("and is told no more", 3*time.Second, func() error {
			w.get(user, "alice")
			if user.Status.Identities[0].Previous != nil {
				return errors.New("it is")
			}
			return nil
		})

		w.rotatesByAge()

		// Asked twice in a row: the oldest of three would be one too many for the store.
		second, _ := w.keyOf("alice")
		w.rotate("alice", "2027-03-02", "1h")
		w.replaced(second)
		third, thirdSecret := w.keyOf("alice")
		w.rotate("alice", "2027-03-03", "1h")
		w.replaced(third)
		before := s3At(w.at.endpoint, third, thirdSecret)
		w.must(w.readsFirst(before))
		w.eventually("the newest reads", w.soon(), func() error { return w.readsFirst(w.signedIn("alice")) })
		keys, err := w.administrator().Identities.Keys(w.ctx, store.Name(w.name, w.namespace, "User", "alice"))
		w.must(err)
		if len(keys) != 2 {
			w.Errorf("there are %d keys", len(keys))
		}

		// A leaver's keys end both.
		w.delete(&v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "alice"}})
		w.eventually("both keys of a leaver end", w.soon(), func() error { return refused(w.readsFirst(before)) })
	})
}

// rotatesByAge has alice's key come of age. No age below a minute may be declared, so the Secret, which says when its key was issued, is told
// two minutes ago while the manager is away.
func (w *world) rotatesByAge() {
	w.Helper()
	aged, _ := w.keyOf("alice")
	w.stopManager()
	w.must(w.kubectl(nil, "annotate", "--overwrite", "-n", w.namespace, "secret/alice."+w.name+".key",
		"dam.vitrine.dev/issued="+time.Now().Add(-2*time.Minute).UTC().Format(time.RFC3339)))
	old := w.signedIn("alice")
	w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: alice}, spec: {credentials: Issue, keyRotation: {request: "2027-03-01", maxAge: 1m, overlap: 50s}}}`)
	w.startManager(nil)
	w.replaced(aged)
	w.eventually("the younger key reads", w.soon(), func() error { return w.readsFirst(w.signedIn("alice")) })
	w.must(w.readsFirst(old))
}

// A manager that dies at any write of a rotation, to the store or to Kubernetes, leaves a key that works in the
// Secret at every moment, and the old one valid until its overlap is over.
//
// features: D16
func TestRotationKilledAtAnyWrite(t *testing.T) {
	onEachStore(t, "rotationcut", func(w *world) {
		w.apply(w.named(launch))
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		w.must(put(w.ctx, w.root(), w.name+"-brand", "launch/a.txt", "A"))
		w.as("alice")
		var cut []string
		for dead := true; dead; {
			before := w.signedIn("alice")
			w.eventually("the key works", w.soon(), func() error { return w.readsFirst(before) })
			w.stopManager()
			w.rotate("alice", fmt.Sprintf("cut-%d", len(cut)), "1h")
			m := &mortal{left: int64(len(cut))}
			died := w.startMortal(m)
			oldID, _ := w.keyOf("alice")
			done := func() error {
				user := &v1alpha1.User{}
				w.get(user, "alice")
				if now, _ := w.keyOf("alice"); now == oldID || user.Status.ObservedGeneration != user.Generation || user.Status.Identities[0].AccessKeyID != now {
					return errors.New("not yet")
				}
				return w.readsFirst(w.signedIn("alice"))
			}
			if dead = w.diesBefore(died, done); dead {
				cut = append(cut, m.cut())
			}
			w.stopManager()
			w.must(w.readsFirst(before))
			w.must(w.readsFirst(w.signedIn("alice")))
			w.startManager(nil)
			w.eventually(fmt.Sprintf("after deaths at %v the next manager completes it", cut), 10*time.Second, done)
			w.must(w.readsFirst(before))
		}
		if !slices.ContainsFunc(cut, func(what string) bool { return strings.HasSuffix(what, " secrets") }) || len(cut) < 2 {
			w.Errorf("deaths at %v only: a key without its Secret is not among them", cut)
		}
	})
}
