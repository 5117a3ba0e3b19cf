package review

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// Audit tells who has what, since when, and whether they use it.
type Audit struct {
	Namespace string      `json:"namespace"`
	At        time.Time   `json:"at"`
	Grants    []AuditLine `json:"grants"`
	// UsesFrom and UsesTo bound what the access logs that were read tell of; absent when none was.
	UsesFrom *time.Time `json:"usesFrom,omitempty"`
	UsesTo   *time.Time `json:"usesTo,omitempty"`
	Notes    []string   `json:"notes,omitempty"`
}

// AuditLine is one grant of one user.
type AuditLine struct {
	// User, or a subject that is none: who opens sessions by a group's claim, or a ServiceAccount.
	User string `json:"user"`
	Grant
	// Since is when the binding was made; absent when not known.
	Since *time.Time `json:"since,omitempty"`
	// LastUse is the last time that the logs show the user doing what this grant allows;
	// absent when they show none, or there are none.
	LastUse *time.Time `json:"lastUse,omitempty"`
	// UseKnown: the logs could tell of a use.
	UseKnown bool `json:"useKnown"`
}

// Audit lists all that everybody has now, those included who are no Users. Uses are from access logs; with none, last use is unknown.
func (r *Review) Audit(uses []Use) (*Audit, error) {
	a := &Audit{Namespace: r.tenant.Namespace, At: r.at, Grants: []AuditLine{}, Notes: r.notes(access.New(r.tenant.Declared))}
	byUser := r.usesByUser(uses)
	for i := range uses {
		at := uses[i].At.UTC()
		if a.UsesFrom == nil || at.Before(*a.UsesFrom) {
			a.UsesFrom = &at
		}
		if a.UsesTo == nil || at.After(*a.UsesTo) {
			a.UsesTo = &at
		}
	}
	// Without a file to ask about, every item of a Collection stands for itself.
	m := access.New(withItems(r.tenant.Declared, "", ""))
	sessions := false // have grants
	for _, user := range r.subjects() {
		session, begin := access.IsSession(user), len(a.Grants)
		for _, g := range m.Grants(user, r.at) {
			grant, some := r.grant(g)
			if !some {
				continue
			}
			sessions = sessions || session
			line := AuditLine{User: user, Grant: grant, UseKnown: len(uses) > 0 && !session}
			if b := r.binding(g.Route.Binding); b != nil && !b.CreationTimestamp.IsZero() {
				line.Since = utc(&b.CreationTimestamp.Time)
			}
			for _, u := range byUser[user] {
				if g.Permissions.Has(u.Permission) && line.covers(g, u) && (line.LastUse == nil || u.At.After(*line.LastUse)) {
					line.LastUse = utc(&u.At)
				}
			}
			a.Grants = append(a.Grants, line)
		}
		// Subjects are in order, so what each has is all that is to be sorted.
		slices.SortStableFunc(a.Grants[begin:], func(a, b AuditLine) int {
			return cmp.Or(cmp.Compare(a.Library, b.Library), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Route.Binding, b.Route.Binding))
		})
	}
	if sessions && len(uses) > 0 {
		a.Notes = append(a.Notes, "sessions by a claim or as a ServiceAccount have keys of their own each time, which logs do not tie to a group: their last use is unknown")
	}
	if r.tenant.AgesUnknown {
		a.Notes = append(a.Notes, "since when is not known from files; ask the cluster")
	}
	return a, nil
}

// Unused keeps the grants that nobody has used for so long: those of which the logs tell no
// use since then, where they reach back so far, and where the grant is as old.
func (a *Audit) Unused(duration time.Duration) {
	since := a.At.Add(-duration)
	a.Grants = slices.DeleteFunc(a.Grants, func(l AuditLine) bool {
		used := l.LastUse != nil && l.LastUse.After(since)
		young := l.Since != nil && l.Since.After(since)
		return !l.UseKnown || used || young
	})
	if a.UsesFrom == nil || a.UsesFrom.After(since) {
		a.Notes = append(a.Notes, "the access logs do not reach back to "+printer.Stamp(since)+": what is listed may have been used before they begin")
	}
}

func (l *AuditLine) covers(g access.Grant, u usedFile) bool {
	if g.Scope != nil {
		return g.Scope.Covers(access.Key(u.key)) || u.Permission == access.List && g.Scope.CoversScope(u.key.scope())
	}
	return u.key.Library == l.Library && u.key.Restricted == "" && slices.ContainsFunc(l.Items, func(item string) bool { return covers(item, u.key.Path) })
}

// since is the age of a grant in words.
func (l *AuditLine) since(at time.Time) string {
	if l.Since == nil {
		return "unknown"
	}
	return fmt.Sprintf("%dd", int(at.Sub(*l.Since).Hours()/24))
}

func (l *AuditLine) lastUse() string {
	switch {
	case !l.UseKnown:
		return "unknown"
	case l.LastUse == nil:
		return "none in the logs"
	}
	return printer.Stamp(*l.LastUse)
}

// WriteTable writes a row for each grant.
func (a *Audit) WriteTable(w io.Writer, wide bool) error {
	lines := printer.NewLines(w)
	if len(a.Grants) == 0 {
		lines.Line("No grant is like that.")
		return lines.Notes(a.Notes)
	}
	columns := []string{"USER", "LIBRARY", "WHERE", "PERMISSIONS", "BINDING", "ROLE", "THROUGH", "AGE", "UNTIL", "LAST USE"}
	if wide {
		columns = append(columns, "GIVEN ON", "REASON")
	}
	t := printer.NewTable(w, columns...)
	for i := range a.Grants {
		l := &a.Grants[i]
		cells := []string{l.User, l.Library, l.where(), strings.Join(l.Permissions, ","), l.Route.Binding, l.Route.Role, l.Route.through(), l.since(a.At), printer.Instant(l.Route.NotAfter, "no end"), l.lastUse()}
		if wide {
			cells = append(cells, l.Route.Target, l.Route.Reason)
		}
		t.Row(cells...)
	}
	if err := t.End(); err != nil {
		return err
	}
	return lines.Notes(a.Notes)
}

// WriteCSV writes a record for each grant, with a header, for spreadsheets.
func (a *Audit) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	records := [][]string{{"namespace", "user", "library", "where", "permissions", "binding", "role", "group", "target", "since", "until", "last_use", "reason"}}
	for i := range a.Grants {
		l := &a.Grants[i]
		records = append(records, []string{
			a.Namespace, l.User, l.Library, l.where(), strings.Join(l.Permissions, " "), l.Route.Binding, l.Route.Role, l.Route.Group, l.Route.Target,
			printer.Instant(l.Since, ""), printer.Instant(l.Route.NotAfter, ""), l.lastUse(), l.Route.Reason,
		})
	}
	for _, record := range records {
		for i, cell := range record {
			record[i] = inert(printer.OneLine(cell))
		}
		if err := out.Write(record); err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
	}
	if out.Flush(); out.Error() != nil {
		return fmt.Errorf("writing the answer: %w", out.Error())
	}
	return nil
}

// inert keeps a spreadsheet from taking a text for a formula.
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
