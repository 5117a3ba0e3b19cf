package review

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/vitrine-dam/vitrine/hack/testbed"
)

const (
	tenant = "acme"
	files  = "cmd/kubectl-dam/testdata/tenant"
)

// everything are questions about all that the tenant declares.
func everything() [][]string {
	targets := []string{
		"library/brand", "library/archive", "folder/launch", "folder/launch-final", "folder/embargo", "folder/board", "folder/press", "folder/old", "collection/hero-shots",
		"library/brand:launch/final/hero-1.jpg", "library/brand:launch/embargo/secret.jpg", "library/brand:press/logo.png",
	}
	var all [][]string
	for _, target := range targets {
		for _, permission := range []string{"list", "download", "delete"} {
			all = append(all, []string{"who-can", permission, target})
		}
	}
	for _, user := range []string{"alice", "bob", "carol", "dave", "lara"} {
		all = append(all, []string{"access", user}, []string{"explain", user, "folder/launch"}, []string{"explain", user, "collection/hero-shots"},
			[]string{"can-i", "preview", "folder/press", "--as", user})
	}
	for _, group := range []string{"group/creatives", "group/freelancers"} {
		all = append(all, []string{"access", group}, []string{"explain", group, "folder/press"}, []string{"can-i", "download", "folder/launch", "--as", group})
	}
	return append(all, []string{"roles"}, []string{"users"}, []string{"users", "--role", "picker"}, []string{"link", "list"}, []string{"lint"}, []string{"audit"},
		[]string{"test", "--tests", "test/review/testdata/tests.yaml"})
}

// answer is the answer for programs but for the instant it was given at, and the exit code.
func answer(t *testing.T, kubeconfig string, question []string, more ...string) map[string]any {
	t.Helper()
	s := ask(t, kubeconfig, append(append([]string{}, question...), append(more, "-o", "json")...)...)
	var fields map[string]any
	if err := json.Unmarshal([]byte(s.out), &fields); err != nil {
		t.Fatalf("%q %q: %v\n%s%s", question, more, err, s.out, s.complaints)
	}
	at, err := time.Parse(time.RFC3339, fmt.Sprint(fields["at"]))
	if err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("%q: the answer is of %v", question, fields["at"])
	}
	delete(fields, "at")
	if question[0] == "audit" { // what files cannot tell, which they say
		delete(fields, "notes")
		for _, grant := range fields["grants"].([]any) {
			delete(grant.(map[string]any), "since")
		}
	}
	fields["exit code"], fields["warnings"] = s.code, s.complaints
	return fields
}

// TestClusterAndFilesAgree asks everything about the declarations in a cluster, in
// the files that were applied, and in what kubectl gets.
//
// features: U2, P12, K16
func TestClusterAndFilesAgree(t *testing.T) {
	exported := filepath.Join(t.TempDir(), "exported.yaml")
	text := admin(t, "get", "-n", tenant, "-o", "yaml", "libraries,folders,collections,damuser,usergroups,damrole,damrb,publiclinks")
	if err := os.WriteFile(exported, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(t.TempDir(), "no-kubeconfig")
	for _, question := range everything() {
		t.Run(strings.Join(question, " "), func(t *testing.T) {
			cluster := answer(t, bed.cluster.Kubeconfig, question, "-n", tenant)
			if diff := cmp.Diff(cluster, answer(t, none, question, "-f", files)); diff != "" {
				t.Errorf("the files say otherwise (-cluster +files):\n%s", diff)
			}
			if diff := cmp.Diff(cluster, answer(t, none, question, "-f", exported)); diff != "" {
				t.Errorf("what kubectl gets says otherwise (-cluster +got):\n%s", diff)
			}
		})
	}
	t.Run("a table is the same too", func(t *testing.T) {
		cluster, dir := ask(t, bed.cluster.Kubeconfig, "who-can", "download", "folder/launch", "-n", tenant), ask(t, none, "who-can", "download", "folder/launch", "-f", files)
		if diff := cmp.Diff(cluster, dir, cmp.AllowUnexported(said{})); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(cluster.out, "alice   creatives") {
			t.Errorf("there is no row for alice:\n%s", cluster.out)
		}
	})
}

// as makes the administrator's requests another person's.
func as(name string) func(*clientcmdapi.Cluster, *clientcmdapi.AuthInfo) {
	return func(_ *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) { user.Impersonate = name }
}

// TestReadersNeedNoMore asks with the rights of the ClusterRole for viewers, so
// that every request that is not a reading one would be refused.
func TestReadersNeedNoMore(t *testing.T) {
	admin(t, "create", "rolebinding", "reviewer", "-n", tenant, "--clusterrole=vitrine-tenant-viewer", "--user=reviewer")
	reviewer := kubeconfig(t, as("reviewer"))
	question := []string{"who-can", "download", "folder/launch-final"}
	got, want := answer(t, reviewer, question, "-n", tenant), answer(t, bed.cluster.Kubeconfig, question, "-n", tenant)
	if diff := cmp.Diff(want["users"], got["users"]); diff != "" || len(want["users"].([]any)) == 0 {
		t.Errorf("a reviewer is told otherwise:\n%s", diff)
	}
	if notes := fmt.Sprint(got["notes"]); !strings.Contains(notes, "whether it is frozen is not known") {
		t.Errorf("the notes do not say that the namespace could not be read: %s", notes)
	}
}

// TestFrozenNamespace asks about a tenant that was frozen as a whole.
func TestFrozenNamespace(t *testing.T) {
	question := []string{"can-i", "download", "folder/launch", "--as", "alice", "-n", tenant, "--why"}
	if s := ask(t, bed.cluster.Kubeconfig, question...); s.code != 0 || !strings.HasPrefix(s.out, "yes\n") {
		t.Fatalf("before: %+v", s)
	}
	admin(t, "annotate", "namespace", tenant, "dam.vitrine.dev/freeze=leak, INC-9")
	defer admin(t, "annotate", "namespace", tenant, "dam.vitrine.dev/freeze-")
	s := ask(t, bed.cluster.Kubeconfig, question...)
	if s.code != 1 || !strings.HasPrefix(s.out, "no\n") || !strings.Contains(s.out, "the namespace acme is frozen (leak, INC-9)") {
		t.Errorf("frozen: %+v", s)
	}
}

// TestManyObjects declares more than one page of a list.
func TestManyObjects(t *testing.T) {
	const many = 620
	var text strings.Builder
	text.WriteString("apiVersion: v1\nkind: Namespace\nmetadata: {name: big}\n")
	for i := range many {
		fmt.Fprintf(&text, "---\napiVersion: dam.vitrine.dev/v1alpha1\nkind: User\nmetadata: {name: user-%03d, namespace: big}\nspec: {displayName: One of many}\n", i)
	}
	text.WriteString("---\napiVersion: dam.vitrine.dev/v1alpha1\nkind: RoleBinding\nmetadata: {name: last, namespace: big}\nspec: {roleRef: {kind: BuiltIn, name: auditor}, " +
		"subjects: [{kind: User, name: user-619}], targets: [{kind: Folder, name: none}]}\n")
	file := filepath.Join(t.TempDir(), "many.yaml")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	admin(t, "create", "-f", file)
	got := answer(t, bed.cluster.Kubeconfig, []string{"roles", "auditor"}, "-n", "big")
	if diff := cmp.Diff(answer(t, bed.cluster.Kubeconfig, []string{"roles", "auditor"}, "-f", file), got); diff != "" {
		t.Errorf("the cluster says otherwise (-files +cluster):\n%s", diff)
	}
	if role := fmt.Sprint(got["roles"]); !strings.Contains(role, "user-619") {
		t.Errorf("the last of many has no role: %s", role)
	}
}

// TestFailures are told in plain words, with what to do, on stderr alone.
func TestFailures(t *testing.T) {
	port, release, err := testbed.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	release()
	cases := []struct {
		reason     string
		kubeconfig string
		args       []string
		want       string
		code       int
	}{
		{"without rights", kubeconfig(t, as("nobody")), []string{"who-can", "download", "folder/launch", "-n", tenant},
			"you may not list libraries in namespace acme: ask for a binding of the ClusterRole vitrine-tenant-viewer there", 1},
		{"without rights, where 1 is an answer", kubeconfig(t, as("nobody")), []string{"can-i", "download", "folder/launch", "--as", "alice", "-n", tenant},
			"you may not list libraries", 2},
		{"with credentials that are not accepted", kubeconfig(t, func(_ *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) {
			*user = clientcmdapi.AuthInfo{Token: "wrong"}
		}), []string{"roles", "-n", tenant},
			"does not accept the credentials of your kubeconfig", 1},
		{"when nobody answers", kubeconfig(t, func(cluster *clientcmdapi.Cluster, _ *clientcmdapi.AuthInfo) {
			cluster.Server = fmt.Sprintf("https://127.0.0.1:%d", port)
		}), []string{"roles", "-n", tenant},
			"the cluster does not answer", 1},
		{"without a cluster", filepath.Join(t.TempDir(), "none"), []string{"roles"}, "no cluster is configured", 1},
		{"with a context that there is not", bed.cluster.Kubeconfig, []string{"roles", "--context", "nowhere"}, `context "nowhere" does not exist`, 1},
		{"with a kubeconfig that there is not", bed.cluster.Kubeconfig, []string{"roles", "--kubeconfig", "/nowhere"}, "/nowhere", 1},
		{"in a namespace that there is not", bed.cluster.Kubeconfig, []string{"roles", "-n", "nowhere"}, "there is no namespace nowhere in this cluster", 1},
		{"about a folder that there is not", bed.cluster.Kubeconfig, []string{"who-can", "list", "folder/nowhere", "-n", tenant}, "there is no Folder nowhere in namespace acme; there are board,", 1},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) { fails(t, ask(t, c.kubeconfig, c.args...), c.want, c.code) })
	}
	t.Run("in a cluster without Vitrine", func(t *testing.T) {
		fails(t, bed.unknown, "this cluster has no libraries of dam.vitrine.dev/v1alpha1", 1)
	})
}

func fails(t *testing.T, s said, want string, code int) {
	t.Helper()
	if s.code != code || s.out != "" || !strings.Contains(s.complaints, "error: ") || !strings.Contains(s.complaints, want) || strings.Contains(s.complaints, "goroutine") {
		t.Errorf("exit code %d, and should be %d; stdout %q\nstderr %s\nshould say %q", s.code, code, s.out, s.complaints, want)
	}
}

// TestCompletion offers names from the cluster, as the shells ask for them.
func TestCompletion(t *testing.T) {
	cases := []struct {
		args []string
		want string
	}{
		{[]string{"who-can", "d"}, "describe"},
		{[]string{"who-can", "download", "-n", tenant, ""}, "collection/hero-shots"},
		{[]string{"explain", "-n", tenant, ""}, "alice"},
		{[]string{"access", "-n", tenant, "group"}, "group/creatives"},
		{[]string{"roles", "-n", tenant, ""}, "picker"},
		{[]string{"freeze", ""}, "library"},
		{[]string{"freeze", "-n", tenant, "link", ""}, "press"},
		{[]string{"request", "viewer", "-n", tenant, ""}, "folder/press"},
		{[]string{"roles", "-n", ""}, tenant},
		{[]string{"can-i", "list", "folder/launch", "-n", tenant, "--as", ""}, "lara"},
	}
	for _, c := range cases {
		if s := ask(t, bed.cluster.Kubeconfig, append([]string{"__complete"}, c.args...)...); s.code != 0 || !strings.Contains(s.out, c.want+"\n") {
			t.Errorf("%q offers no %s: %+v", c.args, c.want, s)
		}
	}
}
