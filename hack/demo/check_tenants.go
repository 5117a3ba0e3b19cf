package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// intruder is a namespace that declares as if it were a tenant, and labels itself so.
const intruder = `
apiVersion: v1
kind: Namespace
metadata: {name: intruder, labels: {dam.vitrine.dev/tenant: acme}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: loot, namespace: intruder}
spec: {storeRef: {name: default}, bucket: {name: acme-loot}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand, namespace: intruder}
spec: {storeRef: {name: default}, bucket: {name: acme-brand, management: Adopt}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: vera, namespace: intruder}
spec: {credentials: Issue}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: everything, namespace: intruder}
spec:
  roleRef: {kind: BuiltIn, name: library-admin}
  subjects: [{kind: User, name: vera}]
  targets: [{kind: Library, name: brand}, {kind: Library, name: loot}]
`

// beyond are Libraries of northlight on buckets that are not for it.
const beyond = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: check-elsewhere, namespace: northlight}
spec: {storeRef: {name: default}, bucket: {name: southlight-campaign}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: check-grab, namespace: northlight}
spec: {storeRef: {name: default}, bucket: {name: acme-brand, management: Adopt}}
`

const settleLimit = 20 * time.Second

func tenantChecks() []check {
	return []check{
		{"a User of another tenant can neither list nor get, nor write, anything here", func(ctx context.Context, d *demo) error {
			nora, err := d.person(ctx, otherTenant, "nora")
			if err != nil {
				return err
			}
			return errors.Join(allowed(ctx, nora.lists(otherOriginals, "launch/")), d.strangerIn(ctx, nora, originals, vitrineBucket))
		}},
		{"and the other way round: not even a library-admin reaches the other tenant", func(ctx context.Context, d *demo) error {
			vera, lara, err := d.two(ctx, "vera", "lara")
			if err != nil {
				return err
			}
			return errors.Join(d.strangerIn(ctx, vera, otherOriginals, otherVitrine), d.strangerIn(ctx, lara, otherOriginals, otherVitrine))
		}},
		{"a namespace that no ObjectStore names is told NotAdmitted", func(ctx context.Context, d *demo) error {
			if err := d.apply(ctx, intruder); err != nil {
				return err
			}
			return errors.Join(d.stalls(ctx, "Library", "intruder", "loot", v1alpha1.ReasonNotAdmitted), d.stalls(ctx, "Library", "intruder", "brand", v1alpha1.ReasonNotAdmitted),
				d.stalls(ctx, "User", "intruder", "vera", v1alpha1.ReasonNotAdmitted))
		}},
		{"and gets nothing: no store user, no key, no bucket, no word in a policy", func(ctx context.Context, d *demo) error {
			identities, err := d.files.Identities.List(ctx, store.IdentityPath(installation, "intruder"))
			if err != nil {
				return err
			}
			if len(identities) > 0 {
				return fmt.Errorf("it has %d store users", len(identities))
			}
			err = d.admin.Get(ctx, types.NamespacedName{Namespace: "intruder", Name: "vera." + storeName + ".key"}, &corev1.Secret{})
			if !apierrors.IsNotFound(err) {
				return fmt.Errorf("looking for its key: %w", orNothing(err))
			}
			if state, err := d.files.ObserveBucket(ctx, "acme-loot"); err != nil || state.Exists {
				return fmt.Errorf("the bucket acme-loot is there: %w", orNothing(err))
			}
			principal := store.Name(installation, "intruder", "User", "vera")
			if err := d.namedInNoPolicy(ctx, principal, originals, vitrineBucket); err != nil {
				return err
			}
			_, err = d.kubectl(ctx, "delete", "namespace", "intruder", "--wait=false")
			return err
		}},
		{"a bucket name outside a tenant's patterns is refused, another tenant's bucket too", func(ctx context.Context, d *demo) error {
			before, err := d.files.ObserveBucket(ctx, originals)
			if err != nil {
				return err
			}
			if err := d.apply(ctx, beyond); err != nil {
				return err
			}
			errs := []error{d.stalls(ctx, "Library", otherTenant, "check-elsewhere", v1alpha1.ReasonNotAdmitted), d.stalls(ctx, "Library", otherTenant, "check-grab", v1alpha1.ReasonNotAdmitted)}
			state, err := d.files.ObserveBucket(ctx, "southlight-campaign")
			if err == nil && state.Exists {
				err = errors.New("the bucket was made all the same")
			}
			errs = append(errs, err)
			after, err := d.files.ObserveBucket(ctx, originals)
			if err == nil && (after.Mark == nil || *after.Mark != *before.Mark) {
				err = fmt.Errorf("the mark of %s is now %v", originals, after.Mark)
			}
			_, gone := d.kubectl(ctx, "delete", "library", "-n", otherTenant, "check-elsewhere", "check-grab", "--timeout=30s")
			return errors.Join(append(errs, err, gone)...)
		}},
		{"what one object can know to be wrong is refused when it is applied, with the remedy", func(ctx context.Context, d *demo) error {
			var errs []error
			for path, remedy := range map[string]string{
				"launch/../press": "write the folder's real place", "/launch": "write launch/final", "launch/*": "rename the folder", "launch/${aws:username}": "rename the folder",
			} {
				err := d.apply(ctx, fmt.Sprintf("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Folder, metadata: {name: check-path, namespace: acme}, spec: {libraryRef: {name: brand}, path: %q}}", path))
				if err == nil {
					_, gone := d.kubectl(ctx, "delete", "damfolder", "-n", tenant, "check-path")
					errs = append(errs, fmt.Errorf("a Folder with the path %q is accepted", path), gone)
					continue
				}
				if !strings.Contains(err.Error(), remedy) {
					errs = append(errs, fmt.Errorf("the refusal of the path %q does not say %q: %w", path, remedy, err))
				}
			}
			return errors.Join(errs...)
		}},
	}
}

// strangerIn wants somebody to reach nothing in the two buckets of a library: no object
// that is there, no list of any folder, no write.
func (d *demo) strangerIn(ctx context.Context, p *person, bucket, vitrine string) error {
	attempts := []attempt{p.puts(bucket, "launch/check.txt"), p.removes(bucket, "launch/check.txt"),
		p.puts(vitrine, "changes/"+p.name+"/check.json"), p.lists(vitrine, "changes/"+p.name+"/")}
	tried := 0
	for _, bucket := range []string{bucket, vitrine} {
		keys, err := d.administrator().keys(ctx, bucket, "")
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return fmt.Errorf("there is nothing in %s to try", bucket)
		}
		for _, key := range keys {
			attempts = append(attempts, p.gets(bucket, key))
		}
		for _, prefix := range folders(keys) {
			attempts = append(attempts, p.lists(bucket, prefix), p.listsVersions(bucket, prefix))
		}
		tried += len(keys)
	}
	d.note("%s tried %d objects", p.name, tried)
	return together(ctx, attempts, denied)
}

// folders are the prefixes of keys up to the second slash, the empty one first.
func folders(keys []string) []string {
	all := []string{""}
	for _, key := range keys {
		for end, depth := 0, 0; depth < 2; depth++ {
			i := strings.IndexByte(key[end:], '/')
			if i < 0 {
				break
			}
			end += i + 1
			all = append(all, key[:end])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// stalls waits until an object says that somebody must act, for a reason.
func (d *demo) stalls(ctx context.Context, kind, namespace, name, reason string) error {
	return d.eventually(ctx, settleLimit, fmt.Sprintf("%s %s/%s Stalled for %s", kind, namespace, name, reason), func(ctx context.Context) error {
		common, err := d.state(ctx, kind, namespace, name)
		if err != nil {
			return err
		}
		c := meta.FindStatusCondition(common.Conditions, v1alpha1.ConditionStalled)
		if c == nil || c.Status != "True" || c.Reason != reason || c.Message == "" {
			return fmt.Errorf("its conditions are %+v", common.Conditions)
		}
		return nil
	})
}

// becomesReady waits until an object of the tenant is Ready.
func (d *demo) becomesReady(ctx context.Context, kind, name string) error {
	return d.eventually(ctx, settleLimit, fmt.Sprintf("%s %s/%s Ready", kind, tenant, name), func(ctx context.Context) error {
		o, err := d.object(ctx, kind, tenant, name)
		if err != nil {
			return err
		}
		return ready(o)
	})
}

func (d *demo) object(ctx context.Context, kind, namespace, name string) (*unstructured.Unstructured, error) {
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	if err := d.admin.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, o); err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", kind, name, err)
	}
	return o, nil
}

// state is what every kind's status has.
func (d *demo) state(ctx context.Context, kind, namespace, name string) (v1alpha1.CommonStatus, error) {
	o, err := d.object(ctx, kind, namespace, name)
	if err != nil {
		return v1alpha1.CommonStatus{}, err
	}
	return stateOf(o)
}

func stateOf(o *unstructured.Unstructured) (v1alpha1.CommonStatus, error) {
	var common struct {
		Status v1alpha1.CommonStatus `json:"status"`
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &common); err != nil {
		return v1alpha1.CommonStatus{}, fmt.Errorf("reading the status of %s: %w", title(o), err)
	}
	return common.Status, nil
}
