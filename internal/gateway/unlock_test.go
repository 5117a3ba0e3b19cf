package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/internal/link"
)

func (f *fixture) unlock(password string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	f.t.Helper()
	return f.do("POST", f.page()+"/unlock", append([]func(*http.Request){form("password=" + password), from("192.0.2.1")}, change...)...)
}

const rightPassword = "correct+horse"

// features: K19
func TestUnlocking(t *testing.T) {
	f := newFixture(t)
	f.protect()
	if w := f.do("GET", f.page()); w.Code != 200 || !strings.Contains(w.Body.String(), `type="password"`) {
		t.Fatalf("the locked page: %d", w.Code)
	}
	if w := f.unlock("wrong"); w.Code != 401 || len(w.Result().Cookies()) != 0 {
		t.Errorf("a wrong password: %d with cookies %v", w.Code, w.Result().Cookies())
	}
	w := f.unlock(rightPassword)
	if w.Code != 303 || w.Header().Get("Location") != f.page() || len(w.Result().Cookies()) != 1 {
		t.Fatalf("the right one: %d to %s", w.Code, w.Header().Get("Location"))
	}
	c := w.Result().Cookies()[0]
	if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != int(link.UnlockIdle.Seconds()) {
		t.Errorf("the cookie is %+v", c)
	}
	if strings.Contains(c.Value+c.Name, f.token.Reveal()) {
		t.Error("the cookie holds the token")
	}
	page := f.do("GET", f.page(), withCookie(c))
	if !strings.Contains(page.Body.String(), "hero") {
		t.Error("the unlocked page shows nothing")
	}
	// The bytes open by the session as well as by the signature in the page.
	if w := f.do("GET", "/a/"+f.id+"/"+f.hero+"/original", withCookie(c)); w.Code != 200 {
		t.Errorf("an original by the session: %d", w.Code)
	}
	// Another password ends the session and every address.
	address := f.signed(f.hero, "thumb")
	f.cluster.password.Data[passwordKey] = []byte(strings.Replace(passwordHash, "H9Yw", "H9Yx", 1))
	if w := f.do("GET", f.page(), withCookie(c)); strings.Contains(w.Body.String(), "hero") {
		t.Error("the session outlives the password")
	}
	if w := f.do("GET", address); w.Code != 404 {
		t.Errorf("a signature outlives the password: %d", w.Code)
	}
}

func TestSessionsEndAndAreRenewed(t *testing.T) {
	f := newFixture(t)
	f.protect()
	c := f.unlock(rightPassword).Result().Cookies()[0]
	open := func() *httptest.ResponseRecorder { return f.do("GET", f.page(), withCookie(c)) }
	if w := open(); len(w.Result().Cookies()) != 0 {
		t.Error("a fresh session is written anew")
	}
	began := f.now()
	for f.now().Sub(began) < link.UnlockMax-link.UnlockIdle {
		f.advance(link.UnlockIdle - time.Minute)
		w := open()
		if len(w.Result().Cookies()) != 1 || !strings.Contains(w.Body.String(), "hero") {
			t.Fatalf("after %v of use it is not renewed", f.now().Sub(began))
		}
		c = w.Result().Cookies()[0]
	}
	f.advance(link.UnlockIdle)
	if w := open(); strings.Contains(w.Body.String(), "hero") {
		t.Error("it never ends")
	}
}

// features: F20
func TestWrongPasswordsAreSlowedDown(t *testing.T) {
	f := newFixture(t)
	f.protect()
	for i := 1; i <= freeTries; i++ {
		w := f.unlock("wrong")
		if w.Code != 401 {
			t.Fatalf("try %d: answered %d", i, w.Code)
		}
		if wait := w.Header().Get("Retry-After"); (wait != "") != (i == freeTries) {
			t.Errorf("try %d: told to wait %q", i, wait)
		}
	}
	w := f.unlock(rightPassword)
	if w.Code != 429 || w.Header().Get("Retry-After") != "2" || !strings.Contains(w.Body.String(), "2 seconds") {
		t.Fatalf("a try too soon: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	// Nobody else is shut out: neither another address, nor who is in already.
	if w := f.unlock(rightPassword, from("192.0.2.2")); w.Code != 303 {
		t.Errorf("somebody else: %d", w.Code)
	}
	if w := f.unlock(rightPassword, withCookie(f.cookie())); w.Code != 303 {
		t.Errorf("somebody who is in: %d", w.Code)
	}
	if w := f.unlock("wrong", from("2001:db8::1")); w.Code != 401 {
		t.Errorf("by IPv6: %d", w.Code)
	}
	waited := time.Duration(0)
	for range 12 {
		seconds, err := strconv.Atoi(f.unlock("wrong").Header().Get("Retry-After"))
		if err != nil {
			t.Fatal(err)
		}
		waited = time.Duration(seconds) * time.Second
		f.advance(waited)
		if w := f.unlock("wrong"); w.Code != 401 {
			t.Fatalf("after waiting %v as told: %d", waited, w.Code)
		}
	}
	if waited != maxWait {
		t.Errorf("the wait grew to %v, wanted %v", waited, maxWait)
	}
	f.advance(maxWait)
	if w := f.unlock(rightPassword); w.Code != 303 {
		t.Errorf("the right password after the wait: %d", w.Code)
	}
}

func TestWrongTriesAreForgiven(t *testing.T) {
	th := newThrottle()
	who := throttled{"link", netip.MustParsePrefix("192.0.2.1/32")}
	now := noon
	for range freeTries {
		th.begin(who, now)
	}
	now = now.Add(freeTries * forgiveAfter)
	for i := range freeTries - 1 {
		if th.begin(who, now); th.left(who, now) != 0 {
			t.Errorf("try %d long after is not free", i)
		}
	}
}

// Many wrong tries at once gain nothing: each counts before it is looked at.
func TestTriesAtOnceCount(t *testing.T) {
	f := newFixture(t)
	f.protect()
	codes := make(chan int)
	for range 50 {
		go func() { codes <- f.unlock("wrong").Code }()
	}
	looked := 0
	for range 50 {
		if <-codes == 401 {
			looked++
		}
	}
	if looked > freeTries {
		t.Errorf("%d of 50 were looked at, %d are free", looked, freeTries)
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	g := newGatekeeper(passwordHash)
	for range hashers {
		g.slots <- struct{}{}
	}
	results := make(chan error)
	for range hashers + waiting + 10 {
		go func() {
			_, err := g.verify(t.Context(), passwordHash, "x")
			results <- err
		}()
	}
	for range 10 {
		if err := <-results; !errors.Is(err, errBusy) {
			t.Fatalf("got %v, wanted errBusy", err)
		}
	}
	for range hashers {
		<-g.slots
	}
	for range hashers + waiting {
		if err := <-results; err != nil {
			t.Errorf("who waited got %v", err)
		}
	}
}

func TestFormsAreBounded(t *testing.T) {
	f := newFixture(t)
	f.protect()
	if w := f.unlock(strings.Repeat("x", formLimit)); w.Code != 413 {
		t.Errorf("a form beyond the limit: %d", w.Code)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	f := newFixture(t)
	f.protect()
	for reason, h := range map[string]func(*http.Request){
		"a browser says so":            header("Sec-Fetch-Site", "cross-site"),
		"a neighbour of the same site": header("Sec-Fetch-Site", "same-site"),
		"an old browser's origin":      header("Origin", "https://evil.example"),
	} {
		if w := f.unlock(rightPassword, h); w.Code != 403 || len(w.Result().Cookies()) != 0 {
			t.Errorf("%s: answered %d", reason, w.Code)
		}
	}
	if w := f.unlock(rightPassword, header("Sec-Fetch-Site", "same-origin")); w.Code != 303 {
		t.Errorf("its own form: answered %d", w.Code)
	}
}

func TestOneBrowserKeepsEightSessions(t *testing.T) {
	f := newFixture(t)
	f.protect()
	var cookies []func(*http.Request)
	for i := range maxSessions + 2 {
		cookies = append(cookies, withCookie(&http.Cookie{
			Name:  cookiePrefix + fmt.Sprintf("%026d", i),
			Value: f.signer.SealSession(link.Binding{}, link.Session{Since: noon, Used: noon.Add(time.Duration(i) * time.Minute)}),
		}))
	}
	w := f.unlock(rightPassword, cookies...)
	var removed []string
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			removed = append(removed, c.Name)
		}
	}
	if len(removed) != 3 || !strings.HasSuffix(removed[0], "00") || !strings.HasSuffix(removed[2], "02") {
		t.Errorf("removed %v, wanted the three that were not used for longest", removed)
	}
}

func TestClientOf(t *testing.T) {
	trusted, err := ParsePrefixes("10.0.0.0/8, 2001:db8:ffff::/48,127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ reason, peer, forwarded, want string }{
		{"nobody in between", "192.0.2.1:1", "", "192.0.2.1/32"},
		{"a visitor's own claim does not count", "192.0.2.1:1", "198.51.100.7", "192.0.2.1/32"},
		{"a trusted proxy's does", "10.1.2.3:1", "198.51.100.7", "198.51.100.7/32"},
		{"what a visitor put in front does not", "10.1.2.3:1", "203.0.113.9, 198.51.100.7", "198.51.100.7/32"},
		{"two trusted proxies", "127.0.0.1:1", "203.0.113.9, 198.51.100.7, 10.9.9.9", "198.51.100.7/32"},
		{"all of them trusted", "10.1.2.3:1", "10.1.1.1", "10.1.1.1/32"},
		{"with a port", "10.1.2.3:1", "198.51.100.7:4711", "198.51.100.7/32"},
		{"nonsense ends the search", "10.1.2.3:1", "198.51.100.7, unknown", "10.1.2.3/32"},
		{"IPv6 is its /64", "[2001:db8:1:2:3:4:5:6]:1", "", "2001:db8:1:2::/64"},
		{"IPv4 in IPv6 is IPv4", "[::ffff:192.0.2.1]:1", "", "192.0.2.1/32"},
		{"a zone says nothing", "[fe80::1%eth0]:1", "", "fe80::/64"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tc.peer
		if tc.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tc.forwarded)
		}
		if got := clientOf(r, trusted); got.String() != tc.want {
			t.Errorf("%s: %s, wanted %s", tc.reason, got, tc.want)
		}
	}
	if _, err := ParsePrefixes("10.0.0.0/8,everybody"); err == nil {
		t.Error("nonsense is taken for a prefix")
	}
}

func FuzzClientOf(f *testing.F) {
	f.Add("10.0.0.1, 192.0.2.1")
	f.Add(",,,")
	f.Add("[::1]:80, fe80::1%x, 999.1.1.1")
	trusted, err := ParsePrefixes("10.0.0.0/8")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, forwarded string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "192.0.2.1:1"
		r.Header.Set("X-Forwarded-For", forwarded)
		if got := clientOf(r, trusted); got.String() != "192.0.2.1/32" {
			t.Fatalf("an untrusted peer made itself %s", got)
		}
		r.RemoteAddr = "10.0.0.1:1"
		if got := clientOf(r, trusted); !got.IsValid() || got.Bits() != 32 && got.Bits() != 64 {
			t.Fatalf("a client of %s", got)
		}
	})
}

// FuzzParsePrefixes reads any list of proxies: it is refused, or stays the same when it is written and read again, and nothing in it is
// wider than what stands there.
func FuzzParsePrefixes(f *testing.F) {
	for _, seed := range []string{"10.0.0.0/8, 192.0.2.1", "::ffff:10.0.0.1", "::ffff:10.0.0.0/104", "fe80::1%eth0", "10.0.0.1/33", ",,", "0.0.0.0/0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		prefixes, err := ParsePrefixes(list)
		if err != nil {
			return
		}
		var words []string
		for _, p := range prefixes {
			if !p.IsValid() || p.Bits() == 0 && !strings.Contains(list, "/") {
				t.Fatalf("%q trusts %s", list, p)
			}
			words = append(words, p.String())
		}
		again, err := ParsePrefixes(strings.Join(words, ","))
		if err != nil || !slices.Equal(prefixes, again) {
			t.Errorf("%q is read as %v, and that as %v: %v", list, prefixes, again, err)
		}
	})
}
