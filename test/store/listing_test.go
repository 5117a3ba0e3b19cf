package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// paged has the versions of a store listed in pages of so many.
func paged(size int) func(*store.Config) {
	return func(c *store.Config) { c.VersionsPage = size }
}

// Wherever a page of versions ends, the next one goes on there: at the object of a folder, in the midst of the versions of one key, and at
// one that was written while no versions were kept.
//
// features: K25
func TestNoVersionIsLostBetweenPages(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := unique(t)
			if err := s.S3.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
				t.Fatal(err)
			}
			put := func(keys ...string) {
				t.Helper()
				for _, key := range keys {
					content := []byte(key)
					if strings.HasSuffix(key, "/") {
						content = nil
					}
					if _, err := s.S3.PutObject(t.Context(), name, key, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{DisableMultipart: true}); err != nil {
						t.Fatal(err)
					}
				}
			}
			put("a.txt", "a/early.txt", "b & c/%41 + d.txt", "many.txt", "z/early.txt")
			if err := s.S3.EnableVersioning(t.Context(), name); err != nil {
				t.Fatal(err)
			}
			put("a-1.txt", "a-2.txt", "a.txt", "a.txt", "a/", "a/deep/", "a/b.txt", "a/b.txt", "a/early.txt", "b & c/%41 + d.txt", "b & c/", "c/", "c0.txt", "z/early.txt", "z/last.txt", "zz/")
			for range 7 {
				put("many.txt")
			}
			for _, key := range []string{"a-2.txt", "many.txt", "z/last.txt"} {
				if err := s.RemoveObject(t.Context(), name, key, ""); err != nil {
					t.Fatal(err)
				}
			}
			put("many.txt")
			whole := listed(t, s, name, "")
			if len(whole) != 32 {
				t.Fatalf("%d versions and markers are there:\n%s", len(whole), strings.Join(keysOf(whole), "\n"))
			}
			// In pages of two VersityGW gives a key's current version and the one without an id for ever.
			for size := 3; size < len(whole)+2; size++ {
				if diff := cmp.Diff(whole, listed(t, open(t, paged(size)), name, "")); diff != "" {
					t.Errorf("in pages of %d (-want +got):\n%s", size, diff)
				}
			}
			for _, prefix := range []string{"a/", "many", "z/e"} {
				if diff := cmp.Diff(listed(t, s, name, prefix), listed(t, open(t, paged(3)), name, prefix)); diff != "" {
					t.Errorf("below %s (-want +got):\n%s", prefix, diff)
				}
			}
		})
	}
}

// listed is how often each version is visited.
func listed(t *testing.T, s *store.Store, bucket, prefix string) map[string]int {
	t.Helper()
	all := map[string]int{}
	err := s.ListVersions(t.Context(), bucket, prefix, func(o store.ObjectInfo) error {
		all[fmt.Sprintf("%s %s latest=%t marker=%t size=%d", o.Key, o.VersionID, o.IsLatest, o.DeleteMarker, o.Size)]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func keysOf(all map[string]int) (keys []string) {
	for key := range all {
		keys = append(keys, key)
	}
	return keys
}

// The version at which a page ended may be deleted before the next one is asked for: VersityGW then finds nothing behind it.
//
// features: K25
func TestAVersionThatGoesBetweenPagesTakesNoOtherWithIt(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			for i := range 6 {
				for range 3 {
					if _, err := s.PutObject(t.Context(), name, fmt.Sprintf("%d.txt", i), nil, "text/plain", store.Always()); err != nil {
						t.Fatal(err)
					}
				}
			}
			left := listed(t, s, name, "")
			visited := 0
			err := open(t, paged(4)).ListVersions(t.Context(), name, "", func(o store.ObjectInfo) error {
				delete(left, fmt.Sprintf("%s %s latest=%t marker=%t size=%d", o.Key, o.VersionID, o.IsLatest, o.DeleteMarker, o.Size))
				if visited++; visited%4 != 0 {
					return nil
				}
				return s.RemoveObject(t.Context(), name, o.Key, o.VersionID)
			})
			if err != nil {
				t.Fatal(err)
			}
			// A version that becomes the current one while the listing passes it is passed over as what it was; all other keys are there.
			for version := range left {
				if !strings.Contains(version, "latest=false") {
					t.Errorf("%s was not visited", version)
				}
			}
			if len(left) > 2 {
				t.Errorf("not visited: %v", left)
			}
		})
	}
}

// What a store may answer and those here do not: a page without a marker is an error and no end.
func TestAPageThatLeadsNowhereIsAnError(t *testing.T) {
	const entry = `<Version><Key>a</Key><VersionId>1</VersionId><IsLatest>true</IsLatest><Size>1</Size><LastModified>2026-03-01T09:00:00Z</LastModified></Version>`
	for reason, answer := range map[string]string{
		"it says that there are more and not where":   `<ListVersionsResult><IsTruncated>true</IsTruncated>` + entry + `</ListVersionsResult>`,
		"it gives the same page again":                `<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>1</NextVersionIdMarker>` + entry + `</ListVersionsResult>`,
		"it is cut":                                   `<ListVersionsResult><IsTruncated>false</IsTruncated>` + entry,
		"it is something else":                        `<html><body>hello</body></html>`,
		"a key is not encoded as it is said to be":    `<ListVersionsResult><EncodingType>url</EncodingType>` + strings.Replace(entry, "<Key>a", "<Key>%zz", 1) + `</ListVersionsResult>`,
		"a marker is not encoded as it is said to be": `<ListVersionsResult><EncodingType>url</EncodingType><NextKeyMarker>%zz</NextKeyMarker></ListVersionsResult>`,
	} {
		t.Run(reason, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
			t.Cleanup(server.Close)
			s := open(t, func(c *store.Config) { c.Endpoint = server.URL })
			visits := 0
			err := s.ListVersions(t.Context(), "acme-brand", "", func(store.ObjectInfo) error { visits++; return nil })
			if !errors.Is(err, store.ErrUnreachable) || visits > 1 {
				t.Errorf("after %d visits: %v", visits, err)
			}
			if at, _ := url.Parse(server.URL); err != nil && strings.Contains(err.Error(), at.Host) {
				t.Errorf("the error tells the address: %v", err)
			}
		})
	}
}
