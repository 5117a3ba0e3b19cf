package controllers

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// What was rendered is compared with the model before anything is written. A
// renderer that is wrong cannot be had from real parts, so a rendering is
// falsified here, and the store is one that only counts what is written to it.
//
// features: U4
func TestNothingIsAppliedThatIsNotProved(t *testing.T) {
	var writes atomic.Int64
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			writes.Add(1)
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`<Error><Code>NoSuchBucketPolicy</Code></Error>`))
	}))
	defer empty.Close()
	opened, err := store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: empty.URL, IAMEndpoint: empty.URL,
		Credentials: store.Credentials{AccessKeyID: "a", SecretAccessKey: "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()

	library := v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Name: "brand", Namespace: "acme"}, Spec: v1alpha1.LibrarySpec{Bucket: v1alpha1.Bucket{Name: "acme-brand"}}}
	const alice = "arn:aws:iam::000000000000:user/vitrine/x/acme/v-alice"
	at := libraryAt{Library: &library, gives: true}
	made := rendering{
		at: time.Now(),
		model: access.New(access.Declarations{
			Libraries: []v1alpha1.Library{library},
			Users:     []v1alpha1.User{{ObjectMeta: metav1.ObjectMeta{Name: "alice", Namespace: "acme"}}},
		}),
		principals: principals{users: map[string]string{"alice": alice}},
		buckets:    map[string]policy.Buckets{"brand": at.buckets()},
	}
	made.memory = new(memories).get(tenantAt{})
	// Nobody declared that alice may read.
	wrong, err := policy.Render("acme-brand", []policy.Allow{{Principal: alice, Bucket: "acme-brand", Verb: policy.Read}}, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	made.policies = []bucketPolicy{{library: at, bucket: "acme-brand", wanted: wrong}}

	r := &AccessReconciler{Deps: &Deps{}, applied: newApplied()}
	result := &compiled{libraries: map[string]libraryResult{}}
	err = r.apply(t.Context(), Connection{Store: opened, Declared: &v1alpha1.ObjectStore{}}, &Tenant{}, &made, result)
	var f *failure
	if !errors.As(err, &f) || f.reason != v1alpha1.ReasonPolicyNotProved {
		t.Errorf("got %v, want %s", err, v1alpha1.ReasonPolicyNotProved)
	}
	if n := writes.Load(); n > 0 {
		t.Errorf("%d writes went to the store", n)
	}
}

// Drift is put right within a minute as shipped, not only as the tests set it.
func TestDefaultsKeepTheirPromises(t *testing.T) {
	s := Settings{}.withDefaults()
	for _, interval := range []time.Duration{s.DriftInterval, s.keysInterval(), s.driftInterval(&v1alpha1.ObjectStore{Spec: v1alpha1.ObjectStoreSpec{Driver: v1alpha1.DriverMinIO}})} {
		if interval > 45*time.Second || interval < time.Second {
			t.Errorf("drift is looked for every %s", interval)
		}
	}
	if s.SweepInterval > 15*time.Second || s.SweepInterval < time.Second {
		t.Errorf("libraries are listed every %s", s.SweepInterval)
	}
	if s.Debounce > time.Second {
		t.Errorf("a change waits %s for others", s.Debounce)
	}
}

// A longer interval than the shipped one does not make looks at identities and keys later than the minute, and never earlier
// than those at policies.
func TestALongDriftIntervalKeepsTheMinute(t *testing.T) {
	byIdentity := &v1alpha1.ObjectStore{Status: v1alpha1.ObjectStoreStatus{Capabilities: &v1alpha1.Capabilities{Enforcement: v1alpha1.EnforcementManagedPolicy}}}
	for _, c := range []struct{ set, want time.Duration }{
		{2 * time.Second, 3 * time.Second},
		{30 * time.Second, 45 * time.Second},
		{40 * time.Second, 45 * time.Second},
		{45 * time.Second, 45 * time.Second},
		{55 * time.Second, 55 * time.Second},
		{5 * time.Minute, 5 * time.Minute},
	} {
		s := Settings{DriftInterval: c.set}
		if keys, identities := s.keysInterval(), s.driftInterval(byIdentity); keys != c.want || identities != c.want {
			t.Errorf("with an interval of %s, keys are looked at every %s and identities every %s, want %s", c.set, keys, identities, c.want)
		}
	}
}

// Until a Library was listed, what may come from a pattern stays with whom the
// Collection is granted to; what was given on a Folder does not.
func TestWhatStaysOfAnUnlistedLibrary(t *testing.T) {
	const alice, bob = "arn:aws:iam::000000000000:user/vitrine/x/acme/v-alice", "arn:aws:iam::000000000000:user/vitrine/x/acme/v-bob"
	in := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name, Namespace: "acme"} }
	library := v1alpha1.Library{ObjectMeta: in("brand"), Spec: v1alpha1.LibrarySpec{Bucket: v1alpha1.Bucket{Name: "acme-brand"}}}
	heroes := v1alpha1.Collection{ObjectMeta: in("heroes"), Spec: v1alpha1.CollectionSpec{LibraryRef: v1alpha1.LocalReference{Name: "brand"}, Items: []v1alpha1.CollectionItem{{Path: "launch/**"}}}}
	declared := access.Declarations{
		Libraries:   []v1alpha1.Library{library},
		Folders:     []v1alpha1.Folder{{ObjectMeta: in("final"), Spec: v1alpha1.FolderSpec{LibraryRef: v1alpha1.LocalReference{Name: "brand"}, Path: "launch/final"}}},
		Collections: []v1alpha1.Collection{heroes},
		Users:       []v1alpha1.User{{ObjectMeta: in("alice")}, {ObjectMeta: in("bob")}},
		RoleBindings: []v1alpha1.RoleBinding{{ObjectMeta: in("alice-heroes"), Spec: v1alpha1.RoleBindingSpec{
			RoleRef:  v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"},
			Subjects: []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: "alice"}},
			Targets:  []v1alpha1.Target{{Kind: v1alpha1.TargetCollection, Name: "heroes"}},
		}}},
	}
	tenant := &Tenant{Namespace: "acme", Declared: declared, Model: access.New(declared)}
	made := rendering{at: time.Now(), principals: principals{users: map[string]string{"alice": alice, "bob": bob}}}
	stays := made.stays(tenant, libraryAt{Library: &library, unlisted: []v1alpha1.Collection{heroes}})
	for reason, c := range map[string]struct {
		allow policy.Allow
		want  bool
	}{
		"a member":                        {policy.Allow{Principal: alice, Verb: policy.Read, Resource: "launch/a.jpg", Exact: true}, true},
		"renditions of a member":          {policy.Allow{Principal: alice, Verb: policy.ReadCurrent, Resource: "renditions/launch/a.jpg/"}, true},
		"a file that does not match":      {policy.Allow{Principal: alice, Verb: policy.Read, Resource: "press/a.jpg", Exact: true}, false},
		"somebody to whom it is not":      {policy.Allow{Principal: bob, Verb: policy.Read, Resource: "launch/a.jpg", Exact: true}, false},
		"a folder that was taken away":    {policy.Allow{Principal: alice, Verb: policy.Read, Resource: "launch/final/"}, false},
		"a listing of that folder":        {policy.Allow{Principal: alice, Verb: policy.List, Resource: "launch/final/"}, false},
		"renditions of that folder":       {policy.Allow{Principal: alice, Verb: policy.ReadCurrent, Resource: "renditions/launch/final/"}, false},
		"renditions of the whole library": {policy.Allow{Principal: alice, Verb: policy.ReadCurrent, Resource: "renditions/"}, false},
	} {
		if got := stays(c.allow); got != c.want {
			t.Errorf("%s: stays is %v", reason, got)
		}
	}
}
