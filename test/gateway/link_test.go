package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/gateway"
	"github.com/vitrine-dam/vitrine/internal/store"
)

var addresses = regexp.MustCompile(`(?:href|src)="([^"]*)"`)

func addressesOf(page []byte) (all []string) {
	for _, m := range addresses.FindAllSubmatch(page, -1) {
		if a := strings.ReplaceAll(string(m[1]), "&amp;", "&"); strings.HasPrefix(a, "/") {
			all = append(all, a)
		}
	}
	return all
}

// pick gives the first address that holds a text.
func pick(t *testing.T, page []byte, text string) string {
	t.Helper()
	for _, a := range addressesOf(page) {
		if strings.Contains(a, text) {
			return a
		}
	}
	t.Fatalf("the page has no address with %s", text)
	return ""
}

// features: B2, B4, K17, F18
func TestOpenLink(t *testing.T) {
	s := share(t, nil, "launch/hero one.jpg", "launch/größe.jpg")
	upload(t, "launch/not-shared.jpg")
	page := within(t, 200, s.page()+"/spring-launch")
	for _, text := range []string{"Spring launch", "hero one.jpg", "größe.jpg", "2 files", "mailto:brand@acme.example"} {
		if !bytes.Contains(page.body, []byte(text)) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if bytes.Contains(page.body, []byte("not-shared")) {
		t.Error("the page names a file that is not shared")
	}
	for _, address := range addressesOf(page.body) {
		a := ask(t, "GET", address)
		if a.status != 200 || a.header.Get("X-Robots-Tag") == "" || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%.60s answers %d with %v", address, a.status, a.header)
		}
		if strings.HasPrefix(address, "/a/") {
			if strings.Contains(address, s.token.Reveal()) {
				t.Error("an address of bytes holds the token")
			}
			if a.header.Get("Content-Type") != "image/webp" || !bytes.HasPrefix(a.body, []byte("RIFF thumb")) {
				t.Errorf("a thumbnail is %s: %.30q", a.header.Get("Content-Type"), a.body)
			}
		}
	}
	one := ask(t, "GET", s.page()+"/asset/"+s.rows["launch/hero one.jpg"].ID)
	original := pick(t, one.body, "/original?")
	checkBytes(t, original, content("launch/hero one.jpg"))
	a := ask(t, "GET", original)
	if a.header.Get("Content-Disposition") != `attachment; filename="hero one.jpg"; filename*=UTF-8''hero%20one.jpg` || a.header.Get("Content-Type") != "application/octet-stream" ||
		!strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("an original is sent as %v", a.header)
	}
	if web := ask(t, "GET", pick(t, one.body, "/web?")); !bytes.HasPrefix(web.body, []byte("RIFF web")) {
		t.Errorf("the preset that is offered: %d", web.status)
	}
	if robots := ask(t, "GET", "/robots.txt"); !bytes.Contains(robots.body, []byte("Disallow: /")) {
		t.Errorf("robots.txt: %q", robots.body)
	}
}

// checkBytes gets a file whole, in parts and again, and compares.
func checkBytes(t *testing.T, address string, want []byte) {
	t.Helper()
	a := ask(t, "GET", address)
	if sha256.Sum256(a.body) != sha256.Sum256(want) {
		t.Fatalf("%d bytes came that differ from the %d uploaded", len(a.body), len(want))
	}
	etag, n := a.header.Get("ETag"), len(want)
	for _, tc := range []struct {
		ranges  string
		from    int
		to      int
		ifRange string
	}{{"bytes=0-0", 0, 1, ""}, {"bytes=100-199", 100, 200, etag}, {fmt.Sprintf("bytes=%d-", n/2), n / 2, n, etag}, {"bytes=-7", n - 7, n, ""}} {
		part := ask(t, "GET", address, header("Range", tc.ranges), header("If-Range", tc.ifRange))
		if part.status != 206 || !bytes.Equal(part.body, want[tc.from:tc.to]) || part.header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", tc.from, tc.to-1, n) {
			t.Errorf("%s: %d, %d bytes, %s", tc.ranges, part.status, len(part.body), part.header.Get("Content-Range"))
		}
	}
	if a := ask(t, "GET", address, header("Range", fmt.Sprintf("bytes=%d-", n))); a.status != 416 {
		t.Errorf("beyond the end: %d", a.status)
	}
	if a := ask(t, "GET", address, header("If-None-Match", etag)); a.status != 304 || len(a.body) != 0 {
		t.Errorf("known already: %d", a.status)
	}
	if a := ask(t, "HEAD", address); a.status != 200 || a.header.Get("Content-Length") != fmt.Sprint(n) || len(a.body) != 0 {
		t.Errorf("HEAD: %d, length %s", a.status, a.header.Get("Content-Length"))
	}
}

// Addresses of the page, altered by hand, reach nothing else.
//
// features: K29, F2
func TestAlteredAddresses(t *testing.T) {
	s := share(t, func(spec *v1alpha1.PublicLinkSpec) { spec.Originals = v1alpha1.OriginalsHidden }, "launch/shown.jpg")
	hidden := upload(t, "launch/secret.jpg")
	page := within(t, 200, s.page())
	thumb := pick(t, page.body, "/thumb?")
	shown := s.rows["launch/shown.jpg"].ID
	for reason, address := range map[string]string{
		"the original, which is hidden":       strings.Replace(thumb, "/thumb?", "/original?", 1),
		"a file that is not shared":           strings.Replace(thumb, shown, hidden.ID, 1),
		"a path in place of an id":            strings.Replace(thumb, shown, "launch%2Fsecret.jpg", 1),
		"a way up":                            strings.Replace(thumb, shown, "..%2F..%2Fsecret", 1),
		"another preset":                      strings.Replace(thumb, "/thumb?", "/web?", 1),
		"no signature":                        thumb[:strings.IndexByte(thumb, '?')],
		"an id of nobody":                     strings.Replace(thumb, s.id, strings.Repeat("0", 26), 1),
		"the page of a file that is not here": s.page() + "/asset/" + hidden.ID,
		"the store's own path":                "/" + originals + "/launch/secret.jpg",
	} {
		if a := ask(t, "GET", address); a.status != 404 || bytes.Contains(a.body, content("launch/secret.jpg")[:32]) {
			t.Errorf("%s: answered %d", reason, a.status)
		}
	}
}

// features: K19, F20
func TestProtectedLink(t *testing.T) {
	s := share(t, func(spec *v1alpha1.PublicLinkSpec) {
		spec.PasswordSecretRef = &v1alpha1.SecretKeyReference{Name: "northlight", Key: "password"}
	}, "launch/hero.jpg")
	if a := within(t, 503, s.page()); a.header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	const password = "open-sesame-7031"
	s.protect(password)
	locked := within(t, 200, s.page())
	for _, text := range []string{"Spring launch", "hero", "1 file", "<img"} {
		if bytes.Contains(locked.body, []byte(text)) {
			t.Errorf("the locked page shows %q", text)
		}
	}
	unlock := func(password string) answer { return ask(t, "POST", s.page()+"/unlock", form("password="+password)) }
	for i := range 5 {
		if a := unlock("wrong"); a.status != 401 || len(a.cookies) != 0 {
			t.Fatalf("wrong password %d: %d", i, a.status)
		}
	}
	throttled := unlock(password)
	if throttled.status != 429 || throttled.header.Get("Retry-After") != "2" || !bytes.Contains(throttled.body, []byte("try again in")) {
		t.Errorf("the sixth try: %d, Retry-After %q", throttled.status, throttled.header.Get("Retry-After"))
	}
	var cookie *http.Cookie
	poll(t, 5*time.Second, func() bool {
		if a := unlock(password); a.status == 303 {
			cookie = a.cookies[0]
		}
		return cookie != nil
	})
	if !strings.HasPrefix(cookie.Name, "__Host-") || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookie is %s, Secure %v, HttpOnly %v", cookie.Name, cookie.Secure, cookie.HttpOnly)
	}
	page := ask(t, "GET", s.page(), withCookie(cookie))
	if !bytes.Contains(page.body, []byte("hero.jpg")) {
		t.Fatalf("the unlocked page: %d", page.status)
	}
	if a := ask(t, "GET", pick(t, page.body, "/thumb?")); a.status != 200 {
		t.Errorf("a thumbnail of the unlocked page: %d", a.status)
	}
	original := "/a/" + s.id + "/" + s.rows["launch/hero.jpg"].ID + "/original"
	if a := ask(t, "GET", original, withCookie(cookie)); !bytes.Equal(a.body, content("launch/hero.jpg")) {
		t.Errorf("an original by the session: %d", a.status)
	}
	if a := ask(t, "GET", original); a.status != 404 {
		t.Errorf("an original without it: %d", a.status)
	}
	// Another password shuts every session.
	var kept corev1.Secret
	must(t, bed.admin.Get(t.Context(), client.ObjectKey{Namespace: own, Name: "link-" + s.id}, &kept))
	must(t, bed.admin.Delete(t.Context(), &kept))
	within(t, 503, s.page(), withCookie(cookie))
	s.protect("another-7032")
	if a := within(t, 200, s.page(), withCookie(cookie)); bytes.Contains(a.body, []byte("hero")) {
		t.Error("the session outlives the password")
	}
}

func poll(t *testing.T, limit time.Duration, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it did not happen within %v", limit)
		}
	}
}

// Every way in which a link can be shut, from the moment that it is declared.
//
// features: K18, K22, U6, U14
func TestShutLinks(t *testing.T) {
	for name, tc := range map[string]struct {
		shut   func(*shared)
		reopen func(*shared)
		status int
		words  string
	}{
		"pending": {shut: func(s *shared) {
			s.change(func(l *v1alpha1.PublicLink) { l.Spec.NotBefore = &metav1.Time{Time: time.Now().Add(time.Hour)} })
		}, status: 403, words: "does not open yet"},
		"expired": {shut: func(s *shared) {
			s.change(func(l *v1alpha1.PublicLink) { l.Spec.NotAfter = &metav1.Time{Time: time.Now().Add(-time.Second)} })
		}, status: 410, words: "has expired"},
		"expires by itself": {shut: func(s *shared) {
			s.change(func(l *v1alpha1.PublicLink) { l.Spec.NotAfter = &metav1.Time{Time: time.Now().Add(time.Second)} })
		}, status: 410, words: "has expired"},
		"suspended": {
			shut:   func(s *shared) { s.change(func(l *v1alpha1.PublicLink) { l.Spec.Suspend = true }) },
			reopen: func(s *shared) { s.change(func(l *v1alpha1.PublicLink) { l.Spec.Suspend = false }) },
			status: 410, words: "is paused",
		},
		"frozen": {
			shut: func(s *shared) {
				s.change(func(l *v1alpha1.PublicLink) { l.Annotations = map[string]string{v1alpha1.AnnotationFreeze: "leak"} })
			},
			reopen: func(s *shared) { s.change(func(l *v1alpha1.PublicLink) { l.Annotations = nil }) },
			status: 410, words: "is paused",
		},
		"its namespace is frozen": {
			shut:   func(s *shared) { annotate(s.t, &corev1.Namespace{}, "", tenant, true) },
			reopen: func(s *shared) { annotate(s.t, &corev1.Namespace{}, "", tenant, false) },
			status: 410, words: "is paused",
		},
		"its library is frozen": {
			shut:   func(s *shared) { annotate(s.t, &v1alpha1.Library{}, tenant, "brand", true) },
			reopen: func(s *shared) { annotate(s.t, &v1alpha1.Library{}, tenant, "brand", false) },
			status: 410, words: "is paused",
		},
		"its sponsor has lost the right": {
			shut: func(s *shared) {
				s.change(func(l *v1alpha1.PublicLink) {
					l.Spec.Sponsor = &v1alpha1.LinkSponsor{Kind: v1alpha1.SubjectUserGroup, Name: "managers"}
				})
			},
			reopen: func(s *shared) {
				var l v1alpha1.PublicLink
				must(s.t, bed.admin.Get(s.t.Context(), client.ObjectKey{Namespace: tenant, Name: s.name}, &l))
				l.Status.SponsoredBy = l.Spec.Sponsor
				must(s.t, bed.admin.Status().Update(s.t.Context(), &l))
			},
			status: 410, words: "is paused",
		},
		"its target is missing": {shut: func(s *shared) {
			var l v1alpha1.PublicLink
			must(s.t, bed.admin.Get(s.t.Context(), client.ObjectKey{Namespace: tenant, Name: s.name}, &l))
			l.Status.Phase = v1alpha1.LinkUnavailable
			must(s.t, bed.admin.Status().Update(s.t.Context(), &l))
		}, status: 410, words: "nothing behind this link"},
		"deleted": {shut: func(s *shared) {
			must(s.t, bed.admin.Delete(s.t.Context(), &v1alpha1.PublicLink{ObjectMeta: metav1.ObjectMeta{Namespace: tenant, Name: s.name}}))
		}, status: 404, words: "nothing at this address"},
	} {
		t.Run(name, func(t *testing.T) {
			s := share(t, nil, "launch/hero.jpg")
			page := within(t, 200, s.page())
			thumb := pick(t, page.body, "/thumb?")
			tc.shut(s)
			a := within(t, tc.status, s.page())
			if !bytes.Contains(a.body, []byte(tc.words)) {
				t.Errorf("it is not told %q:\n%s", tc.words, a.body)
			}
			if bytes.Contains(a.body, []byte("hero")) || bytes.Contains(a.body, []byte("Spring launch")) {
				t.Error("the refusal tells what the link shows")
			}
			if tc.status != 404 && !bytes.Contains(a.body, []byte("brand@acme.example")) {
				t.Error("the refusal does not say whom to ask")
			}
			if b := ask(t, "GET", thumb); b.status == 200 {
				t.Error("a picture is still there")
			}
			if tc.reopen != nil {
				tc.reopen(s)
				within(t, 200, s.page())
			}
		})
	}
}

func annotate(t *testing.T, object client.Object, namespace, name string, freeze bool) {
	t.Helper()
	must(t, bed.admin.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, object))
	object.SetAnnotations(nil)
	if freeze {
		object.SetAnnotations(map[string]string{v1alpha1.AnnotationFreeze: "leak"})
	}
	must(t, bed.admin.Update(t.Context(), object))
}

// A download that runs ends when its link does, and never looks whole.
//
// features: U14
func TestRunningDownloadsEnd(t *testing.T) {
	s := share(t, nil, "big/film.tif")
	within(t, 200, s.page())
	page := ask(t, "GET", s.page()+"/asset/"+s.rows["big/film.tif"].ID)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, bed.gate.url+pick(t, page.body, "/original?"), nil)
	must(t, err)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer func() { _ = response.Body.Close() }()
	if _, err := io.CopyN(io.Discard, response.Body, 1<<20); err != nil {
		t.Fatal(err)
	}
	// The reader stands still, as a slow phone's does: the gateway is in the middle of a write.
	s.change(func(l *v1alpha1.PublicLink) { l.Spec.Suspend = true })
	began := time.Now()
	poll(t, 5*time.Second, func() bool {
		return bytes.Contains(metrics(t), []byte(`vitrine_gateway_downloads_cut_total{reason="revoked"} 1`))
	})
	t.Logf("cut %v after the change was written", time.Since(began).Round(time.Millisecond))
	n, err := io.Copy(io.Discard, response.Body)
	if err == nil || n+1<<20 >= response.ContentLength {
		t.Errorf("%d of %d bytes came, ending with %v", n+1<<20, response.ContentLength, err)
	}
}

func metrics(t *testing.T) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, bed.gate.metrics+"/metrics", nil)
	must(t, err)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	return body
}

// What leaves a collection leaves its pages; a file that is replaced is not sent under its old name.
//
// features: B6
func TestPagesFollowTheCatalog(t *testing.T) {
	s := share(t, nil, "launch/a.jpg", "launch/b.jpg")
	page := within(t, 200, s.page())
	if !bytes.Contains(page.body, []byte("b.jpg")) {
		t.Fatal("b.jpg is not there")
	}
	b := "/a/" + s.id + "/" + s.rows["launch/b.jpg"].ID
	thumb := pick(t, page.body, b)
	s.show("launch/a.jpg")
	poll(t, promise, func() bool { return !bytes.Contains(ask(t, "GET", s.page()).body, []byte("b.jpg")) })
	if a := ask(t, "GET", thumb); a.status != 404 {
		t.Errorf("its picture: %d", a.status)
	}
	// The catalog still names the version of before: that one is sent, or nothing.
	one := ask(t, "GET", s.page()+"/asset/"+s.rows["launch/a.jpg"].ID)
	original := pick(t, one.body, "/original?")
	_, err := bed.files.PutObject(t.Context(), originals, "launch/a.jpg", []byte("another version"), "image/jpeg", store.Always())
	must(t, err)
	defer upload(t, "launch/a.jpg")
	if a := ask(t, "GET", original); a.status != 200 || !bytes.Equal(a.body, content("launch/a.jpg")) {
		t.Errorf("the version that the catalog names: %d, %d bytes", a.status, len(a.body))
	}
	must(t, bed.files.RemoveObject(t.Context(), originals, "launch/a.jpg", s.rows["launch/a.jpg"].VersionID))
	if a := ask(t, "GET", original); a.status != 404 {
		t.Errorf("when that version is gone: %d", a.status)
	}
}

// A store that is down is told as such, and is no reason to be unready.
func TestStoreDown(t *testing.T) {
	s := shareFrom(t, "lost", nil)
	a := within(t, 503, s.page())
	if a.header.Get("Retry-After") == "" || !bytes.Contains(a.body, []byte("temporary")) || !bytes.Contains(a.body, []byte("brand@acme.example")) {
		t.Errorf("it is told as %q", a.body)
	}
	// It is alive and ready all the same: links at other stores work.
	for _, path := range []string{"/healthz", "/readyz"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, bed.gate.metrics+path, nil)
		must(t, err)
		response, err := http.DefaultClient.Do(request)
		must(t, err)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, response.Status)
		}
	}
}

// A manager that is silent for long shuts protected links, and no others.
func TestSilentManager(t *testing.T) {
	open := share(t, nil, "launch/hero.jpg")
	within(t, 200, open.page())
	beat := func(at time.Time) {
		var lease coordinationv1.Lease
		must(t, bed.admin.Get(t.Context(), client.ObjectKey{Namespace: system, Name: "vitrine-manager"}, &lease))
		lease.Spec.RenewTime = &metav1.MicroTime{Time: at}
		must(t, bed.admin.Update(t.Context(), &lease))
	}
	open.change(func(l *v1alpha1.PublicLink) {
		l.Spec.PasswordSecretRef = &v1alpha1.SecretKeyReference{Name: "northlight", Key: "password"}
	})
	open.protect("silent-7033")
	within(t, 200, open.page())
	beat(time.Now().Add(-11 * time.Minute))
	defer func() { beat(time.Now()) }()
	within(t, 503, open.page())
	if !bytes.Contains(metrics(t), []byte("vitrine_gateway_state_stale 1")) {
		t.Error("no metric tells it")
	}
	open.change(func(l *v1alpha1.PublicLink) { l.Spec.PasswordSecretRef = nil })
	within(t, 200, open.page())
}

// The gateway's own rights: it reads what it needs, and writes nothing.
func TestRights(t *testing.T) {
	must(t, bed.admin.Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: tenant, Name: "of-the-tenant"}}))
	config := bed.cluster.UserConfig("system:serviceaccount:"+own+":"+own, "system:serviceaccounts", "system:serviceaccounts:"+own, "system:authenticated")
	c, err := client.New(config, client.Options{Scheme: gateway.Scheme()})
	must(t, err)
	may := func(verb, group, resource, namespace string) bool {
		t.Helper()
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: verb, Group: group, Resource: resource, Namespace: namespace},
		}}
		must(t, c.Create(t.Context(), review))
		return review.Status.Allowed
	}
	kinds := map[string]string{"publiclinks": "dam.vitrine.dev", "publiclinks/status": "dam.vitrine.dev", "libraries": "dam.vitrine.dev", "objectstores": "dam.vitrine.dev", "namespaces": "", "secrets": "", "leases": "coordination.k8s.io", "events": "", "configmaps": ""}
	for resource, group := range kinds {
		for _, verb := range []string{"create", "update", "patch", "delete", "deletecollection"} {
			for _, namespace := range []string{"", own, system, tenant} {
				if may(verb, group, resource, namespace) {
					t.Errorf("it may %s %s in namespace %q", verb, resource, namespace)
				}
			}
		}
	}
	for _, namespace := range []string{"", system, tenant} {
		if may("get", "", "secrets", namespace) || may("list", "", "secrets", namespace) {
			t.Errorf("it may read Secrets of namespace %q", namespace)
		}
	}
	if !may("list", "", "secrets", own) {
		t.Error("it may not read its own Secrets")
	}
}

// A gateway that is told to end lets running downloads end first.
func TestDrain(t *testing.T) {
	s := share(t, nil, "big/film.tif")
	g, err := newGate(t.Context(), "draining", "--drain-grace=20s")
	must(t, err)
	defer g.stop()
	within(t, 200, s.page())
	page := ask(t, "GET", s.page()+"/asset/"+s.rows["big/film.tif"].ID)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.url+pick(t, page.body, "/original?"), nil)
	must(t, err)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer func() { _ = response.Body.Close() }()
	sum := sha256.New()
	_, err = io.CopyN(sum, response.Body, 1<<20)
	must(t, err)
	stopped := make(chan struct{})
	go func() { g.stop(); close(stopped) }()
	poll(t, 5*time.Second, func() bool {
		r, err := http.Get(g.metrics + "/readyz")
		if err != nil {
			return errors.Is(err, io.EOF) || strings.Contains(err.Error(), "refused")
		}
		defer func() { _ = r.Body.Close() }()
		return r.StatusCode == http.StatusServiceUnavailable
	})
	_, err = io.Copy(sum, response.Body)
	must(t, err)
	if want := sha256.Sum256(content("big/film.tif")); !bytes.Equal(sum.Sum(nil), want[:]) {
		t.Error("the download that ran is not whole")
	}
	<-stopped
	if code := g.ExitCode(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}

// With the gateway's stolen key: what a catalog could wrongly name is still out of reach.
func TestCatalogsCannotPointElsewhere(t *testing.T) {
	s := share(t, nil, "launch/hero.jpg")
	row := s.rows["launch/hero.jpg"]
	_, err := bed.files.PutObject(t.Context(), vitrineBucket, "links/x.json", []byte("sealed"), "application/json", store.Always())
	must(t, err)
	row.ID, row.Bucket, row.Object, row.VersionID = asset.ID(access.Key{Library: "brand", Path: "x"}), vitrineBucket, "links/x.json", ""
	s.rows["launch/x.jpg"] = row
	s.show("launch/hero.jpg", "launch/x.jpg")
	page := within(t, 200, s.page()+"/asset/"+row.ID)
	for _, a := range addressesOf(page.body) {
		if strings.Contains(a, "/original?") {
			t.Errorf("the page offers a sealed record: %.80s", a)
		}
	}
}
