package store_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// A restoration that is cut between any two requests, and asked for again, makes one version: in one request, in parts, and of what was
// uploaded in parts.
//
// features: A1.13
func TestARestorationThatIsCutAnywhereMakesOneVersion(t *testing.T) {
	const mib = 1 << 20
	content := bytes.Repeat([]byte("0123456789abcdef"), 11*mib/16)
	for _, where := range stores {
		for reason, test := range map[string]struct {
			data []byte
			put  uint64
			part int64
		}{
			"in one request":    {data: []byte("<svg/>")},
			"in parts":          {data: content, part: 5 * mib},
			"uploaded in parts": {data: content, put: 6 * mib},
		} {
			t.Run(where+"/"+reason, func(t *testing.T) {
				s := open(t)
				name, ctx := bucket(t, s), t.Context()
				const key = "launch/logo.svg"
				dressed(t, s, name, key, test.data, test.put)
				old := onlyVersion(t, s, name, key)
				for n := 1; ; n++ {
					if _, err := s.PutObject(ctx, name, key, []byte("newer"), "text/plain", store.Always()); err != nil {
						t.Fatal(err)
					}
					before, err := s.VersionsOf(ctx, name, key)
					if err != nil {
						t.Fatal(err)
					}
					order := store.Restoration{
						At: store.VersionAt{Bucket: name, Key: key, ID: old.VersionID}, Mark: strings.Repeat("x", n), Since: before[0].LastModified, PartBytes: test.part,
					}
					k := &killer{after: n}
					_, cut := open(t, func(c *store.Config) { c.Hook = k.hook }).RestoreVersion(ctx, order)
					if cut != nil && !errors.Is(cut, errCut) {
						t.Fatalf("cut at %d: %v", n, cut)
					}
					made, err := s.RestoreVersion(ctx, order)
					if err != nil {
						t.Fatal(err)
					}
					after, err := s.VersionsOf(ctx, name, key)
					if err != nil || len(after) != len(before)+1 || after[0].VersionID != made.VersionID {
						t.Fatalf("cut at %d: %d versions were there, and %d are; %v", n, len(before), len(after), err)
					}
					if data, _, err := s.GetObject(ctx, name, key); err != nil || !bytes.Equal(data, test.data) {
						t.Fatalf("cut at %d: %d bytes are current, %v", n, len(data), err)
					}
					if cut == nil {
						return
					}
				}
			})
		}
	}
}

// Whoever asks anew gets a version anew, and what bears the mark of a restoration and holds something else is none.
func TestARestorationIsTakenForNoOther(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name, ctx := bucket(t, s), t.Context()
			key := ""
			put := func(content string, metadata map[string]string) {
				t.Helper()
				if _, err := s.S3.PutObject(ctx, name, key, strings.NewReader(content), int64(len(content)), minio.PutObjectOptions{UserMetadata: metadata}); err != nil {
					t.Fatal(err)
				}
			}
			full := map[string]string{"k": strings.Repeat("v", 2000)}
			for reason, metadata := range map[string]map[string]string{"with room for a mark": nil, "without": full} {
				key = "launch/" + reason + ".svg"
				put("old", metadata)
				all, err := s.VersionsOf(ctx, name, key)
				if err != nil {
					t.Fatal(err)
				}
				put("new", map[string]string{"vitrine-restored": "m1"})
				for i, mark := range []string{"m1", "m2"} {
					made, err := s.RestoreVersion(ctx, store.Restoration{At: store.VersionAt{Bucket: name, Key: key, ID: all[0].VersionID}, Mark: mark, Since: time.Now().Add(-time.Hour)})
					if err != nil {
						t.Fatalf("%s: %v", reason, err)
					}
					if data, _, err := s.GetObject(ctx, name, key); err != nil || string(data) != "old" || metadata == nil && made.Metadata["vitrine-restored"] != mark {
						t.Errorf("%s: %q is current, %v, and bears %q", reason, data, err, made.Metadata["vitrine-restored"])
					}
					is, err := s.VersionsOf(ctx, name, key)
					if err != nil || len(is) != len(all)+2+i {
						t.Errorf("%s: %d versions after %d and %d more, %v", reason, len(is), len(all), i+2, err)
					}
				}
			}
		})
	}
}
