package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/store"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// claiming is a MinIO that takes the tokens of an issuer on the loopback, where their claim groups names policies.
type claiming struct {
	*testing.T
	bed     *testbed.MinIO
	issuers *testbed.Issuers
	store   *store.Store
	calls   *recorder
	bucket  string
}

func startClaiming(t *testing.T) *claiming {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := &claiming{T: t, calls: &recorder{}, bucket: unique(t)}
	c.issuers, err = testbed.StartIssuers(filepath.Join(dir, "issuers"), "https://"+listener.Addr().String(), listener)
	c.must(err)
	t.Cleanup(func() { _ = c.issuers.Stop() })
	c.bed, err = testbed.StartMinIO(t.Context(), filepath.Join(dir, "minio"), testbed.WithOpenID(testbed.OpenID{
		Issuer: c.issuers.URL("acme"), Audience: "vitrine", Claim: "groups", CAFile: c.issuers.CAFile,
	}))
	c.must(err)
	t.Cleanup(func() { _ = c.bed.Stop() })
	c.store = c.open(store.Credentials{AccessKeyID: c.bed.AccessKey, SecretAccessKey: store.Secret(c.bed.SecretKey)})
	c.must(c.store.CreateBucket(t.Context(), c.bucket, mark(t)))
	for _, key := range []string{"launch/a", "press/a"} {
		_, err = c.store.PutObject(t.Context(), c.bucket, key, []byte("x"), "text/plain", store.Always())
		c.must(err)
	}
	return c
}

func (c *claiming) open(as store.Credentials) *store.Store {
	c.Helper()
	s, err := store.Open(store.Config{Driver: store.DriverMinIO, Endpoint: c.bed.Endpoint, Region: c.bed.Region, InstallationID: installation, Credentials: as, Hook: c.calls.hook})
	c.must(err)
	c.Cleanup(s.Close)
	return s
}

func (c *claiming) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// value is who a claim's value stands for.
func (c *claiming) value(value string) store.Holder {
	return store.Holder{Kind: store.HolderClaim, Path: store.IdentityPath(installation, unique(c.T)), Name: value}
}

// gives sets what a value gives: all of some folders, or with none nothing.
func (c *claiming) gives(value string, folders ...string) {
	c.Helper()
	c.must(c.store.Holders(store.ByManagedPolicy).SetDocument(c.Context(), c.value(value), 0, c.folders(folders...)))
}

func (c *claiming) folders(folders ...string) []byte {
	if len(folders) == 0 {
		return nil
	}
	var resources []string
	for _, folder := range folders {
		resources = append(resources, "arn:aws:s3:::"+c.bucket+"/"+folder+"/*")
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Sid": "VitrineTest", "Effect": "Allow", "Action": []string{"s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion"}, "Resource": resources,
	}}})
	c.must(err)
	return text
}

// session opens one with a token of these groups, for so many seconds; 0 for what is usual.
func (c *claiming) session(token string, seconds int) (*minio.Client, credentials.Value, error) {
	c.Helper()
	creds, err := credentials.NewSTSWebIdentity(c.bed.Endpoint, func() (*credentials.WebIdentityToken, error) {
		return &credentials.WebIdentityToken{Token: token, Expiry: seconds}, nil
	})
	c.must(err)
	value, err := creds.GetWithContext(nil)
	if err != nil {
		return nil, value, err
	}
	client, err := minio.New(strings.TrimPrefix(c.bed.Endpoint, "http://"), &minio.Options{Creds: creds, Region: c.bed.Region, MaxRetries: 1})
	c.must(err)
	return client, value, nil
}

func (c *claiming) token(claims map[string]any) string {
	c.Helper()
	token, err := c.issuers.Token("acme", claims)
	c.must(err)
	return token
}

func (c *claiming) groups(names ...string) string {
	return c.token(map[string]any{"aud": "vitrine", "groups": names})
}

func (c *claiming) holder(names ...string) *minio.Client {
	c.Helper()
	client, _, err := c.session(c.groups(names...), 0)
	c.must(err)
	return client
}

// reads names the folders whose file a session may read.
func (c *claiming) reads(session *minio.Client) string {
	c.Helper()
	var may []string
	for _, folder := range []string{"launch", "press"} {
		_, err := session.StatObject(c.Context(), c.bucket, folder+"/a", minio.StatObjectOptions{})
		if err != nil && minio.ToErrorResponse(err).Code != "AccessDenied" {
			c.Fatalf("reading %s: %v", folder, err)
		}
		if err == nil {
			may = append(may, folder)
		}
	}
	return strings.Join(may, " ")
}

func (c *claiming) is(reason string, session *minio.Client, want string) {
	c.Helper()
	if got := c.reads(session); got != want {
		c.Errorf("%s: it reads %q, want %q", reason, got, want)
	}
}

// A session has what the policies give that its claim's values name, from the next request on after they change.
func TestAClaimsValuesNameThePoliciesOfASession(t *testing.T) {
	c := startClaiming(t)
	trust, err := c.store.Claims().ClaimTrust(t.Context())
	c.must(err)
	if diff := cmp.Diff(store.ClaimTrust{Issuer: c.issuers.URL("acme"), Audience: "vitrine", Claim: "groups", DocumentBytes: trust.DocumentBytes}, trust); diff != "" {
		t.Errorf("what the store is configured with (-want +got):\n%s", diff)
	}
	found, err := c.store.Probe(t.Context())
	c.must(err)
	if !found.WebIdentity {
		t.Error("the probe finds no web identity")
	}
	c.gives("marketing", "launch")
	c.gives("press", "press")
	forged, err := c.issuers.Forge("acme", "evil", map[string]any{"aud": "vitrine", "groups": "marketing"})
	c.must(err)
	for reason, token := range map[string]string{
		"another value":                     c.groups("sales"),
		"a value that differs by case":      c.groups("Marketing"),
		"a value that begins alike":         c.groups("marketing-2"),
		"another claim":                     c.token(map[string]any{"aud": "vitrine", "roles": "marketing"}),
		"another audience":                  c.token(map[string]any{"aud": "others", "groups": "marketing"}),
		"a signature by somebody else":      forged,
		"a token that expired a minute ago": c.token(map[string]any{"aud": "vitrine", "groups": "marketing", "exp": time.Now().Add(-time.Minute).Unix()}),
	} {
		if _, _, err := c.session(token, 0); err == nil {
			t.Errorf("%s opened a session", reason)
		}
	}
	one, both := c.holder("sales", "marketing"), c.token(map[string]any{"aud": "vitrine", "sub": "another", "groups": "press, marketing"})
	c.is("one value of two", one, "launch")
	all, _, err := c.session(both, 0)
	c.must(err)
	c.is("two values, as one text with a comma", all, "launch press")

	c.gives("marketing", "launch", "press")
	c.is("more is given", one, "launch press")
	c.gives("marketing", "press")
	c.is("something is taken away", one, "press")
	c.gives("marketing")
	c.is("everything is taken away", one, "")
	c.is("the other value gives what it gave", all, "press")
	c.gives("marketing", "launch")
	c.is("it comes back to who had it", one, "launch")
	c.is("so it does to who had both", all, "launch press")

	// What a person's newest token says counts for all of their sessions.
	_, _, err = c.session(c.token(map[string]any{"aud": "vitrine", "sub": "another", "groups": "press"}), 0)
	c.must(err)
	c.is("a session of before, of a person who has one value left", all, "press")
}

// What a session may not do whatever is given: anything of the admin API, destroying versions, and lasting longer than it should.
func TestSessionsByAClaimAreBounded(t *testing.T) {
	c := startClaiming(t)
	c.gives("marketing", "launch")
	long := c.token(map[string]any{"aud": "vitrine", "groups": "marketing", "exp": time.Now().Add(2 * time.Hour).Unix()})
	for _, of := range []struct {
		reason  string
		seconds int
		want    time.Duration // 0 for no session
	}{
		{"without being asked it lasts as its token", 0, 2 * time.Hour},
		{"a quarter of an hour is given", 900, 15 * time.Minute},
		{"so is an hour", 3600, time.Hour},
		{"more is not, though the store would give a year", 3601, 0},
		{"nor longer than the token lasts", 365 * 86400, 0},
	} {
		_, value, err := c.session(long, of.seconds)
		if (err == nil) != (of.want > 0) {
			t.Errorf("%s: %v", of.reason, err)
		}
		if left := time.Until(value.Expiration); err == nil && (left > of.want || left < of.want-time.Minute) {
			t.Errorf("%s: it lasts %s", of.reason, left)
		}
	}
	session, value, err := c.session(long, 0)
	c.must(err)
	// What concerns only oneself MinIO lets everybody do, making further access keys too, unless something denies the action. Here it is
	// looking at oneself, which needs no sealed body.
	oneself := func(who credentials.Value) int {
		status, _ := adminAs(t, c.bed, who, http.MethodGet, "user-info", url.Values{"accessKey": {who.AccessKeyID}}, nil)
		return status
	}
	if status := oneself(value); status != http.StatusForbidden {
		t.Errorf("a session may use the admin API: %d", status)
	}
	root := credentials.Value{AccessKeyID: c.bed.AccessKey, SecretAccessKey: c.bed.SecretKey}
	if status, answer := adminAs(t, c.bed, root, http.MethodPut, "add-canned-policy", url.Values{"name": {"theirs"}}, c.folders("launch")); status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	_, unguarded, err := c.session(c.token(map[string]any{"aud": "vitrine", "sub": "another", "groups": "theirs"}), 0)
	c.must(err)
	if status := oneself(unguarded); status == http.StatusForbidden {
		t.Error("the guard is not needed: a session without it may not either")
	}
	stat, err := session.StatObject(t.Context(), c.bucket, "launch/a", minio.StatObjectOptions{})
	c.must(err)
	err = session.RemoveObject(t.Context(), c.bucket, "launch/a", minio.RemoveObjectOptions{VersionID: stat.VersionID})
	if minio.ToErrorResponse(err).Code != "AccessDenied" {
		t.Errorf("destroying a version: %v", err)
	}
	over := minio.PutObjectOptions{Internal: minio.AdvancedPutOptions{SourceVersionID: stat.VersionID}}
	_, err = session.PutObject(t.Context(), c.bucket, "launch/a", strings.NewReader("x"), 1, over)
	if minio.ToErrorResponse(err).Code != "AccessDenied" {
		t.Errorf("writing over a version: %v", err)
	}
	c.must(session.RemoveObject(t.Context(), c.bucket, "launch/a", minio.RemoveObjectOptions{}))
}

// Nobody else's policy is touched, nor one that is built in.
func TestPoliciesThatAClaimNamesAreOursOrLeftAlone(t *testing.T) {
	c := startClaiming(t)
	holders := c.store.Holders(store.ByManagedPolicy)
	root := credentials.Value{AccessKeyID: c.bed.AccessKey, SecretAccessKey: c.bed.SecretKey}
	add := func(name string, text []byte) {
		t.Helper()
		if status, answer := adminAs(t, c.bed, root, http.MethodPut, "add-canned-policy", url.Values{"name": {name}}, text); status != http.StatusOK {
			t.Fatalf("%d %s", status, answer)
		}
	}
	info := func(name string) []byte {
		t.Helper()
		status, text := adminAs(t, c.bed, root, http.MethodGet, "info-canned-policy", url.Values{"name": {name}}, nil)
		if status != http.StatusOK {
			return nil
		}
		return text
	}
	add("theirs", c.folders("press"))
	before := info("theirs")
	for _, document := range [][]byte{c.folders("launch"), nil} {
		if err := holders.SetDocument(t.Context(), c.value("theirs"), 0, document); document != nil && !errors.Is(err, store.ErrForeign) || document == nil && err != nil {
			t.Errorf("somebody else's: %v", err)
		}
	}
	c.gives("marketing", "launch")
	other := c.value("marketing")
	other.Path = store.IdentityPath("another-installation", "acme")
	if err := holders.SetDocument(t.Context(), other, 0, c.folders("press")); !errors.Is(err, store.ErrForeign) {
		t.Errorf("another installation's: %v", err)
	}
	c.must(holders.SetDocument(t.Context(), other, 0, nil))
	for _, value := range []string{"readwrite", "consoleAdmin", "v-van7s7hjhgknmbphyjarqsspw6-0", "a,b", "/marketing", " x", ".."} {
		if c.store.Claims().CheckClaim(value) == "" {
			t.Errorf("%q may name a policy of ours", value)
		}
		if err := holders.SetDocument(t.Context(), c.value(value), 0, c.folders("launch")); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%q: %v", value, err)
		}
	}
	holds(t, holders, c.value("").Path, map[store.Holder]store.Held{c.value("marketing"): heldDocuments(c.folders("launch"))})
	if !identity.SameDocument(before, info("theirs")) {
		t.Errorf("it was %s and is %s", before, info("theirs"))
	}

	// By hand the guard is taken out: what there is cannot be told any more, and is written anew.
	text := c.folders("launch")
	add("marketing", append([]byte(fmt.Sprintf(`{"ID":%q,`, c.value("").Path)), text[1:]...))
	holds(t, holders, c.value("").Path, map[store.Holder]store.Held{c.value("marketing"): heldDocuments([]byte("{}"))})
	c.gives("marketing", "launch")
	holds(t, holders, c.value("").Path, map[store.Holder]store.Held{c.value("marketing"): heldDocuments(c.folders("launch"))})
	c.calls.restart(0)
	c.gives("marketing", "launch")
	if writes := c.calls.writes(); len(writes) > 0 {
		t.Errorf("what is there already is written: %v", writes)
	}

	// By hand it is attached to a user, so the store does not remove it: it gives nothing any more.
	id := identityOf(t, "alice")
	_, err := c.store.Identities.Ensure(t.Context(), id)
	c.must(err)
	if status, answer := adminAs(t, c.bed, root, http.MethodPut, "set-user-or-group-policy", url.Values{"policyName": {"marketing"}, "userOrGroup": {id.Name}, "isGroup": {"false"}}, nil); status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	session := c.holder("marketing")
	c.gives("marketing")
	c.is("a policy that is attached to somebody", session, "")
	if text := info("marketing"); strings.Contains(string(text), "Allow") {
		t.Errorf("it says %s", text)
	}
}

// Cut anywhere, the next try ends where the first should have.
func TestClaimsCutAnywhereConverge(t *testing.T) {
	c := startClaiming(t)
	holders := c.store.Holders(store.ByManagedPolicy)
	for _, of := range []struct {
		reason        string
		before, after []string
	}{
		{"made", nil, []string{"launch"}},
		{"changed", []string{"launch"}, []string{"press"}},
		{"taken away", []string{"press"}, nil},
	} {
		cuts := 0
		for n := 1; ; n++ {
			c.calls.restart(0)
			c.gives("marketing", of.before...)
			c.calls.restart(n)
			err := holders.SetDocument(t.Context(), c.value("marketing"), 0, c.folders(of.after...))
			if err == nil {
				break
			}
			cuts++
			if !errors.Is(err, errCut) {
				t.Fatalf("%s, cut before call %d: %v", of.reason, n, err)
			}
			c.calls.restart(0)
			c.gives("marketing", of.after...)
			want := map[store.Holder]store.Held{}
			if of.after != nil {
				want[c.value("marketing")] = heldDocuments(c.folders(of.after...))
			}
			holds(t, holders, c.value("").Path, want)
		}
		if cuts == 0 {
			t.Errorf("%s: nothing was cut", of.reason)
		}
	}
}
