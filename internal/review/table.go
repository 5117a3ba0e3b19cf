package review

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// table writes rows in columns for people. What a declaration says is shown on one
// line and without control characters, so that no text in it can pass for another row.
type table struct {
	out *tabwriter.Writer
	err error
}

func newTable(w io.Writer, columns ...string) *table {
	t := &table{out: tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)}
	t.row(columns...)
	return t
}

func (t *table) row(cells ...string) {
	for i, c := range cells {
		if cells[i] = OneLine(c); c == "" {
			cells[i] = "-"
		}
	}
	if t.err == nil {
		_, t.err = fmt.Fprintln(t.out, strings.Join(cells, "\t"))
	}
}

func (t *table) end() error {
	if t.err != nil {
		return fmt.Errorf("writing the answer: %w", t.err)
	}
	if err := t.out.Flush(); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// OneLine takes out of a text what could end a line, move a cursor or turn the
// direction of reading: names and reasons may come from anybody's pull request.
func OneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 {
			return ' '
		}
		return c
	}, s)
}

// stamp is an instant for people, in UTC.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func instant(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return stamp(*t)
}

// text writes lines; its first error is kept.
type text struct {
	w   io.Writer
	err error
}

func (t *text) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintln(t.w, OneLine(fmt.Sprintf(format, args...)))
	}
	if t.err != nil {
		t.err = fmt.Errorf("writing the answer: %w", t.err)
	}
}

func (t *text) notes(notes []string) error {
	if len(notes) > 0 {
		t.line("")
	}
	for _, n := range notes {
		t.line("note: %s", n)
	}
	return t.err
}

// routeColumns are the columns of a route.
func routeColumns(wide bool) []string {
	columns := []string{"BINDING", "ROLE", "THROUGH", "GIVEN ON", "CASCADES FROM", "UNTIL"}
	if wide {
		columns = append(columns, "SINCE", "REASON")
	}
	return columns
}

func (r *Route) cells(wide bool) []string {
	on := r.Target
	if r.Item != "" {
		on += " (" + r.Item + ")"
	}
	cells := []string{r.Binding, r.Role, r.through(), on, r.CascadesFrom, instant(r.NotAfter, "no end")}
	if wide {
		cells = append(cells, instant(r.NotBefore, ""), r.Reason)
	}
	return cells
}

func (r *Route) through() string {
	if r.Group == "" {
		return "named directly"
	}
	return "group " + r.Group
}

// String is the route in a sentence.
func (r *Route) String() string {
	s := "RoleBinding " + r.Binding + " (" + r.Role
	if r.Group != "" {
		s += " through UserGroup " + r.Group
	}
	s += ", on " + r.Target
	switch {
	case r.CascadesFrom == "/":
		s += ", from the whole library"
	case r.CascadesFrom != "":
		s += ", from " + r.CascadesFrom + " above"
	case r.Item != "":
		s += ", as " + r.Item
	}
	if r.NotAfter != nil {
		s += ", until " + stamp(*r.NotAfter)
	}
	return s + ")"
}
