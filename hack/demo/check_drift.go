package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"k8s.io/apimachinery/pkg/api/meta"
)

// repairLimit is within what a change at the store is to be found and put right.
const repairLimit = time.Minute

func driftChecks() []check {
	return []check{
		{"widened at the store, so that a viewer reads everything, it is as declared again within a minute", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			before, err := d.files.BucketPolicy(ctx, originals)
			if err != nil {
				return err
			}
			altered := strings.Replace(string(before), `"arn:aws:s3:::acme-brand/brand/*"`, `"arn:aws:s3:::acme-brand/*"`, 1)
			if altered == string(before) {
				return errors.New("the policy has no right on brand/* to widen")
			}
			// It may be found at once, before anybody could use it.
			err = d.eventually(ctx, settleLimit, "the change works", func(ctx context.Context) error {
				if err := d.files.SetBucketPolicy(ctx, originals, []byte(altered)); err != nil {
					return err
				}
				return allowed(ctx, vera.gets(originals, "press/logo.png"))
			})
			if err != nil {
				return err
			}
			took, err := within(ctx, repairLimit, func(ctx context.Context) error {
				if err := denied(ctx, vera.gets(originals, "press/logo.png")); err != nil {
					return err
				}
				return d.policyIs(ctx, originals, before)
			})
			d.note("after %.1f s", took.Seconds())
			return err
		}},
		{"with an event that says what differed", func(ctx context.Context, d *demo) error {
			return d.eventually(ctx, settleLimit, "the event", func(ctx context.Context) error {
				out, err := d.kubectl(ctx, "get", "events", "-n", tenant, "--field-selector", "reason=DriftRepaired", "-o", "jsonpath={range .items[*]}{.involvedObject.name}: {.message}{\"\\n\"}{end}")
				if err != nil {
					return err
				}
				for _, line := range strings.Split(out, "\n") {
					if strings.HasPrefix(line, "brand: ") && strings.Contains(line, originals) && strings.Contains(line, "differed so: ") && strings.Contains(line, "added") {
						return nil
					}
				}
				return fmt.Errorf("the events are: %s", out)
			})
		}},
		{"removed at the store altogether, it is back within a minute", func(ctx context.Context, d *demo) error {
			before, err := d.files.BucketPolicy(ctx, vitrineBucket)
			if err != nil {
				return err
			}
			if err := d.files.SetBucketPolicy(ctx, vitrineBucket, nil); err != nil {
				return err
			}
			took, err := within(ctx, repairLimit, func(ctx context.Context) error { return d.policyIs(ctx, vitrineBucket, before) })
			d.note("after %.1f s", took.Seconds())
			return err
		}},
		{"a statement of somebody else's is kept, and the library says ForeignAccess as long as it is there", func(ctx context.Context, d *demo) error {
			before, err := d.files.BucketPolicy(ctx, originals)
			if err != nil {
				return err
			}
			const foreign = `{"Sid":"Auditors","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-brand/public/*"}`
			with := bytes.Replace(before, []byte(`"Statement":[`), []byte(`"Statement":[`+foreign+`,`), 1)
			if err := d.files.SetBucketPolicy(ctx, originals, with); err != nil {
				return err
			}
			told := d.eventually(ctx, repairLimit, "the condition", func(ctx context.Context) error { return d.foreign(ctx, true) })
			document, err := d.files.BucketPolicy(ctx, originals)
			if err == nil && !strings.Contains(string(document), "Auditors") {
				err = errors.New("the statement is gone")
			}
			back := d.files.SetBucketPolicy(ctx, originals, before)
			return errors.Join(told, err, back, d.eventually(ctx, repairLimit, "the condition goes with it", func(ctx context.Context) error { return d.foreign(ctx, false) }))
		}},
	}
}

// foreign wants the sample library to say ForeignAccess, or not to.
func (d *demo) foreign(ctx context.Context, want bool) error {
	state, err := d.state(ctx, "Library", tenant, "brand")
	if err != nil {
		return err
	}
	if has := meta.IsStatusConditionTrue(state.Conditions, v1alpha1.ConditionForeignAccess); has != want {
		return fmt.Errorf("it says ForeignAccess: %v", has)
	}
	return nil
}

func (d *demo) policyIs(ctx context.Context, bucket string, want []byte) error {
	now, err := d.files.BucketPolicy(ctx, bucket)
	if err == nil && !bytes.Equal(now, want) {
		err = fmt.Errorf("the policy of %s has %d bytes and is not the one of before, of %d", bucket, len(now), len(want))
	}
	return err
}
