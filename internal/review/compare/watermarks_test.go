package compare

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// watermarks declares the library with watermarks.
func watermarks(some string) string {
	return strings.Replace(presets(""), "renditions: []", "watermarks: ["+some+"]", 1)
}

// TestCompareWatermarks has a pair of states for every way in which what the pictures of a link bear changes.
//
// features: F3
func TestCompareWatermarks(t *testing.T) {
	const (
		agency  = "{name: agency, text: Northlight}"
		logo    = "{name: logo, image: brand/logo.png}"
		text    = `"Northlight" (BottomRight, opacity 50, size 30)`
		drawn   = `"brand/logo.png" (BottomRight, opacity 50, size 30)`
		library = "Library brand has the watermark agency as "
	)
	hidden := func(more ...string) string { return plink(append([]string{"originals: Hidden"}, more...)...) }
	const by, byLogo = "watermark: agency", "watermark: logo"
	cases := []struct {
		reason     string
		base, head string
		verdict    Verdict
		want       []string
	}{
		{"a link that bears one from now on", watermarks(agency) + hidden(), watermarks(agency) + hidden(by), Changed, []string{"PublicLink out its pictures bear the watermark agency: " + text}},
		{"an image, which visitors see", watermarks(logo) + hidden(), watermarks(logo) + hidden(byLogo), Wider, []string{"PublicLink out its pictures bear the watermark logo: " + drawn + " WIDER"}},
		{"a link that bears it no more", watermarks(agency) + hidden(by), watermarks(agency) + hidden(), Wider, []string{"PublicLink out its pictures bear the watermark agency no more WIDER"}},
		{"one that is suspended", watermarks(agency) + hidden(by, "suspend: true"), watermarks(agency) + hidden("suspend: true"), Changed, []string{"PublicLink out its pictures bear the watermark agency no more"}},
		{"another watermark", watermarks(agency+", "+logo) + hidden(byLogo), watermarks(agency+", "+logo) + hidden(by), Wider,
			[]string{"PublicLink out its pictures bear the watermark agency: " + text + " instead of " + drawn + " WIDER"}},
		{"the same by another name", watermarks(agency+", {name: same, text: Northlight}") + hidden(by), watermarks(agency+", {name: same, text: Northlight}") + hidden("watermark: same"), Changed,
			[]string{"PublicLink out its pictures bear the watermark same, which is the same as agency"}},
		{"a library makes it fainter", watermarks(agency) + hidden(by), watermarks("{name: agency, text: Northlight, opacity: 10}") + hidden(by), Wider,
			[]string{`PublicLink out its pictures bear the watermark agency: "Northlight" (BottomRight, opacity 10, size 30) instead of ` + text + " WIDER", library + `"Northlight" (BottomRight, opacity 10, size 30) instead of ` + text}},
		{"a library makes it smaller", watermarks(agency) + hidden(by), watermarks("{name: agency, text: Northlight, size: 5}") + hidden(by), Wider,
			[]string{`PublicLink out its pictures bear the watermark agency: "Northlight" (BottomRight, opacity 50, size 5) instead of ` + text + " WIDER", library + `"Northlight" (BottomRight, opacity 50, size 5) instead of ` + text}},
		{"a library puts it elsewhere", watermarks(agency) + hidden(by), watermarks("{name: agency, text: Northlight, position: Top}") + hidden(by), Wider,
			[]string{`PublicLink out its pictures bear the watermark agency: "Northlight" (Top, opacity 50, size 30) instead of ` + text + " WIDER", library + `"Northlight" (Top, opacity 50, size 30) instead of ` + text}},
		{"a library makes it plainer to see", watermarks(agency) + hidden(by), watermarks("{name: agency, text: Northlight, opacity: 90, size: 60}") + hidden(by), Changed,
			[]string{`PublicLink out its pictures bear the watermark agency: "Northlight" (BottomRight, opacity 90, size 60) instead of ` + text, library + `"Northlight" (BottomRight, opacity 90, size 60) instead of ` + text}},
		{"a library says what the API would set", watermarks(agency) + hidden(by), watermarks("{name: agency, text: Northlight, position: BottomRight, opacity: 50, size: 30}") + hidden(by), Same, nil},
		{"a library takes it away", watermarks(agency+", "+logo) + hidden(by), watermarks(logo) + hidden(by), Changed,
			[]string{"PublicLink out the Library has no watermark agency, so no pictures are shown", "Library brand has the watermark agency no more"}},
		{"a library gets one that a link names already", watermarks(logo) + hidden(by), watermarks(logo+", "+agency) + hidden(by), Wider,
			[]string{"PublicLink out its pictures are shown, with the watermark agency: " + text + " WIDER", "Library brand has the new watermark agency: " + text}},
		{"a library gets one that no link names", watermarks(logo) + hidden(byLogo), watermarks(logo+", "+agency) + hidden(byLogo), Changed, []string{"Library brand has the new watermark agency: " + text}},
		{"one that a link names and that never was", watermarks(logo) + hidden(by), watermarks(logo) + hidden(by), Same, nil},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			d := Compare(given(t, c.base), given(t, c.head), noon)
			if diff := cmp.Diff(c.want, rows(d)); diff != "" {
				t.Errorf("other changes (-want +got):\n%s", diff)
			}
			if d.Verdict != c.verdict {
				t.Errorf("it is %s, and should be %s", d.Verdict, c.verdict)
			}
		})
	}
}
