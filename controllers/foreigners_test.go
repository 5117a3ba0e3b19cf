package controllers

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

func allowing(resources ...string) []byte {
	return fmt.Appendf(nil, `{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":["%s"]}]}`, strings.Join(resources, `","`))
}

func libraryOf(name, bucket string) *v1alpha1.Library {
	return &v1alpha1.Library{
		ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: name},
		Spec:       v1alpha1.LibrarySpec{StoreRef: v1alpha1.LocalReference{Name: "default"}, Bucket: v1alpha1.Bucket{Name: bucket}},
	}
}

// What is told of others is in one order and bounded. Of whom a store does not tell all, what was known before stays.
//
// features: U11
func TestOthersWhoReachABucketAreToldInOrder(t *testing.T) {
	brand := libraryOf("brand", "acme-brand")
	of := func(kind store.HolderKind, name, policy string, document []byte, unread ...string) store.Bearer {
		return store.Bearer{Kind: kind, Name: name, Policies: map[string][]byte{policy: document}, Unread: unread, Members: []string{"somebody"}}
	}
	shut, empty, unread := of(store.HolderUser, "a-shut", "wide", allowing("*"), "it is disabled"), of(store.HolderGroup, "a-empty", "wide", allowing("*")), of(store.HolderUser, "bob", "none", nil, "its policies: denied")
	shut.Shut, empty.Members, unread.Policies = true, nil, nil
	bob := of(store.HolderUser, "bob", "own", allowing("arn:aws:s3:::acme-brand/*"))
	team := of(store.HolderGroup, "team", "wide", allowing("*"))
	const reached = "bucket acme-brand is reached by users and groups that are not Vitrine's, by policies of their own: %d in all, the first is %s; "
	const dam = "bucket acme-brand-dam is reached by users and groups that are not Vitrine's, by policies of their own: %d in all, the first is %s; "
	var found []foreigner
	for _, look := range []struct {
		reason        string
		bearers       []store.Bearer
		groupsUnknown bool
		want          string
	}{
		{"who has no rights, and who has some elsewhere", []store.Bearer{shut, empty, of(store.HolderUser, "x", "y", allowing("arn:aws:s3:::acme-other/*")), of(store.HolderUser, "admin", "a", []byte(`{"Statement":{"Effect":"Allow","Action":"admin:*"}}`))}, false, ""},
		{"users and groups", []store.Bearer{team, bob}, false, fmt.Sprintf(reached, 2, "user bob (policy own)") + fmt.Sprintf(dam, 1, "group team (policy wide)")},
		{"the same in another order", []store.Bearer{bob, team}, false, fmt.Sprintf(reached, 2, "user bob (policy own)") + fmt.Sprintf(dam, 1, "group team (policy wide)")},
		{"a user of whom the store does not tell, and groups likewise", []store.Bearer{unread}, true, fmt.Sprintf(reached, 2, "user bob (policy own)") + fmt.Sprintf(dam, 1, "group team (policy wide)")},
		{"a user who went", []store.Bearer{team}, false, fmt.Sprintf(reached, 1, "group team (policy wide)") + fmt.Sprintf(dam, 1, "group team (policy wide)")},
		{"a name without end", []store.Bearer{of(store.HolderUser, strings.Repeat("n", 1000), "p\n", allowing("arn:aws:s3:::acme-brand/x"))}, false, fmt.Sprintf(reached, 1, "user "+strings.Repeat("n", 128)+"… (policy p)")},
		{"nobody", nil, false, ""},
	} {
		found = foreignersOf(look.bearers, look.groupsUnknown, found)
		if got := (looked{found: found}).reaching(brand); got != look.want {
			t.Errorf("%s: it says\n%q, want\n%q", look.reason, got, look.want)
		}
	}
}

// declaredAt is what a cluster with one ObjectStore and its Libraries declares; nothing can be written.
type declaredAt struct {
	client.Client
	store     *v1alpha1.ObjectStore
	libraries []v1alpha1.Library
}

// Get implements client.Reader.
func (d *declaredAt) Get(_ context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	switch o := obj.(type) {
	case *corev1.Secret:
		o.Labels = map[string]string{v1alpha1.LabelUse: v1alpha1.UseStoreCredentials}
		o.Data = map[string][]byte{keyAccessKeyID: []byte("AKVITRINE"), keySecretAccessKey: []byte("b")}
		return nil
	case *v1alpha1.ObjectStore:
		if d.store != nil {
			d.store.DeepCopyInto(o)
			return nil
		}
	}
	return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
}

// List implements client.Reader.
func (d *declaredAt) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	list.(*v1alpha1.LibraryList).Items = d.libraries
	return nil
}

// A store is looked at once in the interval, and as a whole. Only what changed wakes Libraries; Vitrine's own, and the user whose
// key it uses, are left out and cost nothing; a store that does not tell is told of once, and changes nothing.
//
// features: U11
func TestOthersAreLookedAtOnceInAnInterval(t *testing.T) {
	ours := store.Name("elsewhere", "acme", "User", "alice")
	var asked atomic.Int64
	var status atomic.Int64 // that every request is answered with
	var resource, asks atomic.Value
	resource.Store("arn:aws:s3:::acme-brand/*")
	asks.Store([]string(nil))
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.FormValue("UserName") != "" {
			asks.Store(append(slices.Clone(asks.Load().([]string)), r.FormValue("Action")+" "+r.FormValue("UserName")))
		}
		answer := func(inner string) {
			action := r.FormValue("Action")
			_, _ = fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", action, inner)
		}
		user := func(path, name string) string {
			return "<member><Path>" + path + "</Path><UserName>" + name + "</UserName></member>"
		}
		switch action := r.FormValue("Action"); {
		case status.Load() == http.StatusForbidden:
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>`))
		case status.Load() != 0:
			w.WriteHeader(int(status.Load()))
		case action == "ListUsers":
			answer("<Users>" + user("/", "admin") + user("/", "casper") + user(store.IdentityPath("elsewhere", "acme"), ours) + "</Users>")
		case action == "ListUserPolicies":
			answer("<PolicyNames><member>by-hand</member></PolicyNames>")
		case action == "GetUserPolicy":
			document := allowing("*")
			if r.FormValue("UserName") == "casper" {
				document = allowing(resource.Load().(string))
			}
			answer("<PolicyDocument>" + url.QueryEscape(string(document)) + "</PolicyDocument>")
		case action == "ListAccessKeys":
			id := "AK" + r.FormValue("UserName")
			if r.FormValue("UserName") == "admin" {
				id = "AKVITRINE"
			}
			answer("<AccessKeyMetadata><member><AccessKeyId>" + id + "</AccessKeyId><Status>Active</Status></member></AccessKeyMetadata>")
		default: // a store that knows no groups and no attached policies
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>`))
		}
	}))
	defer api.Close()
	clock := clocktesting.NewFakePassiveClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	woken := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[ctrl.Request]())
	defer woken.ShutDown()
	notices := NewNotices()
	notices.queues[libraryController] = woken
	brand, press := libraryOf("brand", "acme-brand"), libraryOf("press", "acme-press")
	declared := &declaredAt{store: &v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: v1alpha1.ObjectStoreSpec{
		Driver: v1alpha1.DriverIAM, Endpoint: api.URL, IAM: v1alpha1.IAMEndpoint{Endpoint: api.URL},
		CredentialsSecretRef: v1alpha1.SecretReference{Namespace: "vitrine-system", Name: "default"},
	}}}
	r := &ForeignersReconciler{&Deps{
		Client: declared, Clock: clock, Settings: Settings{}.withDefaults(), Notices: notices, Foreigners: NewForeigners(),
		Stores: NewStores(declared, declared, "vitrine-system", nil),
	}}
	said := 0
	ctx := log.IntoContext(t.Context(), funcr.New(func(_, _ string) { said++ }, funcr.Options{}))
	const every = DefaultForeignInterval
	const told = "bucket acme-brand is reached by users and groups that are not Vitrine's, by policies of their own: 1 in all, the first is user casper (policy by-hand); "
	for _, step := range []struct {
		reason    string
		libraries []v1alpha1.Library
		after     time.Duration
		status    int
		resource  string
		looks     bool
		woken     string
		want      string // of brand
		said      int
	}{
		{"without a Library nobody looks", nil, 0, 0, "", false, "", "", 0},
		{"a store that fails at first", []v1alpha1.Library{*brand, *press}, 0, http.StatusInternalServerError, "", true, "", "", 1},
		{"is asked again soon, and all Libraries hear of the first answer", []v1alpha1.Library{*brand, *press}, remedyInterval, 0, "", true, "brand press", told, 0},
		{"and then rests", []v1alpha1.Library{*brand, *press}, every - time.Second, 0, "", false, "", told, 0},
		{"the same again wakes nobody", []v1alpha1.Library{*brand, *press}, time.Second, 0, "", true, "", told, 0},
		{"a store that denies changes nothing", []v1alpha1.Library{*brand, *press}, every, http.StatusForbidden, "", true, "", told, 1},
		{"and one that fails neither", []v1alpha1.Library{*brand, *press}, every, http.StatusInternalServerError, "", true, "", told, 1},
		{"another bucket wakes both that it concerns", []v1alpha1.Library{*brand, *press}, every, 0, "arn:aws:s3:::acme-press", true, "brand press", "", 0},
	} {
		declared.libraries = step.libraries
		clock.SetTime(clock.Now().Add(step.after))
		status.Store(int64(step.status))
		if step.resource != "" {
			resource.Store(step.resource)
		}
		asked.Store(0)
		said = 0
		result, err := r.Reconcile(ctx, ctrl.Request{NamespacedName: types.NamespacedName{Name: "default"}})
		if err != nil {
			t.Fatalf("%s: %v", step.reason, err)
		}
		if (result.RequeueAfter > 0) != (len(step.libraries) > 0) || result.RequeueAfter > every {
			t.Errorf("%s: it looks again after %s", step.reason, result.RequeueAfter)
		}
		if looks := asked.Load() > 0; looks != step.looks {
			t.Errorf("%s: it looks: %t", step.reason, looks)
		}
		var names []string
		for woken.Len() > 0 {
			request, _ := woken.Get()
			names = append(names, request.Name)
			woken.Done(request)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != step.woken {
			t.Errorf("%s: it wakes %q, want %q", step.reason, got, step.woken)
		}
		if got := r.Foreigners.get("default").reaching(brand); got != step.want {
			t.Errorf("%s: it says %q, want %q", step.reason, got, step.want)
		}
		if said != step.said {
			t.Errorf("%s: it is logged %d times, want %d", step.reason, said, step.said)
		}
	}
	keys := 0
	for _, ask := range asks.Load().([]string) {
		if strings.HasSuffix(ask, ours) {
			t.Errorf("of Vitrine's own it is asked: %s", ask)
		}
		if strings.HasPrefix(ask, "ListAccessKeys") {
			keys++
		}
	}
	if keys != 2 {
		t.Errorf("it was asked %d times whose the key is, want once for each of two users", keys)
	}
	declared.store = nil
	if _, err := r.Reconcile(ctx, ctrl.Request{NamespacedName: types.NamespacedName{Name: "default"}}); err != nil || len(r.Foreigners.at) > 0 {
		t.Errorf("of an ObjectStore that is gone it is remembered: %v (%v)", r.Foreigners.at, err)
	}
}

// A key that may not look at users at all leaves it unknown, and holds up nothing else that a Library's condition says.
//
// features: U11
func TestAStoreThatDoesNotTellOfOthersHasAnswered(t *testing.T) {
	opened := openedAt(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>`))
	})
	r := &ForeignersReconciler{&Deps{Clock: clocktesting.NewFakePassiveClock(time.Now()), Settings: Settings{}.withDefaults()}}
	if found := r.look(t.Context(), Connection{Store: opened, Opened: "1"}, looked{}); !found.answered || len(found.found) > 0 {
		t.Errorf("found is %+v", found)
	}
}
