package cluster

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// upgraded is a server in front of the suite's store that calls itself something else, and may have lost versions.
type upgraded struct {
	version   atomic.Value
	versions  atomic.Bool
	forwarded http.Handler
}

func newUpgraded(t *testing.T, endpoint string) (*upgraded, string) {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	u := &upgraded{}
	u.version.Store("Store/1")
	u.versions.Store(true)
	u.forwarded = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host // the host in the header is signed, and stays
		},
		ModifyResponse: func(resp *http.Response) error {
			resp.Header.Set("Server", u.version.Load().(string))
			return nil
		},
	}
	server := httptest.NewServer(u)
	t.Cleanup(server.Close)
	return u, server.URL
}

// ServeHTTP implements http.Handler.
func (u *upgraded) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	if !u.versions.Load() && req.Method == http.MethodPut && req.URL.Query().Has("versioning") {
		rw.Header().Set("Server", u.version.Load().(string))
		rw.WriteHeader(http.StatusNotImplemented)
		return
	}
	u.forwarded.ServeHTTP(rw, req)
}

// A store that says that it is another version is probed again, and one that is found to lack something then gives
// nobody anything new.
//
// features: U16
func TestStoreIsProbedAgainWhenItsVersionChanges(t *testing.T) {
	var server *upgraded
	w := newWorldAt(t, "versions", func(bed *testBed) objectStore {
		at := versitygw(bed)
		server, at.endpoint = newUpgraded(t, at.endpoint)
		return at
	}, "")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	declared := &v1alpha1.ObjectStore{}
	says := func(version string, versioning v1alpha1.Capability) func() error {
		return func() error {
			w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: w.name}, declared))
			if c := declared.Status.Capabilities; c.Version != version || c.Versioning != versioning {
				return fmt.Errorf("status says %+v", *c)
			}
			return nil
		}
	}
	w.eventually("status says what the store says of itself", 5*time.Second, says("Store/1", v1alpha1.CapabilitySupported))

	server.versions.Store(false)
	server.version.Store("Store/2")
	w.eventually("the new version is found to lack versions", 4*settings.DriftInterval, says("Store/2", v1alpha1.CapabilityUnsupported))
	if message := w.stalled(&v1alpha1.ObjectStore{}, w.name, v1alpha1.ReasonStoreNotReady); !strings.Contains(message, "versions") {
		t.Errorf("the message does not say what is missing: %s", message)
	}
	w.must(put(w.ctx, w.root(), "versions-brand", "press/b.txt", "B"))
	w.apply(w.named(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: more}
spec: {roleRef: {kind: BuiltIn, name: library-viewer}, subjects: [{kind: User, name: alice}], targets: [{kind: Library, name: brand}]}
`))
	w.condition(&v1alpha1.RoleBinding{}, "more", "False", v1alpha1.ReasonStoreNotReady)
	document, err := w.administrator().BucketPolicy(w.ctx, "versions-brand")
	w.must(err)
	if text := string(document); !strings.Contains(text, "launch/") || strings.Contains(text, `"arn:aws:s3:::versions-brand/*"`) {
		t.Errorf("want what was in force, and nothing new: %s", text)
	}

	server.versions.Store(true)
	server.version.Store("Store/3")
	w.eventually("the next version is fit again", 4*settings.DriftInterval, says("Store/3", v1alpha1.CapabilitySupported))
	w.ready(&v1alpha1.RoleBinding{}, "more")
}
