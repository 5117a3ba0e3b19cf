package cluster

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// plainLibrary is a Library and nothing else.
const plainLibrary = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand}
spec: {storeRef: {name: NAME}, bucket: {name: NAME-brand}}
`

// The journal of a move that cannot be read is named. Nothing is made of the file that may be on its way, and nothing goes; all else goes on.
//
// features: D6, D11, D13
func TestAJournalThatCannotBeReadStopsNothingElse(t *testing.T) {
	onEachStore(t, "unread", func(w *world) {
		w.apply(w.named(plainLibrary))
		w.ready(&v1alpha1.Library{}, "brand")
		bucket := w.name + "-brand"
		w.must(put(w.ctx, w.root(), bucket, "launch/gone.png", picture(t)+"gone"))
		made := func(path string) error {
			left, err := w.leaves(path, asset.RenditionsRoot)
			if err == nil && len(left) == 0 {
				err = errors.New("nothing is made of it")
			}
			return err
		}
		w.eventually("there are pictures", 60*time.Second, func() error { return made("launch/gone.png") })

		journal := asset.MovesRoot + asset.ID(keyOf("launch/from.png")) + ".json"
		w.must(put(w.ctx, w.root(), bucket+"-dam", journal, `{"v":2}`))
		library := &v1alpha1.Library{}
		named := func() bool {
			w.get(library, "brand")
			return strings.Contains(readyMessage(library), journal)
		}
		w.eventually("the Library names the journal", 30*time.Second, func() error {
			if !named() {
				return errors.New(readyMessage(library))
			}
			return nil
		})
		w.eventually("and so does an event", 10*time.Second, func() error { return w.hasEvent("MoveUnreadable", journal) })

		w.must(put(w.ctx, w.root(), bucket, "launch/from.png", picture(t)+"from"))
		copied := picture(t) + "to"
		_, err := w.root().PutObject(w.ctx, bucket, "launch/to.png", strings.NewReader(copied), int64(len(copied)), minio.PutObjectOptions{UserMetadata: map[string]string{"vitrine-moved": "t.0"}})
		w.must(err)
		w.must(put(w.ctx, w.root(), bucket, "launch/other.png", picture(t)+"other"))
		w.must(w.root().RemoveObject(w.ctx, bucket, "launch/gone.png", minio.RemoveObjectOptions{}))
		gone := time.Now()
		nothing := func(path string) error { return w.leavesNothing(path, asset.FactsRoot, asset.RenditionsRoot) }
		stop := w.always("nothing is made of what may be on its way, and nothing goes", func() error {
			return errors.Join(nothing("launch/from.png"), nothing("launch/to.png"), made("launch/gone.png"))
		})
		w.eventually("another file is read and has pictures", 60*time.Second, func() error { return made("launch/other.png") })
		w.eventually("another one too, after the grace", 60*time.Second, func() error {
			if time.Since(gone) < w.settings.OrphanGrace+5*time.Second {
				return errors.New("not yet")
			}
			return made("launch/other.png")
		})
		stop()

		w.must(w.root().RemoveObject(w.ctx, bucket+"-dam", journal, minio.RemoveObjectOptions{}))
		w.eventually("without the journal all is rendered", 60*time.Second, func() error { return errors.Join(made("launch/from.png"), made("launch/to.png")) })
		w.eventually("and swept", 30*time.Second, func() error { return nothing("launch/gone.png") })
		w.eventually("and the Library names it no more", 30*time.Second, func() error {
			if named() {
				return errors.New(readyMessage(library))
			}
			return nil
		})
	})
}
