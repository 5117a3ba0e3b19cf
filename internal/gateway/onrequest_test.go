package gateway

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/demand"
)

// onRequest has the link offer a preset whose pictures are made when they are asked for.
func (f *fixture) onRequest() {
	f.cluster.library.Spec.Renditions = []v1alpha1.RenditionPreset{{Name: "web"}, {Name: "print", When: v1alpha1.RenderOnRequest}, {Name: "secret", When: v1alpha1.RenderOnRequest}}
	f.cluster.link.Spec.Renditions = []string{"web", "print"}
}

func (f *fixture) wanted() []demand.Entry { return f.server.demand.Entries() }

// What is made on request is asked for by whoever the link shows it to, and by nobody else.
//
// features: D13
func TestWhatIsMadeOnRequestIsAskedFor(t *testing.T) {
	for reason, c := range map[string]struct {
		make func(*fixture)
		ask  func(*fixture) *httptest.ResponseRecorder
		want int // status
		made bool
	}{
		"by a visitor who has the address of the page": {func(*fixture) {}, func(f *fixture) *httptest.ResponseRecorder { return f.do("GET", f.signed(f.hero, "print")) }, 503, true},
		"by one who unlocked the link": {(*fixture).protect, func(f *fixture) *httptest.ResponseRecorder {
			return f.do("GET", "/a/"+f.id+"/"+f.hero+"/print", withCookie(f.cookie()))
		}, 503, true},
		"only to know whether it is there": {func(*fixture) {}, func(f *fixture) *httptest.ResponseRecorder { return f.do("HEAD", f.signed(f.hero, "print")) }, 503, false},
		"by one who did not unlock it":     {(*fixture).protect, func(f *fixture) *httptest.ResponseRecorder { return f.do("GET", "/a/"+f.id+"/"+f.hero+"/print") }, 404, false},
		"by a stranger":                    {func(*fixture) {}, func(f *fixture) *httptest.ResponseRecorder { return f.do("GET", "/a/"+f.id+"/"+f.hero+"/print") }, 404, false},
		"with another's signature": {func(*fixture) {}, func(f *fixture) *httptest.ResponseRecorder {
			return f.do("GET", strings.Replace(f.signed(f.hero, "web"), "/web?", "/print?", 1))
		}, 404, false},
		"of a file that the link does not show":    {func(*fixture) {}, func(f *fixture) *httptest.ResponseRecorder { return f.do("GET", f.signed(f.other, "print")) }, 404, false},
		"of a file that is no picture":             {func(*fixture) {}, func(f *fixture) *httptest.ResponseRecorder { return f.do("GET", f.signed(f.text, "print")) }, 404, false},
		"by a preset that the link does not offer": {func(*fixture) {}, func(f *fixture) *httptest.ResponseRecorder { return f.do("GET", f.signed(f.hero, "secret")) }, 404, false},
		"by a preset that is rendered unasked": {func(f *fixture) { f.cluster.library.Spec.Renditions[1].When = v1alpha1.RenderEager },
			func(f *fixture) *httptest.ResponseRecorder { return f.do("GET", f.signed(f.hero, "print")) }, 404, false},
		"by a preset that is there no more": {func(f *fixture) { f.cluster.library.Spec.Renditions = nil },
			func(f *fixture) *httptest.ResponseRecorder { return f.do("GET", f.signed(f.hero, "print")) }, 404, false},
		"when it is there":           {func(*fixture) {}, func(f *fixture) *httptest.ResponseRecorder { return f.do("GET", f.signed(f.hero, "web")) }, 200, false},
		"when the link has ended":    {func(f *fixture) { f.cluster.link.Spec.NotAfter = &metav1.Time{Time: noon} }, func(f *fixture) *httptest.ResponseRecorder { return f.do("GET", f.signed(f.hero, "print")) }, 410, false},
		"when the link is suspended": {func(f *fixture) { f.cluster.link.Spec.Suspend = true }, func(f *fixture) *httptest.ResponseRecorder { return f.do("GET", f.signed(f.hero, "print")) }, 410, false},
		"when it cannot be made": {func(f *fixture) {
			hero := f.row("launch/hero <1>.jpg", heroBytes)
			hero.Unmade = []string{"print"}
			f.writeCatalog(hero)
		}, func(f *fixture) *httptest.ResponseRecorder { return f.do("GET", f.signed(f.hero, "print")) }, 404, false},
	} {
		t.Run(reason, func(t *testing.T) {
			f := newFixture(t)
			f.onRequest()
			c.make(f)
			w := c.ask(f)
			if w.Code != c.want {
				t.Errorf("answered %d, want %d", w.Code, c.want)
			}
			var want []demand.Entry
			if c.made {
				want = []demand.Entry{{Item: demand.Item{Namespace: "acme", Link: "launch", Asset: f.hero, Preset: "print"}, At: noon}}
			}
			if diff := cmp.Diff(want, append([]demand.Entry(nil), f.wanted()...)); diff != "" {
				t.Errorf("asked for (-want +got):\n%s", diff)
			}
			if w.Code == 503 || w.Code == 404 {
				checkTellsNothing(t, f, w)
			}
			checkHeaders(t, w)
		})
	}
}

// Whoever waits is told so in plain words, and the page asks again by itself.
//
// features: D13
func TestThePageSaysThatItIsBeingMade(t *testing.T) {
	f := newFixture(t)
	f.onRequest()
	page := f.do("GET", f.page()+"/asset/"+f.hero).Body.String()
	address := regexp.MustCompile(`href="(/a/[^"]*/print[^"]*)"`).FindStringSubmatch(page)
	if address == nil || !strings.Contains(page, "made when you ask for it") {
		t.Fatalf("the page of the file does not offer it:\n%s", page)
	}
	if len(f.wanted()) != 0 {
		t.Error("to look at the page asks for something")
	}
	w := f.do("GET", strings.ReplaceAll(address[1], "&amp;", "&"))
	body := w.Body.String()
	for _, text := range []string{"This file is being made", `<meta http-equiv="refresh" content="5">`, "mailto:brand@acme.example"} {
		if !strings.Contains(body, text) {
			t.Errorf("the page lacks %q:\n%s", text, body)
		}
	}
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "5" || len(f.wanted()) != 1 {
		t.Errorf("answered %d, Retry-After %q; wanted are %v", w.Code, w.Header().Get("Retry-After"), f.wanted())
	}
	if strings.Contains(f.do("GET", f.page()).Body.String(), "http-equiv") || strings.Contains(f.do("GET", "/l/x").Body.String(), "http-equiv") {
		t.Error("another page asks again by itself")
	}
}

// features: D13
func TestTheManagerIsToldWhatIsWanted(t *testing.T) {
	f := newFixture(t)
	f.onRequest()
	f.do("GET", f.signed(f.hero, "print"))
	gateway := httptest.NewServer(metricsMux(http.NotFoundHandler(), f.server.Wanted()))
	defer gateway.Close()
	got, err := demand.Fetch(t.Context(), gateway.Client(), gateway.URL, f.signer.SignCall(demand.Path, noon))
	if err != nil || len(got) != 1 || got[0].Asset != f.hero {
		t.Errorf("told %v, %v", got, err)
	}
	for reason, proof := range map[string]string{
		"a stranger":   "",
		"an old proof": f.signer.SignCall(demand.Path, noon.Add(-time.Hour)),
		"a visitor":    strings.SplitN(f.signed(f.hero, "print"), "s=", 2)[1],
	} {
		if got, err := demand.Fetch(t.Context(), gateway.Client(), gateway.URL, proof); err == nil {
			t.Errorf("%s is told %v", reason, got)
		}
	}
	if w := f.do("GET", demand.Path); w.Code != http.StatusNotFound {
		t.Errorf("visitors are answered %d", w.Code)
	}
	f.cluster.signing = nil
	if got, err := demand.Fetch(t.Context(), gateway.Client(), gateway.URL, f.signer.SignCall(demand.Path, noon)); err == nil {
		t.Errorf("without keys there is told %v", got)
	}
}
