package cluster

import (
	"context"
	"fmt"
	"image/jpeg"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/gateway"
)

// printAddress is where a page of a file offers the preset print.
var printAddress = regexp.MustCompile(`href="(/a/[^"]*/print[?][^"]*)"`)

// A preset that is made on request makes no picture until a visitor of a link asks for one, who is told to wait and then gets it; and then no
// other, nor one of another version, until somebody asks again.
// features: D13
func TestARenditionIsMadeWhenItIsFirstAskedFor(t *testing.T) {
	visitors, operators := freeAddress(t), freeAddress(t)
	asking := settings
	asking.GatewayAddress, asking.RequestsInterval = "http://"+operators, 200*time.Millisecond
	w := newWorldWith(t, "ondemand", asking)
	w.apply(w.named(strings.Replace(launch, "bucket: {name: NAME-brand}}",
		"bucket: {name: NAME-brand}, renditions: [{name: print, width: 300, format: JPEG, when: OnRequest}]}", 1) + `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: press}
spec: {target: {folder: {name: launch}}, renditions: [print]}
`))
	w.ready(&v1alpha1.Library{}, "brand")
	w.startGateway(visitors, operators)
	for _, name := range []string{"hero", "other"} {
		w.must(put(w.ctx, w.root(), "ondemand-brand", "launch/"+name+".jpg", picture(t)+name))
	}
	library := &v1alpha1.Library{}
	renditions := func(name string) []string {
		keys, err := list(w.ctx, w.root(), "ondemand-brand-dam", "renditions/launch/"+name+".jpg/")
		w.must(err)
		return keys
	}
	w.eventually("all is rendered that nobody needs to ask for", 60*time.Second, func() error {
		w.get(library, "brand")
		if r := library.Status.Renditions; r == nil || *r.Done != 2 || r.Job != "" {
			return fmt.Errorf("status %+v", r)
		}
		return nil
	})
	w.ready(&v1alpha1.PublicLink{}, "press")
	_, path, _ := strings.Cut(w.url("press"), "/l/")
	ask := func(method, address string) (int, string) {
		request, err := http.NewRequestWithContext(w.ctx, method, "http://"+visitors+address, nil)
		w.must(err)
		answer, err := http.DefaultClient.Do(request)
		w.must(err)
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		w.must(err)
		return answer.StatusCode, string(body)
	}
	visit := func(address string) (int, string) { return ask(http.MethodGet, address) }
	address := ""
	w.eventually("the page of the file offers it", 30*time.Second, func() error {
		_, grid := visit("/l/" + path)
		file := regexp.MustCompile(`href="(/l/[^"]*/asset/[^"]*)"`).FindAllStringSubmatch(grid, -1)
		if len(file) == 0 {
			return fmt.Errorf("the page is %.2000s", grid)
		}
		_, page := visit(file[0][1])
		found := printAddress.FindStringSubmatch(page)
		if found == nil || !strings.Contains(page, "hero.jpg") {
			return fmt.Errorf("the page of the file is %.3000s", page)
		}
		address = strings.ReplaceAll(found[1], "&amp;", "&")
		return nil
	})
	if got := renditions("hero"); len(got) != 2 {
		t.Fatalf("before anybody asks there are %v", got)
	}
	if status, page := visit(address); status != http.StatusServiceUnavailable || !strings.Contains(page, "This file is being made") {
		t.Fatalf("who asks first is answered %d: %s", status, page)
	}
	// Who looks whether it is there asks for nothing, so what was asked for is settled by the look at the Library that finds it.
	w.eventually("the picture is there", 60*time.Second, func() error {
		if status, _ := ask(http.MethodHead, address); status != http.StatusOK {
			return fmt.Errorf("answered %d", status)
		}
		return nil
	})
	status, body := visit(address)
	header, err := jpeg.DecodeConfig(strings.NewReader(body))
	if err != nil || status != http.StatusOK || header.Width > 300 {
		t.Fatalf("who waits is answered %d with a picture that is %d wide: %v", status, header.Width, err)
	}
	if hero, other := renditions("hero"), renditions("other"); len(hero) != 3 || len(other) != 2 {
		t.Errorf("there are %v and %v", hero, other)
	}
	var jobs batchv1.JobList
	w.must(w.bed.admin.List(w.ctx, &jobs, client.InNamespace(settings.JobsNamespace), client.MatchingLabels{v1alpha1.LabelTenant: w.namespace, "dam.vitrine.dev/asked": "true"}))
	if len(jobs.Items) != 1 {
		t.Errorf("%d Jobs made what was asked for", len(jobs.Items))
	}
	w.must(put(w.ctx, w.root(), "ondemand-brand", "launch/hero.jpg", picture(t)+"another"))
	old := renditions("hero")
	w.eventually("of a new version there is what nobody needs to ask for, and nothing of the old one", 60*time.Second, func() error {
		now := renditions("hero")
		if len(now) != 2 || slices.ContainsFunc(now, func(key string) bool { return slices.Contains(old, key) || strings.Contains(key, "/print-") }) {
			return fmt.Errorf("there are %v, and were %v", now, old)
		}
		return nil
	})
}

// startGateway runs a gateway under its own account until the end of the test.
func (w *world) startGateway(visitors, operators string) {
	w.Helper()
	path := filepath.Join(w.TempDir(), "gateway.kubeconfig")
	w.must(w.bed.cluster.ServiceAccountKubeconfig(w.ctx, settings.GatewayNamespace, "vitrine-gateway", path))
	config, err := clientcmd.BuildConfigFromFlags("", path)
	w.must(err)
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- gateway.Run(ctx, gateway.Options{
			Kubernetes: config, Namespace: settings.GatewayNamespace, Log: slog.New(slog.NewTextHandler(logs, nil)),
			Heartbeat: types.NamespacedName{Namespace: settings.SystemNamespace, Name: "vitrine-manager"},
			Listen:    visitors, Health: operators, Metrics: operators, DrainGrace: time.Second,
		})
	}()
	w.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			w.Errorf("the gateway ended with: %v", err)
		}
	})
}

// freeAddress is one on the loopback that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	port, release, err := testbed.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}
