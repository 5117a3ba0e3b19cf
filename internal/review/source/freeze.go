package source

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// freezable are the kinds that the freeze annotation may stand on, by the words for them.
var freezable = map[string]schema.GroupVersionResource{
	"link":      v1alpha1.GroupVersion.WithResource("publiclinks"),
	"user":      v1alpha1.GroupVersion.WithResource("users"),
	"group":     v1alpha1.GroupVersion.WithResource("usergroups"),
	"library":   v1alpha1.GroupVersion.WithResource("libraries"),
	"namespace": {Version: "v1", Resource: "namespaces"},
}

var otherWords = map[string]string{
	"publiclink": "link", "publiclinks": "link", "plink": "link", "links": "link", "users": "user", "damuser": "user", "usergroup": "group", "usergroups": "group",
	"ugroup": "group", "groups": "group", "libraries": "library", "lib": "library", "ns": "namespace", "namespaces": "namespace",
}

// Freezable are the words for the kinds that can be frozen, in order.
func Freezable() []string {
	return []string{"link", "user", "group", "library", "namespace"}
}

// FreezeKind gives the one word for a kind that can be frozen; false for what cannot.
func FreezeKind(word string) (string, bool) {
	word = strings.ToLower(word)
	if other, ok := otherWords[word]; ok {
		word = other
	}
	return word, slices.Contains(Freezable(), word)
}

// Frozen is what became of a freeze or thaw.
type Frozen struct {
	// Before is the reason that stood there; Was tells whether one did.
	Before string
	Was    bool
}

// SetFreeze writes the freeze annotation on one object as the identity in the
// configuration, or takes it off where the reason is nil. A dry run is checked by
// the server and not kept. A namespace is named by itself.
func SetFreeze(ctx context.Context, config *rest.Config, kind, namespace, name string, reason *string, dryRun bool) (Frozen, error) {
	config = rest.CopyConfig(config)
	config.WarningHandler = rest.NoWarnings{}
	if config.Timeout == 0 { // --request-timeout says otherwise
		config.Timeout = requestTimeout
	}
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return Frozen{}, fmt.Errorf("making a client: %w", err)
	}
	var objects metadata.ResourceInterface = client.Resource(freezable[kind])
	where := ""
	if kind != "namespace" {
		objects = client.Resource(freezable[kind]).Namespace(namespace)
		where = " in namespace " + namespace
	}
	var before Frozen
	object, err := objects.Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return Frozen{}, fmt.Errorf("there is no %s %s%s: %w", kind, name, where, err)
	case apierrors.IsForbidden(err): // the patch alone is what is needed
	case err != nil:
		return Frozen{}, inPlainWords(err, "the "+kind+" "+name, namespace)
	default:
		before.Before, before.Was = object.Annotations[v1alpha1.AnnotationFreeze]
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]any{v1alpha1.AnnotationFreeze: reason}}})
	if err != nil {
		return Frozen{}, fmt.Errorf("writing the patch: %w", err)
	}
	options := metav1.PatchOptions{FieldManager: review.FieldManager}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	_, err = objects.Patch(ctx, name, types.MergePatchType, patch, options)
	switch {
	case apierrors.IsNotFound(err):
		return Frozen{}, fmt.Errorf("there is no %s %s%s: %w", kind, name, where, err)
	case byPolicy(err): // which names the remedy: for a thaw without the right to it, the verb unfreeze
		return Frozen{}, fmt.Errorf("an admission policy refuses this change of the %s %s%s: %w", kind, name, where, err)
	case apierrors.IsForbidden(err):
		return Frozen{}, fmt.Errorf("you may not change the %s %s%s: ask for the verb patch on it: %w", kind, name, where, err)
	case err != nil:
		return Frozen{}, inPlainWords(err, "the "+kind+" "+name, namespace)
	}
	return before, nil
}

// byPolicy tells whether an admission policy refused a request which RBAC allows. The status of both is Forbidden, and
// the policy is named in the message alone.
func byPolicy(err error) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "ValidatingAdmissionPolicy")
}
