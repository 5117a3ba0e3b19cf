package cluster

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// flicker has a file seem to be gone in every listing of its bucket, and be back whenever anybody looks closer.
type flicker struct {
	*world
	bucket, path string

	mu    sync.Mutex
	over  bool
	looks int // listings since it began
}

func (f *flicker) hook(c store.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over || c.Resource != f.bucket {
		return nil
	}
	switch c.Operation {
	case "ListObjects":
		f.looks++
		return f.turn(false)
	case "ListObjectVersions":
		return f.turn(true)
	}
	return nil
}

// turn deletes the file, or takes the mark of its deletion away.
func (f *flicker) turn(there bool) error {
	_, ids, err := f.versionsOf(f.bucket, f.path)
	if err != nil {
		return err
	}
	_, err = f.root().StatObject(f.ctx, f.bucket, f.path, minio.StatObjectOptions{})
	switch {
	case err == nil && !there:
		return f.root().RemoveObject(f.ctx, f.bucket, f.path, minio.RemoveObjectOptions{})
	case err != nil && there:
		return f.root().RemoveObject(f.ctx, f.bucket, f.path, minio.RemoveObjectOptions{VersionID: ids[0]})
	}
	return nil
}

// A file that was back when the store was asked for it, and is deleted again before the next sweep, is renamed by what holds then.
//
// features: A1.24
func TestAFileThatWasBackForAMomentIsJudgedAnew(t *testing.T) {
	onEachStore(t, "flicker", func(w *world) {
		w.apply(w.named(plainLibrary))
		w.ready(&v1alpha1.Library{}, "brand")
		bucket := w.name + "-brand"
		w.must(put(w.ctx, w.root(), bucket, "launch/c.txt", "content of c"))
		said := w.describes("launch/c.txt")
		w.stopManager()
		w.copies(w.root(), "launch/c.txt", "launch/c1.txt")
		f := &flicker{world: w, bucket: bucket, path: "launch/c.txt"}
		w.startManager(f.hook)
		w.current("launch/c1.txt")
		f.mu.Lock()
		f.looks = 0
		f.mu.Unlock()
		w.eventually("it was asked for again and again", 30*time.Second, func() error {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.looks < 5 {
				return fmt.Errorf("%d looks", f.looks)
			}
			f.over = true
			return f.turn(false)
		})
		w.eventually("once it stays away its description is at the new name", 30*time.Second, func() error { return w.saysOf("launch/c1.txt", said) })
	})
}
