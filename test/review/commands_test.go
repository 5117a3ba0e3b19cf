package review

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/vitrine-dam/vitrine/internal/link"
)

// A freeze is written with the rights of the one who asks, and taken off again.
//
// features: D16
func TestFreeze(t *testing.T) {
	admin(t, "create", "role", "press-freezer", "-n", tenant, "--verb=get,patch", "--resource=publiclinks.dam.vitrine.dev", "--resource-name=press")
	admin(t, "create", "rolebinding", "press-freezer", "-n", tenant, "--role=press-freezer", "--user=freezer")
	freezer := kubeconfig(t, as("freezer"))
	reason := func() string {
		return admin(t, "get", "plink", "press", "-n", tenant, "-o", `jsonpath={.metadata.annotations.dam\.vitrine\.dev/freeze}`)
	}
	if s := ask(t, freezer, "freeze", "plink", "press", "-n", tenant, "--reason", "INC-9", "--dry-run"); s.code != 0 || reason() != "" {
		t.Errorf("a dry run: %+v, and the link is frozen for %q", s, reason())
	}
	if s := ask(t, freezer, "freeze", "link", "press", "-n", tenant, "--reason", "INC-9"); s.code != 0 || reason() != "INC-9" {
		t.Errorf("freezing: %+v, and the link is frozen for %q", s, reason())
	}
	if s := ask(t, bed.cluster.Kubeconfig, "link", "list", "-n", tenant, "-o", "wide"); !strings.Contains(s.out, "the link is frozen (INC-9)") {
		t.Errorf("the list does not say so: %+v", s)
	}
	if s := ask(t, freezer, "freeze", "link", "press", "-n", tenant, "--reason", "INC-10"); s.code != 0 || !strings.Contains(s.out, "it was already: INC-9") {
		t.Errorf("freezing twice: %+v", s)
	}
	fails(t, ask(t, freezer, "freeze", "user", "alice", "-n", tenant, "--reason", "x"), "you may not change the user alice in namespace acme", 1)
	fails(t, ask(t, freezer, "freeze", "namespace", tenant, "--reason", "x"), "you may not change the namespace acme", 1)
	fails(t, ask(t, bed.cluster.Kubeconfig, "freeze", "group", "nobody", "-n", tenant, "--reason", "x"), "there is no group nobody in namespace acme", 1)
	// A policy takes a moment to be in force.
	wants := gomega.NewWithT(t)
	wants.Eventually(func() string {
		return ask(t, freezer, "unfreeze", "link", "press", "-n", tenant, "--dry-run").complaints
	}, time.Minute, 200*time.Millisecond).Should(gomega.ContainSubstring("needs the verb unfreeze on publiclinks.dam.vitrine.dev \"press\" in namespace acme"))
	refused := ask(t, freezer, "unfreeze", "link", "press", "-n", tenant)
	fails(t, refused, "an admission policy refuses this change of the link press in namespace acme", 1)
	if strings.Contains(refused.complaints, "verb patch") || reason() != "INC-10" {
		t.Errorf("thawing without the verb: %+v, and the link is frozen for %q", refused, reason())
	}
	admin(t, "create", "role", "press-thawer", "-n", tenant, "--verb=get,patch,unfreeze", "--resource=publiclinks.dam.vitrine.dev", "--resource-name=press")
	admin(t, "create", "rolebinding", "press-thawer", "-n", tenant, "--role=press-thawer", "--user=thawer")
	thawer := kubeconfig(t, as("thawer"))
	s := ask(t, thawer, "unfreeze", "link", "press", "-n", tenant, "-o", "json")
	var told struct {
		Kind, Name, ReasonBefore string
		Frozen, WasFrozen        bool
	}
	if err := json.Unmarshal([]byte(s.out), &told); err != nil || s.code != 0 || reason() != "" {
		t.Errorf("thawing: %v, %+v, and the link is frozen for %q", err, s, reason())
	}
	if told.Kind != "link" || told.Name != "press" || told.Frozen || !told.WasFrozen || told.ReasonBefore != "INC-10" {
		t.Errorf("programs are told %+v", told)
	}
	for _, kind := range []string{"user alice", "group creatives", "library brand", "namespace acme"} {
		words := strings.Fields(kind)
		if s := ask(t, bed.cluster.Kubeconfig, append([]string{"freeze", "-n", tenant, "--reason", "x", "--dry-run"}, words...)...); s.code != 0 {
			t.Errorf("%s: %+v", kind, s)
		}
	}
}

// What is asked for the API server takes as it is, and nothing is made by asking.
//
// features: U7
func TestRequestsAreValid(t *testing.T) {
	cases := [][]string{
		{"viewer", "folder/press", "--for", "bob", "--until", "2099-03-31", "--reason", "Spring launch, BR-112"},
		{"picker", "collection/hero-shots", "--for", "group/creatives", "--from", "2098-01-01T08:00:00Z", "--reason", `"quoted": # and odd`},
		{"library-viewer", "library/brand", "--for", "bob", "--reason", "x", "--name", "chosen"},
	}
	for _, args := range cases {
		s := ask(t, bed.cluster.Kubeconfig, append(append([]string{"request"}, args...), "-n", tenant)...)
		if s.code != 0 || s.complaints != "" {
			t.Errorf("%q: %+v", args, s)
			continue
		}
		file := filepath.Join(t.TempDir(), "request.yaml")
		if err := os.WriteFile(file, []byte(s.out), 0o600); err != nil {
			t.Fatal(err)
		}
		if out := admin(t, "create", "--dry-run=server", "-f", file); !strings.Contains(out, "created (server dry run)") {
			t.Errorf("%q: %s", args, out)
		}
	}
	if s := ask(t, bed.cluster.Kubeconfig, "request", "viewer", "folder/nowhere", "--for", "bob", "--reason", "x", "-n", tenant); !strings.Contains(s.complaints, "there is no Folder nowhere") {
		t.Errorf("it is not told that the target is not there: %+v", s)
	}
	if text := admin(t, "get", "damrb", "-n", tenant, "-o", "name"); strings.Contains(text, "chosen") {
		t.Errorf("asking made it: %s", text)
	}
}

// A link is found by its URL in all tenants, as what the status of its link says of it.
//
// features: K23
func TestFindLinkInTheCluster(t *testing.T) {
	const token = "0123456789abcdefghjkmnpqrstvwxyz"
	parsed, err := link.ParseToken(token)
	if err != nil {
		t.Fatal(err)
	}
	admin(t, "patch", "plink", "press", "-n", tenant, "--subresource=status", "--type=merge", "-p", `{"status":{"tokenHash":"`+parsed.Hash()+`"}}`)
	defer admin(t, "patch", "plink", "press", "-n", tenant, "--subresource=status", "--type=merge", "-p", `{"status":{"tokenHash":null}}`)
	find := func(url string, args ...string) said {
		s, err := kubectlWith(t.Context(), strings.NewReader(url), bed.cluster.Kubeconfig, append([]string{"dam", "link", "find"}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := find("https://dam.acme.example/l/"+token+"\n", "-A"); s.code != 0 || !strings.Contains(s.out, "PublicLink press in namespace acme") || strings.Contains(s.out+s.complaints, token) {
		t.Errorf("%+v", s)
	}
	if s := find("https://dam.acme.example/l/"+strings.Repeat("0", 32), "-n", tenant); s.code != 1 || !strings.Contains(s.complaints, "no link here has that URL") || strings.Contains(s.complaints, "00000") {
		t.Errorf("%+v", s)
	}
}

// The same declarations are no change, wherever each side comes from.
//
// features: U1
func TestClusterAndFilesAreTheSame(t *testing.T) {
	for _, args := range [][]string{{"--base", files, "--head", "cluster"}, {"--base", "cluster", "--head", files}, {"--base", "cluster", "--head", "cluster"}} {
		if s := ask(t, bed.cluster.Kubeconfig, append([]string{"diff", "-n", tenant, "--cluster"}, args...)...); s.code != 0 || !strings.HasPrefix(s.out, "Access stays the same.") {
			t.Errorf("%q: %+v", args, s)
		}
	}
	if s := ask(t, bed.cluster.Kubeconfig, "diff", "--base", "cluster", "--head", "config/samples/acme"); s.code != 3 || !strings.Contains(s.out, "mona") {
		t.Errorf("the samples in the place of the tenant: %+v", s)
	}
}
