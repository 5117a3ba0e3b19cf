package review

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// place declares a Library with two Folders, one of them restricted, in a namespace.
const place = `apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand, namespace: SPACE}
spec: {storeRef: {name: counted}, bucket: {name: SPACE-brand}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: launch, namespace: SPACE}
spec: {libraryRef: {name: brand}, path: launch}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: embargo, namespace: SPACE}
spec: {libraryRef: {name: brand}, path: launch/embargo, access: Restricted}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: alice, namespace: SPACE}
spec: {displayName: Alice}
`

// grant gives alice what is in both Folders.
const grant = `---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice, namespace: SPACE}
spec:
  roleRef: {kind: BuiltIn, name: viewer}
  subjects: [{kind: User, name: alice}]
  targets: [{kind: Folder, name: launch}, {kind: Folder, name: embargo}]
`

func in(namespace, text string) string { return strings.ReplaceAll(text, "SPACE", namespace) }

// written is a file with a text.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "declared.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What a pull request declares for a tenant that the cluster has not yet is compared with nothing.
//
// features: U1
func TestDiffOfANewTenant(t *testing.T) {
	head := written(t, in("fresh", place+grant))
	s := ask(t, bed.cluster.Kubeconfig, "diff", "--base", "cluster", "--head", head, "--cluster")
	if s.code != 3 || !strings.Contains(s.out, "alice") || !strings.Contains(s.out, "note: the cluster has no namespace fresh yet") {
		t.Errorf("%+v", s)
	}
	fails(t, ask(t, bed.cluster.Kubeconfig, "diff", "--base", "cluster", "--head", "cluster", "-n", "nowhere"), "there is no namespace nowhere in this cluster", 1)
}

// counted is the namespace of a Library that is at a real store.
const counted = "counted"

// countedStore starts a store, fills the buckets of the Library in place, and declares both in the cluster. It gives the ObjectStore's YAML too.
func countedStore(t *testing.T) (*testbed.ObjectStore, *store.Store, string) {
	t.Helper()
	versitygw, err := testbed.StartObjectStore(t.Context(), t.TempDir(), testbed.ObjectStoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := versitygw.Stop(); err != nil {
			t.Error(err)
		}
	})
	s, err := store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: versitygw.S3Endpoint, IAMEndpoint: versitygw.IAMEndpoint, Region: versitygw.Region,
		Credentials: store.Credentials{AccessKeyID: versitygw.AccessKey, SecretAccessKey: store.Secret(versitygw.SecretKey)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for bucket, objects := range map[string]map[string]string{
		"counted-brand":     {"launch/a.jpg": "1", "launch/final/b.jpg": "22", "press/c.jpg": "333"},
		"counted-brand-dam": {"restricted/embargo/d.jpg": "4444", "renditions/e.webp": "55555"},
	} {
		if err := s.CreateBucket(t.Context(), bucket, store.Mark{Installation: counted, Namespace: counted, Library: "brand", Role: store.RoleOriginals}); err != nil {
			t.Fatal(err)
		}
		for key, text := range objects {
			if _, err := s.PutObject(t.Context(), bucket, key, []byte(text), "image/jpeg", store.Always()); err != nil {
				t.Fatal(err)
			}
		}
	}
	objectStore := `---
apiVersion: dam.vitrine.dev/v1alpha1
kind: ObjectStore
metadata: {name: counted}
spec:
  driver: IAM
  endpoint: ` + versitygw.S3Endpoint + `
  iam: {endpoint: ` + versitygw.IAMEndpoint + `}
  credentialsSecretRef: {namespace: vitrine-system, name: store-admin}
  installationID: counted
  tenants: [{namespaces: [counted], buckets: ["counted-*"]}]
`
	if existing, err := kubectl(t.Context(), bed.cluster.Kubeconfig, "create", "namespace", counted); err != nil || existing.code != 0 && !strings.Contains(existing.complaints, "AlreadyExists") {
		t.Fatal(err, existing)
	}
	admin(t, "apply", "-f", written(t, in(counted, place)+objectStore))
	admin(t, "patch", "library", "brand", "-n", counted, "--subresource=status", "--type=merge", "-p", `{"status":{"assets":{"count":4,"bytes":10}}}`)
	t.Setenv("AWS_ACCESS_KEY_ID", versitygw.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", versitygw.SecretKey)
	t.Setenv("AWS_REGION", versitygw.Region)
	return versitygw, s, objectStore
}

// exact is what the answer says of what place gives with grant, and bound what it says where nobody can count it.
const (
	exact = "Newly exposed: 3 objects, 7 bytes."
	bound = "library brand held 4 objects, 10 bytes when last counted: no more than that is newly exposed in it"
)

// The figures are exact when every bucket is listed where the cluster's ObjectStores say that it is.
//
// features: U9
func TestDiffCountsWhatTheStoresHave(t *testing.T) {
	versitygw, _, objectStore := countedStore(t)
	base, head := written(t, in(counted, place)), written(t, in(counted, place+grant))
	for _, by := range [][]string{{"--cluster"}, {"--s3-endpoint", "cluster"}, {"--cluster", "--s3-endpoint", versitygw.S3Endpoint}} {
		for _, from := range []string{"cluster", base} {
			got := ask(t, bed.cluster.Kubeconfig, append([]string{"diff", "--base", from, "--head", head}, by...)...)
			if got.code != 3 || !strings.Contains(got.out, exact) || strings.Contains(got.out, "when last counted") {
				t.Errorf("from %s by %s: %+v", from, by, got)
			}
		}
	}
	same := ask(t, bed.cluster.Kubeconfig, "diff", "--base", "cluster", "--head", written(t, in(counted, place)+objectStore))
	if same.code != 0 {
		t.Errorf("what was applied differs: %+v", same)
	}
	admits := strings.Replace(objectStore, "counted-*", "counted-brand", 1)
	if less := ask(t, bed.cluster.Kubeconfig, "diff", "--base", "cluster", "--head", written(t, in(counted, place)+admits)); less.code != 2 || !strings.Contains(less.out, "no longer admits the bucket counted-brand") {
		t.Errorf("an ObjectStore that admits less: %+v", less)
	}
}

// Where nobody can count, the comparison is told all the same, with the most that it can be, and what would count it.
//
// features: U9
func TestDiffTellsTheMostWhereItCannotCount(t *testing.T) {
	_, s, objectStore := countedStore(t)
	head := written(t, in(counted, place+grant))
	tells := func(reason, kubeconfig, why string) {
		t.Helper()
		got := ask(t, kubeconfig, "diff", "--base", "cluster", "--head", head, "--cluster")
		if got.code != 3 || !strings.Contains(got.out, why) || !strings.Contains(got.out, bound) || !strings.Contains(got.out, "--inventory") || strings.Contains(got.out, "Newly exposed") {
			t.Errorf("%s: %+v", reason, got)
		}
	}

	admin(t, "create", "rolebinding", "reviewer", "-n", counted, "--clusterrole=vitrine-tenant-viewer", "--user=reviewer")
	defer admin(t, "delete", "rolebinding", "reviewer", "-n", counted)
	reviewer := kubeconfig(t, as("reviewer"))
	const hidden = "you may not list objectstores of this cluster; name the store with --s3-endpoint URL"
	tells("one who may not list ObjectStores", reviewer, hidden)
	fails(t, ask(t, reviewer, "diff", "--base", "cluster", "--head", head, "--s3-endpoint", "cluster"), hidden, 1)
	if s := ask(t, reviewer, "diff", "--base", "cluster", "--head", written(t, in(counted, place)+objectStore)); s.code != 0 || !strings.Contains(s.out, "the ObjectStores in the files were not compared") {
		t.Errorf("one who may not list ObjectStores: %+v", s)
	}

	stranger := store.Identity{Name: "stranger", Path: "/elsewhere/"}
	if _, err := s.Identities.Ensure(t.Context(), stranger); err != nil {
		t.Fatal(err)
	}
	key, err := s.Identities.IssueKey(t.Context(), stranger.Name)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", key.ID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", key.Secret.Reveal())
	const refused = "listing the bucket counted-brand with your keys, which need s3:ListBucket on it"
	tells("keys that may not list", bed.cluster.Kubeconfig, refused)
	fails(t, ask(t, bed.cluster.Kubeconfig, "diff", "--base", "cluster", "--head", head, "--s3-endpoint", "cluster"), refused, 1)

	t.Setenv("AWS_SESSION_TOKEN", "some")
	tells("keys of a session", bed.cluster.Kubeconfig, "use keys of a user")
	t.Setenv("AWS_SESSION_TOKEN", "")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	tells("no keys", bed.cluster.Kubeconfig, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to keys of your own")

	// Who gains nothing needs no keys.
	narrower := ask(t, bed.cluster.Kubeconfig, "diff", "--base", head, "--head", written(t, in(counted, place)), "--cluster")
	if narrower.code != 2 || strings.Contains(narrower.out, "not counted") {
		t.Errorf("a change by which nobody gains anything: %+v", narrower)
	}
}
