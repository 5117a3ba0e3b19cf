// Package store_test drives internal/store against a real VersityGW with its IAM service. The tests are also the record of what that
// store was found to do: each name says a fact or a promise.
package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// bed is the running store, the same for all tests: each test has buckets and users of its own.
var bed *testbed.ObjectStore

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "vitrine-store-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bed, err = testbed.StartObjectStore(context.Background(), dir, testbed.ObjectStoreOptions{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the object store:", err)
		return 1
	}
	defer func() {
		if err := bed.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop the object store:", err)
		}
	}()
	return m.Run()
}

// installation is the installation of all tests but those that play another one.
const installation = "test"

func config() store.Config {
	return store.Config{
		Driver:         store.DriverIAM,
		Endpoint:       bed.S3Endpoint,
		Region:         bed.Region,
		IAMEndpoint:    bed.IAMEndpoint,
		InstallationID: installation,
		Credentials:    store.Credentials{AccessKeyID: bed.AccessKey, SecretAccessKey: store.Secret(bed.SecretKey)},
	}
}

func open(t *testing.T, change ...func(*store.Config)) *store.Store {
	t.Helper()
	cfg := config()
	for _, c := range change {
		c(&cfg)
	}
	s, err := store.Open(cfg)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// as opens the store with a user's own key.
func as(t *testing.T, key store.AccessKey) *store.Store {
	t.Helper()
	return open(t, func(c *store.Config) {
		c.Credentials = store.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}
	})
}

// unique derives from the test's name what no other test's bucket is called.
func unique(t *testing.T) string {
	t.Helper()
	sum := sha256.Sum256([]byte(t.Name()))
	return "acme-" + hex.EncodeToString(sum[:8])
}

func mark(t *testing.T) store.Mark {
	t.Helper()
	return store.Mark{Installation: installation, Namespace: "acme", Library: unique(t), Role: store.RoleOriginals}
}

// bucket makes a marked bucket.
func bucket(t *testing.T, s *store.Store) string {
	t.Helper()
	name := unique(t)
	if err := s.CreateBucket(t.Context(), name, mark(t)); err != nil {
		t.Fatalf("create bucket: %v", err)
	}
	return name
}

func identityOf(t *testing.T, who string) store.Identity {
	t.Helper()
	return store.Identity{
		Name: store.Name(installation, unique(t), "User", who),
		Path: store.IdentityPath(installation, unique(t)),
		Tags: map[string]string{"vitrine/user": "acme/" + who},
	}
}

// user makes a user with a key.
func user(t *testing.T, s *store.Store, who string) (store.Identity, store.AccessKey) {
	t.Helper()
	id := identityOf(t, who)
	if _, err := s.Identities.Ensure(t.Context(), id); err != nil {
		t.Fatalf("ensure %s: %v", who, err)
	}
	key, err := s.Identities.IssueKey(t.Context(), id.Name)
	if err != nil {
		t.Fatalf("issue a key to %s: %v", who, err)
	}
	return id, key
}

// recorder is a hook that remembers the calls, and fails the n-th one when told to.
type recorder struct {
	mu     sync.Mutex
	calls  []store.Call
	failAt int // 1 is the first call; 0 never
}

// errCut stands for the process being killed before a call.
var errCut = fmt.Errorf("cut here")

func (r *recorder) hook(c store.Call) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
	if len(r.calls) == r.failAt {
		return errCut
	}
	return nil
}

func (r *recorder) restart(failAt int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls, r.failAt = nil, failAt
}

func (r *recorder) writes() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []string
	for _, c := range r.calls {
		if c.Mutates {
			list = append(list, string(c.Service)+" "+c.Operation+" "+c.Resource)
		}
	}
	return list
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}

// killer fails every call from the n-th on: the process is gone.
type killer struct {
	mu    sync.Mutex
	seen  int
	after int
}

func (k *killer) hook(store.Call) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen++
	if k.seen >= k.after {
		return errCut
	}
	return nil
}
