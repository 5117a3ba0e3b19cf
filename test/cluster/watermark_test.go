package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/gateway"
)

// markedLibrary has a preset to download, and two watermarks: one in the upper half of each picture, and one that is an image.
const markedLibrary = `bucket: {name: NAME-brand}, renditions: [{name: web, width: 400, height: 400, format: JPEG, quality: 95}], watermarks: [
  {name: agency, text: "Northlight", position: Top, opacity: 100, size: 90}, {name: logo, image: brand/logo.png, position: Centre, opacity: 100, size: 100}]}`

func linkOn(name, folder, more string) string {
	return "\n---\napiVersion: dam.vitrine.dev/v1alpha1\nkind: PublicLink\nmetadata: {name: " + name + "}\nspec: {target: {folder: {name: " + folder + "}}, renditions: [web], " + more + "}\n"
}

// A link with a watermark shows and gives pictures that bear it, made by the workers, once for all such links; what does not bear it
// cannot be had through it, before as after. When the last such link has gone, so have the pictures.
// features: F3
func TestPicturesBearTheWatermarkOfTheLinkThatShowsThem(t *testing.T) {
	w := newWorld(t, "linkmark")
	w.apply(w.named(strings.Replace(launch, "bucket: {name: NAME-brand}}", markedLibrary, 1) + linkOn("plain", "launch", "originals: Hidden")))
	w.ready(&v1alpha1.Library{}, "brand")
	grey := image.NewGray(image.Rect(0, 0, 400, 400))
	draw.Draw(grey, grey.Bounds(), image.NewUniform(color.Gray{Y: 128}), image.Point{}, draw.Src)
	var file bytes.Buffer
	w.must(png.Encode(&file, grey))
	w.must(put(w.ctx, w.root(), "linkmark-brand", "launch/hero.png", file.String()))
	w.must(put(w.ctx, w.root(), "linkmark-brand", "other/plain.png", file.String()))
	w.must(put(w.ctx, w.root(), "linkmark-brand", "launch/notes.txt", "text"))
	w.rendered(3)
	site := w.site()
	renditions := func(of string) []string {
		keys, err := list(w.ctx, w.root(), "linkmark-brand-dam", "renditions/"+of+"/")
		w.must(err)
		return keys
	}
	before := renditions("launch/hero.png")
	unmarked := w.download(site, "plain", "web")

	w.apply(linkOn("northlight", "launch", "originals: Hidden, watermark: agency"))
	link := &v1alpha1.PublicLink{}
	w.eventually("the pictures of the link are there", 60*time.Second, func() error {
		w.get(link, "northlight")
		if now := renditions("launch/hero.png"); len(now) != len(before)+3 || link.Status.Waiting == nil || *link.Status.Waiting != 0 {
			return fmt.Errorf("there are %v; status %+v", now, link.Status)
		}
		return nil
	})
	w.ready(link, "northlight")
	marked := renditions("launch/hero.png")
	for _, key := range marked {
		if strings.Contains(path.Base(key), "_agency-") != !slices.Contains(before, key) {
			t.Errorf("%s was made for the link", key)
		}
	}
	if others := renditions("other/plain.png"); len(others) != len(before) {
		t.Errorf("what the link does not show has %v", others)
	}

	t.Run("what the link gives bears it, and nothing else is had through it", func(t *testing.T) {
		with := w.download(site, "northlight", "web")
		if top, bottom := difference(t, unmarked, with, true), difference(t, unmarked, with, false); top < 5 || bottom > 1 {
			t.Errorf("the picture differs by %.1f of 255 above, where the watermark is, and by %.1f below", top, bottom)
		}
		page := w.asset(site, "northlight")
		for _, address := range addresses(page) {
			if strings.Contains(address, "/original?") {
				t.Errorf("an original is offered: %s", address)
			}
		}
		// The same address for what is there without it, signed as it is for what bears it.
		address := addresses(page)[0]
		for _, what := range []string{"original", "thumb_agency", "web_agency", path.Base(before[0])} {
			if _, code := w.page(site + regexp.MustCompile(`/[^/?]+\?`).ReplaceAllLiteralString(address, "/"+what+"?")); code != http.StatusNotFound {
				t.Errorf("%s: answered %d", what, code)
			}
		}
		if again := w.download(site, "plain", "web"); !bytes.Equal(again, unmarked) {
			t.Error("a link without a watermark gives another picture than before")
		}
	})
	t.Run("a link that gets a watermark shows no picture without it meanwhile, and the same one is not made again", func(*testing.T) {
		jobs := w.renderJobs()
		w.apply(linkOn("plain", "launch", "originals: Hidden, watermark: agency"))
		known := false // to the gateway, a moment later
		w.eventually("it gives the marked one", 10*time.Second, func() error {
			got, code := w.tryDownload(site, "plain", "web")
			if code == http.StatusOK && bytes.Equal(got, unmarked) {
				if known {
					t.Fatal("the picture without it is given again")
				}
				return errors.New("the picture without it is still given")
			}
			known = true
			w.get(link, "plain")
			if code != http.StatusOK || !bytes.Equal(got, w.download(site, "northlight", "web")) {
				return fmt.Errorf("answered %d; status %+v", code, link.Status)
			}
			return nil
		})
		w.ready(link, "plain")
		if now := renditions("launch/hero.png"); !slices.Equal(now, marked) || w.renderJobs() != jobs {
			t.Errorf("there are %v after %d Jobs, and were %v after %d", now, w.renderJobs(), marked, jobs)
		}
	})
	t.Run("while a watermark cannot be drawn nothing is shown, and the link says why", func(*testing.T) {
		w.apply(linkOn("pressed", "launch", "originals: Hidden, watermark: logo"))
		if message := w.stalled(link, "pressed", v1alpha1.ReasonWatermarkNotFound); !strings.Contains(message, "brand/logo.png") {
			t.Error(message)
		}
		if _, code := w.tryDownload(site, "pressed", "web"); code != 0 || *link.Status.Waiting != 1 {
			t.Errorf("answered %d; %d wait", code, *link.Status.Waiting)
		}
		white := image.NewUniform(color.White)
		logo := image.NewNRGBA(image.Rect(0, 0, 20, 20))
		draw.Draw(logo, logo.Bounds(), white, image.Point{}, draw.Src)
		file.Reset()
		w.must(png.Encode(&file, logo))
		w.must(put(w.ctx, w.root(), "linkmark-brand", "brand/logo.png", file.String()))
		w.eventually("it is drawn once it is there", 60*time.Second, func() error {
			if got, code := w.tryDownload(site, "pressed", "web"); code != http.StatusOK || difference(t, unmarked, got, true) < 100 || difference(t, unmarked, got, false) < 100 {
				w.get(link, "pressed")
				return fmt.Errorf("answered %d; status %+v", code, link.Status)
			}
			return nil
		})
		w.ready(link, "pressed")
	})
	t.Run("the pictures go with the last link that shows them", func(*testing.T) {
		for _, name := range []string{"northlight", "pressed"} {
			w.delete(&v1alpha1.PublicLink{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}})
		}
		w.eventually("those of the other watermark are swept", 30*time.Second, func() error {
			if now := renditions("launch/hero.png"); !slices.Equal(now, marked) {
				return fmt.Errorf("there are %v, and a link still shows %v", now, marked)
			}
			return nil
		})
		w.delete(&v1alpha1.PublicLink{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "plain"}})
		w.eventually("all are swept", 30*time.Second, func() error {
			if now := renditions("launch/hero.png"); !slices.Equal(now, before) {
				return fmt.Errorf("there are %v, and %v are without a watermark", now, before)
			}
			return nil
		})
	})
}

// site runs the gateway with the rights of its own service account and the key that the manager gave it, and gives its address.
func (w *world) site() string {
	w.Helper()
	w.ready(&v1alpha1.ObjectStore{}, w.name)
	kubeconfig := filepath.Join(w.TempDir(), "gateway.kubeconfig")
	w.must(w.bed.cluster.ServiceAccountKubeconfig(w.ctx, settings.GatewayNamespace, "vitrine-gateway", kubeconfig))
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	w.must(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	address := listener.Addr().String()
	w.must(listener.Close())
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan error, 1)
	go func() {
		done <- gateway.Run(ctx, gateway.Options{
			Kubernetes: config, Namespace: settings.GatewayNamespace, Heartbeat: types.NamespacedName{Namespace: settings.SystemNamespace, Name: "vitrine-manager"},
			External: &url.URL{Scheme: "http", Host: address}, MemoryBytes: 16 << 20, Log: slog.New(slog.NewTextHandler(logs, nil)), Listen: address,
		})
	}()
	w.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.Errorf("the gateway ended with: %v", err)
		}
	})
	return "http://" + address
}

// page gets a page of the gateway.
func (w *world) page(address string) (body string, code int) {
	w.Helper()
	request, err := http.NewRequestWithContext(w.ctx, http.MethodGet, address, nil)
	w.must(err)
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		return err.Error(), 0
	}
	defer func() { _ = got.Body.Close() }()
	data, err := io.ReadAll(got.Body)
	w.must(err)
	return string(data), got.StatusCode
}

// urlOf reads a link's URL, whether the link is Ready or not.
func (w *world) urlOf(name string) string {
	w.Helper()
	secret := &corev1.Secret{}
	w.get(secret, name+".link")
	return string(secret.Data["url"])
}

func addresses(page string) (all []string) {
	for _, found := range regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if address := html.UnescapeString(found[1]); strings.HasPrefix(address, "/a/") {
			all = append(all, address)
		}
	}
	return all
}

// asset gives the page of the picture that a link shows.
func (w *world) asset(site, link string) string {
	w.Helper()
	u, err := url.Parse(w.urlOf(link))
	w.must(err)
	var page string
	w.eventually("the page of "+link, 10*time.Second, func() error {
		body, code := w.page(site + u.Path)
		found := regexp.MustCompile(`href="([^"]+/asset/[^"]+)"[^>]*>(?s:.{0,400}?)hero`).FindStringSubmatch(body)
		if code != http.StatusOK || found == nil {
			return fmt.Errorf("answered %d: %s", code, body)
		}
		if page, code = w.page(site + html.UnescapeString(found[1])); code != http.StatusOK {
			return fmt.Errorf("answered %d: %s", code, page)
		}
		return nil
	})
	return page
}

// tryDownload gives a rendition of the picture that a link shows, with the code of the answer; zero when it is not offered.
func (w *world) tryDownload(site, link, what string) (data []byte, code int) {
	w.Helper()
	for _, address := range addresses(w.asset(site, link)) {
		if strings.Contains(address, "/"+what+"?") {
			body, code := w.page(site + address)
			return []byte(body), code
		}
	}
	return nil, 0
}

func (w *world) download(site, link, what string) []byte {
	w.Helper()
	data, code := w.tryDownload(site, link, what)
	if code != http.StatusOK {
		w.Fatalf("%s of %s: answered %d", what, link, code)
	}
	return data
}

// renderJobs counts the Jobs that rendered for the tenant.
func (w *world) renderJobs() int {
	w.Helper()
	var jobs batchv1.JobList
	w.must(w.bed.admin.List(w.ctx, &jobs, client.InNamespace(settings.JobsNamespace), client.MatchingLabels{v1alpha1.LabelTenant: w.namespace}))
	return len(jobs.Items)
}

// difference is by how much, of 255, the upper or the lower half of two JPEG pictures differ on average.
func difference(t *testing.T, a, b []byte, upper bool) float64 {
	t.Helper()
	first, err := jpeg.Decode(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	second, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	area := first.Bounds()
	if area != second.Bounds() {
		t.Fatalf("one is %v, and the other %v", area, second.Bounds())
	}
	middle := (area.Min.Y + area.Max.Y) / 2
	if upper {
		area.Max.Y = middle
	} else {
		area.Min.Y = middle
	}
	sum := 0.0
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			p, q := color.GrayModel.Convert(first.At(x, y)).(color.Gray), color.GrayModel.Convert(second.At(x, y)).(color.Gray)
			sum += max(float64(p.Y)-float64(q.Y), float64(q.Y)-float64(p.Y))
		}
	}
	return sum / float64(area.Dx()*area.Dy())
}
