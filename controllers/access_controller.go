package controllers

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

const accessController = "access"

// AccessReconciler is the access compiler: the only writer of policies. Its
// requests are tenants at stores, namespace and ObjectStore, not objects.
type AccessReconciler struct {
	*Deps
	// applied is what of ours it last knew to be in force, by bucket: what
	// differs from that was changed by someone else.
	applied  *applied
	memories memories
}

// +kubebuilder:rbac:groups=dam.vitrine.dev,resources=folders;collections;usergroups;roles;rolebindings,verbs=get;list;watch
// +kubebuilder:rbac:groups=dam.vitrine.dev,resources=folders/status;collections/status;usergroups/status;roles/status;rolebindings/status,verbs=get;patch

// SetupWithManager connects the compiler to everything that access hangs on.
func (r *AccessReconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.applied = newApplied()
	b := ctrl.NewControllerManagedBy(mgr).Named(accessController)
	for _, kind := range []client.Object{
		&v1alpha1.Library{}, &v1alpha1.Folder{}, &v1alpha1.Collection{}, &v1alpha1.User{}, &v1alpha1.UserGroup{},
		&v1alpha1.Role{}, &v1alpha1.RoleBinding{}, &v1alpha1.PublicLink{}, &corev1.Namespace{}, &v1alpha1.ObjectStore{},
	} {
		b = b.Watches(kind, r.debounced())
	}
	return b.WithOptions(atOnce(tenantsAtOnce)).WatchesRawSource(r.Notices.source(accessController)).Complete(r)
}

// debounced asks for a pass a moment after a change, so that a commit of many
// objects is one pass.
func (r *AccessReconciler) debounced() handler.EventHandler {
	enqueue := func(ctx context.Context, o client.Object, q workqueue.TypedRateLimitingInterface[ctrl.Request]) {
		for _, at := range r.concerned(ctx, o) {
			q.AddAfter(ctrl.Request{NamespacedName: at}, r.Settings.Debounce)
		}
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q workqueue.TypedRateLimitingInterface[ctrl.Request]) {
			enqueue(ctx, e.Object, q)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q workqueue.TypedRateLimitingInterface[ctrl.Request]) {
			if !tellsByStatus(e.ObjectOld, e.ObjectNew) && !declaredAnew(e.ObjectOld, e.ObjectNew) {
				return
			}
			enqueue(ctx, e.ObjectNew, q)
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q workqueue.TypedRateLimitingInterface[ctrl.Request]) {
			enqueue(ctx, e.Object, q)
		},
	}
}

// tellsByStatus: of these some of the status counts too.
func tellsByStatus(before, now client.Object) bool {
	switch o := now.(type) {
	case *v1alpha1.User:
		return !slices.EqualFunc(o.Status.Identities, before.(*v1alpha1.User).Status.Identities, func(a, b v1alpha1.StoreIdentity) bool {
			return a.Store == b.Store && a.Name == b.Name
		})
	case *v1alpha1.PublicLink:
		was := before.(*v1alpha1.PublicLink)
		return linkVersion(o) != linkVersion(was) || !o.Status.FirstSeen.Equal(was.Status.FirstSeen)
	case *v1alpha1.Library:
		return o.Status.VitrineBucket != before.(*v1alpha1.Library).Status.VitrineBucket
	case *v1alpha1.ObjectStore:
		return !reflect.DeepEqual(o.Status.Capabilities, before.(*v1alpha1.ObjectStore).Status.Capabilities)
	}
	return false
}

// concerned names the tenants at stores that a change of an object may touch.
func (r *AccessReconciler) concerned(ctx context.Context, o client.Object) []types.NamespacedName {
	var libraries v1alpha1.LibraryList
	namespace := o.GetNamespace()
	option := client.ListOption(client.InNamespace(namespace))
	switch o.(type) {
	case *v1alpha1.ObjectStore:
		option = client.MatchingFields{indexStore: o.GetName()}
	case *corev1.Namespace:
		namespace = o.GetName()
		option = client.InNamespace(namespace)
	}
	if err := r.List(ctx, &libraries, option, client.UnsafeDisableDeepCopy); err != nil {
		return nil
	}
	set := map[types.NamespacedName]bool{}
	for i := range libraries.Items {
		set[types.NamespacedName{Namespace: libraries.Items[i].Namespace, Name: libraries.Items[i].Spec.StoreRef.Name}] = true
	}
	if library, ok := o.(*v1alpha1.Library); ok {
		// Also the last Library of a tenant at a store, when it goes.
		set[types.NamespacedName{Namespace: namespace, Name: library.Spec.StoreRef.Name}] = true
	}
	if len(set) == 0 && namespace != "" {
		if _, isNamespace := o.(*corev1.Namespace); !isNamespace {
			set[types.NamespacedName{Namespace: namespace}] = true
		}
	}
	list := make([]types.NamespacedName, 0, len(set))
	for at := range set {
		list = append(list, at)
	}
	return list
}

// Reconcile makes one pass over a tenant at a store: gather, render, prove, apply, tell.
func (r *AccessReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	at := tenantAt{namespace: req.Namespace, store: req.Name}
	now := r.Clock.Now()
	tenant, err := r.Tenants.Get(ctx, req.Namespace)
	if err != nil {
		return ctrl.Result{}, err
	}
	result := describe(tenant)
	if at.store == "" {
		if len(tenant.Declared.Libraries) > 0 {
			r.Enforcement.forget(at)
			return ctrl.Result{}, nil
		}
		r.tellWithout(tenant, result)
		return ctrl.Result{}, nil
	}
	if !slices.Contains(tenant.stores(), at.store) {
		// The tenant's last Library there is gone, and what it gave went before it, unless its finalizer was removed by force.
		r.Enforcement.forget(at)
		r.memories.forget(at)
		r.applied.forget(at)
		if len(tenant.Declared.Libraries) == 0 {
			r.tellWithout(tenant, result)
		}
		return ctrl.Result{}, r.strip(ctx, at)
	}
	again, err := r.compile(ctx, at, tenant, now, result)
	r.Enforcement.passed(at, result)
	if errors.Is(err, errNotYet) {
		// Revocations are in force; what is declared is told when the files are known, which wakes this.
		return ctrl.Result{RequeueAfter: 2 * time.Second}, nil
	}
	result.failed = err
	r.tell(at, result)
	if err != nil {
		out, retry := classify(err)
		if out.after == 0 {
			out.after = r.Settings.DriftInterval
		}
		return ctrl.Result{RequeueAfter: out.after}, retry
	}
	return ctrl.Result{RequeueAfter: again}, nil
}

// errNotYet: more than taking away cannot be done before something is known.
var errNotYet = errors.New("waiting for the first look at the libraries")

// describe notes what goes into a pass.
func describe(tenant *Tenant) *compiled {
	c := &compiled{generations: map[object]version{}, problems: map[object]access.Problem{}, shown: map[object]string{}, libraries: map[string]libraryResult{}}
	d := &tenant.Declared
	noteVersions(c, "Library", d.Libraries)
	noteVersions(c, "Folder", d.Folders)
	noteVersions(c, "Collection", d.Collections)
	noteVersions(c, "User", d.Users)
	noteVersions(c, "UserGroup", d.UserGroups)
	noteVersions(c, "Role", d.Roles)
	noteVersions(c, "RoleBinding", d.RoleBindings)
	for i := range tenant.Links {
		c.generations[object{"PublicLink", tenant.Links[i].Name}] = linkVersion(&tenant.Links[i])
	}
	c.noteAbsent(tenant, principals{}) // until the store has been asked
	for i := range d.Folders {
		scope, _ := tenant.Model.FolderScope(d.Folders[i].Name)
		c.shown[object{"Folder", d.Folders[i].Name}] = scope.Restricted + "/" + scope.Prefix
	}
	for i := range d.Collections {
		members, _ := tenant.Model.Members(d.Collections[i].Name)
		c.shown[object{"Collection", d.Collections[i].Name}] = strconv.Itoa(len(members)) // whoever was woken before may have counted by Recent
	}
	for _, p := range tenant.Model.Problems() {
		o := object{p.Kind, p.Name}
		if _, more := c.problems[o]; !more {
			c.problems[o] = p
		}
	}
	return c
}

// noteAbsent notes for whom the policies can do nothing yet, since the store
// does not know them, and of which bindings.
func (c *compiled) noteAbsent(tenant *Tenant, who principals) {
	c.absent, c.gateway = map[string]bool{}, who.gateway != ""
	for i := range tenant.Declared.Users {
		user := &tenant.Declared.Users[i]
		absent := user.Spec.Credentials == v1alpha1.CredentialsIssue && user.DeletionTimestamp.IsZero() && who.users[user.Name] == ""
		c.absent[user.Name] = absent
		c.shown[object{"User", user.Name}] = strconv.FormatBool(absent)
	}
	c.noteSessions(tenant, who)
	for i := range tenant.Declared.RoleBindings {
		name := tenant.Declared.RoleBindings[i].Name
		users := tenant.Model.BindingSubjects(name)
		c.shown[object{"RoleBinding", name}] = strconv.Itoa(len(users)) + " " + firstOf(users, c.absent) + " " + strconv.FormatBool(c.wholeListsOnly)
	}
}

func firstOf(names []string, set map[string]bool) string {
	for _, name := range names {
		if set[name] {
			return name
		}
	}
	return ""
}

func noteVersions[T any, P interface {
	*T
	client.Object
}](c *compiled, kind string, items []T) {
	for i := range items {
		o := P(&items[i])
		c.generations[object{kind, o.GetName()}] = versionOf(o)
	}
}

// controllerOf is the reconciler that tells how objects of a kind stand.
var controllerOf = map[string]string{
	"Library": libraryController, "Folder": folderController, "Collection": collectionController, "User": userController,
	"UserGroup": userGroupController, "Role": roleController, "RoleBinding": roleBindingController,
	"PublicLink": publicLinkController,
}

// tell makes a result known and wakes the reconcilers of what it changed.
func (r *AccessReconciler) tell(at tenantAt, result *compiled) {
	for _, o := range r.Enforcement.set(at, result) {
		if name := controllerOf[o.kind]; name != "" {
			r.Notices.wake(name, types.NamespacedName{Namespace: at.namespace, Name: o.name}, 0)
		}
	}
}

// tellWithout is tell for a tenant without Libraries, of which nothing is kept once it declares nothing at all.
func (r *AccessReconciler) tellWithout(tenant *Tenant, result *compiled) {
	at := tenantAt{namespace: tenant.Namespace}
	if tenant.empty() {
		r.Enforcement.forget(at)
		return
	}
	r.tell(at, result)
}

// compile renders and applies. It gives the time of the next pass that nothing
// but the clock asks for.
func (r *AccessReconciler) compile(ctx context.Context, at tenantAt, tenant *Tenant, now time.Time, result *compiled) (time.Duration, error) {
	connection, refused := r.Stores.Get(ctx, at.store)
	if refused != nil {
		// Credentials that are gone give nothing new, but who loses access loses it while they still open the store.
		var err error
		if connection, err = r.Stores.ForRemoval(ctx, at.store); err != nil {
			return 0, err
		}
	}
	if refused == nil {
		refused = unfit(connection.Declared.Status.Capabilities)
	}
	libraries, err := r.librariesAt(ctx, connection, tenant, at.store)
	if err != nil {
		return 0, err
	}
	for attempt := 0; ; attempt++ {
		made, err := r.render(ctx, connection, tenant, libraries, now)
		if err != nil {
			return 0, err
		}
		result.wholeListsOnly, result.unattached, result.unserved = made.wholeListsOnly, nil, nil
		result.noteAbsent(tenant, made.principals)
		if refused != nil {
			made.onlyTakeAway(refused)
		}
		err = r.apply(ctx, connection, tenant, &made, result)
		// Somebody deleted a store user between our look and our write. One absent
		// user must not hold up the revocation of another, so look again at once.
		if attempt < 3 && isUnknownPrincipal(err) {
			continue
		}
		if _, is := byIdentity(connection.Declared); !is {
			all, known := r.onUsers(ctx, connection, tenant, &made) // after what is declared is in force
			made.noteByOthers(result, all)
			result.noteUnasked(!known)
		}
		again := r.nextPass(connection.Declared, tenant, now)
		switch {
		case isStalled(err): // not proved
			return 0, err
		case err != nil:
			// Told by the Libraries that it concerns; the others are as declared.
			log.FromContext(ctx).Error(err, "some policies could not be applied; trying again", "retry", bucketRetry)
			again = min(again, bucketRetry)
		case refused != nil:
			return 0, refused
		case slices.ContainsFunc(libraries, func(l libraryAt) bool { return errors.Is(l.unknown, errNotYet) }):
			return 0, errNotYet
		}
		return again, nil
	}
}

// bucketRetry is how soon a bucket is tried again whose policy could not be read or written.
const bucketRetry = 2 * time.Second

// nextPass is when access changes by the clock alone, or when to look for drift.
func (r *AccessReconciler) nextPass(declared *v1alpha1.ObjectStore, tenant *Tenant, now time.Time) time.Duration {
	again := r.Settings.driftInterval(declared)
	earlier := func(instant time.Time) {
		// A little late rather than a little early, when nothing would have changed yet.
		if until := instant.Sub(r.Clock.Now()) + 5*time.Millisecond; until < again {
			again = max(until, time.Millisecond)
		}
	}
	if next, ok := tenant.Model.NextChange(now); ok {
		earlier(next)
	}
	if !tenant.until.IsZero() {
		earlier(tenant.until)
	}
	for i := range tenant.Links {
		if next := linkVerdict(tenant, &tenant.Links[i], now).Next; !next.IsZero() {
			earlier(next)
		}
	}
	return again
}
