package store_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/notification"

	"github.com/vitrine-dam/vitrine/hack/testbed"
	parsed "github.com/vitrine-dam/vitrine/internal/notification"
)

var record = flag.Bool("record", false, "write what the stores send to a webhook into internal/notification/testdata")

// mailbox is a webhook that keeps what it was sent.
type mailbox struct {
	*httptest.Server
	mu      sync.Mutex
	bodies  [][]byte
	headers []http.Header
}

func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	m := &mailbox{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading what a store sent: %v", err)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.bodies, m.headers = append(m.bodies, body), append(m.headers, r.Header)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(m.Close)
	return m
}

// about gives the bodies that name an object, and the objects in all of them.
func (m *mailbox) about(t *testing.T, o parsed.Object) (bodies [][]byte) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, body := range m.bodies {
		objects, err := parsed.Parse(body)
		if err != nil {
			t.Errorf("what the store sent is not understood: %v\n%s", err, body)
		}
		if slices.Contains(objects, o) {
			bodies = append(bodies, body)
		}
	}
	return bodies
}

// sent gives all that came until now.
func (m *mailbox) sent() (bodies [][]byte, headers []http.Header) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.bodies), slices.Clone(m.headers)
}

// Whatever happens to an object is told, in a form that is understood.
//
// features: D12
func TestWhatStoresSendToAWebhookIsUnderstood(t *testing.T) {
	t.Run(onVersityGW, func(t *testing.T) {
		box := newMailbox(t)
		bed, err := testbed.StartObjectStore(t.Context(), t.TempDir(), testbed.ObjectStoreOptions{WebhookURL: box.URL})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = bed.Stop() })
		bodies, _ := box.sent()
		if len(bodies) != 1 {
			t.Fatalf("it tried the address %d times before it was up", len(bodies))
		}
		if objects, err := parsed.Parse(bodies[0]); err != nil || len(objects) > 0 {
			t.Errorf("its test is taken for %v, %v: %s", objects, err, bodies[0])
		}
		keep(t, "versitygw/test", bodies[0])
		tellsOfEveryChange(t, box, "versitygw", root(t, bed.S3Endpoint, bed.AccessKey, bed.SecretKey), nil)
	})
	t.Run(onMinIO, func(t *testing.T) {
		box := newMailbox(t)
		bed, err := testbed.StartMinIO(t.Context(), t.TempDir(), testbed.WithWebhook(testbed.Webhook{URL: box.URL, Token: "a-shared-secret-of-some-length"}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = bed.Stop() })
		s3 := root(t, bed.Endpoint, bed.AccessKey, bed.SecretKey)
		tellsOfEveryChange(t, box, "minio", s3, func(bucket string) {
			var config notification.Configuration
			arn, err := notification.NewArnFromString(testbed.WebhookARN)
			if err != nil {
				t.Fatal(err)
			}
			what := notification.NewConfig(arn)
			what.AddEvents(notification.ObjectCreatedAll, notification.ObjectRemovedAll)
			config.AddQueue(what)
			if err := s3.SetBucketNotification(t.Context(), bucket, config); err != nil {
				t.Fatal(err)
			}
		})
		_, headers := box.sent()
		for _, header := range headers {
			if got := header.Get("Authorization"); got != "Bearer a-shared-secret-of-some-length" {
				t.Fatalf("it authorises itself by %q", got)
			}
		}
	})
}

// What docs/objectstore.md says of the order of starting.
func TestVersityGWDoesNotStartWhileNobodyIsThereToNotify(t *testing.T) {
	box := newMailbox(t)
	box.Close()
	dir := t.TempDir()
	bed, err := testbed.StartObjectStore(t.Context(), dir, testbed.ObjectStoreOptions{WebhookURL: box.URL + "/hints/a-shared-secret"})
	if err == nil {
		_ = bed.Stop()
		t.Fatal("it has started")
	}
	log, err := os.ReadFile(filepath.Join(dir, "s3.log"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(log, []byte("a-shared-secret")) {
		t.Errorf("the URL is no longer in its log, so the page need not warn of it:\n%s", log)
	}
}

func root(t *testing.T, endpoint, id, secret string) *minio.Client {
	t.Helper()
	s3, err := minio.New(strings.TrimPrefix(endpoint, "http://"), &minio.Options{Creds: credentials.NewStaticV4(id, secret, ""), Region: testbed.StoreRegion})
	if err != nil {
		t.Fatal(err)
	}
	return s3
}

func tellsOfEveryChange(t *testing.T, box *mailbox, name string, s3 *minio.Client, configure func(bucket string)) {
	t.Helper()
	ctx, bucket := t.Context(), "acme-brand"
	if err := errors.Join(s3.MakeBucket(ctx, bucket, minio.MakeBucketOptions{}), s3.EnableVersioning(ctx, bucket)); err != nil {
		t.Fatal(err)
	}
	if configure != nil {
		configure(bucket)
	}
	put := func(key string, size int) error {
		_, err := s3.PutObject(ctx, bucket, key, bytes.NewReader(make([]byte, size)), int64(size), minio.PutObjectOptions{PartSize: 5 << 20})
		return err
	}
	remove := func(keys ...string) error {
		objects := make(chan minio.ObjectInfo, len(keys))
		for _, key := range keys {
			objects <- minio.ObjectInfo{Key: key}
		}
		close(objects)
		for gone := range s3.RemoveObjects(ctx, bucket, objects, minio.RemoveObjectsOptions{}) {
			return gone.Err
		}
		return nil
	}
	for _, c := range []struct {
		what string
		act  func() error
		keys []string
	}{
		{"upload", func() error { return put("launch/hero.jpg", 10) }, []string{"launch/hero.jpg"}},
		{"upload-of-a-name-to-be-encoded", func() error { return put("launch/été & 100%.jpg", 10) }, []string{"launch/été & 100%.jpg"}},
		{"upload-in-parts", func() error { return put("launch/film.mp4", 6<<20) }, []string{"launch/film.mp4"}},
		{"copy", func() error {
			_, err := s3.CopyObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "launch/copy.jpg"}, minio.CopySrcOptions{Bucket: bucket, Object: "launch/hero.jpg"})
			return err
		}, []string{"launch/copy.jpg"}},
		{"deletion", func() error { return s3.RemoveObject(ctx, bucket, "launch/copy.jpg", minio.RemoveObjectOptions{}) }, []string{"launch/copy.jpg"}},
		{"deletion-of-several", func() error { return remove("launch/hero.jpg", "launch/film.mp4") }, []string{"launch/hero.jpg", "launch/film.mp4"}},
	} {
		before := map[string]int{}
		for _, key := range c.keys {
			before[key] = len(box.about(t, parsed.Object{Bucket: bucket, Key: key}))
		}
		if err := c.act(); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		for _, key := range c.keys {
			var bodies [][]byte
			eventually(t, fmt.Sprintf("%s of %s is told", c.what, key), func() bool {
				bodies = box.about(t, parsed.Object{Bucket: bucket, Key: key})
				return len(bodies) > before[key]
			})
			keep(t, name+"/"+c.what, bodies[len(bodies)-1])
		}
	}
}

// keep writes a body down, when asked to.
func keep(t *testing.T, name string, body []byte) {
	t.Helper()
	if !*record {
		return
	}
	checkout, err := testbed.Root()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(checkout, "internal/notification/testdata", name+".json")
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, append(body, '\n'), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// eventually asks for up to ten seconds.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(10 * time.Second); !done(); {
		select {
		case <-end:
			t.Errorf("%s: it is not, after ten seconds", what)
			return
		case <-tick.C:
		}
	}
}
