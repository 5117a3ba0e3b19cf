package controllers

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// shelf is a bucket that can be listed and read, and no more.
type shelf map[string][]byte

func (s shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if data, there := s[strings.TrimPrefix(r.URL.Path, "/acme-brand-dam/")]; there {
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Last-Modified", marksNoon.Format(http.TimeFormat))
		_, _ = w.Write(data)
		return
	}
	type object struct {
		Key, ETag, LastModified string
		Size                    int
	}
	var listing struct {
		XMLName     xml.Name `xml:"ListBucketResult"`
		IsTruncated bool
		Contents    []object
	}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if strings.HasPrefix(key, r.URL.Query().Get("prefix")) {
			listing.Contents = append(listing.Contents, object{key, `"e"`, marksNoon.Format("2006-01-02T15:04:05.000Z"), len(s[key])})
		}
	}
	_ = xml.NewEncoder(w).Encode(listing)
}

// fill writes the catalog of a place with so many files.
func (s shelf) fill(t *testing.T, place string, files int) {
	t.Helper()
	facts := asset.Facts{V: asset.FactsVersion, ETag: "o", VersionID: "v", SHA256: strings.Repeat("0123abcd", 8), ContentType: "text/plain"}
	rows := make([]asset.PlaceRow, files)
	for i := range rows {
		rows[i] = asset.PlaceRow{Path: fmt.Sprintf("%05d.txt", i), ETag: "o", Modified: marksNoon, Facts: &asset.Noted[asset.Facts]{ETag: "f", Says: &facts}}
	}
	c, begin := asset.PlaceCatalog{Shape: asset.PlaceShape(), Swept: marksNoon}, 0
	for _, end := range asset.CutParts(len(rows), func(i int) string { return rows[i].Path }) {
		data, part, err := asset.EncodePart(rows[begin:end])
		if err != nil {
			t.Fatal(err)
		}
		s[asset.PartObject(place, part.Name)] = data
		c.Parts, begin = append(c.Parts, part), end
	}
	data, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s[asset.PlaceObject(place)] = data
}

// What catalogs know is read once after a manager has started. A look that is cut meanwhile, wherever that is, has the next one read them again;
// where the store fails, what they would have told is read from the objects themselves.
//
// features: D12
func TestCatalogsAreRecalledAfterACut(t *testing.T) {
	const files = 2500
	s := shelf{}
	s.fill(t, "", files)
	s.fill(t, "embargo", 3)
	requests := int64(len(s) + 1) // each is read, after they were listed
	var served atomic.Pointer[shelf]
	served.Store(&s)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { served.Load().ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	var asked atomic.Int64
	var fails func(n int64) error
	opened, err := store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: server.URL, IAMEndpoint: server.URL,
		Credentials: store.Credentials{AccessKeyID: "AKIA1", SecretAccessKey: store.Secret(strings.Repeat("x", 20))},
		Hook:        func(store.Call) error { return fails(asked.Add(1)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Close)
	recall := func(ctx context.Context, of *sweeper, failing func(n int64) error) int64 {
		asked.Store(0)
		fails = failing
		of.recall(ctx, Connection{Store: opened}, "acme-brand-dam")
		return asked.Load()
	}
	well := func(int64) error { return nil }

	want := newSweeper(false, 1)
	if n := recall(t.Context(), want, well); n != requests || requests < 6 {
		t.Fatalf("it took %d requests, not %d", n, requests)
	}
	if len(want.facts.said) != files+3 || want.facts.etags[asset.FactsObject(access.Key{Restricted: "embargo", Path: "00002.txt"})] != "f" {
		t.Fatalf("facts of %d files are known", len(want.facts.said))
	}
	if n := recall(t.Context(), want, well); n != 0 {
		t.Errorf("what is known is read again, in %d requests", n)
	}
	for at := int64(1); at <= requests; at++ {
		ctx, cut := context.WithCancel(t.Context())
		got := newSweeper(false, 1)
		recall(ctx, got, func(n int64) error {
			if n >= at {
				cut()
				return errCut
			}
			return nil
		})
		if n := recall(t.Context(), got, well); n != requests {
			t.Errorf("cut at request %d, the next look makes %d", at, n)
		}
		if !cmp.Equal(want.facts.etags, got.facts.etags) {
			t.Errorf("cut at request %d, facts of %d files are known", at, len(got.facts.etags))
		}
		if diff := cmp.Diff([]any{want.catalogs.written, want.catalogs.etags}, []any{got.catalogs.written, got.catalogs.etags}); diff != "" {
			t.Errorf("cut at request %d (-want +got):\n%s", at, diff)
		}

		got = newSweeper(false, 1)
		recall(t.Context(), got, func(n int64) error {
			if n == at {
				return errors.New("the store fails")
			}
			return nil
		})
		if n := recall(t.Context(), got, well); n != 0 || len(got.facts.said) >= files+3 {
			t.Errorf("where request %d failed, %d are made again, and facts of %d files are known", at, n, len(got.facts.said))
		}
	}

	// Of a damaged one what is whole is taken.
	damaged := maps.Clone(s)
	for object, data := range s {
		if place, part, _ := asset.PlaceOf(object); place == "embargo" && part != "" {
			damaged[object] = append(slices.Clone(data), '\n')
		}
	}
	served.Store(&damaged)
	got := newSweeper(false, 1)
	if recall(t.Context(), got, well); len(got.facts.said) != files || len(got.catalogs.written["embargo"].Parts) != 0 {
		t.Errorf("with a damaged part facts of %d files are known", len(got.facts.said))
	}
}
