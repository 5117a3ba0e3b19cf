package controllers

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// features: D16
func TestKeysAreReplacedWhenDue(t *testing.T) {
	noon := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	held := heldKey{id: "A", request: "1", issued: noon}
	for reason, c := range map[string]struct {
		rotation keyRotation
		at       time.Time
		due      bool
	}{
		"nothing was asked for":            {keyRotation{}, noon.AddDate(10, 0, 0), false},
		"the request was answered":         {keyRotation{request: "1"}, noon.AddDate(10, 0, 0), false},
		"another request":                  {keyRotation{request: "2"}, noon, true},
		"the request was taken back":       {keyRotation{}, noon, false},
		"an instant before its age":        {keyRotation{request: "1", maxAge: time.Hour}, noon.Add(time.Hour - 1), false},
		"of age":                           {keyRotation{request: "1", maxAge: time.Hour}, noon.Add(time.Hour), true},
		"of age while the manager was off": {keyRotation{request: "1", maxAge: time.Hour}, noon.AddDate(1, 0, 0), true},
	} {
		if got := c.rotation.due(held, c.at); got != c.due {
			t.Errorf("%s: due is %v", reason, got)
		}
	}
	held.previousEnds = noon.Add(10 * time.Minute)
	if got := (keyRotation{maxAge: time.Hour}).next(held); !got.Equal(held.previousEnds) {
		t.Errorf("the next change is at %v", got)
	}
	held.previousEnds = time.Time{}
	if got := (keyRotation{maxAge: time.Hour}).next(held); !got.Equal(noon.Add(time.Hour)) {
		t.Errorf("the next change is at %v", got)
	}
	if got := (keyRotation{request: "1"}).next(held); !got.IsZero() {
		t.Errorf("nothing changes by the clock, but at %v", got)
	}
}

// The Secret alone tells a new manager which of two keys is which.
func TestAKeyIsReadBackFromItsSecret(t *testing.T) {
	noon := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	want := heldKey{id: "B", request: "2", issued: noon, previous: "A", previousEnds: noon.Add(time.Hour)}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Annotations: want.annotations()},
		Data:       map[string][]byte{keyAccessKeyID: []byte("B"), keySecretAccessKey: []byte("s")},
	}
	both := []store.AccessKey{{ID: "A", Active: true}, {ID: "B", Active: true}}
	if diff := cmp.Diff(want, heldIn(secret, both), cmp.AllowUnexported(heldKey{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := heldIn(secret, both[:1]); got != (heldKey{}) {
		t.Errorf("a key that the store does not have is held: %+v", got)
	}
	if got := heldIn(secret, both[1:]); got.previous != "" || !got.previousEnds.IsZero() {
		t.Errorf("a previous key that is gone is told: %+v", got)
	}
	if got := heldIn(secret, []store.AccessKey{{ID: "B"}}); got.id != "" {
		t.Errorf("a key that is not active is held: %+v", got)
	}
}
