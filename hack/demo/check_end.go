package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// studios are tenants that come and go. The demo's ObjectStore admits them beside those
// of the samples.
var studios = []string{"studio-one", "studio-two", "studio-three"}

const studio = `
apiVersion: v1
kind: Namespace
metadata: {name: %[1]s}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: album, namespace: %[1]s}
spec: {storeRef: {name: default}, bucket: {name: %[1]s-album}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: shoot, namespace: %[1]s}
spec: {libraryRef: {name: album}, path: shoot}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: stu, namespace: %[1]s}
spec: {credentials: Issue}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: UserGroup
metadata: {name: everybody, namespace: %[1]s}
spec: {members: [stu]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: everybody, namespace: %[1]s}
spec:
  roleRef: {kind: BuiltIn, name: manager}
  subjects: [{kind: UserGroup, name: everybody}]
  targets: [{kind: Folder, name: shoot}]
---
apiVersion: v1
kind: Secret
metadata: {name: words, namespace: %[1]s, labels: {dam.vitrine.dev/use: link-password}}
stringData: {password: winter-harbour-slate}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: proofs, namespace: %[1]s}
spec: {target: {folder: {name: shoot}}, passwordSecretRef: {name: words, key: password}}
`

// tenancy is what one studio had before it ended.
type tenancy struct {
	name string
	stu  *person
	link string
}

const (
	kept    = "shoot/kept.txt"
	endsFor = 60 * time.Second
)

func endChecks() []check {
	had := map[string]tenancy{}
	return []check{
		{"three more tenants come, each with a user, a key, a grant and a protected link that work", func(ctx context.Context, d *demo) error {
			group, ctx := errgroup.WithContext(ctx)
			found := make([]tenancy, len(studios))
			for i, name := range studios {
				group.Go(func() (err error) {
					found[i], err = d.openStudio(ctx, name)
					return err
				})
			}
			err := group.Wait()
			for _, t := range found {
				had[t.name] = t
			}
			return err
		}},
		{"`kubectl delete namespace` of a tenant ends", func(ctx context.Context, d *demo) error {
			return d.endStudio(ctx, "studio-one")
		}},
		{"its objects stay, and every user, key and policy is gone, and its link", func(ctx context.Context, d *demo) error {
			return d.leftBehind(ctx, had["studio-one"])
		}},
		{"so it ends when its Secrets are deleted first", func(ctx context.Context, d *demo) error {
			if _, err := d.kubectl(ctx, "delete", "secret", "--all", "-n", "studio-two"); err != nil {
				return err
			}
			if err := d.endStudio(ctx, "studio-two"); err != nil {
				return err
			}
			return d.leftBehind(ctx, had["studio-two"])
		}},
		{"so it ends when the manager was down, and comes back later", func(ctx context.Context, d *demo) error {
			d.manager.stop()
			if _, err := d.kubectl(ctx, "delete", "namespace", "studio-three", "--wait=false"); err != nil {
				return errors.Join(err, d.manager.start(ctx))
			}
			waits := d.eventually(ctx, settleLimit, "the namespace waits for the manager", func(ctx context.Context) error {
				var namespace corev1.Namespace
				if err := d.admin.Get(ctx, types.NamespacedName{Name: "studio-three"}, &namespace); err != nil {
					return err
				}
				for _, c := range namespace.Status.Conditions {
					if c.Type == corev1.NamespaceFinalizersRemaining && c.Status == corev1.ConditionTrue {
						return nil
					}
				}
				return errors.New("nothing holds it yet")
			})
			if err := d.manager.start(ctx); err != nil {
				return err
			}
			if err := errors.Join(waits, d.awaitEnd(ctx, "studio-three")); err != nil {
				return err
			}
			return d.leftBehind(ctx, had["studio-three"])
		}},
		{"and the tenants of the samples are as they were: everything Ready, the links open", func(ctx context.Context, d *demo) error {
			heroes, err := d.linkURL(ctx, tenant, "hero-shots")
			if err != nil {
				return err
			}
			return d.eventually(ctx, settleLimit, "all is well", func(ctx context.Context) error {
				all, err := d.objects(ctx)
				if err != nil {
					return err
				}
				for i := range all {
					err = errors.Join(err, ready(&all[i]))
				}
				return errors.Join(err, d.visitor().answers(ctx, heroes, 200, "hero-dawn.jpg"))
			})
		}},
	}
}

// openStudio declares a studio and waits until its user uploads and its link asks for the password.
func (d *demo) openStudio(ctx context.Context, name string) (tenancy, error) {
	t := tenancy{name: name}
	if err := d.apply(ctx, fmt.Sprintf(studio, name)); err != nil {
		return t, err
	}
	return t, d.eventually(ctx, 2*settleLimit, name, func(ctx context.Context) (err error) {
		if t.stu, err = d.person(ctx, name, "stu"); err != nil {
			return err
		}
		if err = allowed(ctx, t.stu.puts(name+"-album", kept)); err != nil {
			return err
		}
		if t.link, err = d.linkURL(ctx, name, "proofs"); err != nil {
			return err
		}
		return d.visitor().answers(ctx, t.link, 200, `type="password"`)
	})
}

func (d *demo) endStudio(ctx context.Context, name string) error {
	if _, err := d.kubectl(ctx, "delete", "namespace", name, "--wait=false"); err != nil {
		return err
	}
	return d.awaitEnd(ctx, name)
}

func (d *demo) awaitEnd(ctx context.Context, name string) error {
	took, err := within(ctx, endsFor, func(ctx context.Context) error {
		var namespace corev1.Namespace
		err := d.admin.Get(ctx, types.NamespacedName{Name: name}, &namespace)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there: %+v: %w", namespace.Status.Conditions, orNothing(err))
	})
	d.note("after %.1f s", took.Seconds())
	return err
}

// leftBehind wants nothing of a tenant but its buckets with all that was in them.
func (d *demo) leftBehind(ctx context.Context, t tenancy) error {
	if t.stu == nil || t.link == "" {
		return errors.New("the tenant never worked, so this proves nothing")
	}
	identities, err := d.files.Identities.List(ctx, store.IdentityPath(installation, t.name))
	if err == nil && len(identities) > 0 {
		err = fmt.Errorf("%d store users are left", len(identities))
	}
	errs := []error{err, refusedWith(ctx, "InvalidAccessKeyId", t.stu.gets(t.name+"-album", kept))}
	for _, bucket := range []string{t.name + "-album", t.name + "-album-dam"} {
		policy, err := d.files.BucketPolicy(ctx, bucket)
		if err == nil && len(policy) > 0 {
			err = fmt.Errorf("bucket %s has the policy %s", bucket, policy)
		}
		errs = append(errs, err)
	}
	content, err := d.administrator().read(ctx, t.name+"-album", kept)
	if err == nil && string(content) != "written by stu" {
		err = fmt.Errorf("the file is now %q", content)
	}
	errs = append(errs, err, d.visitor().answers(ctx, t.link, 404, "nothing at this address"))
	err = d.eventually(ctx, settleLimit, "the gateway's password hashes go", func(ctx context.Context) error {
		var hashes corev1.SecretList
		err := d.admin.List(ctx, &hashes, client.InNamespace(gatewayNamespace), client.MatchingLabels{v1alpha1.LabelTenant: t.name})
		if err == nil && len(hashes.Items) > 0 {
			err = fmt.Errorf("there are still %d of them", len(hashes.Items))
		}
		return err
	})
	return errors.Join(append(errs, err)...)
}
