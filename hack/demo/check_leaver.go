package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// newcomer is a User of acme who may upload to brand and to the restricted folder, so
// that the policies of both buckets name them.
func newcomer(name string) string {
	return fmt.Sprintf(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: %[1]s, namespace: acme}
spec: {displayName: Somebody new, credentials: Issue}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: check-%[1]s, namespace: acme}
spec:
  roleRef: {kind: BuiltIn, name: contributor}
  subjects: [{kind: User, name: %[1]s}]
  targets: [{kind: Folder, name: brand}, {kind: Folder, name: embargo}]
`, name)
}

func leaverChecks() []check {
	return []check{
		{"a User who is declared gets a key, which works within two seconds of being there", func(ctx context.Context, d *demo) error {
			return d.welcome(ctx, "ida")
		}},
		{"a User is deleted: key, entries in both policies and store user are gone within two seconds", func(ctx context.Context, d *demo) error {
			ida, err := d.person(ctx, tenant, "ida")
			if err != nil {
				return err
			}
			name := store.Name(installation, tenant, "User", "ida")
			for _, bucket := range []string{originals, vitrineBucket} {
				if err := d.namedInNoPolicy(ctx, name, bucket); err == nil {
					return fmt.Errorf("the policy of %s never named them, so this proves nothing", bucket)
				}
			}
			if _, err := d.kubectl(ctx, "delete", "damuser", "-n", tenant, "ida", "--wait=false"); err != nil {
				return err
			}
			return d.promptly(ctx, "gone", func(ctx context.Context) error {
				if err := refusedWith(ctx, "InvalidAccessKeyId", ida.lists(originals, "brand/"), ida.puts(originals, "brand/check.txt")); err != nil {
					return err
				}
				if err := d.namedInNoPolicy(ctx, name, originals, vitrineBucket); err != nil {
					return err
				}
				there, err := d.identity(ctx, "ida")
				if err == nil && there {
					err = errors.New("the store user is still there")
				}
				return err
			})
		}},
		{"the binding that named them says so, and gives nobody anything", func(ctx context.Context, d *demo) error {
			err := d.stalls(ctx, "RoleBinding", tenant, "check-ida", v1alpha1.ReasonSubjectNotFound)
			_, gone := d.kubectl(ctx, "delete", "damrb", "-n", tenant, "check-ida")
			return errors.Join(err, gone)
		}},
		{"a store user deleted by hand holds up nobody's revocation: two seconds all the same", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			if err := d.welcome(ctx, "leo"); err != nil {
				return err
			}
			if err := d.apply(ctx, grant("check-press", "")); err != nil {
				return err
			}
			if err := d.eventually(ctx, settleLimit, "the grant", func(ctx context.Context) error { return allowed(ctx, vera.lists(originals, "press/")) }); err != nil {
				return err
			}
			// Vitrine may make it again before anybody looks; then it is deleted again.
			leo := store.Identity{Name: store.Name(installation, tenant, "User", "leo"), Path: store.IdentityPath(installation, tenant)}
			err = d.eventually(ctx, settleLimit, "leo's store user is away", func(ctx context.Context) error {
				if err := d.files.Identities.Delete(ctx, leo); err != nil {
					return err
				}
				there, err := d.identity(ctx, "leo")
				if err == nil && there {
					err = errors.New("it is there again")
				}
				return err
			})
			if err != nil {
				return err
			}
			// Not by kubectl, which takes long enough to start for Vitrine to make it again.
			if err := d.admin.Delete(ctx, &v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: tenant, Name: "check-press"}}); err != nil {
				return fmt.Errorf("deleting the grant: %w", err)
			}
			return d.promptly(ctx, "taken", func(ctx context.Context) error {
				return denied(ctx, vera.lists(originals, "press/"), vera.gets(originals, "press/logo.png"))
			})
		}},
		{"and is made again, with another key and the same rights", func(ctx context.Context, d *demo) error {
			err := d.eventually(ctx, 2*driftInterval+settleLimit, "leo uploads", func(ctx context.Context) error {
				leo, err := d.person(ctx, tenant, "leo")
				if err != nil {
					return err
				}
				return allowed(ctx, leo.puts(originals, "brand/check-leo.txt"))
			})
			_, gone := d.kubectl(ctx, "delete", "damuser,damrb", "-n", tenant, "leo", "check-leo", "--ignore-not-found", "--timeout=30s")
			lara, missing := d.person(ctx, tenant, "lara")
			if missing != nil {
				return errors.Join(err, gone, missing)
			}
			return errors.Join(err, gone, allowed(ctx, lara.removes(originals, "brand/check-leo.txt")))
		}},
	}
}

// welcome declares a newcomer and waits until their key works.
func (d *demo) welcome(ctx context.Context, name string) error {
	if err := d.apply(ctx, newcomer(name)); err != nil {
		return err
	}
	var p *person
	err := d.eventually(ctx, settleLimit, "the key of "+name, func(ctx context.Context) (err error) {
		p, err = d.person(ctx, tenant, name)
		return err
	})
	if err != nil {
		return err
	}
	return d.promptly(ctx, "in force", func(ctx context.Context) error {
		return allowed(ctx, p.lists(originals, "brand/"), p.lists(vitrineBucket, "restricted/embargo/"))
	})
}

// identity tells whether a User of acme has a store user.
func (d *demo) identity(ctx context.Context, user string) (bool, error) {
	all, err := d.files.Identities.List(ctx, store.IdentityPath(installation, tenant))
	if err != nil {
		return false, err
	}
	for _, id := range all {
		if id.Name == store.Name(installation, tenant, "User", user) {
			return true, nil
		}
	}
	return false, nil
}

// namedInNoPolicy wants the policies of buckets not to name a store user.
func (d *demo) namedInNoPolicy(ctx context.Context, name string, buckets ...string) error {
	for _, bucket := range buckets {
		document, err := d.files.BucketPolicy(ctx, bucket)
		if err != nil {
			return err
		}
		if strings.Contains(string(document), name) {
			return fmt.Errorf("the policy of %s names %s", bucket, name)
		}
	}
	return nil
}
