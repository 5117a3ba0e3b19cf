// Package policytest runs the tests that stand beside a tenant's declarations: who
// must be able to do what, and who must not. A test is YAML of kind AccessTest, which
// is no kind of Kubernetes: it is read by this program alone.
package policytest

import (
	"errors"
	"fmt"
	"io"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
	"github.com/vitrine-dam/vitrine/internal/review/strict"
)

// Kind of the documents that are tests.
const Kind = "AccessTest"

// AccessTest is one document of tests.
type AccessTest struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        Metadata `json:"metadata"`
	Spec            Spec     `json:"spec"`
	// Where it stands, for messages.
	Where string `json:"-"`
}

// Metadata names a test.
type Metadata struct {
	Name string `json:"name"`
	// Namespace is the tenant asked about; the tenant at hand when empty.
	Namespace   string            `json:"namespace,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Spec is one case, or a list of them.
type Spec struct {
	Case  `json:",inline"`
	Cases []Case `json:"cases,omitempty"`
}

// Case is one question with the answer that it must have.
type Case struct {
	// Reason says in a sentence why it must be so.
	Reason string `json:"reason,omitempty"`
	// Subject as review.Subject reads it: a User, or group/NAME.
	Subject string `json:"subject,omitempty"`
	// Permission asked about.
	Permission string `json:"permission,omitempty"`
	// Target as review.ParseTarget reads it.
	Target string `json:"target,omitempty"`
	// Expect is allow or deny.
	Expect string `json:"expect,omitempty"`
	// At is the instant asked about; now when absent.
	At *metav1.Time `json:"at,omitempty"`
	// UnknownSubject is Accept where the subject need not be declared, such as somebody who left. Otherwise a
	// subject whom nobody declares fails the case: who is misspelt may do nothing, which proves nothing.
	UnknownSubject string `json:"unknownSubject,omitempty"`
}

// Accept is the word by which a case says that its subject need not be declared.
const Accept = "Accept"

// ErrTest is what every error about a test that cannot be run is.
var ErrTest = errors.New("not a test")

// Parse reads a document strictly: a case that is misspelt would be one that nobody runs.
func Parse(text []byte, where string) (AccessTest, error) {
	t := AccessTest{Where: where}
	if err := strict.Unmarshal(text, &t); err != nil {
		return t, fmt.Errorf("%s: reading the %s: %w", where, Kind, err)
	}
	if t.Metadata.Name == "" {
		return t, fmt.Errorf("%s: %w: it has no metadata.name", where, ErrTest)
	}
	single := t.Spec.Case != (Case{})
	if single && len(t.Spec.Cases) > 0 {
		return t, fmt.Errorf("%s: %w: %s has both a case of its own and spec.cases; write one of the two", where, ErrTest, t.Metadata.Name)
	}
	if single {
		t.Spec.Cases, t.Spec.Case = []Case{t.Spec.Case}, Case{}
	}
	if len(t.Spec.Cases) == 0 {
		return t, fmt.Errorf("%s: %w: %s has no cases", where, ErrTest, t.Metadata.Name)
	}
	return t, nil
}

// Outcome is what became of one case.
type Outcome struct {
	Test string `json:"test"`
	Case
	Passed bool `json:"passed"`
	// Why it failed, or could not be asked.
	Why []string `json:"why,omitempty"`
}

// Result is a report of all cases.
type Result struct {
	Namespace string    `json:"namespace"`
	Passed    int       `json:"passed"`
	Failed    int       `json:"failed"`
	Cases     []Outcome `json:"cases"`
	At        time.Time `json:"at"`
}

// Run asks every case about a tenant.
func Run(t review.Tenant, tests []AccessTest, now time.Time) *Result {
	result := &Result{Namespace: t.Namespace, At: now.UTC(), Cases: []Outcome{}}
	for _, test := range tests {
		for _, c := range test.Spec.Cases {
			o := Outcome{Test: test.Metadata.Name, Case: c}
			o.ask(t, now)
			if o.Passed {
				result.Passed++
			} else {
				result.Failed++
			}
			result.Cases = append(result.Cases, o)
		}
	}
	return result
}

func (o *Outcome) ask(t review.Tenant, now time.Time) {
	fail := func(why string) { o.Why = append(o.Why, why) }
	if o.At != nil {
		now = o.At.Time
	}
	if o.Expect != "allow" && o.Expect != "deny" {
		fail(fmt.Sprintf("expect is %q; write allow or deny", o.Expect))
		return
	}
	p, ok := access.ParsePermission(o.Permission)
	if !ok {
		fail(fmt.Sprintf("%q is not a permission; the permissions are %s", o.Permission, access.AllPermissions))
		return
	}
	target, err := review.ParseTarget(o.Target)
	if err != nil {
		fail(err.Error())
		return
	}
	r := review.New(t, now)
	subject, err := r.Subject(o.Subject)
	if err != nil {
		fail(err.Error())
		return
	}
	if o.UnknownSubject != "" && o.UnknownSubject != Accept {
		fail(fmt.Sprintf("unknownSubject is %q; write %s, or leave it out", o.UnknownSubject, Accept))
		return
	}
	if o.UnknownSubject == "" && !r.Exists(subject) {
		fail(fmt.Sprintf("there is no subject %s: correct the name, or write unknownSubject: %s if it is right that nobody declares it", subject, Accept))
		return
	}
	answer, err := r.CanI(subject, p, target)
	if err != nil {
		fail(err.Error())
		return
	}
	o.Passed = answer.Allowed == (o.Expect == "allow")
	switch {
	case o.Passed:
	case answer.Allowed:
		for i := range answer.Routes {
			fail("it is allowed by " + answer.Routes[i].String())
		}
	default:
		fail("it is denied: " + answer.Reason())
	}
}

// WriteTable writes a line for each case, and why those failed that did.
func (r *Result) WriteTable(w io.Writer, _ bool) error {
	lines := printer.NewLines(w)
	for _, o := range r.Cases {
		word := "pass"
		if !o.Passed {
			word = "FAIL"
		}
		at := ""
		if o.At != nil {
			at = " at " + printer.Stamp(o.At.Time)
		}
		lines.Line("%s  %s: %s %s %s %s%s", word, o.Test, o.Expect, o.Subject, o.Permission, o.Target, at)
		if o.Reason != "" && !o.Passed {
			lines.Line("      it must: %s", o.Reason)
		}
		for _, why := range o.Why {
			lines.Line("      %s", why)
		}
	}
	lines.Line("%d passed, %d failed", r.Passed, r.Failed)
	return lines.Err()
}
