package review

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// Request is what somebody asks for: a role on a target, for a time, with a reason.
type Request struct {
	Namespace string
	// Name of the RoleBinding; made of the rest when empty.
	Name    string
	Role    string
	Subject Subject
	Target  Target
	// From and Until bound it; nil is at once, and for good.
	From, Until *time.Time
	// Reason for the reviewer.
	Reason string
}

// ErrRequest is what every error of Binding is.
var ErrRequest = errors.New("cannot be asked for")

// Binding is the RoleBinding that a request asks for, as the API server takes it.
func (q Request) Binding() (*v1alpha1.RoleBinding, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	b := &v1alpha1.RoleBinding{TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "RoleBinding"}}
	b.Name, b.Namespace = q.Name, q.Namespace
	if b.Name == "" {
		b.Name = nameOf(q)
	}
	b.Spec = v1alpha1.RoleBindingSpec{
		RoleRef:  v1alpha1.RoleReference{Kind: v1alpha1.RoleKindRole, Name: q.Role},
		Subjects: []v1alpha1.Subject{{Kind: q.Subject.Kind, Name: q.Subject.Name}},
		Targets:  []v1alpha1.Target{{Kind: q.Target.Kind, Name: q.Target.Name}},
		Reason:   q.Reason,
	}
	if slices.Contains(builtIn, q.Role) {
		b.Spec.RoleRef.Kind = v1alpha1.RoleKindBuiltIn
	}
	if q.From != nil {
		b.Spec.NotBefore = &metav1.Time{Time: q.From.UTC()}
	}
	if q.Until != nil {
		b.Spec.NotAfter = &metav1.Time{Time: q.Until.UTC()}
	}
	return b, nil
}

// check says what admission would refuse, before anybody waits for it.
func (q Request) check() error {
	isBuiltIn := slices.Contains(builtIn, q.Role)
	library := strings.HasPrefix(q.Role, "library-")
	for _, o := range []struct{ what, name string }{{"role", q.Role}, {"subject", q.Subject.Name}, {"target", q.Target.Name}} {
		if wrong := validation.IsDNS1123Label(o.name); len(wrong) > 0 {
			return fmt.Errorf("%w: the %s's name %q: %s", ErrRequest, o.what, o.name, wrong[0])
		}
	}
	switch {
	case q.Target.Path != "":
		return fmt.Errorf("%w: a grant on one file; make a Collection of it, or ask for its folder", ErrRequest)
	case strings.TrimSpace(q.Reason) == "":
		return fmt.Errorf("%w: without a reason; say with --reason what it is for", ErrRequest)
	case utf8.RuneCountInString(q.Reason) > 500:
		return fmt.Errorf("%w: with a reason of more than 500 characters; put it shorter", ErrRequest)
	case q.From != nil && q.Until != nil && !q.From.Before(*q.Until):
		return fmt.Errorf("%w: it would end before it begins", ErrRequest)
	case q.Target.Kind == v1alpha1.TargetLibrary && !library && (!isBuiltIn || q.Role != "auditor" && q.Role != "finance"):
		return fmt.Errorf("%w: the role %s on a whole Library; ask for a Folder or a Collection, or for a role whose name begins with library-", ErrRequest, q.Role)
	case q.Target.Kind != v1alpha1.TargetLibrary && isBuiltIn && (library || q.Role == "finance"):
		return fmt.Errorf("%w: the role %s on less than a whole Library; ask for viewer, contributor or manager", ErrRequest, q.Role)
	}
	return nil
}

// nameOf makes a name that is the same for the same request and another for another.
func nameOf(q Request) string {
	name := fmt.Sprintf("%s-%s-%s", q.Subject.Name, q.Role, q.Target.Name)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %s", q.Subject.Kind, q.Role, q.Target))
	const most = 63 - 7 // a hyphen and six digits
	return strings.TrimRight(name[:min(most, len(name))], "-") + "-" + hex.EncodeToString(sum[:3])
}

// YAML is a RoleBinding as a file to put into Git, without what a server fills in.
func YAML(b *v1alpha1.RoleBinding) ([]byte, error) {
	text, err := yaml.Marshal(struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        map[string]string        `json:"metadata"`
		Spec            v1alpha1.RoleBindingSpec `json:"spec"`
	}{b.TypeMeta, map[string]string{"name": b.Name, "namespace": b.Namespace}, b.Spec})
	if err != nil {
		return nil, fmt.Errorf("writing the request: %w", err)
	}
	return text, nil
}

// Missing tells what a request names and the tenant has not.
func (r *Review) Missing(b *v1alpha1.RoleBinding) []string {
	d := r.tenant.Declared
	d.RoleBindings = []v1alpha1.RoleBinding{*b}
	var all []string
	for _, p := range access.New(d).Problems() {
		if p.Kind == "RoleBinding" {
			all = append(all, p.Message)
		}
	}
	return all
}

// ParseInstant reads a date, which is its first instant in UTC, or a date and time as RFC 3339 writes it.
func ParseInstant(text string) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		at, err = time.Parse(time.RFC3339, text)
	}
	if year := at.UTC().Year(); err != nil || year < 1 || year > 9999 { // which a declaration cannot hold
		return time.Time{}, fmt.Errorf("%q is not an instant: write 2027-03-31 or 2027-03-31T18:00:00Z", text)
	}
	return at.UTC(), nil
}
