package cluster

import (
	"errors"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

const sponsoredLink = launch + `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: mona}
spec: {displayName: Mona}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: UserGroup
metadata: {name: managers}
spec: {members: [mona]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Role
metadata: {name: linker}
spec: {permissions: [list, share, link]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: managers-link}
spec:
  roleRef: {kind: Role, name: linker}
  subjects: [{kind: UserGroup, name: managers}]
  targets: [{kind: Folder, name: launch}]
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: press}
spec: {target: {folder: {name: launch}}, sponsor: {kind: UserGroup, name: managers}}
`

// features: U6, U14
func TestLinkEndsWithTheRightOfItsSponsor(t *testing.T) {
	w := newWorld(t, "sponsored")
	w.apply(w.named(sponsoredLink))
	w.ready(&v1alpha1.PublicLink{}, "press")
	url := w.url("press")
	w.must(put(w.ctx, w.root(), "sponsored-brand", "launch/a.txt", "A"))
	gateway := w.gateway()

	// What the gateway believes, and what it could do if it believed something else.
	opens := func() error {
		obj := &v1alpha1.PublicLink{}
		w.get(obj, "press")
		_, err := fetch(w.ctx, gateway, "sponsored-brand", "launch/a.txt")
		if obj.Status.Phase != v1alpha1.LinkActive || obj.Status.SponsoredBy == nil || *obj.Status.SponsoredBy != *obj.Spec.Sponsor {
			err = errors.Join(err, fmt.Errorf("its phase is %s, its sponsor %v", obj.Status.Phase, obj.Status.SponsoredBy))
		}
		return err
	}
	shut := func() error {
		obj := &v1alpha1.PublicLink{}
		w.get(obj, "press")
		_, err := fetch(w.ctx, gateway, "sponsored-brand", "launch/a.txt")
		if err = denied(err); obj.Status.Phase != v1alpha1.LinkUnsponsored || obj.Status.SponsoredBy != nil {
			err = errors.Join(err, fmt.Errorf("its phase is %s, its sponsor %v", obj.Status.Phase, obj.Status.SponsoredBy))
		}
		return err
	}
	w.eventually("with its sponsor's right the link opens", 5*time.Second, opens)

	again := func() { w.apply(w.named(sponsoredLink)) }
	for _, of := range []struct {
		what        string
		revoke, and func()
	}{
		{"the binding is deleted", func() {
			w.delete(&v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "managers-link"}})
		}, again},
		{"the role allows it no more", func() {
			w.must(w.kubectl(nil, "patch", "damrole/linker", "-n", w.namespace, "--type=merge", "-p", `{"spec":{"permissions":["list","share"]}}`))
		}, again},
		{"the last member leaves", func() {
			w.delete(&v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "mona"}})
		}, again},
		{"the group is frozen", func() {
			w.must(w.kubectl(nil, "annotate", "ugroup/managers", "-n", w.namespace, "dam.vitrine.dev/freeze=incident"))
		}, func() {
			w.must(w.kubectl(nil, "annotate", "ugroup/managers", "-n", w.namespace, "dam.vitrine.dev/freeze-"))
		}},
		{"the group is deleted", func() {
			w.delete(&v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "managers"}})
		}, again},
	} {
		of.revoke()
		w.eventually("the link ends within two seconds when "+of.what, 2*time.Second, shut)
		of.and()
		w.eventually("and opens again when the right is back after "+of.what, 5*time.Second, opens)
	}
	if message := w.condition(&v1alpha1.PublicLink{}, "press", metav1.ConditionTrue, v1alpha1.ReasonEnforced); message == "" {
		t.Error("nothing is said of the link")
	}
	if now := w.url("press"); now != url {
		t.Error("the URL changed with the sponsor's right")
	}

	ends := time.Now().Add(3 * time.Second).UTC().Format(time.RFC3339)
	w.must(w.kubectl(nil, "patch", "damrb/managers-link", "-n", w.namespace, "--type=merge", "-p", `{"spec":{"notAfter":"`+ends+`"}}`))
	w.eventually("the link ends with the window of its sponsor's right", 6*time.Second, shut)
	message := w.condition(&v1alpha1.PublicLink{}, "press", metav1.ConditionTrue, v1alpha1.ReasonUnsponsored)
	if want := `UserGroup "managers" does not hold the permission link on the target, so the link is out of service`; message[:min(len(message), len(want))] != want {
		t.Errorf("the link says %q", message)
	}
}

// features: U6, F12
func TestLibrarySaysWhoMaySponsorItsLinks(t *testing.T) {
	w := newWorld(t, "sponsors")
	w.apply(w.named(sponsoredLink))
	w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: PublicLink, metadata: {name: alone}, spec: {target: {folder: {name: launch}}}}`)
	w.ready(&v1alpha1.PublicLink{}, "press")
	w.ready(&v1alpha1.PublicLink{}, "alone")

	links := func(limits string) {
		w.must(w.kubectl(nil, "patch", "lib/brand", "-n", w.namespace, "--type=merge", "-p", `{"spec":{"links":`+limits+`}}`))
	}
	links(`{"sponsor":"Required","sponsors":["press-office"]}`)
	obj := &v1alpha1.PublicLink{}
	w.stalled(obj, "alone", v1alpha1.ReasonSponsorRequired)
	if obj.Status.Phase != v1alpha1.LinkUnsponsored {
		t.Errorf("a link without a sponsor is %s", obj.Status.Phase)
	}
	w.stalled(obj, "press", v1alpha1.ReasonSponsorNotAdmitted)
	if obj.Status.Phase != v1alpha1.LinkUnsponsored {
		t.Errorf("a link with another sponsor is %s", obj.Status.Phase)
	}
	links(`{"sponsor":"Required","sponsors":["managers"]}`)
	w.condition(obj, "press", metav1.ConditionTrue, v1alpha1.ReasonEnforced)
	links(`null`)
	w.condition(obj, "alone", metav1.ConditionTrue, v1alpha1.ReasonEnforced)
}
