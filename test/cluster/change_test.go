package cluster

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// stage is one of two states between which a tenant is changed to and fro: a
// manifest, what is not in it although it is in the other, and what it gives, written
// out by hand so that nothing of ours vouches for itself.
type stage struct {
	manifest string
	without  []client.Object
	// gives says by User and place what each may do there: list, read, write, delete.
	gives map[string]map[string]string
}

// places where people are asked about. The embargoed one is a restricted folder.
var places = []string{"launch/", "press/", "archive/", "restricted/embargo/"}

// persons of both stages.
var persons = []string{"alice", "bob", "carol", "dora", "erin"}

// steady has the same right by the same route in both stages.
const steady = "erin"

const operations = "lrwd"

func (s stage) allows(person, place string, operation rune) bool {
	return strings.ContainsRune(s.gives[person][place], operation)
}

// stages are two states of a tenant. From the one to the other a member leaves
// a group and another joins while the group's right moves to another folder, a binding is
// repointed, a User goes, and the grant on a restricted folder goes to somebody else.
// Erin views the press all the time.
func stages() (before, after stage) {
	const always = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand}
spec: {storeRef: {name: NAME}, bucket: {name: NAME-brand}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: Folder, metadata: {name: launch}, spec: {libraryRef: {name: brand}, path: launch}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: Folder, metadata: {name: press}, spec: {libraryRef: {name: brand}, path: press}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: Folder, metadata: {name: archive}, spec: {libraryRef: {name: brand}, path: archive}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: Folder, metadata: {name: embargo}, spec: {libraryRef: {name: brand}, path: launch/embargo, access: Restricted}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: alice}, spec: {credentials: Issue}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: bob}, spec: {credentials: Issue}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: carol}, spec: {credentials: Issue}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: erin}, spec: {credentials: Issue}}
`
	before = stage{
		manifest: always + `---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: dora}, spec: {credentials: Issue}}
` + group("editors", "alice, bob") + group("keepers", "dora, erin") +
			bound("editors", "contributor", "{kind: UserGroup, name: editors}", "launch") +
			bound("keepers", "viewer", "{kind: UserGroup, name: keepers}", "press") +
			bound("archivist", "viewer", "{kind: User, name: carol}", "archive") +
			bound("manages", "manager", "{kind: User, name: dora}", "archive") +
			bound("sealed", "contributor", "{kind: User, name: alice}", "embargo"),
		without: []client.Object{&v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "unsealed"}}},
		gives: map[string]map[string]string{
			"alice": {"launch/": "lrw", "restricted/embargo/": "lrw"},
			"bob":   {"launch/": "lrw"},
			"carol": {"archive/": "lr"},
			"dora":  {"press/": "lr", "archive/": "lrwd"},
			"erin":  {"press/": "lr"},
		},
	}
	after = stage{
		manifest: always +
			group("editors", "bob, carol") + group("keepers", "alice, erin") +
			bound("editors", "contributor", "{kind: UserGroup, name: editors}", "archive") +
			bound("keepers", "viewer", "{kind: UserGroup, name: keepers}", "press") +
			bound("archivist", "viewer", "{kind: User, name: bob}", "launch") +
			bound("unsealed", "viewer", "{kind: User, name: bob}", "embargo"),
		without: []client.Object{
			&v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: "dora"}},
			&v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "manages"}},
			&v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "sealed"}},
		},
		gives: map[string]map[string]string{
			"alice": {"press/": "lr"},
			"bob":   {"archive/": "lrw", "launch/": "lr", "restricted/embargo/": "lr"},
			"carol": {"archive/": "lrw"},
			"erin":  {"press/": "lr"},
		},
	}
	return before, after
}

func group(name, members string) string {
	return `---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: UserGroup, metadata: {name: ` + name + `}, spec: {members: [` + members + `]}}
`
}

func bound(name, role, subject, folder string) string {
	return `---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: RoleBinding, metadata: {name: ` + name + `}, spec: {roleRef: {kind: BuiltIn, name: ` + role +
		`}, subjects: [` + subject + `], targets: [{kind: Folder, name: ` + folder + `}]}}
`
}

// declare brings the tenant's declarations to a stage. The manager should be
// stopped: it would see, and bring into force, what is between the two.
func (w *world) declare(s stage) {
	w.Helper()
	w.apply(w.named(s.manifest))
	for _, o := range s.without {
		gone := o.DeepCopyObject().(client.Object)
		gone.SetNamespace(w.namespace)
		w.delete(gone)
	}
}

// clientOf signs in with the key that is in a person's Secret now; nil when there is none.
func (w *world) clientOf(person string) (*minio.Client, error) {
	secret := &corev1.Secret{}
	err := w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: w.namespace, Name: person + "." + w.name + ".key"}, secret)
	if err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return s3At(w.at.endpoint, string(secret.Data["AWS_ACCESS_KEY_ID"]), string(secret.Data["AWS_SECRET_ACCESS_KEY"])), nil
}

// try does one operation at a place with somebody's key. Files are of that
// person, but the one to be read, which is there.
func (w *world) try(person string, as *minio.Client, place string, operation rune) error {
	bucket := w.name + "-brand"
	if strings.HasPrefix(place, "restricted/") {
		bucket += "-dam"
	}
	switch operation {
	case 'l':
		_, err := list(w.ctx, as, bucket, place)
		return err
	case 'r':
		_, err := fetch(w.ctx, as, bucket, place+"a.txt")
		return err
	case 'w':
		return put(w.ctx, as, bucket, place+person+".txt", person)
	}
	return as.RemoveObject(w.ctx, bucket, place+person+".txt", minio.RemoveObjectOptions{})
}

// asDeclared wants of everybody to be able to do exactly what a stage gives.
func (w *world) asDeclared(s stage) error {
	for _, person := range persons {
		as, err := w.clientOf(person)
		if err != nil {
			return err
		}
		if as == nil && len(s.gives[person]) > 0 {
			return fmt.Errorf("%s has no key", person)
		}
		if as == nil {
			continue
		}
		for _, place := range places {
			for _, operation := range operations {
				err := w.try(person, as, place, operation)
				if !s.allows(person, place, operation) {
					err = denied(err)
				}
				if err != nil {
					return fmt.Errorf("%s %c %s: %w", person, operation, place, err)
				}
			}
		}
	}
	return nil
}

// tooMuch asks with somebody's own key of the moment for what neither stage
// gives, and is an error when there is any. Erin is also to have all the time what both give.
func (w *world) tooMuch(person string, a, b stage) error {
	as, err := w.clientOf(person)
	if err != nil || as == nil {
		return err
	}
	for _, place := range places {
		for _, operation := range operations {
			inA, inB := a.allows(person, place, operation), b.allows(person, place, operation)
			var err error
			switch {
			case !inA && !inB:
				err = stillDenied(w.try(person, as, place, operation))
			case inA && inB && person == steady:
				err = w.try(person, as, place, operation)
			}
			if err != nil {
				return fmt.Errorf("%s %c %s: %w", person, operation, place, err)
			}
		}
	}
	return nil
}

// neverMore watches that nobody has too much, whatever goes wrong meanwhile.
func (w *world) neverMore(a, b stage) (stop func()) {
	w.Helper()
	next := 0
	return w.always("nobody has what neither declaration gives", func() error {
		next++
		return w.tooMuch(persons[next%len(persons)], a, b)
	})
}

// stillDenied is denied; a key that ended since it was read is as good, and
// VersityGW answers with an internal error when its user goes in the midst of a request.
func stillDenied(err error) error {
	switch minio.ToErrorResponse(err).Code {
	case "InvalidAccessKeyId", "InternalError":
		return nil
	}
	return denied(err)
}

// arrived waits until a stage is in force, and told so.
func (w *world) arrived(what string, s stage) {
	w.Helper()
	w.eventually(what, time.Minute, func() error { return w.stands(s) })
}

// stands says what is not yet as a stage declares it, if anything.
func (w *world) stands(s stage) error {
	for _, o := range s.without {
		gone := o.DeepCopyObject().(client.Object)
		err := w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: w.namespace, Name: o.GetName()}, gone)
		if !apierrors.IsNotFound(err) {
			return fmt.Errorf("%s is there: %w", o.GetName(), orNothing(err))
		}
	}
	var bindings v1alpha1.RoleBindingList
	var users v1alpha1.UserList
	if err := errors.Join(w.bed.admin.List(w.ctx, &bindings, client.InNamespace(w.namespace)), w.bed.admin.List(w.ctx, &users, client.InNamespace(w.namespace))); err != nil {
		return err
	}
	for i := range bindings.Items {
		if err := isReady(&bindings.Items[i]); err != nil {
			return err
		}
	}
	for i := range users.Items {
		if err := isReady(&users.Items[i]); err != nil {
			return err
		}
	}
	return w.asDeclared(s)
}

func isReady(o client.Object) error {
	status := commonOf(o)
	for _, c := range status.Conditions {
		if c.Type == v1alpha1.ConditionReady && c.Status == metav1.ConditionTrue && status.ObservedGeneration == o.GetGeneration() {
			return nil
		}
	}
	return fmt.Errorf("%T %s is not ready: %+v", o, o.GetName(), status)
}
