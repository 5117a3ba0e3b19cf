package source

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/strict"
)

// object is one declaration, and where it stands.
type object struct {
	kind, namespace, name string
	where                 string
	// everybodys: it is in no namespace, and no tenant's.
	everybodys bool
	// into adds it to a tenant.
	into func(*review.Tenant)
}

// label is what the API lets names of our kinds be, and Kubernetes those of namespaces.
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ErrName says that a name is one that no object can have in a cluster.
var ErrName = errors.New("must be a DNS label of at most 63 characters: lower-case letters, digits and hyphens; correct metadata")

// ErrKind says that what looks like the kind of an object in a text is not what it comes to.
var ErrKind = errors.New("its lines apiVersion and kind are not what they seem to be; write each once, at the beginning of a line")

// read decodes one of our objects strictly: a field that nobody reads would be
// a grant, or the end of one, that its author believes in.
func read[T any](text []byte, where string, meta func(*T) *metav1.ObjectMeta, kind string, into func(*review.Tenant, T)) (object, error) {
	var o T
	if err := strict.Unmarshal(text, &o); err != nil {
		return object{}, fmt.Errorf("%s: reading the %s: %w", where, kind, err)
	}
	if got := any(&o).(runtime.Object).GetObjectKind().GroupVersionKind(); !got.Empty() && got != v1alpha1.GroupVersion.WithKind(kind) {
		return object{}, fmt.Errorf("%s: reading the %s: %w", where, kind, ErrKind)
	}
	m := meta(&o)
	if m.Name == "" {
		return object{}, fmt.Errorf("%s: the %s has no metadata.name; give it one", where, kind)
	}
	if !label.MatchString(m.Name) {
		return object{}, fmt.Errorf("%s: the %s name %.80q %w", where, kind, m.Name, ErrName)
	}
	if m.Namespace != "" && !label.MatchString(m.Namespace) {
		return object{}, fmt.Errorf("%s: the namespace %.80q of the %s %w", where, m.Namespace, kind, ErrName)
	}
	*m = authored(*m)
	return object{kind: kind, namespace: m.Namespace, name: m.Name, where: where, into: func(t *review.Tenant) { into(t, o) }}, nil
}

// authored is what of an object's metadata its author decides. The rest, such as its age or that it is being deleted, the API
// server sets, whatever a file says.
func authored(m metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: m.Name, Namespace: m.Namespace, Labels: m.Labels, Annotations: m.Annotations}
}

// ours decodes an object of our group.
func ours(text []byte, where, kind string) (object, error) {
	var o object
	var err error
	switch kind {
	case "Library":
		o, err = read(text, where, func(o *v1alpha1.Library) *metav1.ObjectMeta { return &o.ObjectMeta }, kind,
			func(t *review.Tenant, o v1alpha1.Library) { t.Declared.Libraries = append(t.Declared.Libraries, o) })
	case "Folder":
		o, err = read(text, where, func(o *v1alpha1.Folder) *metav1.ObjectMeta { return &o.ObjectMeta }, kind,
			func(t *review.Tenant, o v1alpha1.Folder) { t.Declared.Folders = append(t.Declared.Folders, o) })
	case "Collection":
		o, err = read(text, where, func(o *v1alpha1.Collection) *metav1.ObjectMeta { return &o.ObjectMeta }, kind,
			func(t *review.Tenant, o v1alpha1.Collection) {
				t.Declared.Collections = append(t.Declared.Collections, o)
			})
	case "User":
		o, err = read(text, where, func(o *v1alpha1.User) *metav1.ObjectMeta { return &o.ObjectMeta }, kind,
			func(t *review.Tenant, o v1alpha1.User) { t.Declared.Users = append(t.Declared.Users, o) })
	case "UserGroup":
		o, err = read(text, where, func(o *v1alpha1.UserGroup) *metav1.ObjectMeta { return &o.ObjectMeta }, kind,
			func(t *review.Tenant, o v1alpha1.UserGroup) { t.Declared.UserGroups = append(t.Declared.UserGroups, o) })
	case "Role":
		o, err = read(text, where, func(o *v1alpha1.Role) *metav1.ObjectMeta { return &o.ObjectMeta }, kind,
			func(t *review.Tenant, o v1alpha1.Role) { t.Declared.Roles = append(t.Declared.Roles, o) })
	case "RoleBinding":
		o, err = read(text, where, func(o *v1alpha1.RoleBinding) *metav1.ObjectMeta { return &o.ObjectMeta }, kind,
			func(t *review.Tenant, o v1alpha1.RoleBinding) {
				t.Declared.RoleBindings = append(t.Declared.RoleBindings, o)
			})
	case "PublicLink":
		o, err = read(text, where, func(o *v1alpha1.PublicLink) *metav1.ObjectMeta { return &o.ObjectMeta }, kind,
			func(t *review.Tenant, o v1alpha1.PublicLink) { t.Links = append(t.Links, o) })
	case "ObjectStore":
		o, err = read(text, where, func(o *v1alpha1.ObjectStore) *metav1.ObjectMeta { return &o.ObjectMeta }, kind,
			func(t *review.Tenant, o v1alpha1.ObjectStore) { t.Stores = append(t.Stores, o) })
		o.namespace, o.everybodys = "", true
	default:
		return object{}, fmt.Errorf("%s: %s has no kind %s; correct it, or use the plugin of the version that has it", where, v1alpha1.GroupVersion, kind)
	}
	return o, err
}

// declaring are the objects that a tenant declares: all but ObjectStores.
func declaring(objects []object) []object {
	return slices.DeleteFunc(slices.Clone(objects), func(o object) bool { return o.everybodys })
}

// namespacesOf are the namespaces that objects name, in order.
func namespacesOf(objects []object) []string {
	var there []string
	for _, o := range objects {
		if o.namespace != "" && !slices.Contains(there, o.namespace) {
			there = append(there, o.namespace)
		}
	}
	slices.Sort(there)
	return there
}

// ErrNothing says that files declare nothing in the namespace asked for.
var ErrNothing = errors.New("the files declare nothing")

// assemble makes the tenant of a namespace out of all that was read.
func assemble(objects []object, frozen map[string]string, namespace string) (review.Tenant, error) {
	there := namespacesOf(objects)
	switch {
	case namespace != "":
	case len(there) > 1:
		return review.Tenant{}, fmt.Errorf("the files declare things in the namespaces %s; choose one with --namespace", strings.Join(there, ", "))
	case len(there) == 1:
		namespace = there[0]
	default:
		namespace = metav1.NamespaceDefault
	}
	t := review.Tenant{Namespace: namespace, AgesUnknown: true}
	if reason, ok := frozen[namespace]; ok {
		t.Declared.NamespaceFrozen, t.Frozen = true, reason
	}
	number := map[string]int{}
	for i := range objects {
		number[objects[i].kind]++
	}
	d := &t.Declared
	d.RoleBindings, d.Folders, d.Users = slices.Grow(d.RoleBindings, number["RoleBinding"]), slices.Grow(d.Folders, number["Folder"]), slices.Grow(d.Users, number["User"])
	seen := make(map[[2]string]string, len(objects))
	declares := false
	for _, o := range objects {
		if o.namespace != "" && o.namespace != namespace {
			continue
		}
		if first, twice := seen[[2]string{o.kind, o.name}]; twice {
			return review.Tenant{}, fmt.Errorf("%s %s is declared twice, in %s and in %s; take one away, or name one overlay alone with -f", o.kind, o.name, first, o.where)
		}
		seen[[2]string{o.kind, o.name}] = o.where
		declares = declares || !o.everybodys
		o.into(&t)
	}
	if !declares {
		hint := "they declare nothing of " + v1alpha1.GroupVersion.Group
		if len(there) > 0 {
			hint = "there are declarations for " + strings.Join(there, ", ")
		}
		return review.Tenant{}, fmt.Errorf("%w in namespace %s; %s", ErrNothing, namespace, hint)
	}
	return t, nil
}
