package cluster

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/pictures"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

// features: D11, D13
func TestEveryGoodOriginalIsRenderedAndTheOthersAreNamed(t *testing.T) {
	w := newWorld(t, "render")
	w.apply(w.named(strings.Replace(launch, "bucket: {name: NAME-brand}}",
		"bucket: {name: NAME-brand}, renditions: [{name: square, width: 300, height: 300, fit: Cover, format: JPEG}]}", 1) + embargo))
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
		w.eventually("there are renditions of the new version, and none of the one before any more", 60*time.Second, func() error {
			now, err := list(w.ctx, w.root(), "render-brand-dam", "renditions/"+name+"/")
			if err == nil && (len(now) != 3 || slices.ContainsFunc(now, func(key string) bool { return slices.Contains(keys, key) })) {
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

// A PDF and a drawing are looked at by the workers for pictures and drawn by those for documents, in Jobs of another image. A file of a
// type that nobody knows is an asset like all others, with its facts.
// features: D7, D12, D13
func TestDocumentsAreDrawnByWorkersOfTheirOwn(t *testing.T) {
	w := newWorld(t, "docs")
	w.apply(w.named(launch))
	library := &v1alpha1.Library{}
	w.ready(library, "brand")
	const unknown = "\x00\x01\x02 of a type that nobody knows"
	for name, content := range map[string]string{
		"launch/sheet.pdf":  string(specimen.PDF{Pages: 3, Width: 400, Height: 200}.File()),
		"launch/locked.pdf": string(specimen.PDF{Pages: 1, Width: 200, Height: 200, Password: "secret"}.File()),
		"launch/logo.svg":   `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="30"><rect width="60" height="30" fill="red"/></svg>`,
		"launch/script.svg": `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="30"><script>alert(1)</script></svg>`,
		"launch/scene.blob": unknown,
	} {
		w.must(put(w.ctx, w.root(), "docs-brand", name, content))
	}
	w.eventually("all is decided", 90*time.Second, func() error {
		w.get(library, "brand")
		r := library.Status.Renditions
		if r == nil || *r.Wanted != 4 || *r.Done != 2 || *r.Failed != 2 || *library.Status.Assets.Count != 5 {
			return fmt.Errorf("status %+v of %+v", r, library.Status.Assets)
		}
		return nil
	})
	reasons := map[string]string{}
	for _, f := range library.Status.Renditions.Failures {
		reasons[f.Path] = f.Reason
	}
	if want := map[string]string{"launch/locked.pdf": "Encrypted", "launch/script.svg": "Unsafe"}; !maps.Equal(reasons, want) {
		t.Errorf("failures are %v, want %v", reasons, want)
	}
	facts := func(name string) asset.Facts {
		text, err := fetch(w.ctx, w.root(), "docs-brand-dam", "facts/launch/"+name+".json")
		w.must(err)
		f, err := asset.DecodeFacts(strings.NewReader(text))
		w.must(err)
		return f
	}
	for name, want := range map[string][3]int{"sheet.pdf": {400, 200, 3}, "logo.svg": {60, 30, 1}} {
		f := facts(name)
		keys, err := list(w.ctx, w.root(), "docs-brand-dam", "renditions/launch/"+name+"/")
		w.must(err)
		if [3]int{f.Width, f.Height, f.Frames} != want || f.Error != nil || len(f.Renditions) != 2 || len(keys) != 2 || f.BlurHash == "" {
			t.Errorf("%s has %v and the facts %+v", name, keys, f)
		}
	}
	if logo := facts("logo.svg"); logo.Colour != "#ff0000" {
		t.Errorf("the colour of a red drawing is %s", logo.Colour)
	}
	blob, sum := facts("scene.blob"), sha256.Sum256([]byte(unknown))
	if blob.Error == nil || blob.Error.Reason != asset.ReasonNotAnImage || blob.ContentType != "application/octet-stream" || blob.Size != int64(len(unknown)) ||
		blob.SHA256 != hex.EncodeToString(sum[:]) || blob.CRC32 != fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(unknown))) || blob.Width != 0 {
		t.Errorf("the facts of a file of unknown type are %+v", blob)
	}
	var jobs batchv1.JobList
	w.must(w.bed.admin.List(w.ctx, &jobs, client.InNamespace(settings.JobsNamespace), client.MatchingLabels{v1alpha1.LabelTenant: w.namespace}))
	images := map[string]bool{}
	for _, job := range jobs.Items {
		images[job.Spec.Template.Spec.Containers[0].Image] = true
	}
	if want := map[string]bool{settings.TransformImage: true, settings.DocumentsImage: true}; !maps.Equal(images, want) {
		t.Errorf("Jobs ran %v, want %v", images, want)
	}
}

// A watermark is an image of the Library: while it is missing nothing is rendered with it, a new version of it renders anew what
// bears it and nothing else, and what a changed preset made before stays until it has made its own, and then goes.
// features: D11, D13
func TestAWatermarkFromTheLibrary(t *testing.T) {
	w := newWorld(t, "marked")
	declare := func(width int) {
		w.apply(w.named(strings.Replace(launch, "bucket: {name: NAME-brand}}", fmt.Sprintf(
			`bucket: {name: NAME-brand}, renditions: [
			  {name: press, width: %d, format: JPEG, watermark: {image: brand/logo.png, position: Tile}},
			  {name: draft, width: 200, height: 200, fit: Pad, format: AVIF, watermark: {text: "Northlight & <b>"}}]}`, width), 1)))
	}
	declare(300)
	library := &v1alpha1.Library{}
	w.ready(library, "brand")
	w.must(put(w.ctx, w.root(), "marked-brand", "launch/hero.jpg", picture(t)))
	renditions := func(preset string) []string {
		keys, err := list(w.ctx, w.root(), "marked-brand-dam", "renditions/launch/hero.jpg/"+preset)
		w.must(err)
		return keys
	}
	held := func() string {
		w.get(library, "brand")
		if library.Status.Renditions == nil {
			return "not known"
		}
		var all []string
		for _, h := range library.Status.Renditions.Held {
			all = append(all, h.Name+" "+h.Reason)
		}
		return strings.Join(all, ", ")
	}
	w.eventually("everything but press is there, and press is held", 60*time.Second, func() error {
		ready := meta.FindStatusCondition(library.Status.Conditions, "Ready")
		if h := held(); h != "press WatermarkNotFound" || len(renditions("draft")) != 1 || ready == nil || !strings.Contains(ready.Message, "brand/logo.png") {
			return fmt.Errorf("held is %q, ready %+v, drafts %v", h, ready, renditions("draft"))
		}
		return nil
	})
	if got := renditions("press"); len(got) != 0 {
		t.Fatalf("without their watermark there are %v", got)
	}
	w.must(put(w.ctx, w.root(), "marked-brand", "brand/logo.png", "no picture at all"))
	w.eventually("the watermark is told as unreadable", 60*time.Second, func() error {
		if h := held(); h != "press WatermarkUnreadable" || len(renditions("press")) != 0 {
			return fmt.Errorf("held is %q, and there are %v", h, renditions("press"))
		}
		return nil
	})
	logo := func(c color.Color) string {
		var b bytes.Buffer
		img := image.NewNRGBA(image.Rect(0, 0, 40, 20))
		draw.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
		w.must(png.Encode(&b, img))
		return b.String()
	}
	w.must(put(w.ctx, w.root(), "marked-brand", "brand/logo.png", logo(color.Transparent)))
	w.eventually("a watermark without ink is told, and press stays held", 90*time.Second, func() error {
		ready := meta.FindStatusCondition(library.Status.Conditions, "Ready")
		if h := held(); h != "press WatermarkBlank" || len(renditions("press")) != 0 || !strings.Contains(ready.Message, "brand/logo.png is transparent throughout") {
			return fmt.Errorf("held is %q, ready %+v, and there are %v", h, ready, renditions("press"))
		}
		return nil
	})
	w.must(put(w.ctx, w.root(), "marked-brand", "brand/logo.png", logo(color.White)))
	w.eventually("press is rendered", 60*time.Second, func() error {
		if h := held(); h != "" || len(renditions("press")) != 1 || !strings.HasSuffix(renditions("press")[0], "-marked.jpg") {
			return fmt.Errorf("held is %q, and there are %v", h, renditions("press"))
		}
		return nil
	})
	before := renditions("")
	w.must(put(w.ctx, w.root(), "marked-brand", "brand/logo.png", logo(color.Black)))
	w.eventually("press is rendered with the new watermark, and nothing else anew", 60*time.Second, func() error {
		now := renditions("")
		others := slices.DeleteFunc(slices.Clone(now), func(key string) bool { return strings.Contains(key, "/press-") || !slices.Contains(before, key) })
		if press := renditions("press"); len(press) != 1 || slices.Contains(before, press[0]) || len(now) != len(before) || len(others) != len(before)-1 {
			return fmt.Errorf("there are %v, and were %v", now, before)
		}
		return nil
	})
	declare(400)
	w.eventually("the facts name the new picture in the place of the old ones", 60*time.Second, func() error {
		text, err := fetch(w.ctx, w.root(), "marked-brand-dam", "facts/launch/hero.jpg.json")
		if err != nil {
			return err
		}
		facts, err := asset.DecodeFacts(strings.NewReader(text))
		if err != nil {
			return err
		}
		var widths []int
		for _, r := range facts.Renditions {
			if r.Preset == "press" {
				widths = append(widths, r.Width)
			}
		}
		if len(renditions("press")) != 1 || len(widths) != 1 || widths[0] != 400 {
			return fmt.Errorf("there are %v, and the facts name widths of %v", renditions("press"), widths)
		}
		return nil
	})
}
