package cluster

import (
	"errors"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

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

// A key that is asked to be replaced works beside the new one for its overlap
// and not an instant longer; what has it as a file has time to fetch the new one.
//
// features: D16
func TestKeysAreRotatedWithAnOverlap(t *testing.T) {
	w := newWorld(t, "rotation")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.must(put(w.ctx, w.root(), "rotation-brand", "launch/a.txt", "A"))
	old := w.as("alice")
	oldID, _ := w.keyOf("alice")
	reads := func(c *minio.Client) error { _, err := fetch(w.ctx, c, "rotation-brand", "launch/a.txt"); return err }
	w.eventually("alice reads", 2*time.Second, func() error { return reads(old) })

	w.rotate("alice", "2027-03-01", "4s")
	w.eventually("there is another key", 5*time.Second, func() error {
		if id, _ := w.keyOf("alice"); id == oldID {
			return errors.New("it is the old one")
		}
		return nil
	})
	w.must(reads(s3(w.keyOf("alice"))))
	w.must(reads(old))
	user := &v1alpha1.User{}
	w.ready(user, "alice")
	if held := user.Status.Identities[0]; held.Previous == nil || held.Previous.AccessKeyID != oldID || held.IssuedAt == nil {
		t.Errorf("status tells of %+v", held)
	}
	w.eventually("the old key ends with its overlap", 8*time.Second, func() error { return refused(reads(old)) })
	w.must(reads(s3(w.keyOf("alice"))))
	w.eventually("and is told no more", 3*time.Second, func() error {
		w.get(user, "alice")
		if user.Status.Identities[0].Previous != nil {
			return errors.New("it is")
		}
		return nil
	})

	// Asked twice in a row: the oldest of three would be one too many for the store.
	second, _ := w.keyOf("alice")
	w.rotate("alice", "2027-03-02", "1h")
	w.eventually("replaced", 5*time.Second, func() error { return differs(w, second) })
	third, thirdSecret := w.keyOf("alice")
	w.rotate("alice", "2027-03-03", "1h")
	w.eventually("replaced again", 5*time.Second, func() error { return differs(w, third) })
	w.must(reads(s3(third, thirdSecret)))
	w.must(reads(s3(w.keyOf("alice"))))
	keys, err := w.administrator().Identities.Keys(w.ctx, store.Name(w.name, w.namespace, "User", "alice"))
	w.must(err)
	if len(keys) != 2 {
		t.Errorf("there are %d keys", len(keys))
	}

	// A leaver's keys end both.
	w.delete(&v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "alice"}})
	w.eventually("both keys of a leaver end", 2*time.Second, func() error { return refused(reads(s3(third, thirdSecret))) })
}

func differs(w *world, id string) error {
	if now, _ := w.keyOf("alice"); now == id {
		return errors.New("the key is the old one")
	}
	return nil
}

// A manager that dies at any write of a rotation leaves a key that works in the
// Secret at every moment, and the old one valid until its overlap is over.
func TestRotationKilledAtAnyWrite(t *testing.T) {
	w := newWorld(t, "rotationcut")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.must(put(w.ctx, w.root(), "rotationcut-brand", "launch/a.txt", "A"))
	w.as("alice")
	reads := func(c *minio.Client) error {
		_, err := fetch(w.ctx, c, "rotationcut-brand", "launch/a.txt")
		return err
	}
	for n := range int64(3) {
		before := s3(w.keyOf("alice"))
		w.eventually("the key works", 5*time.Second, func() error { return reads(before) })
		w.stopManager()
		hook, died := dying(n)
		w.startManager(hook)
		w.rotate("alice", "cut-"+string(rune('a'+n)), "1h")
		select {
		case <-died:
		case <-time.After(3 * time.Second): // fewer writes than that
		}
		w.must(reads(before))
		w.must(reads(s3(w.keyOf("alice"))))
		w.stopManager()
		w.startManager(nil)
		user := &v1alpha1.User{}
		w.eventually("the next manager completes it", 10*time.Second, func() error {
			if err := bed.admin.Get(w.ctx, types.NamespacedName{Namespace: w.namespace, Name: "alice"}, user); err != nil {
				return err
			}
			if user.Status.ObservedGeneration != user.Generation || user.Status.Identities[0].Previous == nil {
				return errors.New("not yet")
			}
			return reads(s3(w.keyOf("alice")))
		})
		w.must(reads(before))
	}
}
