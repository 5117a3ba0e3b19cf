package controllers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// A large tenant's users are gone through in turn: so many in one look, each once in a drift interval, who is
// frozen always. No pass waits for that. The store is one that only counts, and fails when it is told to.
//
// features: U3
func TestUsersAreAskedForInTurn(t *testing.T) {
	var asked, failing atomic.Int64
	var denying atomic.Bool
	var silent sync.RWMutex // while it is locked nothing is answered
	opened := openedAt(t, func(w http.ResponseWriter, r *http.Request) {
		silent.RLock()
		defer silent.RUnlock()
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
	})
	clock := clocktesting.NewFakePassiveClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	woken := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[ctrl.Request]())
	defer woken.ShutDown()
	notices := NewNotices()
	notices.queues[accessController] = woken
	r := &AccessReconciler{Deps: &Deps{Clock: clock, Settings: Settings{}.withDefaults(), Notices: notices}}
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
		known  bool // when the pass begins
		learns bool
	}{
		{"a store that fails tells of nobody", 0, 1, 0, false, false},
		{"all are asked for once", 0, 0, users, false, true},
		{"then only who is frozen", time.Second, 0, 1, true, false},
		{"after the interval some are asked for again", r.Settings.DriftInterval, 0, usersAsked + 1, true, false},
		{"then others", 0, 0, usersAsked + 1, true, false},
		{"then the rest", 0, 0, 50, true, false},
		{"what was told stays where a store fails", r.Settings.DriftInterval, 1, 0, true, false},
	} {
		asked.Store(0)
		failing.Store(pass.fails)
		clock.SetTime(clock.Now().Add(pass.after))
		all, known := r.onUsers(t.Context(), connection, tenant, made)
		named := 0
		for _, of := range all {
			named += len(of.names)
		}
		made.memory.looks.under.Wait()
		if got := asked.Load(); got != pass.asked || known != pass.known || known != (named == users) {
			t.Errorf("%s: %d were asked for, want %d; of %d policies it is told; known: %v", pass.reason, got, pass.asked, named, known)
		}
		if got := woken.Len() > 0; got != pass.learns {
			t.Errorf("%s: another pass is asked for: %v, want %v", pass.reason, got, pass.learns)
		}
		if pass.learns {
			request, _ := woken.Get()
			woken.Done(request)
		}
	}
	// A change does not wait for the answers, and asks for no more while they are awaited. Who comes meanwhile is asked
	// for next, and who goes is forgotten.
	tenant.Declared.Users[7].Annotations = nil
	asked.Store(0)
	silent.Lock()
	clock.SetTime(clock.Now().Add(r.Settings.DriftInterval))
	failing.Store(0)
	for range 3 {
		_, _ = r.onUsers(t.Context(), connection, tenant, made)
	}
	gone, goneAt := tenant.Declared.Users[8].Name, userIdentity(connection.Declared, tenant.Namespace, tenant.Declared.Users[8].Name).Name
	tenant.Declared.Users[8].Name = "late"
	delete(made.principals.users, gone)
	made.principals.users["late"] = "arn of late"
	_, _ = r.onUsers(t.Context(), connection, tenant, made)
	silent.Unlock()
	made.memory.looks.under.Wait()
	if got := asked.Load(); got != usersAsked {
		t.Errorf("%d were asked for while a look was under way, want %d", got, usersAsked)
	}
	if _, known := made.memory.looks.known[goneAt]; known {
		t.Error("what was learnt of a User who went during a look is kept")
	}
	if woken.Len() != 1 {
		t.Error("a User came during a look, and no pass asks for it")
	}
	if _, known := r.onUsers(t.Context(), connection, tenant, made); known {
		t.Error("a User of whom nobody asked is known")
	}
	made.memory.looks.under.Wait()
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
			made.memory.looks.under.Wait()
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
		made.memory.looks.under.Wait()
	}
	if got := asked.Load(); got > users+5 {
		t.Errorf("%d requests for %d users in one interval", got, users)
	}
}

// openedAt opens a store at an API that a test plays.
func openedAt(t *testing.T, api http.HandlerFunc) *store.Store {
	t.Helper()
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	opened, err := store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: server.URL, IAMEndpoint: server.URL, Credentials: store.Credentials{AccessKeyID: "a", SecretAccessKey: "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Close)
	return opened
}
