package controllers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// A large tenant's users are gone through in turn: so many in one pass, each once in a drift interval, who is
// frozen always. The store is one that only counts, and fails when it is told to.
//
// features: U3
func TestUsersAreAskedForInTurn(t *testing.T) {
	var asked, failing atomic.Int64
	var denying atomic.Bool
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.FormValue("Action") != "ListUserPolicies":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>`))
		case denying.Load():
			asked.Add(1)
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>`))
		case failing.Load() > 0:
			w.WriteHeader(http.StatusInternalServerError)
		default:
			asked.Add(1)
			_, _ = w.Write([]byte(`<ListUserPoliciesResponse><ListUserPoliciesResult><PolicyNames><member>by-hand</member></PolicyNames></ListUserPoliciesResult></ListUserPoliciesResponse>`))
		}
	}))
	defer api.Close()
	opened, err := store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: api.URL, IAMEndpoint: api.URL, Credentials: store.Credentials{AccessKeyID: "a", SecretAccessKey: "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	clock := clocktesting.NewFakePassiveClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	r := &AccessReconciler{Deps: &Deps{Clock: clock, Settings: Settings{}.withDefaults()}}
	connection := Connection{Store: opened, Declared: acmeAt(v1alpha1.Capabilities{Enforcement: v1alpha1.EnforcementBucketPolicy})}
	tenant := &Tenant{Namespace: "acme"}
	made := &rendering{principals: principals{users: map[string]string{}}, memory: new(memories).get(tenantAt{})}
	const users = 2*usersAsked + 50
	for i := range users {
		user := v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("user-%03d", i)}}
		if i == 7 {
			user.Annotations = map[string]string{v1alpha1.AnnotationFreeze: "incident 7"}
		}
		tenant.Declared.Users = append(tenant.Declared.Users, user)
		made.principals.users[user.Name] = "arn of " + user.Name
	}
	for _, pass := range []struct {
		reason string
		after  time.Duration
		fails  int64
		asked  int64
		known  bool
	}{
		{"a store that fails tells of nobody", 0, 1, 0, false},
		{"some are asked for", 0, 0, usersAsked, false},
		{"then others", 0, 0, usersAsked, false},
		{"then the rest, and who is frozen", 0, 0, 51, true},
		{"then only who is frozen", time.Second, 0, 1, true},
		{"and after the interval it begins again", r.Settings.DriftInterval, 0, usersAsked, true},
		{"what was told stays where a store fails", r.Settings.DriftInterval, 1, 0, true},
	} {
		asked.Store(0)
		failing.Store(pass.fails)
		clock.SetTime(clock.Now().Add(pass.after))
		all, known := r.onUsers(t.Context(), connection, tenant, made)
		named := 0
		for _, of := range all {
			named += len(of.names)
		}
		// Who is frozen is in the first answers or in those after them.
		if got := asked.Load(); got < pass.asked-1 || got > pass.asked+1 || known != pass.known || known != (named == users) {
			t.Errorf("%s: %d were asked for, want about %d; of %d policies it is told; known: %v", pass.reason, got, pass.asked, named, known)
		}
	}
	denying.Store(true)
	clock.SetTime(clock.Now().Add(r.Settings.DriftInterval))
	said := 0
	ctx := log.IntoContext(t.Context(), funcr.New(func(_, _ string) { said++ }, funcr.Options{}))
	for range 4 {
		clock.SetTime(clock.Now().Add(r.Settings.DriftInterval / 8))
		for range 2 {
			if all, known := r.onUsers(ctx, connection, tenant, made); !known || len(all) != users || len(all[0].names) != 1 {
				t.Errorf("a key that may not ask: of %d it is told, known: %v; want what was told before", len(all), known)
			}
		}
	}
	if said != 1 {
		t.Errorf("it was logged %d times within an interval, want once", said)
	}
	asked.Store(0)
	made.memory = new(memories).get(tenantAt{})
	for i := range 5 {
		if _, known := r.onUsers(ctx, connection, tenant, made); known {
			t.Errorf("pass %d: whom nobody was told of are known", i)
		}
	}
	if got := asked.Load(); got > users+5 {
		t.Errorf("%d requests for %d users in one interval", got, users)
	}
}
