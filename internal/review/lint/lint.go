// Package lint finds in a tenant's declarations what is in vain, over, doubled or
// likely to be a mistake, and says what to do about it. It changes nobody's access.
package lint

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// Severity says how much a finding matters.
type Severity string

// The severities, the gravest first.
const (
	// Error: what is declared cannot be enforced as it stands.
	Error Severity = "Error"
	// Warning: it is enforced, and is in vain or risky.
	Warning Severity = "Warning"
	// Info: advice.
	Info Severity = "Info"
)

// Finding is one thing to look at.
type Finding struct {
	Severity Severity `json:"severity"`
	// Rule is a word for programs.
	Rule string `json:"rule"`
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Message says it in a sentence.
	Message string `json:"message"`
	// Remedy says what to do; empty where the message does.
	Remedy string `json:"remedy,omitempty"`
}

// Result are the findings, the gravest first.
type Result struct {
	Namespace string    `json:"namespace"`
	At        time.Time `json:"at"`
	Findings  []Finding `json:"findings"`
	Notes     []string  `json:"notes,omitempty"`
}

// Clean tells whether there is nothing but advice.
func (r *Result) Clean() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity != Info })
}

// linter is what all rules look at.
type linter struct {
	tenant review.Tenant
	model  *access.Model
	now    time.Time
	found  []Finding
	// frozenGroups are the UserGroups that carry the freeze annotation.
	frozenGroups map[string]bool
}

func (l *linter) add(severity Severity, rule, kind, name, message, remedy string) {
	l.found = append(l.found, Finding{severity, rule, kind, name, message, remedy})
}

// Lint looks at all that a tenant declares.
func Lint(t review.Tenant, now time.Time) *Result {
	t.Declared.Files = nil
	l := &linter{tenant: t, model: access.New(t.Declared), now: now.UTC(), frozenGroups: map[string]bool{}}
	for i := range t.Declared.UserGroups {
		if g := &t.Declared.UserGroups[i]; v1alpha1.FreezeReason(g) != "" {
			l.frozenGroups[g.Name] = true
		}
	}
	l.problems()
	l.windows()
	l.ineffective()
	l.redundant()
	l.depth()
	l.people()
	l.frozen()
	l.links()
	l.selectors()
	l.fields()
	l.lifecycles()
	rank := map[Severity]int{Error: 0, Warning: 1, Info: 2}
	slices.SortStableFunc(l.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	if l.found == nil {
		l.found = []Finding{}
	}
	return &Result{Namespace: t.Namespace, At: l.now, Findings: l.found, Notes: t.Notes}
}

// unknown are the reasons of problems in which a name leads nowhere.
var unknown = []string{
	v1alpha1.ReasonLibraryNotFound, v1alpha1.ReasonTargetNotFound, v1alpha1.ReasonSubjectNotFound, v1alpha1.ReasonRoleNotFound, v1alpha1.ReasonMemberNotFound,
}

// problems are what the model itself cannot enforce; its messages name the remedy.
func (l *linter) problems() {
	for _, p := range l.model.Problems() {
		rule := p.Reason
		if slices.Contains(unknown, p.Reason) {
			rule = "UnknownName"
		}
		message, remedy, _ := strings.Cut(p.Message, "; ")
		l.add(Error, rule, p.Kind, p.Name, message, remedy)
	}
}

// WriteTable writes a row for each finding.
func (r *Result) WriteTable(w io.Writer, wide bool) error {
	lines := printer.NewLines(w)
	if len(r.Findings) == 0 {
		lines.Line("Nothing to mend in namespace %s.", r.Namespace)
		return lines.Notes(r.Notes)
	}
	columns := []string{"SEVERITY", "RULE", "OBJECT", "WHAT IS WRONG"}
	if wide {
		columns = append(columns, "REMEDY")
	}
	t := printer.NewTable(w, columns...)
	for _, f := range r.Findings {
		cells := []string{string(f.Severity), f.Rule, f.Kind + "/" + f.Name, f.Message}
		if wide {
			cells = append(cells, f.Remedy)
		} else if f.Remedy != "" {
			cells[3] += "; " + f.Remedy
		}
		t.Row(cells...)
	}
	if err := t.End(); err != nil {
		return err
	}
	return lines.Notes(r.Notes)
}
