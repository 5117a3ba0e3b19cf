package gateway

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

var addresses = regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)

// features: B4, K17
func TestThePageShowsWhatIsShared(t *testing.T) {
	f := newFixture(t)
	f.cluster.link.Spec.Message = "First line\n<script>alert(1)</script>"
	f.cluster.link.Spec.NotAfter = &metav1.Time{Time: noon.Add(48 * time.Hour)}
	w := f.do("GET", f.page())
	body := w.Body.String()
	for reason, text := range map[string]string{
		"title": "<h1>Spring launch</h1>", "message, harmless": "&lt;script&gt;alert(1)&lt;/script&gt;", "count": "3 files", "whom to ask": "mailto:brand@acme.example",
		"name, harmless": "hero &lt;1&gt;.jpg", "folder": "<small>launch</small>", "end in words": "3 March 2027, 12:00 UTC",
		"no picture possible": "No preview", "no picture yet": "Being prepared", "size known before the picture": `width="400" height="300"`,
		"pictures come when they are needed": `loading="lazy"`,
	} {
		if !strings.Contains(body, text) {
			t.Errorf("the page lacks the %s: %q", reason, text)
		}
	}
	if strings.Contains(body, "<script") || strings.Contains(body, " style=") || strings.Contains(body, "secret/plan") {
		t.Error("the page holds a script, a style of its own or a file that is not shared")
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "unsafe") {
		t.Errorf("Content-Security-Policy of the page: %q", csp)
	}
	checkAddresses(t, f, body)
}

func TestTitleOfTheTargetStandsIn(t *testing.T) {
	f := newFixture(t)
	f.cluster.link.Spec.Title = ""
	if body := f.do("GET", f.page()).Body.String(); !strings.Contains(body, "<h1>Hero shots</h1>") {
		t.Errorf("without a title of its own the link has not its target's: %.300s", body)
	}
}

// checkAddresses fetches every address of a page: all are here, all work, and none of bytes holds the token.
func checkAddresses(t *testing.T, f *fixture, body string) {
	t.Helper()
	seen := 0
	for _, m := range addresses.FindAllStringSubmatch(body, -1) {
		address := strings.ReplaceAll(m[1], "&amp;", "&")
		if strings.HasPrefix(address, "#") || strings.HasPrefix(address, "mailto:") {
			continue
		}
		if !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") {
			t.Errorf("the page leads elsewhere: %s", address)
			continue
		}
		if strings.HasPrefix(address, "/a/") && strings.Contains(address, f.token.Reveal()) {
			t.Errorf("an address of bytes holds the token: %s", address)
		}
		if w := f.do("GET", address); w.Code != 200 {
			t.Errorf("%s answers %d", address, w.Code)
		}
		seen++
	}
	if seen < 4 {
		t.Errorf("only %d addresses", seen)
	}
}

// features: B2, F2
func TestThePageOfAnAsset(t *testing.T) {
	f := newFixture(t)
	body := f.do("GET", f.page()+"/asset/"+f.hero).Body.String()
	for reason, text := range map[string]string{
		"name": "<h1>hero &lt;1&gt;.jpg</h1>", "original": "Original file", "its size": "750", "the preset that is offered": ">web<",
		"position": "1 / 3", "next": `rel="next"`, "pixels": "4000 × 3000", "type": "image/jpeg",
	} {
		if !strings.Contains(body, text) {
			t.Errorf("the page lacks the %s: %q", reason, text)
		}
	}
	if strings.Contains(body, ">square<") {
		t.Error("it offers a preset that the link does not")
	}
	checkAddresses(t, f, body)
	for _, id := range []string{f.other, "x", strings.Repeat("a", asset.IDLength)} {
		if w := f.do("GET", f.page()+"/asset/"+id); w.Code != 404 || strings.Contains(w.Body.String(), "hero") {
			t.Errorf("a file that is not shared: %d", w.Code)
		}
	}
	f.cluster.link.Spec.Originals = v1alpha1.OriginalsHidden
	body = f.do("GET", f.page()+"/asset/"+f.hero).Body.String()
	if strings.Contains(body, "Original file") || strings.Contains(body, "/original") {
		t.Error("it offers an original that is hidden")
	}
	if w := f.do("GET", f.signed(f.hero, "original")); w.Code != 404 {
		t.Errorf("a hidden original: %d", w.Code)
	}
}

// An address altered by hand reaches nothing.
//
// features: K29
func TestAlteredAddressesReachNothing(t *testing.T) {
	f := newFixture(t)
	thumb := f.signed(f.hero, "thumb")
	query := thumb[strings.IndexByte(thumb, '?'):]
	for reason, address := range map[string]string{
		"the original in the thumbnail's place":                          "/a/" + f.id + "/" + f.hero + "/original" + query,
		"another asset of the link":                                      "/a/" + f.id + "/" + f.text + "/thumb" + query,
		"an asset that is not shared":                                    "/a/" + f.id + "/" + f.other + "/thumb" + query,
		"such an asset, with the signature of somebody who has the keys": f.signed(f.other, "thumb"),
		"a preset that is not offered, signed":                           f.signed(f.hero, "square"),
		"a preset that does not exist, signed":                           f.signed(f.hero, "poster"),
		"a later end":                                                    strings.Replace(thumb, "e=1", "e=2", 1),
		"no end":                                                         "/a/" + f.id + "/" + f.hero + "/thumb?s=" + query[strings.Index(query, "s=")+2:],
		"no signature":                                                   thumb[:strings.Index(thumb, "&s=")],
		"an id that is a path":                                           "/a/" + f.id + "/..%2f..%2fsecret/thumb" + query,
		"a key in place of the id":                                       "/a/" + f.id + "/" + "launch%2Fhero%20%3C1%3E.jpg" + "/original" + query,
		"somebody else's link":                                           "/a/" + strings.Repeat("z", 26) + "/" + f.hero + "/thumb" + query,
	} {
		if w := f.do("GET", address); w.Code != 404 {
			t.Errorf("%s: answered %d", reason, w.Code)
		}
	}
	f.advance(time.Hour + time.Second)
	if w := f.do("GET", thumb); w.Code != 404 {
		t.Errorf("an hour later: answered %d", w.Code)
	}
}

// A file is shown from the instant and until the instant that are its own, and what is over is told and not shown.
//
// features: B11, D6, D8, F13, K24
func TestFilesHaveTimesOfTheirOwn(t *testing.T) {
	f := newFixture(t)
	soon, ends, plain := f.row("soon.jpg", []byte{1}), f.row("ends.jpg", []byte{2}), f.row("plain.jpg", []byte{3})
	soon.From, ends.Until = f.now().Add(time.Minute), f.now().Add(2*time.Minute)
	f.writeCatalog(ends, plain, soon)
	shows := func(when string, want ...string) {
		t.Helper()
		body := f.do("GET", f.page()).Body.String()
		for _, row := range []asset.CatalogAsset{soon, ends, plain} {
			shown := slices.Contains(want, row.Path)
			if strings.Contains(body, row.Path) != shown {
				t.Errorf("%s, %s is on the page: %t", when, row.Path, !shown)
			}
			code := f.do("GET", f.signed(row.ID, "original")).Code
			page := f.do("GET", f.page()+"/asset/"+row.ID).Code
			if (code == 200) != shown || (page == 200) != shown {
				t.Errorf("%s, %s is answered with %d, its page with %d", when, row.Path, code, page)
			}
		}
	}
	shows("at first", "ends.jpg", "plain.jpg")
	f.advance(time.Minute)
	shows("when one is published", "ends.jpg", "plain.jpg", "soon.jpg")
	f.advance(time.Minute)
	shows("when one is past its end", "plain.jpg", "soon.jpg")
	if body := f.do("GET", f.page()).Body.String(); !strings.Contains(body, "1 more file is no longer available") {
		t.Error("nobody is told that a file is over")
	}
}

// A link to what is archived says so, in words that tell nothing of it.
//
// features: D6
func TestALinkToArchivedFilesSaysSo(t *testing.T) {
	f := newFixture(t)
	data, err := asset.Catalog{Title: "secret title", Archived: 1}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	f.shelf.put("acme-brand-dam", asset.CatalogObject("launch"), data)
	w := f.do("GET", f.page())
	if body := w.Body.String(); w.Code != http.StatusGone || !strings.Contains(body, "This is no longer available") || strings.Contains(body, "secret") {
		t.Errorf("%d: %s", w.Code, body)
	}
}

// The values that a catalog holds are shown as text.
//
// features: B5
func TestThePageOfAnAssetShowsFields(t *testing.T) {
	f := newFixture(t)
	row := f.row("a.jpg", []byte{1})
	row.Fields = []asset.CatalogField{{Title: "Credit", Values: []string{"<b>Ann</b>"}}, {Title: "Keywords", Values: []string{"hero", "spring"}}}
	f.writeCatalog(row)
	body := f.do("GET", f.page()+"/asset/"+row.ID).Body.String()
	for _, want := range []string{"<dt>Credit</dt><dd>&lt;b&gt;Ann&lt;/b&gt;</dd>", "<dd>hero</dd><dd>spring</dd>"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestLongListsHavePages(t *testing.T) {
	f := newFixture(t)
	var rows []asset.CatalogAsset
	for i := range 2*perPage + 1 {
		row := f.row(fmt.Sprintf("a/long/folder/file-%04d.jpg", i), []byte{1})
		row.Renditions = []asset.CatalogRendition{f.rendition(row.Path, "thumb", "image/webp")}
		rows = append(rows, row)
	}
	f.writeCatalog(rows...)
	first := f.do("GET", f.page())
	if n := strings.Count(first.Body.String(), "<li>"); n != perPage {
		t.Errorf("the first page shows %d", n)
	}
	t.Logf("a page of %d pictures has %d bytes", perPage, first.Body.Len())
	last := f.do("GET", f.page()+"?page=3").Body.String()
	if n := strings.Count(last, "<li>"); n != 1 || !strings.Contains(last, "3 / 3") {
		t.Errorf("the last page shows %d", n)
	}
	for _, odd := range []string{"0", "-1", "99999999999999999999", "x", "4"} {
		if w := f.do("GET", f.page()+"?page="+odd); w.Code != 200 || !strings.Contains(w.Body.String(), "<li>") {
			t.Errorf("page %s: %d", odd, w.Code)
		}
	}
	if body := f.do("GET", f.page()+"/asset/"+rows[perPage].ID).Body.String(); !strings.Contains(body, `?page=2"`) {
		t.Error("the way back does not lead to the page that it came from")
	}
}

// Every page in every language: no text is missing, none is left over.
func TestLanguages(t *testing.T) {
	f := newFixture(t)
	all := f.server.web.languages.all
	var keys []string
	for key := range all[0].Text {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	used := usedKeys(t)
	for _, words := range all {
		for _, key := range keys {
			if words.Text[key] == "" {
				t.Errorf("%s lacks %s", words.Tag, key)
			}
		}
		if len(words.Text) != len(keys) {
			t.Errorf("%s has %d texts, %s has %d", words.Tag, len(words.Text), all[0].Tag, len(keys))
		}
	}
	for _, key := range keys {
		if !slices.ContainsFunc(used, func(u string) bool { return u == key || strings.HasPrefix(key, u+".") }) {
			t.Errorf("no page uses %s", key)
		}
	}
	for _, tc := range []struct{ accept, tag, text string }{
		{"", "en", "Available until"},
		{"de-CH,de;q=0.9,en;q=0.8", "de", "Verfügbar bis"},
		{"fr-FR, nl;q=0.5", "en", "Available until"},
		{"eo, de;q=0.1", "de", "Verfügbar bis"},
		{strings.Repeat("de,", 1000), "en", "Available until"},
		{"\x00;;q=", "en", "Available until"},
	} {
		f.cluster.link.Spec.NotAfter = &metav1.Time{Time: noon.Add(time.Hour)}
		w := f.do("GET", f.page(), header("Accept-Language", tc.accept))
		if w.Header().Get("Content-Language") != tc.tag || !strings.Contains(w.Body.String(), tc.text) || !strings.Contains(w.Body.String(), `lang="`+tc.tag+`"`) {
			t.Errorf("%.30q: %s", tc.accept, w.Header().Get("Content-Language"))
		}
	}
}

// usedKeys are the texts that templates and code ask for.
func usedKeys(t *testing.T) []string {
	t.Helper()
	keys := []string{"wait.minutes", "wait.seconds"}
	for _, k := range []string{"early", "expired", "locked", "making", "noasset", "notfound", "suspended", "targetgone", "unavailable"} {
		keys = append(keys, k+".title", k+".text")
	}
	asked := regexp.MustCompile(`(?:t|count) "([a-z.]+)"`)
	names, err := fs.Glob(webFiles, "web/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(webFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range asked.FindAllSubmatch(data, -1) {
			keys = append(keys, string(m[1]))
		}
	}
	return keys
}

func TestSizesInWords(t *testing.T) {
	f := newFixture(t)
	en, de := f.server.web.languages.all[0], f.server.web.languages.choose(requestIn("de"))
	for bytes, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1 KB", 999_499: "999 KB", 999_500: "1.0 MB", 5_240_000: "5.2 MB", 123_400_000: "123 MB", 2_000_000_000: "2.0 GB", 1 << 62: "4611686 TB"} {
		if got := strings.ReplaceAll(en.size(bytes), "\u00a0", " "); got != want {
			t.Errorf("%d: %s, wanted %s", bytes, got, want)
		}
	}
	if got := de.size(5_240_000); got != "5,2\u00a0MB" {
		t.Errorf("in German: %s", got)
	}
	if got := de.when(noon); got != "1. März 2027, 12:00 Uhr (UTC)" {
		t.Errorf("a date in German: %s", got)
	}
}

func TestStaticFilesNameTheirContent(t *testing.T) {
	f := newFixture(t)
	w := f.do("GET", f.server.web.static["app.css"].address)
	if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("the style sheet: %d, %v", w.Code, w.Header())
	}
	for _, address := range []string{"/static/0000000000000000/app.css", "/static/x/layout.html", "/static/../routes.go", "/static/x/lang%2Fen.json"} {
		if w := f.do("GET", address); w.Code == 200 {
			t.Errorf("%s is served", address)
		}
	}
}

func requestIn(language string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept-Language", language)
	return r
}
