package controllers

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Tenants gives what a namespace declares, as the model sees it. A model is
// built once for each state of the declarations and shared by all reconcilers.
type Tenants struct {
	reader    client.Reader
	inventory *Inventory

	mu   sync.Mutex
	memo map[string]*Tenant
	// selections are what selectors picked, by namespace.
	selections map[string]selections
	// gathered tells when each was last gathered, and how long that took; busy is held by whoever does.
	gathered map[string]gathering
	busy     map[string]*sync.Mutex
	// changed numbers the last change of each namespace that a cache told of, of changes in all; watched when one tells.
	changed map[string]uint64
	changes uint64
	watched bool
}

type gathering struct {
	tenant *Tenant
	at     time.Time
	cost   time.Duration
	// since are the last changes that it is sure to know.
	since lastChanges
}

type lastChanges struct{ declared, seen uint64 }

// A tenant of ten thousand objects takes a hundredth of a second to gather, a tenth when it has changed, and each of
// them asks for it: what was gathered serves until a change is told, and while it changes for so many times what it took.
const (
	recentShare = 100
	recentLimit = time.Second
)

// Recent is Get for telling how one of many declarations stands: what it gives may be a
// moment old, of a large tenant up to recentLimit, and statuses in it any age, but for those that access hangs on. Whoever decides about access asks Get; what
// that gives is what Recent gives next, so whoever is woken by a decision knows no less.
func (t *Tenants) Recent(ctx context.Context, namespace string) (*Tenant, error) {
	t.mu.Lock()
	last, ok := t.gathered[namespace]
	unchanged := t.watched && last.since == t.lastChanges(namespace) && !last.tenant.over(time.Now())
	t.mu.Unlock()
	if ok && (unchanged || time.Since(last.at) < min(recentShare*last.cost, recentLimit)) {
		return last.tenant, nil
	}
	return t.Get(ctx, namespace)
}

// lastChanges is asked for with the lock held.
func (t *Tenants) lastChanges(namespace string) lastChanges {
	return lastChanges{t.changed[namespace], t.inventory.lastChange(namespace)}
}

// watch has a cache tell of every change, which it does a moment after it gives what changed: while it tells of none,
// what was gathered is still so, but for that moment.
func (t *Tenants) watch(ctx context.Context, informers cache.Informers) error {
	note := func(obj any) {
		key, err := toolscache.DeletionHandlingObjectToName(obj)
		if err != nil {
			return // no object of an API has no name
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.changes++
		t.changed[cmp.Or(key.Namespace, key.Name)] = t.changes // a Namespace has none
	}
	gone := func(obj any) {
		note(obj)
		if key, err := toolscache.DeletionHandlingObjectToName(obj); err == nil && key.Namespace == "" {
			t.mu.Lock()
			defer t.mu.Unlock()
			delete(t.changed, key.Name) // nothing is left in it
		}
	}
	for _, kind := range []client.Object{
		&v1alpha1.Library{}, &v1alpha1.Folder{}, &v1alpha1.Collection{}, &v1alpha1.User{}, &v1alpha1.UserGroup{},
		&v1alpha1.Role{}, &v1alpha1.RoleBinding{}, &v1alpha1.PublicLink{}, &corev1.Namespace{},
	} {
		informer, err := informers.GetInformer(ctx, kind)
		if err != nil {
			return fmt.Errorf("watching %T: %w", kind, err)
		}
		if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{AddFunc: note, UpdateFunc: func(before, now any) {
			was, is := before.(client.Object), now.(client.Object)
			if declaredAnew(was, is) || tellsByStatus(was, is) { // of ten thousand objects one writes its status at any time
				note(now)
			}
		}, DeleteFunc: gone}); err != nil {
			return fmt.Errorf("watching %T: %w", kind, err)
		}
	}
	t.watched = true
	return nil
}

// Get gives what the namespace declares now. Whoever asks while it is being gathered waits for the next time, together
// with all others who do: of a large tenant many would otherwise gather the same at once.
func (t *Tenants) Get(ctx context.Context, namespace string) (*Tenant, error) {
	asked := time.Now()
	one := t.oneAtATime(namespace)
	one.Lock()
	defer one.Unlock()
	t.mu.Lock()
	last, since := t.gathered[namespace], t.lastChanges(namespace)
	t.mu.Unlock()
	if last.at.After(asked) {
		return last.tenant, nil // it began after this was asked for
	}
	began := time.Now()
	tenant, err := t.gather(ctx, namespace)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if tenant.empty() { // its namespace may be gone
		delete(t.gathered, namespace)
		delete(t.busy, namespace)
		delete(t.changed, namespace)
		return tenant, nil
	}
	t.gathered[namespace] = gathering{tenant, began, time.Since(began), since}
	return tenant, nil
}

// oneAtATime is what whoever gathers a namespace holds.
func (t *Tenants) oneAtATime(namespace string) *sync.Mutex {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy[namespace] == nil {
		t.busy[namespace] = &sync.Mutex{}
	}
	return t.busy[namespace]
}

// Tenant is what one namespace declares at one moment. It is never changed.
type Tenant struct {
	Namespace string
	Model     *access.Model
	Declared  access.Declarations
	Links     []v1alpha1.PublicLink
	// Frozen is the reason on the namespace's freeze annotation; empty when it is not frozen.
	Frozen string
	// Holdings are what its Libraries were seen to hold when the model was made;
	// a Library that has not been swept yet has none.
	Holdings map[string]*Holding
	// Lifecycles are what its Folders say of files.
	Lifecycles lifecycles
	// until is when the clock alone makes another model; zero for never.
	until       time.Time
	declared    uint64 // fingerprint of all but what selectors pick
	fingerprint uint64
}

// over tells whether the clock has made another model since.
func (t *Tenant) over(now time.Time) bool {
	return t != nil && !t.until.IsZero() && !now.Before(t.until)
}

// NewTenants makes it on a cached reader.
func NewTenants(cached client.Reader, inventory *Inventory) *Tenants {
	return &Tenants{
		reader: cached, inventory: inventory, memo: map[string]*Tenant{}, selections: map[string]selections{}, gathered: map[string]gathering{},
		busy: map[string]*sync.Mutex{}, changed: map[string]uint64{},
	}
}

func (t *Tenants) gather(ctx context.Context, namespace string) (*Tenant, error) {
	var (
		libraries   v1alpha1.LibraryList
		folders     v1alpha1.FolderList
		collections v1alpha1.CollectionList
		users       v1alpha1.UserList
		groups      v1alpha1.UserGroupList
		roles       v1alpha1.RoleList
		bindings    v1alpha1.RoleBindingList
		links       v1alpha1.PublicLinkList
	)
	for _, list := range []client.ObjectList{&libraries, &folders, &collections, &users, &groups, &roles, &bindings, &links} {
		// Nobody changes what is read here, so the cache need not copy it.
		if err := t.reader.List(ctx, list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
			return nil, fmt.Errorf("reading what namespace %s declares: %w", namespace, err)
		}
	}
	// A cache lists in an order that differs each time.
	libraries.Items = byName(libraries.Items)
	folders.Items = byName(folders.Items)
	collections.Items = byName(collections.Items)
	users.Items = byName(users.Items)
	groups.Items = byName(groups.Items)
	roles.Items = byName(roles.Items)
	bindings.Items = byName(bindings.Items)
	links.Items = byName(links.Items)
	ns := &corev1.Namespace{}
	if err := t.reader.Get(ctx, types.NamespacedName{Name: namespace}, ns); err != nil && !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("reading namespace %s: %w", namespace, err)
	}
	tenant := &Tenant{
		Namespace: namespace,
		Frozen:    v1alpha1.FreezeReason(ns),
		Links:     links.Items,
		Holdings:  map[string]*Holding{},
		Declared: access.Declarations{
			NamespaceFrozen: v1alpha1.FreezeReason(ns) != "",
			Libraries:       libraries.Items,
			Folders:         folders.Items,
			Collections:     collections.Items,
			Users:           users.Items,
			UserGroups:      groups.Items,
			Roles:           roles.Items,
			RoleBindings:    bindings.Items,
			Files:           map[string][]string{},
		},
	}
	var seen maphash.Hash
	seen.SetSeed(fingerprintSeed)
	maphash.WriteComparable(&seen, [2]string{namespace, tenant.Frozen})
	for i := range libraries.Items {
		library := &libraries.Items[i]
		key := client.ObjectKeyFromObject(library)
		// In this order: whoever has a holding has at least its files.
		if holding := t.inventory.Of(key); holding != nil {
			tenant.Holdings[library.Name] = holding
		}
		if files, known := t.inventory.filesOf(key); known {
			tenant.Declared.Files[library.Name] = files.paths
			maphash.WriteComparable(&seen, files.version)
			maphash.WriteComparable(&seen, library.Name)
		}
	}
	noteAll(&seen, libraries.Items)
	noteAll(&seen, folders.Items)
	noteAll(&seen, collections.Items)
	noteAll(&seen, users.Items)
	noteAll(&seen, groups.Items)
	noteAll(&seen, roles.Items)
	noteAll(&seen, bindings.Items)
	tenant.declared = seen.Sum64()
	t.mu.Lock()
	known, picked := t.memo[namespace], t.selections[namespace]
	t.mu.Unlock()
	picked = tenant.model(known, picked, time.Now())
	t.mu.Lock()
	defer t.mu.Unlock()
	if tenant.empty() {
		delete(t.memo, namespace) // its namespace may be gone, and the next of that name is another tenant's
		delete(t.selections, namespace)
		return tenant, nil
	}
	t.memo[namespace], t.selections[namespace] = tenant, picked
	return tenant, nil
}

// model makes the tenant's model, or takes that of the tenant known before when nothing that it hangs on is another; known may be nil.
// What selectors pick hangs on where Folders are, which a model tells: so a tenant with selectors has two made.
func (t *Tenant) model(known *Tenant, before selections, now time.Time) selections {
	next := func(from *access.Model) *access.Model {
		if from == nil {
			return access.New(t.Declared)
		}
		return from.Next(t.Declared)
	}
	var last *access.Model
	if known != nil {
		last = known.Model
	}
	if known != nil && known.declared == t.declared {
		t.Model, t.Lifecycles, t.Declared.Selected = last, known.Lifecycles, known.Declared.Selected
	} else {
		t.Model = next(last)
		t.Lifecycles = lifecyclesOf(t.Model, t.Declared.Folders)
	}
	picked, until := t.selected(before, t.declared, now)
	t.until, t.fingerprint = until, t.declared
	if len(picked) == 0 {
		return nil
	}
	var seen maphash.Hash
	seen.SetSeed(fingerprintSeed)
	maphash.WriteComparable(&seen, t.declared)
	t.Declared.Selected = make(map[string][]string, len(picked))
	for _, name := range slices.Sorted(maps.Keys(picked)) {
		t.Declared.Selected[name] = picked[name].paths
		maphash.WriteComparable(&seen, picked[name].fingerprint)
	}
	t.fingerprint = seen.Sum64()
	if known == nil || known.fingerprint != t.fingerprint {
		t.Model = next(t.Model)
	}
	return picked
}

// empty tells whether the namespace declares nothing of ours, and so is no tenant.
func (t *Tenant) empty() bool {
	d := &t.Declared
	return len(d.Libraries)+len(d.Folders)+len(d.Collections)+len(d.Users)+len(d.UserGroups)+len(d.Roles)+len(d.RoleBindings)+len(t.Links) == 0
}

// One seed for the life of the process: a fingerprint is compared with earlier ones.
var fingerprintSeed = maphash.MakeSeed()

// noted is what the model looks at of an object: not the status, which changes with
// every pass, so that bringing up ten thousand objects makes few models.
type noted struct {
	name, uid  string
	generation int64
	going      bool
	frozen     string
}

func noteAll[T any, P interface {
	*T
	client.Object
}](seen *maphash.Hash, items []T) {
	maphash.WriteComparable(seen, len(items))
	for i := range items {
		o := P(&items[i])
		maphash.WriteComparable(seen, noted{o.GetName(), string(o.GetUID()), o.GetGeneration(), !o.GetDeletionTimestamp().IsZero(), v1alpha1.FreezeReason(o)})
	}
}

// byName gives objects of one namespace in order. Each is moved once: they are large, and there are ten thousand of them.
func byName[T any, P interface {
	*T
	client.Object
}](items []T) []T {
	order := make([]*T, len(items))
	for i := range items {
		order[i] = &items[i]
	}
	slices.SortFunc(order, func(a, b *T) int { return strings.Compare(P(a).GetName(), P(b).GetName()) })
	sorted := make([]T, len(items))
	for i, item := range order {
		sorted[i] = *item
	}
	return sorted
}

// stores names the ObjectStores that the tenant's Libraries use, sorted.
func (t *Tenant) stores() []string { return storesUsed(t.Declared.Libraries) }

// storesUsed names the ObjectStores that Libraries use, sorted.
func storesUsed(libraries []v1alpha1.Library) []string {
	set := map[string]bool{}
	for i := range libraries {
		set[libraries[i].Spec.StoreRef.Name] = true
	}
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// problem gives what the model found wrong with one declaration.
func (t *Tenant) problem(kind, name string) (access.Problem, bool) {
	return t.Model.ProblemOf(kind, name)
}

// refusal says why a Library may not use its store or its bucket; nil when it may.
// Of several Libraries on one bucket of a store, the oldest has it.
func (d *Deps) refusal(ctx context.Context, declared *v1alpha1.ObjectStore, library *v1alpha1.Library) error {
	if err := unfit(declared.Status.Capabilities); err != nil {
		return err
	}
	return d.mayHave(ctx, declared, library)
}

// mayHave says why a Library may not have its bucket; nil when it may.
func (d *Deps) mayHave(ctx context.Context, declared *v1alpha1.ObjectStore, library *v1alpha1.Library) error {
	bucket := library.Spec.Bucket.Name
	if !declared.AdmitsNamespace(library.Namespace) {
		return stall(v1alpha1.ReasonNotAdmitted, "ObjectStore %q does not admit namespace %q; ask the platform team to add it to spec.tenants", declared.Name, library.Namespace)
	}
	for _, name := range []string{bucket, asset.VitrineBucket(bucket)} {
		if !declared.Admits(library.Namespace, name) {
			return stall(v1alpha1.ReasonNotAdmitted, "ObjectStore %q does not let namespace %q use a bucket called %q; choose a name that matches its spec.tenants, or ask the platform team", declared.Name, library.Namespace, name)
		}
	}
	var rivals v1alpha1.LibraryList
	if err := d.List(ctx, &rivals, client.MatchingFields{indexBucket: declared.Name + "/" + bucket}); err != nil {
		return fmt.Errorf("looking for other Libraries on bucket %s: %w", bucket, err)
	}
	for i := range rivals.Items {
		if rival := &rivals.Items[i]; rival.UID != library.UID && admitted(declared, rival) && older(rival, library) {
			if rival.Namespace == library.Namespace {
				return stall(v1alpha1.ReasonConflict, "Library %q already has bucket %q; delete one of the two Libraries, or name another bucket", rival.Name, bucket)
			}
			return stall(v1alpha1.ReasonConflict, "a Library of another tenant already has bucket %q; name another bucket", bucket)
		}
	}
	return nil
}

// admitted tells whether a store lets a Library have both of its buckets. One
// that is not is nobody's rival, whatever it names.
func admitted(declared *v1alpha1.ObjectStore, library *v1alpha1.Library) bool {
	bucket := library.Spec.Bucket.Name
	return declared.Admits(library.Namespace, bucket) && declared.Admits(library.Namespace, asset.VitrineBucket(bucket))
}

func older(a, b client.Object) bool {
	at, bt := a.GetCreationTimestamp(), b.GetCreationTimestamp()
	if !at.Equal(&bt) {
		return at.Before(&bt)
	}
	return a.GetNamespace()+"/"+a.GetName() < b.GetNamespace()+"/"+b.GetName()
}
