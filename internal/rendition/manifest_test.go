package rendition

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

const secretMark = "X-Amz-Signature=7731"

func request(path string) Request {
	return Request{URL: NewURL("https://s3.example.org/acme-brand/" + path + "?" + secretMark)}
}

func item(n int) Item {
	p := Preset{Name: "web", Width: 1600}
	return Item{
		Asset: fmt.Sprintf("launch/%d.jpg", n), ETag: fmt.Sprintf("e%d", n), VersionID: "v", Size: 4 << 20, PresetSet: SetDigest([]Preset{p}),
		Source: request(fmt.Sprint(n)), Facts: request(fmt.Sprint(n, "f")),
		Outputs: []Output{{Preset: p, Put: Request{URL: NewURL("http://127.0.0.1:7070/x?" + secretMark), Header: map[string]string{"Content-Type": "image/webp"}}}},
		Kept:    []asset.Rendition{{Preset: "thumb", Object: "thumb-aaaaaaaaaaaaa.webp", Size: 9, ContentType: "image/webp"}},
		Unmade:  []asset.Unmade{asset.NewUnmade("print", "print-aaaaaaaaaaaaa.avif", asset.UnmadeTimeout, "late")},
	}
}

// marked is an item whose asset has a focus and whose picture bears an image.
func marked(n int) Item {
	it := item(n)
	it.FactsNow, it.FactsETag = request("facts"), "f1"
	it.Focus = &Focus{X: 0.25, Y: 0, Width: 0.5, Height: 0.125}
	it.Outputs[0].Preset.Watermark = &Watermark{Image: "brand/logo.png", ETag: "m1"}
	return it
}

func pack(t testing.TB, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestManifestRoundTrip(t *testing.T) {
	want := Manifest{Version: ManifestVersion, Items: []Item{item(1), marked(2)}, Watermarks: []WatermarkImage{{ETag: "m1", Size: 9, Source: request("logo.png")}}}
	b, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again, err := Encode(want)
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("one manifest, two encodings (%v)", err)
	}
}

func TestManifestValidate(t *testing.T) {
	cases := map[string]func(*Manifest){
		"another version":                     func(m *Manifest) { m.Version = 1 },
		"no name":                             func(m *Manifest) { m.Items[0].Asset = "" },
		"no ETag":                             func(m *Manifest) { m.Items[0].ETag = "" },
		"a quoted ETag":                       func(m *Manifest) { m.Items[0].ETag = `"e"` },
		"a negative size":                     func(m *Manifest) { m.Items[0].Size = -1 },
		"no source":                           func(m *Manifest) { m.Items[0].Source = Request{} },
		"a file as source":                    func(m *Manifest) { m.Items[0].Source.URL = NewURL("file:///etc/passwd") },
		"a relative URL":                      func(m *Manifest) { m.Items[0].Facts.URL = NewURL("/x") },
		"credentials in a URL":                func(m *Manifest) { m.Items[0].Facts.URL = NewURL("https://a:b@s3.example.org/x") },
		"a header that splits the request":    func(m *Manifest) { m.Items[0].Source.Header = map[string]string{"X-A": "b\r\nHost: evil"} },
		"a preset that cannot be":             func(m *Manifest) { m.Items[0].Outputs[0].Preset.Width = 0 },
		"a preset twice":                      func(m *Manifest) { m.Items[0].Outputs = append(m.Items[0].Outputs, m.Items[0].Outputs[0]) },
		"an output with nowhere to go":        func(m *Manifest) { m.Items[0].Outputs[0].Put = Request{} },
		"a kept rendition that is no name":    func(m *Manifest) { m.Items[0].Kept[0].Object = "../../facts" },
		"a watermark that comes from nowhere": func(m *Manifest) { m.Items[0] = marked(1) },
		"a watermark twice": func(m *Manifest) {
			mark := WatermarkImage{"m", 1, request("m")}
			m.Watermarks = []WatermarkImage{mark, mark}
		},
		"a watermark without an ETag":       func(m *Manifest) { m.Watermarks = []WatermarkImage{{"", 1, request("m")}} },
		"facts that are looked for nowhere": func(m *Manifest) { m.Items[0].FactsNow.URL = NewURL("/x") },
		"facts with a quoted ETag":          func(m *Manifest) { m.Items[0].FactsETag = `"f"` },
		"a watermark by no URL":             func(m *Manifest) { m.Watermarks = []WatermarkImage{{"m", 1, Request{}}} },
		"a focus beside the picture":        func(m *Manifest) { m.Items[0].Focus = &Focus{X: 0.9, Y: 0, Width: 0.2, Height: 1} },
		"facts that could never be written": func(m *Manifest) { m.Items[0].VersionID = strings.Repeat("v", 2000) },
		"too many items":                    func(m *Manifest) { m.Items = make([]Item, maxItems+1) },
	}
	for why, change := range cases {
		m := Manifest{Version: ManifestVersion, Items: []Item{item(1)}}
		change(&m)
		if _, err := Encode(m); !errors.Is(err, ErrManifest) {
			t.Errorf("%s: %v", why, err)
		} else if strings.Contains(err.Error(), secretMark) {
			t.Errorf("%s: the error holds a secret: %v", why, err)
		}
	}
}

func TestDecodeIsBounded(t *testing.T) {
	for why, b := range map[string][]byte{
		"nothing":               nil,
		"not packed":            []byte(`{"version":2}`),
		"cut off":               pack(t, []byte(`{"version":2,"items":[]}`))[:20],
		"not JSON":              pack(t, []byte(`{"version":`)),
		"another shape":         pack(t, []byte(`{"version":2,"items":{"`+secretMark+`":1}}`)),
		"a packed bomb":         pack(t, make([]byte, maxUnpackedBytes+1)),
		"more than fits":        make([]byte, maxPackedBytes+1),
		"a version to come":     pack(t, []byte(`{"version":3}`)),
		"an item with no parts": pack(t, []byte(`{"version":2,"items":[{}]}`)),
	} {
		_, err := Decode(bytes.NewReader(b))
		if !errors.Is(err, ErrManifest) {
			t.Errorf("%s: %v", why, err)
		} else if strings.Contains(err.Error(), secretMark) {
			t.Errorf("%s: the error holds a secret: %v", why, err)
		}
	}
}

// A presigned URL gets into no log, error or dump, whichever way somebody prints what holds it.
func TestURLsAreNotPrinted(t *testing.T) {
	m := Manifest{Version: ManifestVersion, Items: []Item{item(1)}}
	type hidden struct{ inner Manifest } // fmt cannot call methods on unexported fields
	plain, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "manifest", m, "url", m.Items[0].Source.URL)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "manifest", m, "request", m.Items[0].Source)
	for how, text := range map[string]string{
		"%v": fmt.Sprintf("%v", m), "%+v": fmt.Sprintf("%+v", m), "%#v": fmt.Sprintf("%#v", m), "%s": fmt.Sprintf("%s", m.Items[0].Source),
		"%x": fmt.Sprintf("%x", m.Items[0].Source.URL), "hidden": fmt.Sprintf("%+v", hidden{m}), "hidden #": fmt.Sprintf("%#v", hidden{m}),
		"JSON": string(plain), "slog": logged.String(),
	} {
		if strings.Contains(text, secretMark) || strings.Contains(text, fmt.Sprintf("%x", secretMark)) {
			t.Errorf("%s prints the URL: %s", how, text)
		}
	}
	if got := m.Items[0].Source.URL.Reveal(); !strings.Contains(got, secretMark) {
		t.Errorf("reveal gives %q", got)
	}
}

// Nothing is lost, doubled or moved, and no limit is broken.
// Each manifest has the watermarks that its own items draw, and no others: what a worker may read is what it needs.
func TestBatchGivesEachManifestItsWatermarks(t *testing.T) {
	marks := []WatermarkImage{{ETag: "m1", Size: 9, Source: request("logo.png")}, {ETag: "m2", Size: 9, Source: request("other.png")}}
	limits := DefaultBatchLimits()
	limits.MaxItems = 1
	packed, _, err := Batch([]Item{item(1), marked(2)}, marks, limits)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 1} {
		m, err := Decode(bytes.NewReader(packed[i]))
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Watermarks) != want || want == 1 && m.Watermarks[0].ETag != "m1" {
			t.Errorf("manifest %d has the watermarks %+v", i, m.Watermarks)
		}
	}
}

func TestBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var items []Item
		for i := range rapid.IntRange(0, 60).Draw(t, "items") {
			it := item(i)
			it.Size = rapid.Int64Range(0, 1<<30).Draw(t, "size")
			it.Asset += strings.Repeat("x", rapid.IntRange(0, 200).Draw(t, "name"))
			items = append(items, it)
		}
		limits := BatchLimits{
			MaxItems: rapid.IntRange(1, 20).Draw(t, "max items"), MaxCost: rapid.Int64Range(1, 200_000).Draw(t, "max cost"),
			MaxBytes: rapid.IntRange(1000, 20_000).Draw(t, "max bytes"), MaxIndexes: rapid.IntRange(1, 30).Draw(t, "max indexes"),
		}
		packed, rest, err := Batch(items, nil, limits)
		if err != nil {
			t.Fatal(err)
		}
		var back []Item
		bytesUsed := 0
		for _, b := range packed {
			m, err := Decode(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			var cost int64
			for _, it := range m.Items {
				cost += it.Cost()
			}
			if len(m.Items) == 0 || len(m.Items) > limits.MaxItems || cost > limits.MaxCost && len(m.Items) > 1 {
				t.Fatalf("an index of %d items and cost %d, limits %+v", len(m.Items), cost, limits)
			}
			back = append(back, m.Items...)
			bytesUsed += len(b)
		}
		if bytesUsed > limits.MaxBytes || len(packed) > limits.MaxIndexes {
			t.Fatalf("%d bytes in %d indexes, limits %+v", bytesUsed, len(packed), limits)
		}
		if diff := cmp.Diff(items, append(back, rest...)); len(items) > 0 && diff != "" {
			t.Fatalf("lost, doubled or moved (-want +got):\n%s", diff)
		}
		if len(items) > 0 && len(packed) == 0 {
			t.Fatal("no progress")
		}
	})
}

func TestBatchRefuses(t *testing.T) {
	limits := DefaultBatchLimits()
	limits.MaxBytes = 100
	if _, rest, err := Batch([]Item{item(1)}, nil, limits); !errors.Is(err, ErrManifest) || len(rest) != 1 {
		t.Errorf("an item larger than a Job: %v, %d left", err, len(rest))
	}
	bad := item(1)
	bad.ETag = ""
	if _, _, err := Batch([]Item{bad}, nil, DefaultBatchLimits()); !errors.Is(err, ErrManifest) {
		t.Errorf("an item that is not valid: %v", err)
	}
}

func FuzzDecodeManifest(f *testing.F) {
	plain := []byte(`{"version":2,"items":[{"asset":"a","etag":"e","size":1,"source":{"url":"https://h/x"},"facts":{"url":"https://h/y","header":{"A":"b"}},"outputs":[{"preset":{"name":"p","width":1},"put":{"url":"https://h/z"}}],"kept":[{"preset":"q","object":"o","size":1,"width":1,"height":1,"contentType":"t"}]}]}`)
	f.Add(plain, false)
	f.Add(pack(f, plain), true)
	f.Fuzz(func(t *testing.T, b []byte, raw bool) {
		if !raw {
			b = pack(t, b)
		}
		m, err := Decode(bytes.NewReader(b))
		if err != nil {
			if !errors.Is(err, ErrManifest) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		again, err := Encode(m)
		if err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
		back, err := Decode(bytes.NewReader(again))
		if err != nil {
			t.Fatal(err)
		}
		if third, err := Encode(back); err != nil || !bytes.Equal(again, third) {
			t.Fatalf("not stable: %v", err)
		}
	})
}
