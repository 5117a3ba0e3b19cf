package asset_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// catalogRow is a row such as a rendered picture of a library has.
func catalogRow(i int) asset.CatalogAsset {
	key := access.Key{Library: "brand", Path: fmt.Sprintf("launch/%03d/picture-%06d.jpg", i/1000, i)}
	digest := fmt.Sprintf("%032x", uint64(i+1)*0x9e3779b97f4a7c15)
	row := asset.CatalogAsset{
		ID: asset.ID(key), Path: key.Path, Bucket: "acme-brand", Object: key.Path, VersionID: digest[:26], ETag: digest, Size: int64(1000 + i),
		Modified: day(1).Add(time.Duration(i) * time.Second), ContentType: "image/jpeg", Width: 4000, Height: 3000, CRC32: digest[24:],
	}
	for _, preset := range []string{"preview", "thumb", "web"} {
		row.Renditions = append(row.Renditions, asset.CatalogRendition{
			Preset: preset, Object: asset.Renditions(key) + preset + "-" + digest[:13] + ".webp", ETag: digest[3:] + preset[:3], Size: 40000, ContentType: "image/webp", Width: 400, Height: 300,
		})
	}
	return row
}

func opened(t interface{ Fatal(...any) }, c asset.Catalog) *asset.CatalogFile {
	data, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	file, err := asset.OpenCatalog(data)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestCatalogRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, 257, 1000} {
		want := asset.Catalog{Title: "Hero shots", Archived: n, Assets: []asset.CatalogAsset{}}
		for i := range n {
			want.Assets = append(want.Assets, catalogRow(i))
		}
		data, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := asset.DecodeCatalog(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d (-want +got):\n%s", n, diff)
		}
		if again, _ := got.Encode(); !bytes.Equal(data, again) {
			t.Errorf("%d: equal catalogs have other bytes", n)
		}
		file := opened(t, want)
		for i := range n {
			if row, number, ok := file.Find(want.Assets[i].ID); !ok || number != i || row.Path != want.Assets[i].Path {
				t.Fatalf("%d: row %d is not found: %d", n, i, number)
			}
		}
		for _, stranger := range []string{"", "a", "!", asset.ID(access.Key{Library: "other", Path: "x"})} {
			if _, _, ok := file.Find(stranger); ok {
				t.Errorf("%q is found", stranger)
			}
		}
	}
}

// What is shown at an instant is what the rows by themselves say.
func TestCatalogAtAnInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moment := rapid.Custom(func(t *rapid.T) time.Time {
			return map[bool]time.Time{true: {}, false: day(rapid.IntRange(1, 9).Draw(t, "day"))}[rapid.Bool().Draw(t, "none")]
		})
		c := asset.Catalog{Archived: rapid.IntRange(0, 3).Draw(t, "archived")}
		now := day(rapid.IntRange(1, 9).Draw(t, "now"))
		var want []string
		var bytes int64
		over := c.Archived
		for i := range rapid.IntRange(0, 600).Draw(t, "rows") {
			row := catalogRow(i)
			row.Renditions, row.From, row.Until = nil, moment.Draw(t, "from"), moment.Draw(t, "until")
			c.Assets = append(c.Assets, row)
			switch {
			case row.Shown(now):
				want, bytes = append(want, row.Path), bytes+row.Size
			case !now.Before(row.From):
				over++
			}
		}
		view := opened(t, c).At(now)
		if view.Len() != len(want) || view.Bytes != bytes || view.Archived != over {
			t.Fatalf("%d files of %d bytes, %d over; want %d, %d, %d", view.Len(), view.Bytes, view.Archived, len(want), bytes, over)
		}
		for place, path := range want {
			row, err := view.Asset(place)
			if err != nil || row.Path != path {
				t.Fatalf("at place %d is %+v, %v; want %s", place, row, err, path)
			}
			_, number, _ := view.Find(row.ID)
			if at, shown := view.Place(number); !shown || at != place {
				t.Fatalf("row %d is at place %d, want %d", number, at, place)
			}
		}
	})
}

func FuzzOpenCatalog(f *testing.F) {
	for _, n := range []int{0, 1, 300} {
		c := asset.Catalog{Title: "x"}
		for i := range n {
			c.Assets = append(c.Assets, catalogRow(i))
		}
		data, err := c.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := asset.OpenCatalog(data)
		if err != nil {
			if !errors.Is(err, asset.ErrCatalog) {
				t.Fatal(err)
			}
			return
		}
		for i := range min(file.Len(), 1000) {
			if row, err := file.Row(i); err == nil && (row.ID == "" || row.Size < 0) {
				t.Fatalf("row %d is %+v", i, row)
			}
		}
	})
}

func BenchmarkCatalogOfAHundredThousand(b *testing.B) {
	c := asset.Catalog{}
	for i := range 100_000 {
		c.Assets = append(c.Assets, catalogRow(i))
	}
	var data []byte
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			data, _ = c.Encode()
		}
		b.ReportMetric(float64(len(data)), "bytes")
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			file, err := asset.OpenCatalog(data)
			if err != nil {
				b.Fatal(err)
			}
			if _, _, ok := file.Find(c.Assets[77_777].ID); !ok {
				b.Fatal("not found")
			}
		}
	})
}
