package cluster

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

const aLargeCollection = launch + `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Collection
metadata: {name: shoot}
spec: {libraryRef: {name: brand}, items: [{path: "shoot/**/*.jpg"}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: bob}
spec: {credentials: Issue}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: bob-picks}
spec:
  roleRef: {kind: BuiltIn, name: viewer}
  subjects: [{kind: User, name: bob}]
  targets: [{kind: Collection, name: shoot}]
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: shoot}
spec: {target: {collection: {name: shoot}}}
`

// A Collection that no policy can hold is served by its link, says so, and keeps nothing else from coming into force.
//
// features: K15, U15
func TestLargeCollectionIsServedByItsLinks(t *testing.T) {
	onEachStore(t, "shoot", func(w *world) {
		const members = 2*access.MaxMembers + policy.MaxLinkPlaces
		bucket := w.name + "-brand"
		w.apply(w.named(launch))
		w.ready(&v1alpha1.Library{}, "brand")
		uploads, ctx := errgroup.WithContext(w.ctx)
		uploads.SetLimit(8)
		upload := func(key string) {
			uploads.Go(func() error { return put(ctx, w.root(), bucket, key, key) })
		}
		for i := range members {
			upload(fmt.Sprintf("shoot/day-%d/%04d.jpg", i%2+1, i))
		}
		upload("launch/a.txt")
		upload("press/b.txt")
		w.must(uploads.Wait())

		w.apply(w.named(aLargeCollection))
		w.stalled(&v1alpha1.Collection{}, "shoot", v1alpha1.ReasonLinksOnly)
		w.ready(&v1alpha1.PublicLink{}, "shoot")
		w.ready(&v1alpha1.Library{}, "brand")
		gateway := w.gateway()
		w.eventually("the gateway reaches the members", w.soon(), func() error {
			for _, key := range []string{"shoot/day-1/0000.jpg", fmt.Sprintf("shoot/day-2/%04d.jpg", members-1)} {
				if _, err := fetch(w.ctx, gateway, bucket, key); err != nil {
					return fmt.Errorf("%s: %w", key, err)
				}
			}
			return nil
		})
		for _, key := range []string{"launch/a.txt", "press/b.txt"} {
			if _, err := fetch(w.ctx, gateway, bucket, key); denied(err) != nil {
				t.Errorf("the gateway and %s: %v", key, denied(err))
			}
		}
		bob := w.as("bob")
		if _, err := fetch(w.ctx, bob, bucket, "shoot/day-1/0000.jpg"); denied(err) != nil {
			t.Errorf("a grant that cannot be enforced gives something: %v", denied(err))
		}
		w.apply(w.named(bound("bob-views", "viewer", "{kind: User, name: bob}", "launch")))
		w.ready(&v1alpha1.RoleBinding{}, "bob-views")
		w.eventually("another grant comes into force", w.soon()+time.Second, func() error {
			_, err := fetch(w.ctx, bob, bucket, "launch/a.txt")
			return err
		})
	})
}
