package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// dressed puts an object with all that goes along with it.
func dressed(t *testing.T, s *store.Store, bucket, key string, data []byte, part uint64) {
	t.Helper()
	opts := minio.PutObjectOptions{
		ContentType: "image/svg+xml", ContentDisposition: `attachment; filename="logo.svg"`, CacheControl: "max-age=60", ContentLanguage: "de",
		UserMetadata: map[string]string{"Photographer": "J. Doe", "x-amz-meta-x-amz-acl": "public-read", "x-amz-meta-content-type": "text/html"},
		UserTags:     map[string]string{"campaign": "launch"}, PartSize: part, DisableMultipart: part == 0,
	}
	if _, err := s.S3.PutObject(t.Context(), bucket, key, bytes.NewReader(data), int64(len(data)), opts); err != nil {
		t.Fatal(err)
	}
}

func onlyVersion(t *testing.T, s *store.Store, bucket, key string) store.ObjectInfo {
	t.Helper()
	all, err := s.VersionsOf(t.Context(), bucket, key)
	if err != nil || len(all) != 1 {
		t.Fatalf("versions of %s: %v, %v; want one", key, all, err)
	}
	return all[0]
}

// clothes are what a copy is to have of a version beside the content. The names of metadata that are those of other headers stay names of metadata.
func clothes(t *testing.T, s *store.Store, bucket, key, id string) map[string]string {
	t.Helper()
	info, err := s.S3.StatObject(t.Context(), bucket, key, minio.StatObjectOptions{VersionID: id})
	if err != nil {
		t.Fatal(err)
	}
	tags, err := s.S3.GetObjectTagging(t.Context(), bucket, key, minio.GetObjectTaggingOptions{VersionID: id})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{"type": info.ContentType, "tags": fmt.Sprint(tags.ToMap())}
	for _, name := range []string{"Content-Disposition", "Cache-Control", "Content-Language", "X-Amz-Meta-Photographer", "X-Amz-Meta-X-Amz-Acl", "X-Amz-Meta-Content-Type"} {
		found[name] = info.Metadata.Get(name)
	}
	return found
}

func TestACopyOfAVersionIsAsTheVersionWas(t *testing.T) {
	const mib = 1 << 20
	content := bytes.Repeat([]byte("0123456789abcdef"), 11*mib/16)
	for _, where := range stores {
		for reason, test := range map[string]struct {
			data       []byte
			put        uint64
			part       int64
			steps      int
			inOneWrite bool
		}{
			"in one request":                {data: []byte("<svg/>"), steps: 1},
			"an empty one":                  {data: nil, steps: 1},
			"in parts":                      {data: content, part: 5 * mib, steps: 3},
			"uploaded in parts":             {data: content, put: 6 * mib, steps: 1},
			"uploaded and copied in parts":  {data: content, put: 6 * mib, part: 5 * mib, steps: 3},
			"a part that ends with the end": {data: content[:10*mib], part: 5 * mib, steps: 2},
		} {
			t.Run(where+"/"+reason, func(t *testing.T) {
				s := open(t)
				name, ctx := bucket(t, s), t.Context()
				const key = "launch/lo go+1&2 ä.svg"
				dressed(t, s, name, key, test.data, test.put)
				old := onlyVersion(t, s, name, key)
				if _, err := s.PutObject(ctx, name, key, []byte("newer"), "text/plain", store.Always()); err != nil {
					t.Fatal(err)
				}
				var told []int64
				from := store.VersionAt{Bucket: name, Key: key, ID: old.VersionID}
				made, err := s.CopyVersion(ctx, store.VersionCopy{
					From: from, ToBucket: name, ToKey: "held/" + key, PartBytes: test.part, Since: time.Now().Add(-time.Hour),
					Note: func(of store.ObjectInfo) map[string]string {
						return map[string]string{"was": of.VersionID, "by": of.Metadata["photographer"]}
					},
					Progress: func(n int64) { told = append(told, n) },
				})
				if err != nil {
					t.Fatal(err)
				}
				if is := onlyVersion(t, s, name, "held/"+key); is.VersionID != made.VersionID || made.Size != int64(len(test.data)) || is.ETag != made.ETag {
					t.Errorf("told %+v, there is %+v", made, is)
				}
				if diff := cmp.Diff(clothes(t, s, name, key, old.VersionID), clothes(t, s, name, "held/"+key, made.VersionID)); diff != "" {
					t.Errorf("what goes along (-was +is):\n%s", diff)
				}
				if is, err := s.StatObject(ctx, name, "held/"+key, made.VersionID); err != nil || is.Metadata["was"] != old.VersionID || is.Metadata["by"] != "J. Doe" {
					t.Errorf("noted %v, %v", is.Metadata, err)
				}
				data, _, err := s.GetObject(ctx, name, "held/"+key)
				if err != nil || !bytes.Equal(data, test.data) {
					t.Errorf("%d bytes, %v; want the old version's %d", len(data), err, len(test.data))
				}
				if len(told) != test.steps || told[len(told)-1] != int64(len(test.data)) || !slices.IsSorted(told) {
					t.Errorf("progress %v, want %d steps up to %d", told, test.steps, len(test.data))
				}
				to := store.VersionAt{Bucket: name, Key: "held/" + key, ID: made.VersionID}
				if same, err := s.SameContent(ctx, from, to); !same || err != nil {
					t.Errorf("the same content: %t, %v", same, err)
				}
				newer := store.VersionAt{Bucket: name, Key: key}
				if same, err := s.SameContent(ctx, newer, to); same || err != nil {
					t.Errorf("the same content as another version: %t, %v", same, err)
				}
				from.ID, to.ID = made.VersionID, made.VersionID // no version of that key
				if _, err := s.CopyVersion(ctx, store.VersionCopy{From: from, ToBucket: name, ToKey: "held/x"}); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("a version that is not there: %v, want ErrNotFound", err)
				}
			})
		}
	}
}

// Two contents of one size, of which the store tells nothing that can be compared, are read.
func TestContentsThatTheStoreCannotTellApartAreRead(t *testing.T) {
	const mib = 1 << 20
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			for key, last := range map[string]byte{"a": 1, "b": 1, "c": 2} {
				data := bytes.Repeat([]byte{0}, 7*mib)
				data[len(data)-1] = last
				part := uint64(5 * mib)
				if key == "b" {
					part = 6 * mib
				}
				dressed(t, s, name, key, data, part)
			}
			for other, want := range map[string]bool{"b": true, "c": false} {
				same, err := s.SameContent(t.Context(), store.VersionAt{Bucket: name, Key: "a"}, store.VersionAt{Bucket: name, Key: other})
				if same != want || err != nil {
					t.Errorf("a and %s: %t, %v; want %t", other, same, err, want)
				}
			}
		})
	}
}

// A copy in parts that was cut leaves nothing but an unfinished upload, which the next attempt gives up; those that were there before it
// began are others'.
func TestACopyInPartsThatWasCutIsBegunAnew(t *testing.T) {
	const mib = 1 << 20
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			k := &killer{after: 1 << 30}
			s, dying := open(t), open(t, func(c *store.Config) { c.Hook = k.hook })
			name, ctx := bucket(t, s), t.Context()
			dressed(t, s, name, "film.mov", bytes.Repeat([]byte("x"), 11*mib), 0)
			core := minio.Core{Client: s.S3}
			theirs, err := core.NewMultipartUpload(ctx, name, "held/film.mov", minio.PutObjectOptions{})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(1100 * time.Millisecond) // stores tell whole seconds
			c := store.VersionCopy{
				From:     store.VersionAt{Bucket: name, Key: "film.mov", ID: onlyVersion(t, s, name, "film.mov").VersionID},
				ToBucket: name, ToKey: "held/film.mov", PartBytes: 5 * mib, Since: time.Now(),
				Progress: func(int64) { k.mu.Lock(); k.after = 0; k.mu.Unlock() },
			}
			if _, err := dying.CopyVersion(ctx, c); !errors.Is(err, errCut) {
				t.Fatalf("%v, want the cut", err)
			}
			if got := uploads(ctx, t, s, name); len(got) != 2 {
				t.Fatalf("unfinished uploads %v, want theirs and ours", got)
			}
			c.Progress = nil
			made, err := s.CopyVersion(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			if is := onlyVersion(t, s, name, "held/film.mov"); is.VersionID != made.VersionID {
				t.Errorf("there is %+v, want %+v", is, made)
			}
			if got := uploads(ctx, t, s, name); !slices.Equal(got, []string{theirs}) {
				t.Errorf("unfinished uploads %v, want %s alone", got, theirs)
			}
		})
	}
}

func uploads(ctx context.Context, t *testing.T, s *store.Store, bucket string) (ids []string) {
	t.Helper()
	// MinIO lists those of one key only.
	for upload := range s.S3.ListIncompleteUploads(ctx, bucket, "held/film.mov", true) {
		if upload.Err != nil {
			t.Fatal(upload.Err)
		}
		ids = append(ids, upload.UploadID)
	}
	return ids
}

// Versions that come within one second, and with deletions in between, are told from the newest to the oldest.
func TestVersionsOfAKeyAreToldInTheirOrder(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name, ctx := bucket(t, s), t.Context()
			const key = "launch/a"
			want := []string{}
			for i := range 12 {
				data := fmt.Appendf(nil, "%d", i)
				etag, err := s.PutObject(ctx, name, key, data, "text/plain", store.Always())
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, etag)
				if i%5 == 2 {
					if err := s.RemoveObject(ctx, name, key, ""); err != nil {
						t.Fatal(err)
					}
				}
			}
			for _, other := range []string{"launch/a.b", "launch/ab", "launch/a b"} {
				if _, err := s.PutObject(ctx, name, other, []byte("x"), "text/plain", store.Always()); err != nil {
					t.Fatal(err)
				}
			}
			slices.Reverse(want)
			check := func(first bool) {
				t.Helper()
				all, err := s.VersionsOf(ctx, name, key)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for i, v := range all {
					if v.IsLatest != (i == 0) {
						t.Errorf("%d is %+v", i, v)
					}
					if !v.DeleteMarker {
						got = append(got, v.ETag)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" || all[0].DeleteMarker == first {
					t.Errorf("(-want +got):\n%s\nthe first: %+v", diff, all[0])
				}
			}
			check(true)
			if err := s.RemoveObject(ctx, name, key, ""); err != nil {
				t.Fatal(err)
			}
			check(false)
			there, err := s.VersionsOf(ctx, name, key)
			if err != nil {
				t.Fatal(err)
			}
			for most, whole := range map[int]bool{1: false, 2: false, len(there) - 1: false, len(there): true, len(there) + 1: true} {
				some, all, err := s.SomeVersionsOf(ctx, name, key, most)
				if err != nil || all != whole || len(some) != min(most, len(there)) {
					t.Errorf("of %d versions at most %d: %d, all: %t, %v", len(there), most, len(some), all, err)
				}
			}
			if none, err := s.VersionsOf(ctx, name, "launch"); len(none) != 0 || err != nil {
				t.Errorf("of a folder: %v, %v", none, err)
			}
		})
	}
}
