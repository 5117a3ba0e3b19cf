package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// grant lets vera, of sales, view what is in press.
func grant(name, fields string) string {
	return fmt.Sprintf(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: %s, namespace: acme}
spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: User, name: vera}], targets: [{kind: Folder, name: press}]%s}
`, name, fields)
}

// soon is far enough ahead for kubectl to be done before, and near enough to wait for.
const soon = 3 * time.Second

// vera has nothing on press, and is given it here.
func timeChecks() []check {
	const pressed = "press/logo.png"
	return []check{
		{"a grant that is applied works within two seconds", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			if err := denied(ctx, vera.gets(originals, pressed), vera.lists(originals, "press/")); err != nil {
				return fmt.Errorf("before: %w", err)
			}
			if err := d.apply(ctx, grant("check-press", "")); err != nil {
				return err
			}
			return d.promptly(ctx, "given", func(ctx context.Context) error {
				return allowed(ctx, vera.gets(originals, pressed), vera.lists(originals, "press/"))
			})
		}},
		{"a grant that is deleted is gone within two seconds", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			if _, err := d.kubectl(ctx, "delete", "damrb", "-n", tenant, "check-press"); err != nil {
				return err
			}
			return d.promptly(ctx, "taken", func(ctx context.Context) error {
				return denied(ctx, vera.gets(originals, pressed), vera.lists(originals, "press/"))
			})
		}},
		{"a grant with a window begins and ends by itself, and stays Ready", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			begins := time.Now().Truncate(time.Second).Add(soon)
			ends := begins.Add(soon)
			window := fmt.Sprintf(", notBefore: %q, notAfter: %q", begins.UTC().Format(time.RFC3339), ends.UTC().Format(time.RFC3339))
			if err := d.apply(ctx, grant("check-window", window)); err != nil {
				return err
			}
			early := vera.gets(originals, pressed).do(ctx)
			if early == nil && time.Now().Before(begins) {
				return errors.New("it works before it begins")
			}
			if err := d.fromInstant(ctx, "begun", begins, func(ctx context.Context) error { return allowed(ctx, vera.gets(originals, pressed)) }); err != nil {
				return err
			}
			if err := d.fromInstant(ctx, "ended", ends, func(ctx context.Context) error { return denied(ctx, vera.gets(originals, pressed)) }); err != nil {
				return err
			}
			err = d.eventually(ctx, settleLimit, "its phase", func(ctx context.Context) error {
				var binding v1alpha1.RoleBinding
				if err := d.admin.Get(ctx, types.NamespacedName{Namespace: tenant, Name: "check-window"}, &binding); err != nil {
					return err
				}
				if binding.Status.Phase != v1alpha1.PhaseEnded {
					return fmt.Errorf("it is %s", binding.Status.Phase)
				}
				return nil
			})
			ready := d.becomesReady(ctx, "RoleBinding", "check-window")
			_, gone := d.kubectl(ctx, "delete", "damrb", "-n", tenant, "check-window")
			return errors.Join(err, ready, gone)
		}},
		{"freezing a User takes everything away within two seconds, thawing gives it back", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			mine := d.uploaded(originals, "brand/")[0]
			if _, err := d.kubectl(ctx, "annotate", "damuser", "vera", "-n", tenant, v1alpha1.AnnotationFreeze+"=check"); err != nil {
				return err
			}
			frozen := d.promptly(ctx, "frozen", func(ctx context.Context) error {
				return denied(ctx, vera.gets(originals, mine), vera.lists(originals, "brand/"))
			})
			if _, err := d.kubectl(ctx, "annotate", "damuser", "vera", "-n", tenant, v1alpha1.AnnotationFreeze+"-"); err != nil {
				return err
			}
			return errors.Join(frozen, d.promptly(ctx, "thawed", func(ctx context.Context) error { return allowed(ctx, vera.gets(originals, mine)) }))
		}},
	}
}

// fromInstant is promptly for what happens by itself at an instant, which it waits for.
func (d *demo) fromInstant(ctx context.Context, what string, instant time.Time, try func(context.Context) error) error {
	timer := time.NewTimer(time.Until(instant))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	return d.promptly(ctx, what, try)
}
