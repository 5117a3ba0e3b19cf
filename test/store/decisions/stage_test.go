package decisions_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// namespaces are the two tenants that share a store in every scene. Their people have the same names.
var namespaces = []string{"acme", "northlight"}

// scene is tenants brought to a store, ready to be asked about.
type scene struct {
	at      target
	admin   *store.Store
	root    caller
	tenants []*tenant
	// buckets of all tenants, in order, and what each is.
	buckets []string
	homes   map[string]home
	// names of the objects in each bucket, in order, and the version of each.
	names    map[string][]string
	versions map[string]map[string]string
	// operations, each as often as its weight.
	operations []operation
}

// home is what a bucket is.
type home struct {
	tenant  *tenant
	library string
	vitrine bool
	// beside is the Library's other bucket.
	beside string
}

// crew are the people of the tenants, with keys of their own. One crew serves many scenes, one after the other.
type crew struct {
	at    target
	admin *store.Store
	label string
	keys  map[string]map[string]store.Credentials // by namespace and name
}

// resting are the crews that nobody is at work with, by the name of the store. Making one takes seconds where bodies with secrets are sealed.
var resting = struct {
	sync.Mutex
	at   map[string][]*crew
	made int
}{at: map[string][]*crew{}}

// takeCrew gives a crew that rests, or a new one.
func takeCrew(ctx context.Context, at target) (*crew, error) {
	resting.Lock()
	if n := len(resting.at[at.name]); n > 0 {
		c := resting.at[at.name][n-1]
		resting.at[at.name] = resting.at[at.name][:n-1]
		resting.Unlock()
		c.at = at
		return c, nil
	}
	label := fmt.Sprintf("c%d", resting.made)
	resting.made++
	resting.Unlock()
	return newCrew(ctx, at, label)
}

// rest lets others have the crew.
func (c *crew) rest() {
	resting.Lock()
	defer resting.Unlock()
	resting.at[c.at.name] = append(resting.at[c.at.name], c)
}

func newCrew(ctx context.Context, at target, label string) (*crew, error) {
	admin, err := store.Open(at.config)
	if err != nil {
		return nil, err
	}
	c := &crew{at: at, admin: admin, label: label, keys: map[string]map[string]store.Credentials{}}
	for _, namespace := range namespaces {
		t := &tenant{namespace: c.namespace(namespace)}
		c.keys[namespace] = map[string]store.Credentials{}
		for _, name := range worldtest.Names {
			id := t.identity(name)
			if _, err := admin.Identities.Ensure(ctx, id); err != nil {
				return nil, err
			}
			key, err := admin.Identities.IssueKey(ctx, id.Name)
			if err != nil {
				return nil, err
			}
			c.keys[namespace][name] = store.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}
		}
	}
	return c, nil
}

func (c *crew) namespace(tenant string) string { return tenant + "-" + c.label }

// stage makes up a world for each tenant and brings it to the store.
func (c *crew) stage(ctx context.Context, r *rand.Rand, label string) (*scene, error) {
	sc := c.imagine(r, label)
	return sc, sc.build(ctx)
}

// imagine makes up a world for each tenant. Nothing is told to a store.
func (c *crew) imagine(r *rand.Rand, label string) *scene {
	sc := &scene{
		at: c.at, admin: c.admin, homes: map[string]home{}, names: map[string][]string{}, versions: map[string]map[string]string{},
		root: c.at.caller(c.at.config.Credentials),
	}
	for _, o := range operations {
		for range max(1, o.weight) {
			sc.operations = append(sc.operations, o)
		}
	}
	for _, namespace := range namespaces {
		t := &tenant{namespace: c.namespace(namespace), keys: c.keys[namespace]}
		sc.settle(t, worldtest.Random(r, worldtest.Large), namespace+"-"+label)
		t.at = t.instant(r)
	}
	return sc
}

// build makes the buckets, uploads everything that the worlds speak of and enforces what they declare.
func (sc *scene) build(ctx context.Context) error {
	for _, bucket := range sc.buckets {
		home := sc.homes[bucket]
		mark := store.Mark{Installation: installation, Namespace: home.tenant.namespace, Library: home.library, Role: store.RoleOriginals}
		if home.vitrine {
			mark.Role = store.RoleVitrine
		}
		if err := sc.admin.CreateBucket(ctx, bucket, mark); err != nil {
			return err
		}
		sc.versions[bucket] = map[string]string{}
		for _, name := range sc.names[bucket] {
			if err := sc.upload(ctx, bucket, name); err != nil {
				return err
			}
		}
	}
	for _, t := range sc.tenants {
		if err := sc.at.enforce(ctx, sc.admin, t); err != nil {
			return err
		}
	}
	return nil
}

// settle names a tenant's buckets and everything that is in them.
func (sc *scene) settle(t *tenant, w worldtest.World, label string) {
	for i := range w.Libraries {
		w.Libraries[i].Spec.Bucket.Name = label + "-" + w.Libraries[i].Name
	}
	t.world = w
	t.declare(w.Declarations)
	t.made = t.buckets()
	sc.tenants = append(sc.tenants, t)
	for _, lib := range slices.Sorted(maps.Keys(t.made)) {
		b := t.made[lib]
		sc.homes[b.Originals] = home{tenant: t, library: lib, beside: b.Vitrine}
		sc.homes[b.Vitrine] = home{tenant: t, library: lib, vitrine: true, beside: b.Originals}
		sc.buckets = append(sc.buckets, b.Originals, b.Vitrine)
		sc.fill(w, lib, b)
	}
}

// fill names the files of a Library, what is rendered from them, and what Vitrine keeps for itself.
func (sc *scene) fill(w worldtest.World, lib string, b policy.Buckets) {
	inVitrine := []string{"catalog/spring.json", "links/spring.json", "audit/2027-03-01.jsonl", "inbox/1.jpg", "claims/1.json", "comments/1.json"}
	for _, name := range worldtest.Names {
		inVitrine = append(inVitrine, "changes/"+name+"/1.json", "results/"+name+"/1.json")
	}
	var open []string
	for _, k := range w.Keys {
		if k.Library != lib {
			continue
		}
		rendered, told := "renditions/"+k.Path, k.Path
		if k.Restricted == "" {
			open = append(open, k.Path)
		} else {
			inVitrine = append(inVitrine, "restricted/"+k.Restricted+"/"+k.Path)
			rendered, told = "restricted-renditions/"+k.Restricted+"/"+k.Path, "restricted/"+k.Restricted+"/"+k.Path
		}
		inVitrine = append(inVitrine, rendered+"/web-0123.webp")
		if len(inVitrine)%3 == 0 {
			inVitrine = append(inVitrine, "facts/"+told+".json", "meta/"+told+".json", "state/"+told+".json", "held/"+told, "approvals/"+told+"/1.json")
		}
	}
	if len(open) == 0 {
		open = []string{"alone.jpg"}
	}
	for bucket, names := range map[string][]string{b.Originals: open, b.Vitrine: inVitrine} {
		slices.Sort(names)
		sc.names[bucket] = slices.Compact(names)
	}
}

func (sc *scene) upload(ctx context.Context, bucket, name string) error {
	a, err := sc.root.do(ctx, request{method: http.MethodPut, bucket: bucket, key: name, body: content(bucket, name)})
	if err != nil {
		return err
	}
	version := a.header.Get("X-Amz-Version-Id")
	if !a.done() || version == "" {
		return fmt.Errorf("uploading %s %q: %s, version %q", bucket, name, a, version)
	}
	sc.versions[bucket][name] = version
	return nil
}

// instant chooses when to ask: most of the time when most grants are live, or at any of the world's instants.
func (t *tenant) instant(r *rand.Rand) time.Time {
	at := choose(r, t.world.Instants)
	if r.IntN(3) == 0 {
		return at
	}
	most := -1
	for _, i := range t.world.Instants {
		n := 0
		for _, u := range t.world.Users {
			n += len(t.model.Grants(u.Name, i))
		}
		if n > most {
			at, most = i, n
		}
	}
	return at
}

// tenantOf finds a tenant by its namespace.
func (sc *scene) tenantOf(namespace string) *tenant {
	i := slices.IndexFunc(sc.tenants, func(t *tenant) bool { return t.namespace == namespace })
	return sc.tenants[i]
}
