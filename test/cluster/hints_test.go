package cluster

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/notification"
	"k8s.io/utils/ptr"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/controllers"
	"github.com/vitrine-dam/vitrine/hack/testbed"
)

const hintSecret = "the-stores-of-this-test"

// wire lies between a store and the manager: the manager starts after the
// store, and what is sent may be lost, doubled and out of order on the way.
type wire struct {
	*httptest.Server
	t       *testing.T
	manager string // its address

	mu      sync.Mutex
	shuffle *rand.Rand // nil while everything arrives as it was sent
	kept    []func()   // sent and not arrived
	answers map[int]int
	lost    int
}

// newWire makes one, and the settings of a manager at its end.
func newWire(t *testing.T, settings controllers.Settings) (*wire, controllers.Settings) {
	t.Helper()
	port, release, err := testbed.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(hintSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, manager: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), answers: map[int]int{}}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)
	settings.HintsAddress, settings.HintsSecretFile = w.manager, secret
	return w, settings
}

// ServeHTTP implements http.Handler.
func (w *wire) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Errorf("reading what a store sent: %v", err)
	}
	path, authorization := r.URL.EscapedPath(), r.Header.Get("Authorization")
	w.carry(func() {
		sent, err := http.NewRequest(http.MethodPost, "http://"+w.manager+path, bytes.NewReader(body))
		if err != nil {
			w.t.Error(err)
			return
		}
		if authorization != "" {
			sent.Header.Set("Authorization", authorization)
		}
		got, err := (&http.Client{Timeout: 5 * time.Second}).Do(sent)
		if err != nil {
			return // before the manager starts, and after its end
		}
		_ = got.Body.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.answers[got.StatusCode]++
	})
	answer.WriteHeader(http.StatusNoContent)
}

// carry delivers at once; or not at all, or twice, or when others that were sent later have arrived.
func (w *wire) carry(deliver func()) {
	w.mu.Lock()
	var now []func()
	switch {
	case w.shuffle == nil:
		now = []func(){deliver}
	case w.shuffle.IntN(3) == 0:
		w.lost++
	default:
		w.kept = append(w.kept, deliver)
		if w.shuffle.IntN(3) == 0 {
			w.kept = append(w.kept, deliver)
		}
		w.shuffle.Shuffle(len(w.kept), func(i, j int) { w.kept[i], w.kept[j] = w.kept[j], w.kept[i] })
		half := len(w.kept) / 2
		now, w.kept = w.kept[:half:half], w.kept[half:]
	}
	w.mu.Unlock()
	for _, f := range now {
		f()
	}
}

// answered tells how often the manager gave an answer.
func (w *wire) answered(status int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answers[status]
}

// notifyingVersityGW has a store of its own, since those of the beds were started without an address to notify.
func notifyingVersityGW(t *testing.T, url string) func(*testBed) objectStore {
	t.Helper()
	return func(*testBed) objectStore {
		store, err := testbed.StartObjectStore(t.Context(), t.TempDir(), testbed.ObjectStoreOptions{WebhookURL: url + "/hints/" + hintSecret})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Stop() })
		return objectStore{v1alpha1.DriverIAM, store.S3Endpoint, store.IAMEndpoint, store.AccessKey, store.SecretKey}
	}
}

func notifyingMinIO(t *testing.T, url string) func(*testBed) objectStore {
	t.Helper()
	return func(*testBed) objectStore {
		store, err := testbed.StartMinIO(t.Context(), t.TempDir(), testbed.WithWebhook(testbed.Webhook{URL: url + "/hints", Token: hintSecret}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Stop() })
		return objectStore{v1alpha1.DriverMinIO, store.Endpoint, "", store.AccessKey, store.SecretKey}
	}
}

// notifies configures a bucket as docs/objectstore.md says, where a store has to be told by bucket.
func (w *world) notifies(buckets ...string) {
	w.Helper()
	if w.at.driver != v1alpha1.DriverMinIO {
		return
	}
	arn, err := notification.NewArnFromString(testbed.WebhookARN)
	w.must(err)
	for _, bucket := range buckets {
		events := notification.NewConfig(arn)
		events.AddEvents(notification.ObjectCreatedAll, notification.ObjectRemovedAll)
		var config notification.Configuration
		config.AddQueue(events)
		w.must(w.root().SetBucketNotification(w.ctx, bucket, config))
	}
}

// holds waits until the Library's status counts so many originals of so many bytes.
func (w *world) holds(what string, within time.Duration, count, bytes int64) {
	w.Helper()
	library := &v1alpha1.Library{}
	w.eventually(what, within, func() error {
		w.get(library, "brand")
		a := library.Status.Assets
		if a == nil || ptr.Deref(a.Count, -1) != count || ptr.Deref(a.Bytes, -1) != bytes {
			return fmt.Errorf("want %d originals of %d bytes, the status is %+v", count, bytes, a)
		}
		return nil
	})
}

// New, changed and deleted originals are known within seconds of a hint, at a manager that lists Libraries once an hour.
//
// features: D12
func TestHintsAreFarAheadOfTheSweep(t *testing.T) {
	for name, notifying := range map[string]func(*testing.T, string) func(*testBed) objectStore{
		"hints": notifyingVersityGW, "hints-m": notifyingMinIO,
	} {
		t.Run(name, func(t *testing.T) {
			hourly := settings
			hourly.SweepInterval, hourly.PeekInterval = time.Hour, time.Hour
			wire, hourly := newWire(t, hourly)
			w := newWorldOf(t, name, hourly, notifying(t, wire.URL), v1alpha1.UntrustedConditionsAccept)
			w.apply(w.named(launch + embargo + `---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Collection
metadata: {name: all}
spec: {libraryRef: {name: brand}, title: All, items: [{path: "launch/**"}]}
`))
			folder := &v1alpha1.Folder{}
			w.ready(&v1alpha1.Library{}, "brand")
			w.ready(folder, "embargo")
			w.holds("the first look is done", 30*time.Second, 0, 0)
			bucket := w.name + "-brand"
			w.notifies(bucket, bucket+"-dam")

			const soon = 8 * time.Second // one of them is for hints to gather, and one for each of two listings on a busy machine
			w.must(put(w.ctx, w.root(), bucket, "launch/a.txt", "A"))
			w.holds("a new original is known", soon, 1, 1)
			w.must(put(w.ctx, w.root(), bucket, "launch/a.txt", "AAA"))
			w.holds("so is a changed one", soon, 1, 3)
			w.must(put(w.ctx, w.root(), folder.Status.Bucket, folder.Status.Prefix+"secret & co.txt", "SECRET"))
			w.holds("so is one in a restricted folder", soon, 2, 9)
			w.must(put(w.ctx, w.root(), bucket, "launch/.DS_Store", "the Finder's"))
			w.must(w.root().RemoveObject(w.ctx, bucket, "launch/a.txt", minio.RemoveObjectOptions{}))
			w.holds("so is that one is gone, and what a file manager left behind is none", soon, 1, 6)

			w.must(put(w.ctx, w.root(), bucket, "launch/b.txt", "BB"))
			w.holds("so is the next one", soon, 2, 8)
			w.eventually("the pattern has one member", 5*time.Second, func() error {
				all := &v1alpha1.Collection{}
				w.get(all, "all")
				if n := ptr.Deref(all.Status.Members, -1); n != 1 {
					return fmt.Errorf("it has %d", n)
				}
				return nil
			})
			w.eventually("the message names what is left out", 10*time.Second, func() error {
				library := &v1alpha1.Library{}
				w.get(library, "brand")
				for _, c := range library.Status.Conditions {
					if strings.Contains(c.Message, `1 files are left out, the first is "launch/.DS_Store": left behind by macOS`) {
						return nil
					}
				}
				return fmt.Errorf("the conditions are %+v", library.Status.Conditions)
			})
			if n := wire.answered(http.StatusUnauthorized) + wire.answered(http.StatusBadRequest); n > 0 {
				t.Errorf("%d notifications were turned away", n)
			}
			if text := logs.String(); strings.Contains(text, hintSecret) {
				t.Error("the secret is in the manager's log")
			}
		})
	}
}

// A third of the hints is lost, others come twice, late and in another order: what the store holds in the end is what is known.
//
// features: D12
func TestLostDoubledAndReorderedHintsLoseNothing(t *testing.T) {
	now := settings
	now.SweepInterval = 3 * time.Second
	wire, now := newWire(t, now)
	w := newWorldOf(t, "lossy", now, notifyingVersityGW(t, wire.URL), "")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.Library{}, "brand")
	wire.mu.Lock()
	wire.shuffle = rand.New(rand.NewPCG(1, 2)) // the same again
	wire.mu.Unlock()

	random := rand.New(rand.NewPCG(3, 4))
	sizes := map[string]int{}
	for i := range 120 {
		key := fmt.Sprintf("launch/%02d.txt", random.IntN(40))
		if _, there := sizes[key]; there && random.IntN(3) == 0 {
			w.must(w.root().RemoveObject(w.ctx, "lossy-brand", key, minio.RemoveObjectOptions{}))
			delete(sizes, key)
			continue
		}
		sizes[key] = 1 + i
		w.must(put(w.ctx, w.root(), "lossy-brand", key, strings.Repeat("x", sizes[key])))
	}
	var bytes int64
	for _, size := range sizes {
		bytes += int64(size)
	}
	w.holds("all that is there is known, and nothing else", 20*time.Second, int64(len(sizes)), bytes)
	wire.mu.Lock()
	defer wire.mu.Unlock()
	if wire.lost < 20 || wire.answers[http.StatusNoContent] < 20 {
		t.Errorf("%d hints were lost, and %d arrived", wire.lost, wire.answers[http.StatusNoContent])
	}
}
