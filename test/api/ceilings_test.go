package api

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"
)

const (
	ceilingsNamespace = "vitrine-system"
	ceilingsName      = "vitrine-ceilings"
)

// ceiled is a declaration under ceilings, by somebody whom nothing else stops.
type ceiled struct {
	reason   string
	ceilings map[string]string
	kind     string
	// spec is a merge patch on a declaration that no ceiling minds.
	spec string
	// before is a merge patch on the declaration as it was made before there were
	// ceilings: then this is a change of it. Empty for making one.
	before string
	// want is in the message of refusal; empty when it is accepted.
	want string
}

// TestCeilings has the administrator, who holds every verb there is, declare more than the
// platform team lets anybody.
//
// features: U10, F12
func TestCeilings(t *testing.T) {
	newAuthors(t)
	day := func(days int) string {
		return time.Now().Add(time.Duration(days)*24*time.Hour + time.Minute).UTC().Format(time.RFC3339)
	}
	window := map[string]string{"roleBindings.maxWindow": "720h"}
	life := map[string]string{"publicLinks.maxTTL": "720h"}
	locked := map[string]string{"publicLinks.password": "Required"}
	roles := map[string]string{"roleBindings.notBindable": "builtinroles/manager,\nroles/owner", "roleBindings.notOnLibraries": "builtinroles/library-editor roles/*"}
	for _, c := range []ceiled{
		{reason: "without ceilings access may be for ever", kind: "RoleBinding"},
		{reason: "a window within the ceiling", ceilings: window, kind: "RoleBinding", spec: `{notAfter: "` + day(29) + `"}`},
		{reason: "a window beyond it", ceilings: window, kind: "RoleBinding", spec: `{notAfter: "` + day(31) + `"}`, want: "access is given for 720h at most, from notBefore on or, without it, from the making of the binding: set notAfter to " + time.Now().Add(30*24*time.Hour).UTC().Format("2006-01")},
		{reason: "no end at all", ceilings: window, kind: "RoleBinding", want: "access is given for 720h at most"},
		{reason: "a window that begins later counts from its beginning", ceilings: window, kind: "RoleBinding", spec: `{notBefore: "` + day(20) + `", notAfter: "` + day(49) + `"}`},
		{reason: "a window that begins later, and is too long", ceilings: window, kind: "RoleBinding", spec: `{notBefore: "` + day(20) + `", notAfter: "` + day(51) + `"}`, want: "access is given for 720h at most"},
		{reason: "a window of before is put off", ceilings: window, kind: "RoleBinding", before: `{notAfter: "` + day(29) + `"}`, spec: `{notAfter: "` + day(31) + `"}`, want: "access is given for 720h at most"},
		{reason: "a binding of before the ceilings may shrink", ceilings: window, kind: "RoleBinding", before: `{notAfter: null}`, spec: `{notAfter: "` + day(60) + `"}`},
		{reason: "a binding of before the ceilings may not grow", ceilings: window, kind: "RoleBinding", before: `{notAfter: null}`, spec: `{subjects: [{kind: User, name: alice}, {kind: User, name: bob}]}`, want: "access is given for 720h at most"},
		{reason: "a ceiling that is no length of time", ceilings: map[string]string{"roleBindings.maxWindow": "30d"}, kind: "RoleBinding", want: `the ceiling roleBindings.maxWindow in ConfigMap vitrine-system/vitrine-ceilings reads "30d", which is no length of time, so nothing is given until the platform team writes it like 2160h`},
		{reason: "a ceiling that says nothing", ceilings: map[string]string{"roleBindings.maxWindow": ""}, kind: "RoleBinding", want: `reads "", which is no length of time`},
		{reason: "a ceiling with a line too many", ceilings: map[string]string{"roleBindings.maxWindow": "720h\n"}, kind: "RoleBinding", want: `the ceiling roleBindings.maxWindow in ConfigMap vitrine-system/vitrine-ceilings reads "720h ", which is no length of time`},
		{reason: "a ceiling too long to be quoted", ceilings: map[string]string{"roleBindings.maxWindow": long(10_000)}, kind: "RoleBinding", want: `the ceiling roleBindings.maxWindow in ConfigMap vitrine-system/vitrine-ceilings is no length of time, so nothing is given until the platform team writes it like 2160h`},
		{reason: "a role too long to be quoted", ceilings: map[string]string{"roleBindings.notBindable": long(10_000)}, kind: "RoleBinding", want: `ConfigMap vitrine-system/vitrine-ceilings names something that is no role, so nothing is given until the platform team writes each like builtinroles/library-admin`},
		{reason: "a ceiling that is misspelled", ceilings: map[string]string{"roleBindings.maxwindow": "720h"}, kind: "RoleBinding", want: `ConfigMap vitrine-system/vitrine-ceilings has the unknown key roleBindings.maxwindow, so nothing is given until the platform team has corrected it; the keys are roleBindings.maxWindow, `},
		{reason: "under a broken ceiling access may still be taken away", ceilings: map[string]string{"roleBindings.maxWindow": "30d"}, kind: "RoleBinding", before: `{notAfter: null}`, spec: `{notAfter: "` + day(60) + `"}`},
		{reason: "a role that nobody may give", ceilings: roles, kind: "RoleBinding", spec: `{roleRef: {name: manager}}`, want: "builtinroles/manager may not be bound by anybody: roleBindings.notBindable in ConfigMap vitrine-system/vitrine-ceilings names it; use another role"},
		{reason: "a role of one's own that nobody may give", ceilings: roles, kind: "RoleBinding", spec: `{roleRef: {kind: Role, name: owner}}`, want: "roles/owner may not be bound by anybody"},
		{reason: "another role", ceilings: roles, kind: "RoleBinding", spec: `{roleRef: {kind: Role, name: manager}}`},
		{reason: "a role that nobody may give on a whole library", ceilings: roles, kind: "RoleBinding", spec: `{roleRef: {name: library-editor}, targets: [{kind: Library, name: brand}]}`, want: "builtinroles/library-editor may not be given on a whole Library: roleBindings.notOnLibraries in ConfigMap vitrine-system/vitrine-ceilings names it; target Folders or Collections"},
		{reason: "any role of one's own on a whole library", ceilings: roles, kind: "RoleBinding", spec: `{roleRef: {kind: Role, name: library-pickers}, targets: [{kind: Library, name: brand}]}`, want: "roles/library-pickers may not be given on a whole Library"},
		{reason: "a role of one's own on a folder", ceilings: roles, kind: "RoleBinding", spec: `{roleRef: {kind: Role, name: library-pickers}}`},
		{reason: "another role on a whole library", ceilings: roles, kind: "RoleBinding", spec: `{roleRef: {name: library-viewer}, targets: [{kind: Library, name: brand}]}`},
		{reason: "a role that is not spelled as one", ceilings: map[string]string{"roleBindings.notBindable": "library-admin"}, kind: "RoleBinding", want: `ConfigMap vitrine-system/vitrine-ceilings names the role "library-admin", so nothing is given until the platform team writes it like builtinroles/library-admin or roles/picker`},

		{reason: "without ceilings links may be for ever", kind: "PublicLink"},
		{reason: "a life within the ceiling", ceilings: life, kind: "PublicLink", spec: `{notAfter: "` + day(29) + `"}`},
		{reason: "a life beyond it", ceilings: life, kind: "PublicLink", spec: `{notAfter: "` + day(31) + `"}`, want: "a link lives for 720h at most from its making: set notAfter to " + time.Now().Add(30*24*time.Hour).UTC().Format("2006-01")},
		{reason: "a life without end", ceilings: life, kind: "PublicLink", want: "a link lives for 720h at most from its making"},
		{reason: "a later beginning makes no later end", ceilings: life, kind: "PublicLink", spec: `{notBefore: "` + day(20) + `", notAfter: "` + day(31) + `"}`, want: "a link lives for 720h at most from its making"},
		{reason: "a life is prolonged", ceilings: life, kind: "PublicLink", before: `{notAfter: "` + day(29) + `"}`, spec: `{notAfter: "` + day(31) + `"}`, want: "a link lives for 720h at most from its making"},
		{reason: "a link of before the ceilings may be suspended", ceilings: life, kind: "PublicLink", before: `{notAfter: null}`, spec: `{suspend: true}`},
		{reason: "a life of no length", ceilings: map[string]string{"publicLinks.maxTTL": "a month"}, kind: "PublicLink", want: `the ceiling publicLinks.maxTTL in ConfigMap vitrine-system/vitrine-ceilings reads "a month"`},
		{reason: "a life with a line too many", ceilings: map[string]string{"publicLinks.maxTTL": "720h\n"}, kind: "PublicLink", want: `the ceiling publicLinks.maxTTL in ConfigMap vitrine-system/vitrine-ceilings reads "720h ", which is no length of time`},
		{reason: "a life too long to be quoted", ceilings: map[string]string{"publicLinks.maxTTL": long(10_000)}, kind: "PublicLink", want: `the ceiling publicLinks.maxTTL in ConfigMap vitrine-system/vitrine-ceilings is no length of time, so nothing is given until the platform team writes it like 2160h`},
		{reason: "a word with a line too many", ceilings: map[string]string{"publicLinks.password": "Required\n"}, kind: "PublicLink", want: `the ceiling publicLinks.password in ConfigMap vitrine-system/vitrine-ceilings reads "Required ", so nothing is given`},
		{reason: "a word too long to be quoted", ceilings: map[string]string{"publicLinks.password": long(10_000)}, kind: "PublicLink", want: `the ceiling publicLinks.password in ConfigMap vitrine-system/vitrine-ceilings is no such word, so nothing is given until the platform team writes Required or Optional`},
		{reason: "a password where one is needed", ceilings: locked, kind: "PublicLink", spec: `{passwordSecretRef: {name: words, key: password}}`},
		{reason: "no password where one is needed", ceilings: locked, kind: "PublicLink", want: "links need a password here (publicLinks.password in ConfigMap vitrine-system/vitrine-ceilings): set passwordSecretRef"},
		{reason: "a password is taken away where one is needed", ceilings: locked, kind: "PublicLink", before: `{passwordSecretRef: {name: words, key: password}}`, spec: `{passwordSecretRef: null}`, want: "links need a password here"},
		{reason: "no password where none is needed", ceilings: map[string]string{"publicLinks.password": "Optional"}, kind: "PublicLink"},
		{reason: "a word that is neither", ceilings: map[string]string{"publicLinks.password": "required"}, kind: "PublicLink", want: `the ceiling publicLinks.password in ConfigMap vitrine-system/vitrine-ceilings reads "required", so nothing is given until the platform team writes Required or Optional`},
		{reason: "a ceiling of bindings that is misspelled", ceilings: map[string]string{"roleBinding.maxWindow": "720h"}, kind: "PublicLink", want: "has the unknown key roleBinding.maxWindow"},
	} {
		t.Run(c.kind+": "+c.reason, c.test)
	}
}

var unceiled = map[string]table{
	"RoleBinding": {kind: "RoleBinding", base: `
spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: User, name: alice}], targets: [{kind: Folder, name: launch}]}
`},
	"PublicLink": {kind: "PublicLink", base: `
spec: {target: {folder: {name: launch}}}
`},
}

func (c ceiled) test(t *testing.T) {
	made := ""
	if c.before != "" {
		setCeilings(t, nil)
		tb := unceiled[c.kind]
		object := tb.object(t, "{metadata: {name: old}, spec: "+c.before+"}")
		var err error
		c.poll(t, func(ctx context.Context) error { // until the ceilings are seen to be gone
			_, err = server.resource(c.kind).Create(ctx, object, metav1.CreateOptions{})
			return err
		}, func(err error) bool { return err == nil })
		made = "old"
		t.Cleanup(func() {
			if err := server.resource(c.kind).Delete(context.WithoutCancel(t.Context()), "old", metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	setCeilings(t, c.ceilings)
	c.eventually(t, made)
}

// eventually makes a declaration, or changes the one of that name, until the API server has seen
// the ceilings and says what is wanted.
func (c ceiled) eventually(t *testing.T, made string) {
	t.Helper()
	spec := c.spec
	if spec == "" {
		spec = "{}"
	}
	var last error
	c.poll(t, func(ctx context.Context) error {
		if made != "" {
			patch, err := yaml.YAMLToJSONStrict([]byte("spec: " + spec))
			if err != nil {
				t.Fatal(err)
			}
			_, last = server.resource(c.kind).Patch(ctx, made, types.MergePatchType, patch, metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
			return last
		}
		_, last = server.resource(c.kind).Create(ctx, unceiled[c.kind].object(t, "spec: "+spec), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return last
	}, func(err error) bool {
		if c.want == "" {
			return err == nil
		}
		return err != nil && strings.Contains(err.Error(), c.want)
	})
}

// poll tries until the outcome is what is wanted.
func (c ceiled) poll(t *testing.T, try func(context.Context) error, wanted func(error) bool) {
	t.Helper()
	var last error
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 10*time.Second, true, func(ctx context.Context) (bool, error) {
		last = try(ctx)
		return wanted(last), nil
	}); err != nil {
		t.Errorf("it ends with: %v\nwant %q", last, c.want)
	}
}

// setCeilings writes the ConfigMap, and takes them away after the test.
func setCeilings(t *testing.T, ceilings map[string]string) {
	t.Helper()
	clients, err := kubernetes.NewForConfig(server.Config)
	if err != nil {
		t.Fatal(err)
	}
	set := func(ctx context.Context, ceilings map[string]string) error {
		found, err := clients.CoreV1().ConfigMaps(ceilingsNamespace).Get(ctx, ceilingsName, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("reading the ceilings: %w", err)
		}
		found.Data = ceilings
		_, err = clients.CoreV1().ConfigMaps(ceilingsNamespace).Update(ctx, found, metav1.UpdateOptions{})
		return err
	}
	if err := set(t.Context(), ceilings); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set(context.WithoutCancel(t.Context()), nil); err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	})
}
