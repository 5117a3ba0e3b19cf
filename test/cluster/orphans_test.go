package cluster

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

func keyOf(path string) access.Key { return access.Key{Library: "brand", Path: path} }

// What was made of a deleted file goes soon, and what was said of it later; nothing goes of one that is back, or archived, or
// while the Library is frozen.
//
// features: A1.27, D11
func TestWhatIsLeftOfDeletedFilesGoesAfterAGrace(t *testing.T) {
	onEachStore(t, "remains", func(w *world) {
		const grace = 15 * time.Second
		w.stopManager()
		w.settings.DescriptionGrace = grace
		w.startManager(nil)
		w.apply(w.named(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand}
spec: {storeRef: {name: NAME}, bucket: {name: NAME-brand}}
`))
		w.ready(&v1alpha1.Library{}, "brand")
		bucket := w.name + "-brand"
		files := []string{"launch/back.png", "launch/frozen.png", "launch/gone.png", "launch/held.png"}
		for i, path := range files {
			w.must(put(w.ctx, w.root(), bucket, path, picture(t)+path)) // each of its own content
			if i == 0 {
				// One that comes back alone finds its Job done already, by the same work.
				w.eventually("the first has renditions", 60*time.Second, func() error {
					left, err := w.leaves(path, asset.RenditionsRoot)
					if err == nil && len(left) == 0 {
						err = errors.New("none")
					}
					return err
				})
			}
		}
		said := map[string]asset.Said{}
		for _, path := range files {
			said[path] = w.describes(path)
		}
		everywhere := append(saidRoots, asset.FactsRoot, asset.RenditionsRoot)
		all := func(path string) error {
			for _, root := range everywhere {
				if left, err := w.leaves(path, root); err != nil || len(left) == 0 {
					return fmt.Errorf("there is nothing at %s%s, %w", root, path, orNothing(err))
				}
			}
			return nil
		}
		for _, path := range files {
			w.eventually("there is something of "+path, 60*time.Second, func() error { return all(path) })
		}

		// What is archived is not gone, although it is not where it was.
		archived := asset.StateRecord{State: v1alpha1.StateArchived, Signature: said["launch/held.png"].State.Signature}
		data, err := archived.Encode()
		w.must(err)
		w.must(put(w.ctx, w.root(), bucket+"-dam", asset.StateObject(keyOf("launch/held.png")), string(data)))
		deleted := time.Now()
		for _, path := range []string{"launch/back.png", "launch/gone.png"} {
			w.must(w.root().RemoveObject(w.ctx, bucket, path, minio.RemoveObjectOptions{}))
		}
		w.eventually("its renditions go", grace, func() error { return w.leavesNothing("launch/gone.png", asset.RenditionsRoot) })
		if left, err := w.leaves("launch/gone.png", append(saidRoots, asset.FactsRoot)...); (err != nil || len(left) != 4) && time.Since(deleted) < grace {
			t.Errorf("before the grace is over there are %v, %v", left, err)
		}
		_, ids, err := w.versionsOf(bucket, "launch/back.png")
		w.must(err)
		w.must(w.root().RemoveObject(w.ctx, bucket, "launch/back.png", minio.RemoveObjectOptions{VersionID: ids[0]}))
		w.eventually("all of it goes", 2*grace, func() error {
			err := w.leavesNothing("launch/gone.png", everywhere...)
			if err == nil && time.Since(deleted) < grace {
				w.Fatalf("it went %s after the file, and the grace is %s", time.Since(deleted), grace)
			}
			return err
		})
		w.must(w.saysOf("launch/back.png", said["launch/back.png"]))
		w.eventually("what is back has renditions", 60*time.Second, func() error { return all("launch/back.png") })
		w.eventually("the archived one is put aside", 60*time.Second, func() error { return w.nothingOf("launch/held.png") })

		// While it is frozen nothing goes, whatever the time, and the end of that begins the grace anew.
		w.must(w.kubectl(nil, "annotate", "lib", "brand", "-n", w.namespace, v1alpha1.AnnotationFreeze+"=lost laptop"))
		library := &v1alpha1.Library{}
		w.eventually("it is frozen", 30*time.Second, func() error {
			w.get(library, "brand")
			if reason := readyReason(library); reason != v1alpha1.ReasonFrozen {
				return errors.New(reason)
			}
			return nil
		})
		w.must(w.root().RemoveObject(w.ctx, bucket, "launch/frozen.png", minio.RemoveObjectOptions{}))
		stop := w.always("everything of a file deleted in a frozen Library stays", func() error { return all("launch/frozen.png") })
		frozen := time.Now()
		w.eventually("more than every grace passes", 2*grace, func() error {
			if time.Since(frozen) < grace+3*time.Second {
				return errors.New("not yet")
			}
			return nil
		})
		stop()
		w.must(w.kubectl(nil, "annotate", "lib", "brand", "-n", w.namespace, v1alpha1.AnnotationFreeze+"-"))
		w.eventually("then it goes", 3*grace, func() error { return w.leavesNothing("launch/frozen.png", everywhere...) })
		for _, path := range []string{"launch/back.png", "launch/held.png"} {
			if left, err := w.leaves(path, saidRoots...); err != nil || len(slices.Compact(left)) != 3 {
				t.Errorf("of %s, which is back or archived, there are %v, %v", path, left, err)
			}
		}
	})
}

func readyReason(library *v1alpha1.Library) string {
	for _, c := range library.Status.Conditions {
		if c.Type == v1alpha1.ConditionReady {
			return c.Reason
		}
	}
	return ""
}
