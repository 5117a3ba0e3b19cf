package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
)

// darkroom is the studio with a preset that Go reads, a machine that sees what is in pictures, and somebody who only looks.
var darkroom = strings.Replace(studio, "bucket: {name: NAME-brand}", "bucket: {name: NAME-brand}\n  renditions: [{name: small, width: 60, height: 60, format: JPEG}]", 1) + `
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: autotag}, spec: {credentials: Issue}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: vic}, spec: {credentials: Issue}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: autotag-tags}
spec: {roleRef: {kind: Role, name: tagger}, subjects: [{kind: User, name: autotag}], targets: [{kind: Folder, name: launch}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: vic-views}
spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: User, name: vic}], targets: [{kind: Folder, name: launch}]}
`

const heroPNG = "launch/hero.png"

// retouch gives a picture of 120 x 80 pixels in one colour: a new one, or an edited one of what is there.
func (w *world) retouch(edit func(image.Image) image.Image, of string) string {
	w.Helper()
	var src image.Image
	if of != "" {
		var err error
		src, err = png.Decode(strings.NewReader(of))
		w.must(err)
	}
	var b bytes.Buffer
	w.must(png.Encode(&b, edit(src)))
	return b.String()
}

// filled draws one colour over a picture, or makes one of it.
func filled(c color.Color) func(image.Image) image.Image {
	return func(src image.Image) image.Image {
		bounds := image.Rect(0, 0, 120, 80)
		if src != nil {
			bounds = src.Bounds()
		}
		img := image.NewNRGBA(bounds)
		draw.Draw(img, bounds, image.NewUniform(c), image.Point{}, draw.Src)
		return img
	}
}

// cutOut takes everything but the middle away, as programs do that remove a background.
func cutOut(src image.Image) image.Image {
	img := image.NewNRGBA(src.Bounds())
	draw.Draw(img, src.Bounds().Inset(20), src, image.Pt(20, 20), draw.Src)
	return img
}

// smallIs wants the one small rendition of a picture to have a colour in its middle.
func (w *world) smallIs(path string, want color.NRGBA) error {
	keys, err := list(w.ctx, w.root(), w.name+"-brand-dam", asset.RenditionsRoot+path+"/small-")
	if err != nil || len(keys) != 1 {
		return fmt.Errorf("there are %v: %w", keys, orNothing(err))
	}
	text, err := fetch(w.ctx, w.root(), w.name+"-brand-dam", keys[0])
	if err != nil {
		return err
	}
	img, _, err := image.Decode(strings.NewReader(text))
	if err != nil {
		return err
	}
	got := color.NRGBAModel.Convert(img.At(img.Bounds().Dx()/2, img.Bounds().Dy()/2)).(color.NRGBA)
	for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
		if d < -12 || d > 12 {
			return fmt.Errorf("its middle is %v, not %v", got, want)
		}
	}
	return nil
}

func (w *world) metadataOf(path string) asset.Metadata {
	w.Helper()
	text, err := fetch(w.ctx, w.root(), w.name+"-brand-dam", asset.MetaObject(keyOf(path)))
	w.must(err)
	m, err := asset.DecodeMetadata([]byte(text))
	w.must(err)
	return m
}

// A machine adds the keywords that it sees, and nothing else; a contributor edits a picture, as a new version or beside it, with nothing but
// a key; and whoever only looks does none of that.
//
// features: A1.16, A1.17, A1.19
func TestPicturesAreTaggedByAMachineAndEditedByPeople(t *testing.T) {
	onEachStore(t, "darkroom", func(w *world) {
		alice, mona, _ := w.opens(darkroom)
		for _, name := range []string{"autotag-tags", "vic-views"} {
			w.ready(&v1alpha1.RoleBinding{}, name)
		}
		machine, vic := w.as("autotag"), w.as("vic")
		bucket := w.name + "-brand"
		red, blue := color.NRGBA{R: 200, G: 20, B: 20, A: 255}, color.NRGBA{R: 20, G: 20, B: 200, A: 255}
		w.eventually("alice uploads", w.soon(), func() error { return put(w.ctx, alice, bucket, heroPNG, w.retouch(filled(red), "")) })
		first, sum := w.current(heroPNG)
		w.done(alice, "alice", "title", a(heroPNG, "describe", map[string]any{"set": map[string]any{"title": []string{"Hero"}}}))

		w.tags(machine, vic, first)

		w.done(mona, "mona", "approve", map[string]any{"path": heroPNG, "versionID": first, "approve": map[string]any{"verdict": "Approved", "sha256": sum}})
		w.eventually("it is on the link of what is approved", 10*time.Second, func() error { return w.shows("approved", "hero.png") })
		w.eventually("and rendered", 90*time.Second, func() error { return w.smallIs(heroPNG, red) })
		described := w.metadataOf(heroPNG)

		// Edited in its place: a new version, which nobody approved, with what was said of the file.
		original, err := fetch(w.ctx, alice, bucket, heroPNG)
		w.must(err)
		edited := w.retouch(filled(blue), original)
		w.must(denied(put(w.ctx, vic, bucket, heroPNG, edited)))
		w.must(put(w.ctx, alice, bucket, heroPNG, edited))
		second, _ := w.current(heroPNG)
		if old, err := fetchVersion(w.ctx, w.root(), bucket, heroPNG, first); err != nil || old != original || second == first {
			t.Errorf("the version before is not what it was: %v", err)
		}
		w.eventually("the rendition is of the new version", 90*time.Second, func() error { return w.smallIs(heroPNG, blue) })
		w.eventually("nobody has approved it", 20*time.Second, func() error { return w.shows("approved", "") })
		if diff := cmp.Diff(described, w.metadataOf(heroPNG)); diff != "" {
			t.Errorf("what was said of it (-was +is):\n%s", diff)
		}

		// Derived beside it: a file of its own, of which nothing is said yet, and the other stays.
		const derived = "launch/hero-cut.png"
		cut := w.retouch(cutOut, edited)
		w.must(denied(put(w.ctx, vic, bucket, derived, cut)))
		w.must(put(w.ctx, alice, bucket, derived, cut))
		w.current(derived)
		w.eventually("it is rendered too", 90*time.Second, func() error { return errors.Join(w.smallIs(derived, blue), w.smallIs(heroPNG, blue)) })
		w.must(w.leavesNothing(derived, saidRoots...))
		if info, err := w.root().StatObject(w.ctx, bucket, heroPNG, minio.StatObjectOptions{}); err != nil || info.VersionID != second {
			t.Errorf("the one that it is of is at version %s, not %s: %v", info.VersionID, second, err)
		}
	})
}

// tags lets the machine say what it sees, in its own name.
func (w *world) tags(machine, vic *minio.Client, version string) {
	w.Helper()
	seen := map[string]any{"add": map[string]any{"keywords": []string{"outdoor", "red"}}}
	w.done(machine, "autotag", "tags", a(heroPNG, "describe", seen))
	m := w.metadataOf(heroPNG)
	if diff := cmp.Diff(map[string][]string{"title": {"Hero"}, "keywords": {"outdoor", "red"}}, m.Fields); diff != "" || m.By != "autotag" || m.Change != "tags" {
		w.Errorf("it is said by %s, %s (-want +got):\n%s", m.By, m.Change, diff)
	}
	w.refusedFor(change.FieldNotAllowed, machine, "autotag", "title", one(a(heroPNG, "describe", map[string]any{"set": map[string]any{"title": []string{"A red thing"}}})))
	w.refusedFor(change.FieldNotAllowed, machine, "autotag", "clear", one(a(heroPNG, "describe", map[string]any{"clear": []string{"title"}})))
	w.refusedFor(change.NotAllowed, machine, "autotag", "publish", one(a(heroPNG, "state", map[string]any{"state": "Archived"})))
	w.refusedFor(change.NotAllowed, machine, "autotag", "remove", one(map[string]any{"path": heroPNG, "versionID": version, "remove": map[string]any{}}))
	w.must(denied(put(w.ctx, machine, w.name+"-brand", heroPNG, "x")))
	w.must(denied(put(w.ctx, vic, w.name+"-brand-dam", asset.ChangeObject("vic", "tags"), "{}"))) // who only looks has no place for records
	if diff := cmp.Diff(m, w.metadataOf(heroPNG)); diff != "" {
		w.Errorf("something came of what was refused (-was +is):\n%s", diff)
	}
}
