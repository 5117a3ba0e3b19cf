package decisions_test

import (
	"maps"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// installation is the one that all tenants of the suite belong to.
const installation = "decisions"

// tenant is a random world and its people at the store.
type tenant struct {
	namespace string
	world     worldtest.World
	at        time.Time
	model     *access.Model
	// keys are those of everybody who has one here, declared or not.
	keys map[string]store.Credentials
	// made are the buckets at the store, by Library, whatever is declared now.
	made map[string]policy.Buckets
	// held is what hangs on the tenant's identities now, at stores where rights hang there; nil when it is to be asked for.
	held map[store.Holder]store.Held
}

// declare puts other declarations in place of the tenant's. Nothing is told to a store.
func (t *tenant) declare(d access.Declarations) {
	t.world.Declarations = d
	t.model = access.New(d)
}

// identity is how somebody of the tenant is called at the store.
func (t *tenant) identity(user string) store.Identity {
	return store.Identity{Name: store.Name(installation, t.namespace, "User", user), Path: t.path()}
}

// path is where all identities of the tenant are.
func (t *tenant) path() string { return store.IdentityPath(installation, t.namespace) }

// buckets are those of each Library that is declared.
func (t *tenant) buckets() map[string]policy.Buckets {
	all := map[string]policy.Buckets{}
	for _, l := range t.world.Libraries {
		all[l.Name] = policy.Buckets{Originals: l.Spec.Bucket.Name, Vitrine: l.Spec.Bucket.Name + "-dam"}
	}
	return all
}

// people are all who have a key, in order.
func (t *tenant) people() []string { return slices.Sorted(maps.Keys(t.keys)) }
