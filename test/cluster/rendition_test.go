package cluster

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/pictures"
)

// features: D13
func TestEveryGoodOriginalIsRenderedAndTheOthersAreNamed(t *testing.T) {
	w := newWorld(t, "render")
	w.apply(w.named(strings.Replace(launch, "bucket: {name: NAME-brand}}",
		"bucket: {name: NAME-brand}, renditions: [{name: square, width: 300, height: 300, fit: Cover, format: JPEG}]}", 1)))
	w.apply(w.named(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: embargo}
spec: {libraryRef: {name: brand}, path: launch/embargo, access: Restricted}
`))
	w.ready(&v1alpha1.Library{}, "brand")
	folder := &v1alpha1.Folder{}
	w.ready(folder, "embargo")
	good, bad := 0, map[string]bool{}
	for _, sample := range pictures.Samples() {
		data, err := sample.Data()
		w.must(err)
		w.must(put(w.ctx, w.root(), "render-brand", "launch/"+sample.Name, string(data)))
		if sample.Kind == pictures.Good {
			good++
			continue
		}
		bad["launch/"+sample.Name] = true
	}
	w.must(put(w.ctx, w.root(), folder.Status.Bucket, folder.Status.Prefix+"secret.jpg", picture(t)))
	w.must(put(w.ctx, w.root(), "render-brand", "launch/notes.txt", "notes"))

	library := &v1alpha1.Library{}
	w.eventually("all is decided", 90*time.Second, func() error {
		w.get(library, "brand")
		r := library.Status.Renditions
		if r == nil || *r.Done != int64(good+1) || *r.Failed != int64(len(bad)) || *r.Wanted != *r.Done+*r.Failed {
			return fmt.Errorf("%d good and %d bad ones, status %+v", good, len(bad), r)
		}
		return nil
	})
	for _, failure := range library.Status.Renditions.Failures {
		if !bad[failure.Path] || failure.Reason == "" || failure.Message == "" {
			t.Errorf("a failure that should not be or does not say why: %+v", failure)
		}
		delete(bad, failure.Path)
	}
	if len(bad) > 0 {
		t.Errorf("not named in status: %v", bad)
	}
	keys, err := list(w.ctx, w.root(), "render-brand-dam", "renditions/")
	w.must(err)
	if len(keys) != 3*good {
		t.Errorf("%d renditions of %d originals in three presets", len(keys), good)
	}
	secret, err := list(w.ctx, w.root(), "render-brand-dam", "restricted-renditions/embargo/secret.jpg/")
	w.must(err)
	if len(secret) != 3 {
		t.Errorf("%d renditions of the restricted one", len(secret))
	}

	t.Run("a new version is rendered anew", func(t *testing.T) {
		name := keys[0][len("renditions/"):strings.LastIndex(keys[0], "/")]
		w.must(put(w.ctx, w.root(), "render-brand", name, picture(t)+"changed at the end"))
		w.eventually("there are renditions of both versions", 60*time.Second, func() error {
			now, err := list(w.ctx, w.root(), "render-brand-dam", "renditions/"+name+"/")
			if err == nil && len(now) != 6 {
				w.get(library, "brand")
				err = fmt.Errorf("there are %v; status %+v", now, *library.Status.Renditions)
			}
			return err
		})
	})
	t.Run("an original that goes is no longer counted", func(*testing.T) {
		before := *library.Status.Assets.Count
		w.must(w.root().RemoveObject(w.ctx, "render-brand", "launch/notes.txt", minio.RemoveObjectOptions{}))
		w.eventually("one less", 10*time.Second, func() error {
			w.get(library, "brand")
			if now := *library.Status.Assets.Count; now != before-1 {
				return fmt.Errorf("%d, and %d before", now, before)
			}
			return nil
		})
	})
}
