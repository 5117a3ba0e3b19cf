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

// The figures are exact when every bucket is listed where the cluster's ObjectStores say that it is.
//
// features: U9
func TestDiffCountsWhatTheStoresHave(t *testing.T) {
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
		if err := s.CreateBucket(t.Context(), bucket, store.Mark{Installation: "counted", Namespace: "counted", Library: "brand", Role: store.RoleOriginals}); err != nil {
			t.Fatal(err)
		}
		for key, text := range objects {
			if _, err := s.PutObject(t.Context(), bucket, key, []byte(text), "image/jpeg", store.Always()); err != nil {
				t.Fatal(err)
			}
		}
	}
	admin(t, "create", "namespace", "counted")
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
	admin(t, "apply", "-f", written(t, in("counted", place)+objectStore))
	head := written(t, in("counted", place+grant))
	t.Setenv("AWS_ACCESS_KEY_ID", versitygw.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", versitygw.SecretKey)
	t.Setenv("AWS_REGION", versitygw.Region)
	for _, where := range []string{"cluster", versitygw.S3Endpoint} {
		got := ask(t, bed.cluster.Kubeconfig, "diff", "--base", "cluster", "--head", head, "--cluster", "--s3-endpoint", where)
		if got.code != 3 || !strings.Contains(got.out, "Newly exposed: 3 objects, 7 bytes.") || strings.Contains(got.out, "when last counted") {
			t.Errorf("at %s: %+v", where, got)
		}
	}
	same := ask(t, bed.cluster.Kubeconfig, "diff", "--base", "cluster", "--head", written(t, in("counted", place)+objectStore))
	if same.code != 0 {
		t.Errorf("what was applied differs: %+v", same)
	}
	admits := strings.Replace(objectStore, "counted-*", "counted-brand", 1)
	if less := ask(t, bed.cluster.Kubeconfig, "diff", "--base", "cluster", "--head", written(t, in("counted", place)+admits)); less.code != 2 || !strings.Contains(less.out, "no longer admits the bucket counted-brand") {
		t.Errorf("an ObjectStore that admits less: %+v", less)
	}
	admin(t, "create", "rolebinding", "reviewer", "-n", "counted", "--clusterrole=vitrine-tenant-viewer", "--user=reviewer")
	reviewer := kubeconfig(t, as("reviewer"))
	fails(t, ask(t, reviewer, "diff", "--base", "cluster", "--head", head, "--s3-endpoint", "cluster"), "you may not list objectstores of this cluster; name the store with --s3-endpoint URL", 1)
	if s := ask(t, reviewer, "diff", "--base", "cluster", "--head", written(t, in("counted", place)+objectStore)); s.code != 0 || !strings.Contains(s.out, "the ObjectStores in the files were not compared") {
		t.Errorf("one who may not list ObjectStores: %+v", s)
	}
}
