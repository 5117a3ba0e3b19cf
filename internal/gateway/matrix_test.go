package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/link"
)

// state is one thing that a link can be. The visitor has done everything right
// before: has the token, an address that was signed when the link was open and,
// where a password is set, an unlocked session — unless the state says otherwise.
type state struct {
	name string
	make func(*fixture)
	// locked: the visitor has neither session nor signature.
	locked bool
	// as is the expected answer in general: what a page says.
	as Answer
	// retired: addresses of bytes answer 404 as the link is unknown, or changed since they were signed.
	retired bool
}

var states = []state{
	{name: "active", make: func(*fixture) {}, as: Allow},
	{name: "unlocked", make: (*fixture).protect, as: Allow},
	{name: "locked", make: (*fixture).protect, locked: true, as: Locked},
	{name: "never existed", make: func(f *fixture) { f.cluster.link = nil }, as: NotFound},
	{name: "being deleted", make: func(f *fixture) { f.cluster.link.DeletionTimestamp = &metav1.Time{Time: noon} }, as: NotFound},
	{name: "without a token yet", make: func(f *fixture) { f.cluster.link.Status.TokenHash = "" }, as: NotFound},
	{name: "with an id that does not follow from its token", make: func(f *fixture) {
		f.cluster.link.Status.TokenHash = strings.Repeat("0", link.HashLength)
	}, as: NotFound},
	{name: "two objects claim the token", make: func(f *fixture) {
		twin := *f.cluster.link.DeepCopy()
		twin.Namespace = "northlight"
		f.cluster.twins = append(f.cluster.twins, twin)
	}, as: NotFound},
	{name: "pending", make: func(f *fixture) {
		f.cluster.link.Spec.NotBefore = &metav1.Time{Time: noon.Add(time.Minute)}
	}, as: TooEarly},
	{name: "expired", make: func(f *fixture) { f.cluster.link.Spec.NotAfter = &metav1.Time{Time: noon} }, as: Gone},
	{name: "older than the library's default", make: func(f *fixture) { f.cluster.library.Spec.Links.DefaultTTL = "30m" }, as: Gone},
	{name: "older than the library's ceiling", make: func(f *fixture) {
		f.cluster.link.Spec.NotAfter = &metav1.Time{Time: noon.Add(time.Hour)}
		f.cluster.library.Spec.Links.MaxTTL = "30m"
	}, as: Gone},
	{name: "suspended", make: func(f *fixture) { f.cluster.link.Spec.Suspend = true }, as: Gone},
	{name: "frozen itself", make: func(f *fixture) { f.cluster.link.Annotations = freeze }, as: Gone},
	{name: "its library is frozen", make: func(f *fixture) { f.cluster.library.Annotations = freeze }, as: Gone},
	{name: "its namespace is frozen", make: func(f *fixture) { f.cluster.namespace.Annotations = freeze }, as: Gone},
	{name: "its target is missing", make: func(f *fixture) { f.cluster.link.Status.Phase = v1alpha1.LinkUnavailable }, as: Gone},
	{name: "its catalog is named elsewhere", make: func(f *fixture) { f.cluster.link.Status.Catalog = "links/launch.json" }, as: Gone},
	{name: "its library is gone", make: func(f *fixture) { f.cluster.library = nil }, as: Gone},
	{name: "its library is being deleted", make: func(f *fixture) { f.cluster.library.DeletionTimestamp = &metav1.Time{Time: noon} }, as: Gone},
	{name: "its store is gone", make: func(f *fixture) { f.cluster.store = nil }, as: Gone},
	{name: "its store is being deleted", make: func(f *fixture) { f.cluster.store.DeletionTimestamp = &metav1.Time{Time: noon} }, as: Gone},
	{name: "its store admits the namespace no more", make: func(f *fixture) { f.cluster.store.Spec.Tenants[0].Namespaces = []string{"northlight"} }, as: Gone},
	{name: "its store admits the bucket no more", make: func(f *fixture) { f.cluster.store.Spec.Tenants[0].Buckets = []string{"acme-brand"} }, as: Gone},
	{name: "its namespace is gone", make: func(f *fixture) { f.cluster.namespace = nil }, as: Gone},
	{name: "its namespace is ending", make: func(f *fixture) { f.cluster.namespace.DeletionTimestamp = &metav1.Time{Time: noon} }, as: Gone},
	{name: "protected, and the password has not arrived", make: func(f *fixture) { f.protect(); f.cluster.password = nil }, locked: true, as: Unavailable, retired: true},
	{name: "protected, and the manager is silent", make: func(f *fixture) {
		f.protect()
		f.cluster.lease.Spec.RenewTime = &metav1.MicroTime{Time: noon.Add(-heartbeatLimit - time.Second)}
	}, as: Unavailable},
	{name: "protected, and there never was a manager", make: func(f *fixture) { f.protect(); f.cluster.lease = nil }, as: Unavailable},
	{name: "sponsored", make: func(f *fixture) { f.sponsor(true) }, as: Allow},
	{name: "its sponsor has lost the right", make: func(f *fixture) { f.sponsor(false) }, as: Gone},
	{name: "its sponsor is another one than the manager judged", make: func(f *fixture) {
		f.sponsor(true)
		f.cluster.link.Status.SponsoredBy.Name = "interns"
	}, as: Gone},
	{name: "its library demands a sponsor, and it has none", make: func(f *fixture) {
		f.cluster.library.Spec.Links.Sponsor = v1alpha1.SponsorRequired
	}, as: Gone},
	{name: "its library admits other sponsors", make: func(f *fixture) {
		f.sponsor(true)
		f.cluster.library.Spec.Links.Sponsors = []string{"press"}
	}, as: Gone},
	{name: "sponsored, and the manager is silent", make: func(f *fixture) { f.sponsor(true); f.cluster.lease = nil }, as: Unavailable},
	{name: "open, and the manager is silent", make: func(f *fixture) { f.cluster.lease = nil }, as: Allow},
	{name: "the store does not answer", make: func(f *fixture) { f.shelf.fail(errSilent) }, as: Unavailable},
	{name: "the catalog is gone", make: func(f *fixture) { delete(f.shelf.held, "acme-brand-dam/"+asset.CatalogObject("launch")) }, as: Unavailable},
	{name: "there are no signing keys", make: func(f *fixture) { f.cluster.signing = nil }, as: Unavailable},
}

var freeze = map[string]string{v1alpha1.AnnotationFreeze: "leak"}

// routeRow says how a route is asked and what it answers. storeless routes do not need the store to decide.
type routeRow struct {
	ask func(*fixture, state) *httptest.ResponseRecorder
	// allowed is the status of success.
	allowed int
	// bytes: the address holds an id and no token.
	bytes bool
	// unlock: it takes a password, so being locked is no refusal, and the store is not needed.
	unlock bool
	// same: the route is of no link and always answers the same.
	same bool
	// shows must be in the body of success, and hidden never in that of a refusal.
	shows string
}

func visitor(f *fixture, s state) func(*http.Request) {
	if s.locked || f.cluster.password == nil {
		return func(*http.Request) {}
	}
	return withCookie(f.cookie())
}

// rows has one row for each route. A route without a row fails the test.
var rows = map[string]routeRow{
	"GET /robots.txt": {ask: func(f *fixture, _ state) *httptest.ResponseRecorder { return f.do("GET", "/robots.txt") }, allowed: 200, same: true, shows: "Disallow: /"},
	"GET /static/{hash}/{file}": {ask: func(f *fixture, _ state) *httptest.ResponseRecorder {
		return f.do("GET", f.server.web.static["app.css"].address)
	}, allowed: 200, same: true, shows: "--paper"},
	"GET /l/{token}": {ask: func(f *fixture, s state) *httptest.ResponseRecorder { return f.do("GET", f.page(), visitor(f, s)) }, allowed: 200, shows: "hero"},
	"GET /l/{token}/{slug}": {ask: func(f *fixture, s state) *httptest.ResponseRecorder {
		return f.do("GET", f.page()+"/spring-launch", visitor(f, s))
	}, allowed: 200, shows: "hero"},
	"GET /l/{token}/asset/{asset}": {ask: func(f *fixture, s state) *httptest.ResponseRecorder {
		return f.do("GET", f.page()+"/asset/"+f.hero, visitor(f, s))
	}, allowed: 200, shows: "hero"},
	"POST /l/{token}/unlock": {ask: func(f *fixture, _ state) *httptest.ResponseRecorder {
		return f.do("POST", f.page()+"/unlock", form("password=correct+horse"))
	}, allowed: 303, unlock: true},
	"GET /a/{link}/{asset}/{what}": {ask: func(f *fixture, s state) *httptest.ResponseRecorder {
		address := f.signed(f.hero, "thumb")
		if s.locked {
			address, _, _ = strings.Cut(address, "?")
		}
		return f.do("GET", address, visitor(f, s))
	}, allowed: 200, bytes: true, shows: "thumb of"},
}

var statuses = map[Answer]int{NotFound: 404, Gone: 410, TooEarly: 403, Locked: 200, Unavailable: 503, NoSuchAsset: 404}

func (row routeRow) want(s state) int {
	storeOnly := s.name == "the store does not answer" || s.name == "the catalog is gone"
	switch {
	case row.same, s.as == Allow:
		return row.allowed
	case row.unlock && (s.as == Locked || storeOnly):
		return row.allowed
	case row.bytes && (s.as == Locked || s.retired):
		return 404
	}
	return statuses[s.as]
}

// Every route in every state of a link.
//
// features: K18, K19, K22, F18, U14, U6
func TestEveryRouteInEveryState(t *testing.T) {
	known := map[string]bool{}
	for _, route := range Routes() {
		name := route.Method + " " + route.Pattern
		known[name] = true
		row, ok := rows[name]
		if !ok {
			t.Errorf("route %s has no row: say what it answers in each state of a link", name)
			continue
		}
		if (route.Permission == Public) != row.same {
			t.Errorf("route %s demands %s, and its row says otherwise", name, route.Permission)
		}
		for _, s := range states {
			t.Run(name+" when "+s.name, func(t *testing.T) {
				f := newFixture(t)
				s.make(f)
				w := row.ask(f, s)
				if want := row.want(s); w.Code != want {
					t.Fatalf("answered %d, wanted %d", w.Code, want)
				}
				body := w.Body.String()
				refused := s.as != Allow && !row.same && w.Code != 303
				if !refused && !strings.Contains(body, row.shows) {
					t.Errorf("the answer does not show %q", row.shows)
				}
				if refused {
					checkTellsNothing(t, f, w)
				}
				checkHeaders(t, w)
				checkLog(t, f)
			})
		}
	}
	for name := range rows {
		if !known[name] {
			t.Errorf("row %s is of no route", name)
		}
	}
}

// checkTellsNothing looks for anything of what the link shows in a refusal.
func checkTellsNothing(t *testing.T, f *fixture, w *httptest.ResponseRecorder) {
	t.Helper()
	body := w.Body.String()
	for _, secret := range []string{"hero", "Spring launch", "notes", "logo", "2 files", "3 files", "thumb", f.hero, "<img", "acme-brand", `"launch"`} {
		if strings.Contains(body, secret) {
			t.Errorf("the refusal shows %q:\n%s", secret, body)
		}
	}
	if w.Code == 503 && w.Header().Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	if known := w.Code == 410 || w.Code == 403; known && f.cluster.library != nil && !strings.Contains(body, "brand@acme.example") {
		t.Error("the refusal of a known link does not say whom to ask")
	}
	if cache := w.Header().Get("Cache-Control"); cache != "private, no-store" {
		t.Errorf("the refusal may be kept: %q", cache)
	}
}

func checkHeaders(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	for name, want := range map[string]string{
		"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive", "X-Content-Type-Options": "nosniff",
		"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, wanted %q", name, got, want)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); w.Code != 303 && !strings.HasPrefix(csp, "default-src") && w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("no Content-Security-Policy: %q", csp)
	}
}

func checkLog(t *testing.T, f *fixture) {
	t.Helper()
	for name, secret := range map[string]string{"token": f.token.Reveal(), "password": secretPassword, "password as sent": "correct+horse", "hash of the password": passwordHash, "hash of the token": f.token.Hash()} {
		if strings.Contains(f.log.String(), secret) {
			t.Errorf("the log holds the %s:\n%s", name, f.log.String())
		}
	}
}

// Unknown, malformed and deleted cannot be told apart.
func TestUnknownLinksAnswerTheSame(t *testing.T) {
	f := newFixture(t)
	want := f.do("GET", "/l/"+strings.Repeat("0", link.TokenLength))
	deleted := newFixture(t)
	deleted.cluster.link = nil
	for reason, got := range map[string]*httptest.ResponseRecorder{
		"too short":             f.do("GET", "/l/abc"),
		"capitals":              f.do("GET", "/l/"+strings.ToUpper(f.token.Reveal())),
		"with a slug":           f.do("GET", "/l/"+strings.Repeat("0", link.TokenLength)+"/slug"),
		"an escaped slash":      f.do("GET", "/l/%2e%2e%2f"+f.token.Reveal()),
		"no such route":         f.do("GET", "/admin"),
		"the root":              f.do("GET", "/"),
		"deleted":               deleted.do("GET", deleted.page()),
		"an asset of nobody":    f.do("GET", "/l/"+strings.Repeat("0", link.TokenLength)+"/asset/"+f.hero),
		"bytes of nobody":       f.do("GET", "/a/"+strings.Repeat("0", link.IDLength)+"/"+f.hero+"/thumb"),
		"bytes, not signed":     f.do("GET", "/a/"+f.id+"/"+f.hero+"/thumb"),
		"the token as an id":    f.do("GET", "/a/"+f.token.Reveal()+"/"+f.hero+"/thumb"),
		"a password for nobody": f.do("POST", "/l/"+strings.Repeat("0", link.TokenLength)+"/unlock", form("password=x")),
	} {
		if got.Code != 404 || got.Body.String() != want.Body.String() {
			t.Errorf("%s: answered %d with another body than for an unknown token", reason, got.Code)
		}
		for name := range want.Header() {
			if got.Header().Get(name) != want.Header().Get(name) {
				t.Errorf("%s: header %s is %q, wanted %q", reason, name, got.Header().Get(name), want.Header().Get(name))
			}
		}
	}
}
