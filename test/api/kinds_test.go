package api

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

// face is how a kind shows itself to someone at a shell.
type face struct {
	table     table
	plural    string
	shortName string
	scope     apiextensionsv1.ResourceScope
	// spec is what the base says for the columns, a merge patch in YAML.
	spec string
	// status is a status to show, in YAML, its conditions aside.
	status string
	// columns and row are what `kubectl get` prints, the age aside.
	columns, row string
	// wide and wideRow are what `kubectl get -o wide` prints, likewise.
	wide, wideRow string
}

var faces = []face{
	{
		table: objectStores, plural: "objectstores", shortName: "ostore", scope: apiextensionsv1.ClusterScoped,
		status: `{libraries: 2, effectWithin: 3s, driftInterval: 45s, capabilities: {version: "MinIO 2026-02-01", enforcement: ManagedPolicy, versioning: Supported,
			conditionalWrites: Unsupported, prefixConditions: Untrusted, dateConditions: Supported, webIdentity: Unsupported, propagation: 1s}}`,
		columns: "NAME  DRIVER  ENDPOINT  LIBRARIES  READY  REASON",
		row:     "shown  IAM  https://s3.example.org  2  True  Enforced",
		wide:    "NAME  DRIVER  ENDPOINT  LIBRARIES  READY  REASON  INSTALLATION  VERSION  ENFORCEMENT  VERSIONING  CONDITIONAL WRITES  PREFIX CONDITIONS  DATE CONDITIONS  WEB IDENTITY  PROPAGATION  EFFECT WITHIN  DRIFT INTERVAL  MESSAGE",
		wideRow: "shown  IAM  https://s3.example.org  2  True  Enforced  demo  MinIO 2026-02-01  ManagedPolicy  Supported  Unsupported  Untrusted  Supported  Unsupported  1s  3s  45s  all is well",
	},
	{
		table: libraries, plural: "libraries", shortName: "lib", scope: apiextensionsv1.NamespaceScoped,
		status: `{assets: {count: 24, bytes: 1000}, renditions: {wanted: 88, done: 80, failed: 2, perSecond: "1.5", left: 5s},
			sweep: {running: {phase: Details, startedAt: "2026-11-30T08:00:00Z", seen: 70, about: 120, perSecond: 10, timeLeft: 5s}}}`,
		columns: "NAME  BUCKET  ASSETS  WANTED  DONE  FAILED  IMAGES/S  LEFT  READY  REASON",
		row:     "shown  acme-brand  24  88  80  2  1.5  5s  True  Enforced",
		wide:    "NAME  BUCKET  ASSETS  WANTED  DONE  FAILED  SWEPT  OF ABOUT  TIME LEFT  IMAGES/S  LEFT  READY  REASON  MESSAGE",
		wideRow: "shown  acme-brand  24  88  80  2  70  120  5s  1.5  5s  True  Enforced  all is well",
	},
	{
		table: folders, plural: "folders", shortName: "damfolder", scope: apiextensionsv1.NamespaceScoped,
		status:  `{bucket: acme-brand, prefix: launch/final/}`,
		columns: "NAME  LIBRARY  PATH  ACCESS  READY  REASON",
		row:     "shown  brand  launch/final  Inherit  True  Enforced",
		wide:    "NAME  LIBRARY  PATH  ACCESS  READY  REASON  BUCKET  PREFIX  MESSAGE",
		wideRow: "shown  brand  launch/final  Inherit  True  Enforced  acme-brand  launch/final/  all is well",
	},
	{
		table: collections, plural: "collections", shortName: "coll", scope: apiextensionsv1.NamespaceScoped,
		status:  `{members: 4}`,
		columns: "NAME  LIBRARY  TITLE  MEMBERS  READY  REASON",
		row:     "shown  brand  Hero shots  4  True  Enforced",
		wide:    "NAME  LIBRARY  TITLE  MEMBERS  READY  REASON  MESSAGE",
		wideRow: "shown  brand  Hero shots  4  True  Enforced  all is well",
	},
	{
		table: users, plural: "users", shortName: "damuser", scope: apiextensionsv1.NamespaceScoped,
		status:  `{identities: [{store: default, name: v-abc, accessKeyID: AKIAEXAMPLE, secretRef: {name: shown.default.key}}]}`,
		columns: "NAME  DISPLAY NAME  CREDENTIALS  KEY  READY  REASON",
		row:     "shown  Alice  Issue  AKIAEXAMPLE  True  Enforced",
		wide:    "NAME  DISPLAY NAME  CREDENTIALS  KEY  EMAIL  READY  REASON  MESSAGE",
		wideRow: "shown  Alice  Issue  AKIAEXAMPLE  alice@acme.example  True  Enforced  all is well",
	},
	{
		table: userGroups, plural: "usergroups", shortName: "ugroup", scope: apiextensionsv1.NamespaceScoped,
		spec:    `{spec: {federation: {issuer: acme-sso, claim: groups, value: press}}}`,
		status:  `{members: 2}`,
		columns: "NAME  MEMBERS  READY  REASON",
		row:     "shown  2  True  Enforced",
		wide:    "NAME  MEMBERS  CLAIM  READY  REASON  MESSAGE",
		wideRow: "shown  2  press  True  Enforced  all is well",
	},
	{
		table: roles, plural: "roles", shortName: "damrole", scope: apiextensionsv1.NamespaceScoped,
		spec:    `{spec: {permissions: [list, preview]}}`,
		status:  `{bindings: 3}`,
		columns: "NAME  PERMISSIONS  BINDINGS  READY  REASON",
		row:     `shown  ["list","preview"]  3  True  Enforced`,
		wide:    "NAME  PERMISSIONS  BINDINGS  READY  REASON  MESSAGE",
		wideRow: `shown  ["list","preview"]  3  True  Enforced  all is well`,
	},
	{
		table: roleBindings, plural: "rolebindings", shortName: "damrb", scope: apiextensionsv1.NamespaceScoped,
		spec:    `{spec: {notAfter: "2099-06-30T00:00:00Z", reason: BR-112}}`,
		status:  `{users: 5, phase: Active}`,
		columns: "NAME  ROLE  FIRST TARGET  USERS  PHASE  ENDS  READY  REASON",
		row:     "shown  contributor  launch  5  Active  2099-06-30T00:00:00Z  True  Enforced",
		wide:    "NAME  ROLE  FIRST TARGET  USERS  PHASE  ENDS  TARGETS  WHY  READY  REASON  MESSAGE",
		wideRow: `shown  contributor  launch  5  Active  2099-06-30T00:00:00Z  [{"kind":"Folder","name":"launch"}]  BR-112  True  Enforced  all is well`,
	},
	{
		table: publicLinks, plural: "publiclinks", shortName: "plink", scope: apiextensionsv1.NamespaceScoped,
		spec:    `{spec: {title: Press kit}}`,
		status:  `{phase: Expired, assets: 4, protection: Password, expiresAt: "2027-03-31T00:00:00Z", urlSecretRef: {name: shown.link}}`,
		columns: "NAME  PHASE  ASSETS  PROTECTION  EXPIRES  URL SECRET  READY  REASON",
		row:     "shown  Expired  4  Password  2027-03-31T00:00:00Z  shown.link  True  Enforced",
		wide:    "NAME  PHASE  ASSETS  PROTECTION  EXPIRES  URL SECRET  TITLE  READY  REASON  MESSAGE",
		wideRow: "shown  Expired  4  Password  2027-03-31T00:00:00Z  shown.link  Press kit  True  Enforced  all is well",
	},
}

// TestKinds holds each kind to its face: of an ObjectStore that is also all that its probe found.
//
// features: U16
func TestKinds(t *testing.T) {
	if len(faces) != len(server.kinds) {
		t.Errorf("%d kinds are tested, %d are defined", len(faces), len(server.kinds))
	}
	for _, f := range faces {
		t.Run(f.table.kind, f.test)
	}
}

func (f face) test(t *testing.T) {
	crd := server.kinds[f.table.kind]
	resource := server.resource(f.table.kind)

	t.Run("has its names, its scope and one version", func(t *testing.T) {
		got := []any{crd.Spec.Group, crd.Spec.Names.Plural, crd.Spec.Names.ShortNames, crd.Spec.Names.Categories, crd.Spec.Scope, len(crd.Spec.Versions)}
		want := []any{"dam.vitrine.dev", f.plural, []string{f.shortName}, []string{"dam"}, f.scope, 1}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})

	for _, c := range []refusable{
		accepted("a name of 63 characters is accepted", `metadata: {name: `+long(63)+`}`),
		refused("a name of 64 characters is refused", `metadata: {name: `+long(64)+`}`, `the name must be a DNS label of at most 63 characters`),
		refused("a name with a dot is refused", `metadata: {name: alice.default}`, `the name must be a DNS label of at most 63 characters`),
	} {
		t.Run(c.reason, func(t *testing.T) {
			object := f.table.object(t, c.change)
			_, err := resource.Create(t.Context(), object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			c.judge(t, err, new([]metav1.StatusCause))
		})
	}

	object := f.table.object(t, `metadata: {name: shown}`)
	object.Object = patched(t, object.Object, f.spec)
	created, err := resource.Create(t.Context(), object, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("is not judged ready before anyone has looked at it", func(t *testing.T) {
		generation, found, err := unstructured.NestedInt64(created.Object, "status", "observedGeneration")
		if err != nil || !found || generation != -1 {
			t.Errorf("observedGeneration is %d (%t, %v), want -1", generation, found, err)
		}
	})
	t.Run("has a status that only its own subresource writes", func(t *testing.T) {
		f.writeStatus(t, "")
		got, err := resource.Get(t.Context(), "shown", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if generation, _, _ := unstructured.NestedInt64(got.Object, "status", "observedGeneration"); generation != -1 {
			t.Error("a write of the object changed its status")
		}
	})
	t.Run("shows what matters in columns", func(t *testing.T) {
		f.writeStatus(t, "status")
		name := f.plural + ".dam.vitrine.dev"
		head, row := f.print(t, name)
		if diff := cmp.Diff(strings.Split(f.columns+"  AGE", "  "), head); diff != "" {
			t.Error("columns:", diff)
		}
		if diff := cmp.Diff(strings.Split(f.row, "  "), row[:len(row)-1]); diff != "" {
			t.Error("row:", diff)
		}
		head, row = f.print(t, name, "-o", "wide")
		if diff := cmp.Diff(strings.Split(f.wide+"  AGE", "  "), head); diff != "" {
			t.Error("columns of -o wide:", diff)
		}
		if diff := cmp.Diff(strings.Split(f.wideRow, "  "), row[:len(row)-1]); diff != "" {
			t.Error("row of -o wide:", diff)
		}
		// The short name means the same, since no other kind has it.
		if head, _ := f.print(t, f.shortName); len(head) == 0 {
			t.Errorf("kubectl get %s prints nothing", f.shortName)
		}
	})
}

// writeStatus writes the face's status by a subresource.
func (f face) writeStatus(t *testing.T, subresource string) {
	t.Helper()
	status := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(f.status), &status); err != nil {
		t.Fatal(err)
	}
	status["observedGeneration"] = 1
	status["conditions"] = []map[string]any{{
		"type": "Ready", "status": "True", "reason": "Enforced", "message": "all is well",
		"observedGeneration": 1, "lastTransitionTime": "2027-01-01T00:00:00Z",
	}}
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		t.Fatal(err)
	}
	var subresources []string
	if subresource != "" {
		subresources = append(subresources, subresource)
	}
	_, err = server.resource(f.table.kind).Patch(t.Context(), "shown", types.MergePatchType, patch,
		metav1.PatchOptions{FieldValidation: metav1.FieldValidationStrict}, subresources...)
	if err != nil {
		t.Fatal(err)
	}
}

var gap = regexp.MustCompile(` {2,}`)

// print gives the head and the row of the object shown.
func (f face) print(t *testing.T, resource string, args ...string) (head, row []string) {
	t.Helper()
	out, complaints, err := server.kubectl(t, nil, append([]string{"get", resource, "shown", "-n", tenant}, args...)...)
	if err != nil {
		t.Fatal(err, complaints)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 {
		t.Fatalf("kubectl prints\n%s", out)
	}
	return gap.Split(strings.TrimSpace(lines[0]), -1), gap.Split(strings.TrimSpace(lines[1]), -1)
}
