package compare

import (
	"fmt"
	"io"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// Report is what becomes of all tenants compared.
type Report struct {
	// Verdict is the widest of all.
	Verdict Verdict `json:"verdict"`
	Tenants []*Diff `json:"tenants"`
}

// NewReport puts the comparisons of tenants together.
func NewReport(tenants ...*Diff) *Report {
	r := &Report{Verdict: Same, Tenants: tenants}
	for _, d := range tenants {
		if d.Verdict == Wider || d.Verdict == Changed && r.Verdict == Same {
			r.Verdict = d.Verdict
		}
	}
	return r
}

// most subjects named in one row; -o json has them all.
const most = 4

// WriteTable writes the report for people; wide names everybody and every route.
func (r *Report) WriteTable(w io.Writer, wide bool) error {
	lines := printer.NewLines(w)
	lines.Line("%s", r.headline())
	for _, d := range r.Tenants {
		if d.Verdict == Same && len(d.Notes) == 0 {
			continue
		}
		lines.Line("")
		lines.Line("Namespace %s: %s", d.Namespace, strings.ToLower(string(d.Verdict)))
		if err := d.table(w, wide); err != nil {
			return err
		}
		if d.Exposed != nil {
			lines.Line("")
			lines.Line("Newly exposed: %s.", d.Exposed)
		}
		if err := lines.Notes(d.Notes); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (r *Report) headline() string {
	switch r.Verdict {
	case Wider:
		return "Access gets wider."
	case Changed:
		return "Access changes, and gets wider nowhere."
	default:
		return "Access stays the same."
	}
}

func (d *Diff) table(w io.Writer, wide bool) error {
	names := most
	if wide {
		names = 1 << 30
	}
	if len(d.Changes) > 0 {
		columns := []string{"WHO", "GAINS", "LOSES", "LIBRARY", "WHERE", "WHEN", "BY"}
		if d.Exposed != nil {
			columns = append(columns, "OBJECTS", "BYTES")
		}
		t := printer.NewTable(w, columns...)
		for i := range d.Changes {
			c := &d.Changes[i]
			cells := []string{printer.Few(c.Subjects, names), strings.Join(c.Gains, ","), strings.Join(c.Loses, ","), c.Library, c.where(names), c.when(), printer.Few(c.Routes, names)}
			if d.Exposed != nil {
				cells = append(cells, number(c.Objects), number(c.Bytes))
			}
			t.Row(cells...)
		}
		if err := t.End(); err != nil {
			return err
		}
	}
	if len(d.Links)+len(d.Declared) == 0 {
		return nil
	}
	lines := printer.NewLines(w)
	lines.Line("")
	for _, o := range append(append([]Declared{}, d.Links...), d.Declared...) {
		wider := ""
		if o.Wider {
			wider = " (wider)"
		}
		lines.Line("%s %s: %s%s", o.Kind, o.Name, o.What, wider)
	}
	return lines.Err()
}

// where is the place in words.
func (c *Change) where(names int) string {
	where := c.Path
	if where == "" {
		where = "all but restricted Folders"
	}
	if c.Version != "" {
		where += " at version " + c.Version
	}
	if len(c.Except) > 0 {
		where += " except " + printer.Few(c.Except, names)
	}
	return where
}

// when is the time in words.
func (c *Change) when() string {
	from := "now"
	if c.From != nil {
		from = "from " + printer.Stamp(*c.From)
	}
	if c.Until != nil {
		from += " until " + printer.Stamp(*c.Until)
	}
	if c.Extended {
		from += " (longer than before)"
	}
	return from
}

// String is the count in words.
func (e *Exposed) String() string {
	return fmt.Sprintf("%d objects, %d bytes", e.Objects, e.Bytes)
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}
