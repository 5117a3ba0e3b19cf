// Package store_test drives internal/store against real stores: VersityGW with its IAM service, and MinIO. The tests are also the record
// of what these stores were found to do: each name says a fact or a promise.
package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7/pkg/signer"

	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// The running stores, the same for all tests: each test has buckets and users of its own.
var (
	versitygw *testbed.ObjectStore
	minioBed  *testbed.MinIO
)

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
	versitygw, err = testbed.StartObjectStore(context.Background(), filepath.Join(dir, "versitygw"), testbed.ObjectStoreOptions{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "start VersityGW:", err)
		return 1
	}
	defer stop("VersityGW", versitygw.Stop)
	minioBed, err = testbed.StartMinIO(context.Background(), filepath.Join(dir, "minio"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "start MinIO:", err)
		return 1
	}
	defer stop("MinIO", minioBed.Stop)
	return m.Run()
}

func stop(name string, end func() error) {
	if err := end(); err != nil {
		fmt.Fprintf(os.Stderr, "stop %s: %v\n", name, err)
	}
}

// The stores' names are those of subtests, so that whatever a test does is done at the store it is named after.
const (
	onVersityGW = "VersityGW"
	onMinIO     = "MinIO"
)

// stores are those that most tests run at, each in a subtest of that name.
var stores = []string{onVersityGW, onMinIO}

// at tells which store a test runs at: VersityGW unless it is named after another.
func at(t *testing.T) string {
	t.Helper()
	if slices.Contains(strings.Split(t.Name(), "/"), onMinIO) {
		return onMinIO
	}
	return onVersityGW
}

// installation is the installation of all tests but those that play another one.
const installation = "test"

func config(t *testing.T) store.Config {
	t.Helper()
	if at(t) == onMinIO {
		return store.Config{
			Driver:         store.DriverMinIO,
			Endpoint:       minioBed.Endpoint,
			Region:         minioBed.Region,
			InstallationID: installation,
			Credentials:    store.Credentials{AccessKeyID: minioBed.AccessKey, SecretAccessKey: store.Secret(minioBed.SecretKey)},
		}
	}
	return store.Config{
		Driver:         store.DriverIAM,
		Endpoint:       versitygw.S3Endpoint,
		Region:         versitygw.Region,
		IAMEndpoint:    versitygw.IAMEndpoint,
		InstallationID: installation,
		Credentials:    store.Credentials{AccessKeyID: versitygw.AccessKey, SecretAccessKey: store.Secret(versitygw.SecretKey)},
	}
}

func open(t *testing.T, change ...func(*store.Config)) *store.Store {
	t.Helper()
	cfg := config(t)
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

// kept is what a store keeps of an identity: MinIO has no tags.
func kept(t *testing.T, id store.Identity) store.Identity {
	t.Helper()
	if at(t) == onMinIO {
		id.Tags = nil
	}
	return id
}

// enforcement is how rights get to the store that a test runs at.
func enforcement(t *testing.T) store.Enforcement {
	t.Helper()
	return abilities[at(t)].Enforcement
}

func holder(id store.Identity) store.Holder {
	return store.Holder{Kind: store.HolderUser, Path: id.Path, Name: id.Name}
}

// let gives a user listing, reading and writing below a prefix, in the store's own way.
func let(t *testing.T, s *store.Store, id store.Identity, bucket, prefix string) {
	t.Helper()
	var err error
	if holders := s.Holders(enforcement(t)); holders != nil {
		err = holders.SetDocument(t.Context(), holder(id), 0, document(bucket, prefix))
	} else {
		err = s.SetBucketPolicy(t.Context(), bucket, allow(bucket, prefix, s.Identities.Principal(id)))
	}
	if err != nil {
		t.Fatalf("let %s into %s: %v", id.Name, prefix, err)
	}
}

// letNobody takes away what let gave.
func letNobody(t *testing.T, s *store.Store, id store.Identity, bucket string) {
	t.Helper()
	var err error
	if holders := s.Holders(enforcement(t)); holders != nil {
		err = holders.SetDocument(t.Context(), holder(id), 0, nil)
	} else {
		err = s.SetBucketPolicy(t.Context(), bucket, nil)
	}
	if err != nil {
		t.Fatalf("let nobody into %s: %v", bucket, err)
	}
}

// administrator is the key that the store is administered by.
func administrator(t *testing.T) store.AccessKey {
	t.Helper()
	c := config(t).Credentials
	return store.AccessKey{ID: c.AccessKeyID, Secret: c.SecretAccessKey}
}

// send asks for what no well-behaved client would.
func send(t *testing.T, key store.AccessKey, method, target string, header http.Header, body []byte) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, config(t).Endpoint+target, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	sum := sha256.Sum256(body)
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	resp, err := http.DefaultClient.Do(signer.SignV4(*req, key.ID, key.Secret.Reveal(), "", config(t).Region))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// versions are those below a prefix, delete markers among them.
func versions(t *testing.T, s *store.Store, bucket, prefix string) (ids []string) {
	t.Helper()
	err := s.ListVersions(t.Context(), bucket, prefix, func(o store.ObjectInfo) error { ids = append(ids, o.VersionID); return nil })
	if err != nil || len(ids) == 0 {
		t.Fatalf("versions: %v, %v", ids, err)
	}
	return ids
}
