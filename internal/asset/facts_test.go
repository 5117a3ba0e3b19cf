package asset

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func fullFacts() Facts {
	return Facts{
		V: FactsVersion, ETag: "9b2cf535f27731c974343645a3985328", VersionID: "v1", Size: 12345, ContentType: "image/jpeg",
		Width: 4000, Height: 3000, Orientation: 6, ColourSpace: "sRGB", Profile: true, Frames: 1,
		CRC32: "cbf43926", SHA256: strings.Repeat("0a", 32),
		ModifiedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), ReadAt: time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC), PresetSet: "abc",
		BlurHash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj", Colour: "#a0b1c2",
		Embedded: &Embedded{
			Title: "Dawn", Creators: []string{"Alice", "Bob"}, Keywords: []string{"sea"}, DateTaken: "2026-05-04", ExposureTime: "1/250", FNumber: 2.8, ISO: 400,
		},
		Renditions: []Rendition{{Preset: "thumb", Object: "thumb-abcdefghijklm.webp", ETag: "e", Size: 99, Width: 400, Height: 300, ContentType: "image/webp"}},
		Unmade: []Unmade{
			NewUnmade("print", "print-abcdefghijklm.avif", UnmadeTimeout, "making it did not end within 1m0s"),
			{Preset: "press", Object: "press-abcdefghijklm-marked.jpg", Reason: UnmadeBlank, Watermark: "abcdefghijklm"},
		},
	}
}

// features: D12
func TestFactsRoundTrip(t *testing.T) {
	bare := Facts{V: FactsVersion, ETag: "e", Error: NewReadError(ReasonCorrupt, "cut off")}
	for _, want := range []Facts{fullFacts(), bare} {
		b, err := EncodeFacts(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeFacts(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	// What is not known is left out rather than told as the year 1.
	if b, err := EncodeFacts(bare); err != nil || strings.Contains(string(b), "At") {
		t.Errorf("%s %v", b, err)
	}
}

// Facts come from workers that have handled hostile files: readers get only what is within bounds.
func TestFactsAreNotTrusted(t *testing.T) {
	cases := map[string]func(*Facts){
		"no ETag":                        func(f *Facts) { f.ETag = "" },
		"a line break in the ETag":       func(f *Facts) { f.ETag = "a\nb" },
		"a negative size":                func(f *Facts) { f.Size = -1 },
		"an orientation of 9":            func(f *Facts) { f.Orientation = 9 },
		"a CRC that is none":             func(f *Facts) { f.CRC32 = "CBF43926" },
		"a hash that is none":            func(f *Facts) { f.SHA256 = strings.Repeat("z", 64) },
		"an unknown reason":              func(f *Facts) { f.Error = &ReadError{Reason: "Because"} },
		"an endless message":             func(f *Facts) { f.Error = &ReadError{Reason: ReasonCorrupt, Message: strings.Repeat("x", 300)} },
		"an escape sequence":             func(f *Facts) { f.Error = &ReadError{Reason: ReasonCorrupt, Message: "\x1b[2J"} },
		"a rendition in another place":   func(f *Facts) { f.Renditions[0].Object = "../meta/x" },
		"a rendition without a name":     func(f *Facts) { f.Renditions[0].Preset = "" },
		"a rendition of negative height": func(f *Facts) { f.Renditions[0].Height = -5 },
		"thousands of renditions":        func(f *Facts) { f.Renditions = make([]Rendition, 5000) },
		"a picture unmade in no place":   func(f *Facts) { f.Unmade[0].Object = "a/b" },
		"a picture unmade by no preset":  func(f *Facts) { f.Unmade[0].Preset = "" },
		"a picture unmade for no reason": func(f *Facts) { f.Unmade[0].Reason = "Because" },
		"a watermark blamed for nothing": func(f *Facts) { f.Unmade[0].Watermark = "abcdefghijklm" },
		"a blank watermark without name": func(f *Facts) { f.Unmade[1].Watermark = "" },
		"an endless story":               func(f *Facts) { f.Unmade[0].Message = strings.Repeat("x", 300) },
		"thousands of unmade pictures":   func(f *Facts) { f.Unmade = slices.Repeat(f.Unmade, 500) },
		"a title of two lines":           func(f *Facts) { f.Embedded.Title = "a\nb" },
		"a description without end":      func(f *Facts) { f.Embedded.Description = strings.Repeat("x", MaxEmbeddedLongText+1) },
		"a hundred keywords":             func(f *Facts) { f.Embedded.Keywords = make([]string, 100) },
		"an empty keyword":               func(f *Facts) { f.Embedded.Keywords = []string{""} },
		"an aperture below nothing":      func(f *Facts) { f.Embedded.FNumber = -1 },
		"a content type of kilobytes":    func(f *Facts) { f.ContentType = strings.Repeat("x", 5000) },
	}
	for why, change := range cases {
		f := fullFacts()
		change(&f)
		if err := f.Validate(); !errors.Is(err, ErrFactsInvalid) {
			t.Errorf("%s: %v", why, err)
		}
		if _, err := EncodeFacts(f); !errors.Is(err, ErrFactsInvalid) {
			t.Errorf("%s was encoded: %v", why, err)
		}
	}
	for why, c := range map[string]struct {
		text string
		want error
	}{
		"a version to come":    {`{"v":3,"etag":"e"}`, ErrFactsVersion},
		"nothing":              {``, ErrFactsInvalid},
		"not JSON":             {`{"v":2,`, ErrFactsInvalid},
		"another type":         {`{"v":2,"etag":5}`, ErrFactsInvalid},
		"something behind it":  {`{"v":2,"etag":"e"}{}`, ErrFactsInvalid},
		"more than the bounds": {`{"v":2,"etag":"e"}` + strings.Repeat(" ", MaxFactsBytes), ErrFactsInvalid},
	} {
		if _, err := DecodeFacts(strings.NewReader(c.text)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", why, err, c.want)
		}
	}
	if _, err := DecodeFacts(strings.NewReader(`{"v":2,"etag":"e","later":true}`)); err != nil {
		t.Errorf("a field of a later version: %v", err)
	}
}

// Facts that would be too large lose what the file says about itself, the longest first, and no picture.
// features: D12
func TestFactsThatAreTooLargeLoseTheLongest(t *testing.T) {
	f := fullFacts()
	f.Embedded.Description, f.Embedded.UsageTerms = strings.Repeat("<", MaxEmbeddedLongText), strings.Repeat("x", MaxEmbeddedLongText-1)
	for range MaxPictures - 1 {
		f.Renditions = append(f.Renditions, Rendition{Preset: "p", Object: strings.Repeat("x", 256), Key: strings.Repeat("k", 50), ContentType: "image/webp"})
	}
	b, err := EncodeFacts(f)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeFacts(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	want := *f.Embedded
	want.Description, want.Cut = "", true
	if diff := cmp.Diff(&want, got.Embedded); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if f.Embedded.Description == "" {
		t.Error("the caller's own were changed")
	}
	for i := range f.Renditions {
		f.Renditions[i].Key = strings.Repeat("k", 2*maxFactsText)
	}
	if _, err := EncodeFacts(f); !errors.Is(err, ErrFactsInvalid) {
		t.Errorf("%v", err)
	}
}

// Facts of as many pictures that cannot be made as there may be, all with the longest of messages, keep the reason of each and what the file
// says about itself.
// features: D13
func TestFactsOfManyUnmadePicturesLoseTheirMessages(t *testing.T) {
	f := fullFacts()
	f.Unmade = nil
	for i := range MaxPictures {
		object := fmt.Sprintf("%s-%03d", strings.Repeat("o", 120), i)
		f.Unmade = append(f.Unmade, NewUnmade(strings.Repeat("p", 63), object, UnmadeFailed, strings.Repeat("<", maxFactsMessage)))
	}
	b, err := EncodeFacts(f)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeFacts(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f.Embedded, got.Embedded); diff != "" || len(got.Unmade) != MaxPictures {
		t.Errorf("of %d pictures is told; what the file says (-want +got):\n%s", len(got.Unmade), diff)
	}
	for i, u := range got.Unmade {
		if was := f.Unmade[i]; u.Object != was.Object || u.Reason != was.Reason || len(u.Message) == 0 || len(was.Message) != maxFactsMessage {
			t.Fatalf("the %dth is %+v of %+v", i, u, was)
		}
	}
}

func TestNewReadErrorCleans(t *testing.T) {
	got := NewReadError(ReasonCorrupt, "a\nb\x1b[2J\xff"+strings.Repeat("ü", 300))
	if !plainText(got.Message, maxFactsMessage) || !strings.HasPrefix(got.Message, "a b [2J?ü") {
		t.Errorf("%q", got.Message)
	}
}

func FuzzDecodeFacts(f *testing.F) {
	full, err := EncodeFacts(fullFacts())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	f.Add([]byte(`{"v":2,"etag":"e","error":{"reason":"Corrupt","message":"x"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		facts, err := DecodeFacts(bytes.NewReader(b))
		if err != nil {
			return
		}
		// Escapes may make the text up to six times as long as it was.
		if _, err := EncodeFacts(facts); err != nil && len(b) < MaxFactsBytes/6 {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
	})
}
