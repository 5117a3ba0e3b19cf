package store

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const wholeSecret = "the-whole-secret-of-the-store"

func valid(endpoint string) Config {
	return Config{
		Driver: DriverIAM, Endpoint: endpoint, IAMEndpoint: endpoint,
		Credentials: Credentials{AccessKeyID: "AKIA1", SecretAccessKey: wholeSecret},
	}
}

func TestOpenRefusesWhatCannotWorkAndPrintsNoSecret(t *testing.T) {
	cases := []struct {
		reason string
		change func(*Config)
	}{
		{"an unknown driver", func(c *Config) { c.Driver = "FTP" }},
		{"no endpoint", func(c *Config) { c.Endpoint = "" }},
		{"an endpoint without a scheme", func(c *Config) { c.Endpoint = "s3.example.org" }},
		{"a scheme that is not HTTP", func(c *Config) { c.IAMEndpoint = "ftp://s3.example.org" }},
		{"an endpoint with a path, which requests would lose", func(c *Config) { c.Endpoint = "https://example.org/s3" }},
		{"credentials within the endpoint", func(c *Config) { c.Endpoint = "https://a:" + wholeSecret + "@s3.example.org" }},
		{"no secret key", func(c *Config) { c.Credentials.SecretAccessKey = "" }},
		{"a CA bundle that holds nothing", func(c *Config) { c.CABundle = []byte("x") }},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			cfg := valid("https://s3.example.org")
			c.change(&cfg)
			_, err := Open(cfg)
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("got %v, want ErrInvalid", err)
			}
			if strings.Contains(err.Error(), wholeSecret) {
				t.Errorf("the secret is in the message: %v", err)
			}
		})
	}
	for _, driver := range []Driver{DriverIAM, DriverMinIO} {
		cfg := valid("https://s3.example.org")
		cfg.Driver = driver
		s, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%v %+v %#v %+v", s, s, s, *s); strings.Contains(text, wholeSecret) {
			t.Errorf("printing the store prints the secret:\n%s", text)
		}
	}
	// MinIO's admin API is where S3 is.
	cfg := valid("https://s3.example.org")
	cfg.Driver, cfg.IAMEndpoint = DriverMinIO, ""
	if _, err := Open(cfg); err != nil {
		t.Errorf("MinIO without an IAM endpoint: %v", err)
	}
}

// A store with several accounts: acme-brand is another's, acme-locked is our own but closed to these credentials.
func twoAccounts(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" {
		_, _ = w.Write([]byte(`<ListAllMyBucketsResult><Buckets><Bucket><Name>acme-locked</Name></Bucket></Buckets></ListAllMyBucketsResult>`))
		return
	}
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write([]byte(`<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`))
}

func TestABucketOfAnotherAccountIsForeign(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(twoAccounts))
	t.Cleanup(server.Close)
	s, err := Open(valid(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	mark := Mark{Installation: "eu-prod", Namespace: "acme", Library: "brand", Role: RoleOriginals}
	for what, err := range map[string]error{
		"create": s.CreateBucket(t.Context(), "acme-brand", mark),
		"mark":   s.MarkBucket(t.Context(), "acme-brand", mark),
		"delete": s.DeleteBucket(t.Context(), "acme-brand", mark),
	} {
		foreign, ok := errors.AsType[*ForeignError](err)
		if !ok || !foreign.Account || foreign.Bucket != "acme-brand" || !errors.Is(err, ErrForeign) || errors.Is(err, ErrDenied) {
			t.Errorf("%s: got %v, want a ForeignError of another account", what, err)
		}
	}
	if _, err := s.ObserveBucket(t.Context(), "acme-locked"); !errors.Is(err, ErrDenied) || errors.Is(err, ErrForeign) {
		t.Errorf("our own bucket without a right to it: got %v, want ErrDenied", err)
	}
}

func TestAMarkNeedsEveryPartFitForATag(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request left") }))
	t.Cleanup(server.Close)
	s, err := Open(valid(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	good := Mark{Installation: "eu-prod", Namespace: "acme", Library: "brand", Role: RoleVitrine}
	for _, change := range []func(*Mark){
		func(m *Mark) { m.Installation = "" },
		func(m *Mark) { m.Namespace = "" },
		func(m *Mark) { m.Library = "a\nb" },
		func(m *Mark) { m.Role = "" },
		func(m *Mark) { m.Library = strings.Repeat("x", 257) },
	} {
		bad := good
		change(&bad)
		if err := s.CreateBucket(t.Context(), "acme-brand", bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: got %v, want ErrInvalid", bad, err)
		}
	}
	// Somebody took parts of a mark away: still marked, as nobody's.
	if got := markOf(map[string]string{tagLibrary: "brand", "team": "press"}); got == nil || *got == good {
		t.Errorf("half a mark: got %v", got)
	}
	if got := markOf(map[string]string{"team": "press"}); got != nil {
		t.Errorf("foreign tags alone: got %v", got)
	}
}

// features: U16
func TestTheWayOfEnforcementFollowsFromWhatTheStoreHas(t *testing.T) {
	cases := []struct {
		reason string
		found  Capabilities
		want   []Enforcement
	}{
		{"AWS, SeaweedFS, MinIO: groups and managed policies", Capabilities{Groups: true, ManagedPolicies: true}, []Enforcement{ByManagedPolicy, ByBucketPolicy}},
		{"AWS has inline policies too", Capabilities{Groups: true, ManagedPolicies: true, InlinePolicyBytes: 2048}, []Enforcement{ByManagedPolicy, ByInlinePolicy, ByBucketPolicy}},
		{"Ceph: groups and inline policies", Capabilities{Groups: true, InlinePolicyBytes: 2048}, []Enforcement{ByInlinePolicy, ByBucketPolicy}},
		{"VersityGW: no groups, so principals serve better than 2 KB for each user", Capabilities{InlinePolicyBytes: 2048}, []Enforcement{ByBucketPolicy, ByInlinePolicy}},
		{"managed policies without groups would be a copy for each member", Capabilities{ManagedPolicies: true}, []Enforcement{ByBucketPolicy}},
		{"nothing but S3", Capabilities{}, []Enforcement{ByBucketPolicy}},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			if got := ways(&c.found); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// features: U5, U16
func TestTheProbeSeesARightThatOutlivesItsEnd(t *testing.T) {
	const shows = `<ListBucketResult><Contents><Key>` + probeSharedKey + `</Key></Contents></ListBucketResult>`
	cases := []struct {
		reason string
		lists  func(*http.Request) bool
		want   bool
	}{
		{"a store that goes by its own clock", func(*http.Request) bool { return false }, false},
		{"a header named like the condition key", func(r *http.Request) bool { return r.Header.Get("CurrentTime") == longAgo }, true},
		{"the same with a prefix", func(r *http.Request) bool { return r.Header.Get("X-Amz-CurrentTime") == longAgo }, true},
		{"a parameter named so", func(r *http.Request) bool { return r.URL.Query().Get("CurrentTime") == longAgo }, true},
		{"a parameter named like the header", func(r *http.Request) bool { return r.URL.Query().Get("Currenttime") == longAgo }, true},
		{"a parameter called in full", func(r *http.Request) bool { return r.URL.Query().Get("aws:CurrentTime") == longAgo }, true},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !c.lists(r) {
					w.WriteHeader(http.StatusForbidden)
					return
				}
				_, _ = w.Write([]byte(shows))
			}))
			t.Cleanup(server.Close)
			s, err := Open(valid(server.URL))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			got, err := visitor{store: s, key: AccessKey{ID: "AKIA2", Secret: "x"}, bucket: "b"}.outlives(t.Context())
			if err != nil || got != c.want {
				t.Errorf("outlives: %t, %v; want %t", got, err, c.want)
			}
		})
	}
}

// features: U16
func TestTheProbeSeesALeak(t *testing.T) {
	const hidden = `<ListBucketResult><Contents><Key>` + probeHiddenKey + `</Key></Contents></ListBucketResult>`
	cases := []struct {
		reason string
		leaks  func(*http.Request) bool
		want   bool
	}{
		{"a store that refuses all", func(*http.Request) bool { return false }, false},
		{"a header named like the condition key", func(r *http.Request) bool { return r.Header.Get("Prefix") == "shared/" }, true},
		{"the same with another spelling", func(r *http.Request) bool { return r.Header.Get("X-Amz-Prefix") == "shared/" }, true},
		{"the first of two parameters judged, the last served", func(r *http.Request) bool {
			p := r.URL.Query()["prefix"]
			return len(p) == 2 && p[0] == "shared/" && p[1] == "hidden/"
		}, true},
		{"no condition at all", func(r *http.Request) bool { return r.URL.Query().Has("list-type") }, true},
		{"listing without a prefix", func(r *http.Request) bool {
			return r.URL.Query().Has("list-type") && r.URL.Query().Get("prefix") == "" && r.Header.Get("Prefix") == ""
		}, true},
		{"versions forgotten", func(r *http.Request) bool { return r.URL.Query().Has("versions") }, true},
		{"reading the object", func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, probeHiddenKey) }, true},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !c.leaks(r) {
					w.WriteHeader(http.StatusForbidden)
					return
				}
				_, _ = w.Write([]byte(hidden))
			}))
			t.Cleanup(server.Close)
			s, err := Open(valid(server.URL))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			got, err := visitor{store: s, key: AccessKey{ID: "AKIA2", Secret: "x"}, bucket: "b"}.leaks(t.Context())
			if err != nil || got != c.want {
				t.Errorf("leaks: %t, %v; want %t", got, err, c.want)
			}
		})
	}
}
