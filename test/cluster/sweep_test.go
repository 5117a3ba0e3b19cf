package cluster

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"
	"k8s.io/utils/ptr"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// cutter lies between the manager and a store. It sees where each page of a bucket's listing begins, and breaks the connection in the
// midst of one.
type cutter struct {
	*httptest.Server
	bucket string
	cutAt  int           // the page that is cut, from 1
	opened chan struct{} // closed when pages are given at all

	mu    sync.Mutex
	pages []string
}

// nextPage is where a page begins that follows one of the same listing.
const nextPage = "the next page"

var errTorn = errors.New("torn by the test")

// through puts a cutter before a store.
func through(t *testing.T, c *cutter, at func(*testBed) objectStore) func(*testBed) objectStore {
	t.Helper()
	return func(bed *testBed) objectStore {
		behind := at(bed)
		target, err := url.Parse(behind.endpoint)
		if err != nil {
			t.Fatal(err)
		}
		proxy := &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				r.Out.Host = r.In.Host // it is signed
			},
			ModifyResponse: c.tear,
		}
		c.Server = httptest.NewServer(proxy)
		t.Cleanup(c.Close)
		behind.endpoint = c.URL
		return behind
	}
}

// tear notes a page of the listing, and breaks off the one that is to be cut.
func (c *cutter) tear(resp *http.Response) error {
	query := resp.Request.URL.Query()
	if resp.Request.Method != http.MethodGet || strings.Trim(resp.Request.URL.Path, "/") != c.bucket || query.Get("list-type") != "2" || query.Get("prefix") != "" {
		return nil
	}
	select {
	case <-c.opened:
	case <-resp.Request.Context().Done():
		return nil
	}
	begins := query.Get("start-after")
	if query.Has("continuation-token") {
		begins = nextPage
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pages = append(c.pages, begins); len(c.pages) == c.cutAt {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(io.LimitReader(resp.Body, 20_000), torn{}), resp.Body}
	}
	return nil
}

type torn struct{}

// Read implements io.Reader.
func (torn) Read([]byte) (int, error) { return 0, errTorn }

func (c *cutter) asked() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.pages)
}

const adopted = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand}
spec: {storeRef: {name: NAME}, bucket: {name: NAME-brand, management: Adopt}}
`

// A sweep of some thousand objects, with one request a second, tells how far it is. Cut in the midst of a page it goes on with that page, and
// counts no file twice; and what the last one saw is known after a restart.
//
// features: D12
func TestASweepTellsHowFarItIsAndGoesOnWhereItWasCut(t *testing.T) {
	for name, at := range map[string]func(*testBed) objectStore{"sweep": versitygw, "sweep-m": minIO} {
		t.Run(name, func(t *testing.T) {
			const objects, originals, described = 2500, 3, 20
			slow := settings
			slow.SweepRequests = 1
			c := &cutter{bucket: name + "-brand", cutAt: 3, opened: make(chan struct{})}
			w := newWorldOf(t, name, slow, through(t, c, at), v1alpha1.UntrustedConditionsAccept)
			w.must(w.root().MakeBucket(w.ctx, c.bucket, minio.MakeBucketOptions{}))
			uploads, ctx := errgroup.WithContext(w.ctx)
			uploads.SetLimit(8)
			for i := range objects {
				ending := "tmp" // no file: nothing is made of it
				if i%1000 == 400 {
					ending = "txt"
				}
				uploads.Go(func() error { return put(ctx, w.root(), c.bucket, fmt.Sprintf("launch/%04d.%s", i, ending), "x") })
			}
			w.must(uploads.Wait())
			w.apply(w.named(adopted))
			w.ready(&v1alpha1.Library{}, "brand")
			for i := range described { // each takes a read
				w.must(put(w.ctx, w.root(), asset.VitrineBucket(c.bucket), fmt.Sprintf("%s%04d", asset.MetaRoot, i), "{}"))
			}
			close(c.opened)

			running := w.sweeps("the first sweep tells how far it is", 60*time.Second, func(s *v1alpha1.SweepProgress) bool {
				return s.Phase == v1alpha1.SweepDetails && ptr.Deref(s.Seen, 0) >= objects && s.PerSecond != nil
			}).Running
			if running.About != nil || running.TimeLeft != "" {
				t.Errorf("it cannot know how many objects there are: %+v", running)
			}
			w.sweeps("it gets on", 30*time.Second, func(s *v1alpha1.SweepProgress) bool { return *s.Seen > *running.Seen })
			var last *v1alpha1.FinishedSweep
			w.eventually("it ends", 60*time.Second, func() error {
				library := &v1alpha1.Library{}
				w.get(library, "brand")
				s := library.Status.Sweep
				if s == nil || s.Last == nil || s.Running != nil {
					return fmt.Errorf("the status is %+v", s)
				}
				last = s.Last
				return nil
			})
			if *last.Objects < objects+described || last.Took.Value() < described*time.Second/2 {
				t.Errorf("it tells of %d objects in %s", *last.Objects, last.Took)
			}
			w.holds("each file is counted once", 10*time.Second, originals, originals)
			want := []string{"", nextPage, nextPage, "launch/1999.tmp"}
			if asked := c.asked(); len(asked) < len(want) || !cmp.Equal(want, asked[:len(want)]) || len(asked) > len(want) && asked[len(want)] != "" {
				t.Errorf("pages were asked for from %q", asked)
			}

			w.stopManager()
			w.startManager(nil)
			again := w.sweeps("after a restart it is known how many objects there are about", 60*time.Second, func(s *v1alpha1.SweepProgress) bool {
				return s.About != nil && s.TimeLeft != "" && s.PerSecond != nil
			})
			if again.Last == nil || *again.Running.About != *again.Last.Objects || *again.Running.Seen >= *again.Running.About {
				t.Errorf("it tells %+v after %+v", again.Running, again.Last)
			}
		})
	}
}

// sweeps waits until the status tells of a running sweep that it is so.
func (w *world) sweeps(what string, within time.Duration, is func(*v1alpha1.SweepProgress) bool) *v1alpha1.SweepStatus {
	w.Helper()
	library := &v1alpha1.Library{}
	w.eventually(what, within, func() error {
		w.get(library, "brand")
		if s := library.Status.Sweep; s == nil || s.Running == nil || !is(s.Running) {
			return fmt.Errorf("the status is %+v", s)
		}
		return nil
	})
	return library.Status.Sweep
}
