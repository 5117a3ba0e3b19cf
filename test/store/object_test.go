package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/internal/store"
)

func TestObjectsAreWrittenUnderConditions(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			ctx := t.Context()
			const key = "links/north light/späť.json"
			if _, _, err := s.GetObject(ctx, name, key); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("an absent object: got %v, want ErrNotFound", err)
			}
			if _, err := s.PutObject(ctx, name, key, []byte("0"), "application/json", store.IfMatch("d41d8cd98f00b204e9800998ecf8427e")); !errors.Is(err, store.ErrPreconditionFailed) {
				t.Errorf("if-match of an absent object: got %v, want ErrPreconditionFailed", err)
			}
			first, err := s.PutObject(ctx, name, key, []byte(`{"n":1}`), "application/json", store.IfAbsent())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.PutObject(ctx, name, key, []byte(`{"n":2}`), "application/json", store.IfAbsent()); !errors.Is(err, store.ErrPreconditionFailed) {
				t.Errorf("if-absent of a present object: got %v, want ErrPreconditionFailed", err)
			}
			data, etag, err := s.GetObject(ctx, name, key)
			if err != nil || string(data) != `{"n":1}` || etag != first {
				t.Fatalf("got %s, %q, %v; want what the first put wrote, with its ETag %q", data, etag, err, first)
			}
			second, err := s.PutObject(ctx, name, key, []byte(`{"n":3}`), "application/json", store.IfMatch(first))
			if err != nil || second == first {
				t.Fatalf("if-match of the current object: %q, %v", second, err)
			}
			if _, err := s.PutObject(ctx, name, key, []byte(`{"n":4}`), "application/json", store.IfMatch(first)); !errors.Is(err, store.ErrPreconditionFailed) {
				t.Errorf("if-match of an older version: got %v, want ErrPreconditionFailed", err)
			}
			if data, _, err := s.GetObject(ctx, name, key); err != nil || string(data) != `{"n":3}` {
				t.Errorf("got %s, %v; want what the one good write wrote", data, err)
			}
			if _, err := s.PutObject(ctx, "acme-no-such-bucket", key, nil, "application/json", store.Always()); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("in an absent bucket: got %v, want ErrNotFound", err)
			}
		})
	}
}

func TestOfManyWritersIfAbsentOneWins(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			var won, lost int
			var mu sync.Mutex
			var group sync.WaitGroup
			for i := range 8 {
				group.Go(func() {
					_, err := s.PutObject(t.Context(), name, "claims/1", fmt.Append(nil, i), "text/plain", store.IfAbsent())
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						won++
					case errors.Is(err, store.ErrPreconditionFailed):
						lost++
					default:
						t.Errorf("writer %d: %v", i, err)
					}
				})
			}
			group.Wait()
			if won != 1 || lost != 7 {
				t.Errorf("%d won and %d lost, want 1 and 7", won, lost)
			}
		})
	}
}

func TestListingsPageThroughAndShowVersionsAndMarkers(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			fill(t, s, name)
			var keys []string
			list := func(prefix string) error {
				keys = nil
				return s.ListObjects(t.Context(), name, prefix, func(o store.ObjectInfo) error {
					keys = append(keys, o.Key)
					if !o.IsLatest || o.DeleteMarker || o.Size != int64(len(o.Key)) || o.ETag == "" || o.LastModified.IsZero() {
						t.Errorf("listed %+v", o)
					}
					return nil
				})
			}
			if err := list(""); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"a.txt", "launch/c.txt", "launch/final/b.txt"}, keys); diff != "" {
				t.Errorf("all (-want +got):\n%s", diff)
			}
			if err := list("launch/final/"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"launch/final/b.txt"}, keys); diff != "" {
				t.Errorf("below a prefix (-want +got):\n%s", diff)
			}
			var versions []string
			err := s.ListVersions(t.Context(), name, "", func(o store.ObjectInfo) error {
				if o.VersionID == "" {
					t.Errorf("a version without an id: %+v", o)
				}
				versions = append(versions, fmt.Sprintf("%s latest=%t marker=%t", o.Key, o.IsLatest, o.DeleteMarker))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(versions)
			want := []string{
				"a.txt latest=false marker=false", "a.txt latest=true marker=false",
				"gone.txt latest=false marker=false", "gone.txt latest=true marker=true",
				"launch/c.txt latest=true marker=false", "launch/final/b.txt latest=true marker=false",
			}
			if diff := cmp.Diff(want, versions); diff != "" {
				t.Errorf("versions (-want +got):\n%s", diff)
			}
			stop := errors.New("enough")
			if err := s.ListObjects(t.Context(), name, "", func(store.ObjectInfo) error { return stop }); !errors.Is(err, stop) {
				t.Errorf("got %v, want the visitor's own error", err)
			}
			if err := s.ListObjects(t.Context(), "acme-no-such-bucket", "", func(store.ObjectInfo) error { return nil }); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("an absent bucket: got %v, want ErrNotFound", err)
			}
			if err := s.ListObjects(t.Context(), name, "no/such/", func(store.ObjectInfo) error { return stop }); err != nil {
				t.Errorf("a prefix without objects: %v", err)
			}
		})
	}
}

// features: K25
func TestADeletedObjectLeavesAMarkerAndItsVersions(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			ctx := t.Context()
			if _, err := s.PutObject(ctx, name, "logo.svg", []byte("one"), "image/svg+xml", store.Always()); err != nil {
				t.Fatal(err)
			}
			if err := s.RemoveObject(ctx, name, "logo.svg", ""); err != nil {
				t.Fatal(err)
			}
			if _, err := s.StatObject(ctx, name, "logo.svg", ""); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("a deleted object: got %v, want ErrNotFound", err)
			}
			// To VersityGW a delete marker is something: unlike at AWS and MinIO, the key is not absent. Purged, it is.
			_, err := s.PutObject(ctx, name, "logo.svg", []byte("two"), "image/svg+xml", store.IfAbsent())
			if refused := errors.Is(err, store.ErrPreconditionFailed); refused != (at(t) == onVersityGW) {
				t.Errorf("if-absent over a delete marker: got %v; VersityGW was found to refuse it and MinIO to take it", err)
			}
			if err != nil {
				if _, err := s.PutObject(ctx, name, "logo.svg", []byte("two"), "image/svg+xml", store.Always()); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.PutObject(ctx, name, "logo.svg.json", []byte("{}"), "application/json", store.Always()); err != nil {
				t.Fatal(err)
			}
			var ids []string
			err = s.ListVersions(ctx, name, "logo.svg", func(o store.ObjectInfo) error {
				if o.Key == "logo.svg" {
					ids = append(ids, o.VersionID)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(ids) != 3 {
				t.Fatalf("%d versions and markers, want 3", len(ids))
			}
			for range 2 {
				if err := s.RemoveObject(ctx, name, "logo.svg", ids[0]); err != nil {
					t.Errorf("removing a version: %v", err)
				}
				if err := s.PurgeObject(ctx, name, "logo.svg"); err != nil {
					t.Errorf("purging: %v", err)
				}
			}
			if _, _, err := s.GetObject(ctx, name, "logo.svg.json"); err != nil {
				t.Errorf("the key beside, with a longer name: %v", err)
			}
			if err := s.RemoveObject(ctx, name, "never-was", ""); err != nil {
				t.Errorf("removing an absent object: %v", err)
			}
		})
	}
}

func fetch(t *testing.T, method string, u *url.URL, header http.Header, body []byte) (int, []byte, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, u.String(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, data, resp.Header
}

// A version that another was written over, or that was deleted, is the same when it becomes the current one again.
//
// features: K25
func TestAnOldVersionComesBackAsItWas(t *testing.T) {
	s := open(t)
	name := bucket(t, s)
	ctx := t.Context()
	versions := func() map[string]string { // ETags by version, "marker" for a marker's
		found := map[string]string{}
		err := s.ListVersions(ctx, name, "", func(o store.ObjectInfo) error {
			if found[o.VersionID] = o.ETag; o.DeleteMarker {
				found[o.VersionID] = "marker"
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	etag, err := s.PutObject(ctx, name, "logo.svg", []byte("one"), "image/svg+xml", store.Always())
	if err != nil {
		t.Fatal(err)
	}
	first := versions()
	if len(first) != 1 || !slices.Contains(slices.Collect(maps.Values(first)), etag) {
		t.Fatalf("versions %v, want one with the ETag %s", first, etag)
	}
	for what, change := range map[string]func() error{
		"written over": func() error {
			_, err := s.PutObject(ctx, name, "logo.svg", []byte("two"), "image/svg+xml", store.Always())
			return err
		},
		"deleted": func() error { return s.RemoveObject(ctx, name, "logo.svg", "") },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		for id, etag := range versions() {
			if was, there := first[id]; there && was != etag {
				t.Errorf("%s, the version has the ETag %q instead of %q", what, etag, was)
			}
			if first[id] != "" {
				continue
			}
			if err := s.RemoveObject(ctx, name, "logo.svg", id); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(first, versions()); diff != "" {
			t.Errorf("%s and brought back, it is another (-was +is):\n%s", what, diff)
		}
		if data, got, err := s.GetObject(ctx, name, "logo.svg"); err != nil || string(data) != "one" || got != etag {
			t.Errorf("%s and brought back: %q, ETag %s (%v)", what, data, got, err)
		}
	}
}

func TestPresignedURLsReachOneObjectOneWay(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			rec := &recorder{}
			s := open(t, func(c *store.Config) { c.Hook = rec.hook })
			name := bucket(t, s)
			ctx := t.Context()
			const key = "renditions/a b+c&d/ä.webp"

			rec.restart(0)
			put, header, err := s.PresignPut(ctx, name, key, "image/webp", time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			get, err := s.PresignGet(ctx, name, key, "", time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if rec.count() != 0 {
				t.Errorf("signing made %d requests", rec.count())
			}
			if status, body, _ := fetch(t, http.MethodPut, put, http.Header{"Content-Type": {"text/html"}}, []byte("x")); status != http.StatusForbidden {
				t.Errorf("put with another content type: %d %s, want 403", status, body)
			}
			if status, body, _ := fetch(t, http.MethodPut, put, header, []byte("first")); status != http.StatusOK {
				t.Fatalf("put: %d %s", status, body)
			}
			info, err := s.StatObject(ctx, name, key, "")
			if err != nil || info.Size != 5 {
				t.Fatalf("after the put: %+v, %v", info, err)
			}
			if status, body, _ := fetch(t, http.MethodPut, put, header, []byte("second")); status != http.StatusOK {
				t.Fatalf("put again: %d %s", status, body)
			}
			// A condition is no part of the signature, and holds: workers put facts in the place of those that they have read.
			conditioned := func(u *url.URL, name, value, body string, want int) {
				t.Helper()
				with := header.Clone()
				with.Set(name, value)
				if status, text, _ := fetch(t, http.MethodPut, u, with, []byte(body)); status != want {
					t.Errorf("put with %s: %s: %d %s, want %d", name, value, status, text, want)
				}
			}
			conditioned(put, "If-Match", `"`+info.ETag+`"`, "third", http.StatusPreconditionFailed)
			conditioned(put, "If-None-Match", "*", "third", http.StatusPreconditionFailed)
			second, err := s.StatObject(ctx, name, key, "")
			if err != nil {
				t.Fatal(err)
			}
			conditioned(put, "If-Match", `"`+second.ETag+`"`, "second", http.StatusOK)
			fresh, _, err := s.PresignPut(ctx, name, key+".json", "image/webp", time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			conditioned(fresh, "If-None-Match", "*", "one", http.StatusOK)
			conditioned(fresh, "If-None-Match", "*", "two", http.StatusPreconditionFailed)
			if status, body, h := fetch(t, http.MethodGet, get, nil, nil); status != http.StatusOK || string(body) != "second" || h.Get("Content-Type") != "image/webp" {
				t.Errorf("get: %d %q %q", status, body, h.Get("Content-Type"))
			}
			old, err := s.PresignGet(ctx, name, key, info.VersionID, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if status, body, _ := fetch(t, http.MethodGet, old, nil, nil); status != http.StatusOK || string(body) != "first" {
				t.Errorf("get of the first version %q: %d %q", info.VersionID, status, body)
			}
			for what, u := range map[string]string{
				"another key":     strings.Replace(get.String(), "webp", "jpeg", 1),
				"another version": strings.Replace(old.String(), "versionId="+info.VersionID, "versionId=null", 1),
				"a later end":     strings.Replace(get.String(), "X-Amz-Expires=60", "X-Amz-Expires=6000", 1),
			} {
				altered, err := url.Parse(u)
				if err != nil || u == get.String() || u == old.String() {
					t.Fatalf("%s: the test altered nothing (%v)", what, err)
				}
				if status, body, _ := fetch(t, http.MethodGet, altered, nil, nil); status != http.StatusForbidden {
					t.Errorf("%s: %d %s, want 403", what, status, body)
				}
			}
			if status, _, _ := fetch(t, http.MethodPut, get, header, []byte("x")); status != http.StatusForbidden {
				t.Errorf("put with a get's URL: %d, want 403", status)
			}
			for _, ttl := range []time.Duration{0, -time.Hour, store.MaxPresign + 1} {
				if _, err := s.PresignGet(ctx, name, key, "", ttl); !errors.Is(err, store.ErrInvalid) {
					t.Errorf("a life of %s: got %v, want ErrInvalid", ttl, err)
				}
			}
		})
	}
}

func TestAnUnreachableStoreSaysSoAndNothingElse(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			// Port 1 of the loopback: nobody listens, the refusal is at once.
			s := open(t, func(c *store.Config) { c.Endpoint, c.IAMEndpoint = "http://127.0.0.1:1", "http://127.0.0.1:1" })
			ctx := t.Context()
			_, observed := s.ObserveBucket(ctx, "acme-brand")
			_, _, got := s.GetObject(ctx, "acme-brand", "a")
			_, put := s.PutObject(ctx, "acme-brand", "a", nil, "text/plain", store.Always())
			_, listed := s.Identities.List(ctx, "/")
			_, issued := s.Identities.IssueKey(ctx, "v-alice")
			_, probed := s.Probe(ctx)
			for what, err := range map[string]error{"observe": observed, "get": got, "put": put, "list": listed, "issue": issued, "probe": probed} {
				if !errors.Is(err, store.ErrUnreachable) {
					t.Errorf("%s: got %v, want ErrUnreachable", what, err)
				} else if text := err.Error(); strings.Contains(text, config(t).Credentials.SecretAccessKey.Reveal()) || strings.Contains(text, "http://") {
					t.Errorf("%s: the message has an URL or the secret: %s", what, text)
				}
			}
			cancelled, cancel := context.WithCancel(ctx)
			cancel()
			if _, err := s.ObserveBucket(cancelled, "acme-brand"); !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnreachable) {
				t.Errorf("cancelled: got %v, want context.Canceled and no blame for the store", err)
			}
		})
	}
}

// VersityGW answers a refused write before it has read a body in signed chunks, and takes the rest of it for the next request on that
// connection: whoever used it next got a 400 that was not theirs. Such connections are not used twice.
func TestARefusedStreamDoesNotSpoilTheNextRequest(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			if _, err := s.PutObject(t.Context(), name, "taken", []byte("1"), "text/plain", store.Always()); err != nil {
				t.Fatal(err)
			}
			for i := range 30 {
				var body []byte // an empty body in signed chunks has one chunk, the last, which is left unread
				opts := minio.PutObjectOptions{}
				opts.SetMatchETagExcept("*")
				if _, err := s.S3.PutObject(t.Context(), name, "taken", bytes.NewReader(body), int64(len(body)), opts); err == nil {
					t.Fatal("the write over a present object was let through")
				}
				if _, err := s.PutObject(t.Context(), name, "taken", body, "text/plain", store.IfAbsent()); !errors.Is(err, store.ErrPreconditionFailed) {
					t.Fatalf("round %d: %v, want ErrPreconditionFailed", i, err)
				}
				if _, err := s.StatObject(t.Context(), name, "taken", ""); err != nil {
					t.Fatalf("round %d: the next request: %v", i, err)
				}
			}
		})
	}
}
