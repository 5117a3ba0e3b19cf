package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// features: B2, B4, K17
func TestBytes(t *testing.T) {
	f := newFixture(t)
	original := f.signed(f.hero, "original")
	etag := `"` + etagOf(heroBytes) + `"`
	size := len(heroBytes)
	for _, tc := range []struct {
		reason  string
		headers map[string]string
		status  int
		body    []byte
		crange  string
	}{
		{"the whole", nil, 200, heroBytes, ""},
		{"a range", map[string]string{"Range": "bytes=10-19"}, 206, heroBytes[10:20], fmt.Sprintf("bytes 10-19/%d", size)},
		{"from the middle on, as a resumed download asks", map[string]string{"Range": "bytes=700000-", "If-Range": etag}, 206, heroBytes[700000:], fmt.Sprintf("bytes 700000-%d/%d", size-1, size)},
		{"the end", map[string]string{"Range": "bytes=-5"}, 206, heroBytes[size-5:], fmt.Sprintf("bytes %d-%d/%d", size-5, size-1, size)},
		{"a range of another version is the whole of this one", map[string]string{"Range": "bytes=10-19", "If-Range": `"other"`}, 200, heroBytes, ""},
		{"a date is no proof of the same version", map[string]string{"Range": "bytes=10-19", "If-Range": "Mon, 01 Mar 2027 11:00:00 GMT"}, 200, heroBytes, ""},
		{"a weak tag is none either", map[string]string{"Range": "bytes=10-19", "If-Range": "W/" + etag}, 200, heroBytes, ""},
		{"two ranges are not given in parts", map[string]string{"Range": "bytes=0-1,3-4"}, 200, heroBytes, ""},
		{"nonsense is ignored", map[string]string{"Range": "bytes=x-y"}, 200, heroBytes, ""},
		{"beyond the end", map[string]string{"Range": "bytes=99999999-"}, 416, nil, fmt.Sprintf("bytes */%d", size)},
		{"known already", map[string]string{"If-None-Match": `"a", W/` + etag}, 304, nil, ""},
		{"not the version wanted", map[string]string{"If-Match": `"a"`}, 412, nil, ""},
	} {
		var change []func(*http.Request)
		for name, value := range tc.headers {
			change = append(change, header(name, value))
		}
		before := f.shelf.asked()
		w := f.do("GET", original, change...)
		if w.Code != tc.status || !bytes.Equal(w.Body.Bytes(), tc.body) || w.Header().Get("Content-Range") != tc.crange {
			t.Errorf("%s: %d with %d bytes, Content-Range %q", tc.reason, w.Code, w.Body.Len(), w.Header().Get("Content-Range"))
		}
		if w.Header().Get("ETag") != etag {
			t.Errorf("%s: ETag %q", tc.reason, w.Header().Get("ETag"))
		}
		if tc.body == nil && f.shelf.asked() != before {
			t.Errorf("%s: the store was asked", tc.reason)
		}
	}
	before := f.shelf.asked()
	w := f.do("HEAD", original)
	if w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != fmt.Sprint(size) || f.shelf.asked() != before {
		t.Errorf("HEAD: %d, %d bytes, length %s, store asked %d times", w.Code, w.Body.Len(), w.Header().Get("Content-Length"), f.shelf.asked()-before)
	}
}

func TestBytesAreSentSafely(t *testing.T) {
	f := newFixture(t)
	rendition, original := f.do("GET", f.signed(f.hero, "thumb")), f.do("GET", f.signed(f.hero, "original"))
	preset := f.do("GET", f.signed(f.hero, "web"))
	for _, tc := range []struct {
		reason       string
		header       http.Header
		name, wanted string
	}{
		{"a thumbnail shows what it is", rendition.Header(), "Content-Type", "image/webp"},
		{"in the page", rendition.Header(), "Content-Disposition", `inline; filename="hero <1>-thumb.webp"; filename*=UTF-8''hero%20%3C1%3E-thumb.webp`},
		{"for a short while", rendition.Header(), "Cache-Control", "private, max-age=300"},
		{"an original is never shown, whatever it claims to be", original.Header(), "Content-Type", octets},
		{"it is saved", original.Header(), "Content-Disposition", `attachment; filename="hero _1_.jpg"; filename*=UTF-8''hero%20_1_.jpg`},
		{"and asked for anew each time", original.Header(), "Cache-Control", "private, no-cache"},
		{"a preset is saved too", preset.Header(), "Content-Disposition", `attachment; filename="hero _1_-web.webp"; filename*=UTF-8''hero%20_1_-web.webp`},
	} {
		if got := tc.header.Get(tc.name); strings.ReplaceAll(strings.ReplaceAll(got, "<", "_"), ">", "_") != strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(tc.wanted, "%3C", "_"), "%3E", "_"), "<1>", "_1_") {
			t.Errorf("%s: %s is %q, wanted %q", tc.reason, tc.name, got, tc.wanted)
		}
	}
	for _, h := range []http.Header{rendition.Header(), original.Header(), preset.Header()} {
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") || !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("Content-Security-Policy of bytes: %q", csp)
		}
	}
}

// What the store holds is not what the catalog says: nobody gets other bytes than those that were decided on.
func TestChangedObjectsAreNotSent(t *testing.T) {
	f := newFixture(t)
	f.shelf.put("acme-brand", "launch/hero <1>.jpg", []byte("something else"))
	if w := f.do("GET", f.signed(f.hero, "original")); w.Code != 404 || strings.Contains(w.Body.String(), "something else") {
		t.Errorf("a replaced original: answered %d with %q", w.Code, w.Body.String())
	}
	f.shelf.mu.Lock()
	delete(f.shelf.held, "acme-brand/launch/hero <1>.jpg")
	f.shelf.mu.Unlock()
	if w := f.do("GET", f.signed(f.hero, "original")); w.Code != 404 {
		t.Errorf("a deleted original: answered %d", w.Code)
	}
}

func TestStoreDownIsTold(t *testing.T) {
	f := newFixture(t)
	f.do("GET", f.page())
	f.shelf.fail(errSilent)
	w := f.do("GET", f.signed(f.hero, "original"))
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || w.Header().Get("ETag") != "" {
		t.Errorf("answered %d, Retry-After %q, ETag %q", w.Code, w.Header().Get("Retry-After"), w.Header().Get("ETag"))
	}
}

// Of many who ask for the same picture at once, one asks the store.
func TestSmallPicturesAreReadOnce(t *testing.T) {
	f := newFixture(t)
	f.do("GET", f.page())
	before := f.shelf.asked()
	gate := make(chan struct{})
	f.shelf.mu.Lock()
	f.shelf.slow = func() { <-gate }
	f.shelf.mu.Unlock()
	codes := make(chan int)
	for range 20 {
		go func() { codes <- f.do("GET", f.signed(f.hero, "thumb")).Code }()
	}
	close(gate)
	for range 20 {
		if code := <-codes; code != 200 {
			t.Errorf("answered %d", code)
		}
	}
	if asked := f.shelf.asked() - before; asked > 2 {
		t.Errorf("the store was asked %d times", asked)
	}
}

// A download that runs is cut when its link goes, though the client reads on
// and the store sends on.
//
// features: F2, U14
func TestRunningDownloadsEnd(t *testing.T) {
	for reason, revoke := range map[string]func(*fixture){
		"suspended":         func(f *fixture) { f.cluster.link.Spec.Suspend = true },
		"deleted":           func(f *fixture) { f.cluster.link = nil },
		"frozen":            func(f *fixture) { f.cluster.namespace.Annotations = freeze },
		"the file's sunset": func(f *fixture) { f.advance(time.Hour) },
		"originals hidden":  func(f *fixture) { f.cluster.link.Spec.Originals = "Hidden" },
	} {
		f := newFixture(t)
		big := bytes.Repeat([]byte("0123456789abcdef"), 2<<20) // 32 MiB
		row := f.row("big.tif", big)
		row.Until = f.now().Add(30 * time.Minute)
		f.writeCatalog(row)
		id := f.catalogID("big.tif")
		r := httptest.NewRequest(http.MethodGet, f.signed(id, "original"), nil)
		w := &revoking{ResponseRecorder: httptest.NewRecorder(), after: 1 << 20, revoke: func() { revoke(f) }}
		aborted := func() (aborted error) {
			defer func() { aborted, _ = recover().(error) }()
			f.handler.ServeHTTP(w, r)
			return nil
		}()
		if !errors.Is(aborted, http.ErrAbortHandler) {
			t.Errorf("%s: the answer ended with %v", reason, aborted)
		}
		if w.written > 1<<20+recheckBytes+bufferBytes {
			t.Errorf("%s: %d bytes were sent after it", reason, w.written-1<<20)
		}
	}
}

func (f *fixture) catalogID(path string) string {
	data, err := f.shelf.take("acme-brand-dam", asset.CatalogObject("launch"))
	if err != nil {
		f.t.Fatal(err)
	}
	c, err := asset.DecodeCatalog(data)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, a := range c.Assets {
		if a.Path == path {
			return a.ID
		}
	}
	f.t.Fatalf("no asset %s", path)
	return ""
}

// revoking takes an answer and does something when so much has come.
type revoking struct {
	*httptest.ResponseRecorder
	written, after int
	revoke         func()
}

func (w *revoking) Write(p []byte) (int, error) {
	w.written += len(p)
	if w.written >= w.after && w.revoke != nil {
		w.revoke()
		w.revoke = nil
	}
	return len(p), nil
}

func TestShortStoresAreNoticed(t *testing.T) {
	transfer := &transfer{w: httptest.NewRecorder(), still: func(context.Context) bool { return true }}
	transfer.control = http.NewResponseController(transfer.w)
	transfer.ctx, transfer.cancel = context.WithCancel(t.Context())
	if sent, err := transfer.copy(strings.NewReader("only this"), 100); !errors.Is(err, errShort) || sent != 9 {
		t.Errorf("sent %d, %v; wanted errShort", sent, err)
	}
}

func TestParseRange(t *testing.T) {
	for _, tc := range []struct {
		value        string
		size         int64
		from, length int64
		kind         rangeKind
	}{
		{"bytes=0-0", 10, 0, 1, rangeOK},
		{"bytes=9-", 10, 9, 1, rangeOK},
		{"bytes=0-99", 10, 0, 10, rangeOK},
		{"bytes=-99", 10, 0, 10, rangeOK},
		{"BYTES=1-2", 10, 1, 2, rangeOK},
		{"bytes=10-", 10, 0, 0, rangeUnsatisfiable},
		{"bytes=-0", 10, 0, 0, rangeUnsatisfiable},
		{"bytes=0-", 0, 0, 0, rangeUnsatisfiable},
		{"bytes=99999999999999999999-", 10, 0, 0, rangeUnsatisfiable},
		{"bytes=0-99999999999999999999", 10, 0, 10, rangeOK},
		{"bytes=5-4", 10, 0, 0, rangeIgnored},
		{"bytes=-", 10, 0, 0, rangeIgnored},
		{"bytes=+1-2", 10, 0, 0, rangeIgnored},
		{"bytes= 1-2", 10, 1, 2, rangeOK},
		{"bytes=1-2,4-5", 10, 0, 0, rangeIgnored},
		{"lines=1-2", 10, 0, 0, rangeIgnored},
		{"bytes", 10, 0, 0, rangeIgnored},
	} {
		from, length, kind := parseRange(tc.value, tc.size)
		if from != tc.from || length != tc.length || kind != tc.kind {
			t.Errorf("%q of %d: %d+%d, kind %d", tc.value, tc.size, from, length, kind)
		}
	}
}

func FuzzSelectPart(f *testing.F) {
	f.Add("bytes=0-1", `"e"`, "*", int64(10))
	f.Add("bytes=-1", "", `W/"e"`, int64(0))
	f.Add("bytes=18446744073709551616-", "", "", int64(1<<62))
	f.Fuzz(func(t *testing.T, ranges, ifRange, ifNoneMatch string, size int64) {
		if size < 0 {
			return
		}
		h := http.Header{"Range": {ranges}, "If-Range": {ifRange}, "If-None-Match": {ifNoneMatch}}
		p := selectPart(h, `"e"`, size)
		switch p.status {
		case 200:
			if p.from != 0 || p.length != size {
				t.Fatalf("200 with %d+%d of %d", p.from, p.length, size)
			}
		case 206:
			if p.from < 0 || p.length < 1 || p.from+p.length > size || p.from+p.length < 0 {
				t.Fatalf("206 with %d+%d of %d", p.from, p.length, size)
			}
		case 304, 412, 416:
		default:
			t.Fatalf("status %d", p.status)
		}
	})
}

func FuzzDisposition(f *testing.F) {
	for _, name := range []string{"hero.jpg", "", "..", "a/b\\c", "x\r\nSet-Cookie: a=b", "\u202egpj.exe", "日本.tif", `a"b`, "\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		value := disposition(false, name)
		for i := range len(value) {
			if value[i] < ' ' || value[i] > '~' {
				t.Fatalf("%q holds byte %#x", value, value[i])
			}
		}
		if strings.Count(value, `"`) != 2 || strings.ContainsAny(value, "/\\") {
			t.Fatalf("%q can be read as another name", value)
		}
		if saved := saveName(name); len(saved) > maxFilename || saved == "" || strings.Trim(saved, ".") == "" {
			t.Fatalf("saved as %q", saved)
		}
	})
}

// The memory for pictures never holds more than it may.
func TestByteLRU(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newByteLRU[int, int](100)
		held := map[int]int64{}
		for range 50 {
			key, bytes := rapid.IntRange(0, 9).Draw(t, "key"), rapid.Int64Range(0, 120).Draw(t, "bytes")
			l.put(key, key, bytes)
			held[key] = bytes
			var sum int64
			for k, b := range held {
				if v, ok := l.get(k); ok {
					if v != k {
						t.Fatalf("%d is kept as %d", k, v)
					}
					sum += b
				}
			}
			if sum != l.bytes() || sum > 100 {
				t.Fatalf("holds %d bytes, says %d", sum, l.bytes())
			}
		}
	})
}

// A catalog is used for a second, then asked about; without an answer for five, and no longer.
func TestCatalogFreshness(t *testing.T) {
	f := newFixture(t)
	get := func() int { return f.do("GET", f.page()).Code }
	asks := func() int { before := f.shelf.asked(); get(); return f.shelf.asked() - before }
	if n := asks(); n != 1 {
		t.Fatalf("the first page asked %d times", n)
	}
	f.advance(freshFor - time.Millisecond)
	if n := asks(); n != 0 {
		t.Errorf("within a second it was asked %d times", n)
	}
	f.advance(time.Millisecond)
	if n := asks(); n != 1 {
		t.Errorf("after a second it was asked %d times", n)
	}
	f.shelf.fail(errSilent)
	f.advance(staleFor - time.Millisecond)
	if code := get(); code != 200 {
		t.Errorf("the store silent for less than 5 s: answered %d", code)
	}
	f.advance(time.Millisecond)
	if code := get(); code != 503 {
		t.Errorf("the store silent for 5 s: answered %d", code)
	}
	f.shelf.fail(nil)
	if code := get(); code != 200 {
		t.Errorf("the store is back: answered %d", code)
	}
	// What was taken out is gone with the next look, from the page and from its addresses.
	f.writeCatalog()
	f.advance(freshFor)
	if w := f.do("GET", f.signed(f.hero, "thumb")); w.Code != 404 {
		t.Errorf("a picture that was taken out: answered %d", w.Code)
	}
	if w := f.do("GET", f.page()); strings.Contains(w.Body.String(), "hero") {
		t.Error("the page still shows what was taken out")
	}
	// A store that answers "no" is not one that is silent.
	f.shelf.fail(errChanged)
	f.advance(freshFor)
	if code := get(); code != 503 {
		t.Errorf("the catalog is gone: answered %d", code)
	}
}

func TestDamagedCatalogsAreRefused(t *testing.T) {
	f := newFixture(t)
	encoded := func(rows ...asset.CatalogAsset) []byte {
		data, err := asset.Catalog{Assets: rows}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	whole := encoded(asset.CatalogAsset{ID: "a", Path: "a"})
	for reason, data := range map[string][]byte{
		"no catalog":                     []byte("catalog"),
		"of a version before":            []byte(`{"v":1,"assets":[]}`),
		"cut off":                        whole[:len(whole)-9],
		"a negative size":                encoded(asset.CatalogAsset{ID: "a", Path: "a", Size: -1}),
		"a rendition of a negative size": encoded(asset.CatalogAsset{ID: "a", Path: "a", Renditions: []asset.CatalogRendition{{Preset: "thumb", Size: -1}}}),
		"no id":                          encoded(asset.CatalogAsset{Path: "a"}),
	} {
		f.shelf.put("acme-brand-dam", asset.CatalogObject("launch"), data)
		f.advance(freshFor)
		if w := f.do("GET", f.page()); w.Code != 503 {
			t.Errorf("%s: answered %d", reason, w.Code)
		}
	}
}

var _ io.Reader = (*inMemory)(nil)
