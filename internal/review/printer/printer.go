// Package printer writes answers for people: tables and lines in which nothing that
// a declaration says can pass for something else.
package printer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// Table writes rows in columns. What a declaration says is shown on one line and
// without control characters, so that no text in it can pass for another row.
type Table struct {
	out *tabwriter.Writer
	// buffered, since every cell and every gap is written by itself.
	buffered *bufio.Writer
	err      error
}

// NewTable begins a table with its head.
func NewTable(w io.Writer, columns ...string) *Table {
	buffered := bufio.NewWriterSize(w, 64<<10)
	t := &Table{out: tabwriter.NewWriter(buffered, 0, 8, 3, ' ', 0), buffered: buffered}
	t.Row(columns...)
	return t
}

// Row adds a row; an empty cell shows as a dash.
func (t *Table) Row(cells ...string) {
	shown := make([]string, len(cells))
	for i, c := range cells {
		if shown[i] = OneLine(c); c == "" {
			shown[i] = "-"
		}
	}
	if t.err == nil {
		_, t.err = fmt.Fprintln(t.out, strings.Join(shown, "\t"))
	}
}

// End writes what was added; its error is the first there was.
func (t *Table) End() error {
	if t.err != nil {
		return fmt.Errorf("writing the answer: %w", t.err)
	}
	if err := errors.Join(t.out.Flush(), t.buffered.Flush()); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// OneLine takes out of a text what could end a line, move a cursor or turn the
// direction of reading: names and reasons may come from anybody's pull request.
func OneLine(s string) string {
	if plain(s) { // as nearly all is; tables have hundreds of thousands of cells
		return s
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == '\u2028' || c == '\u2029' {
			return ' '
		}
		return c
	}, s)
}

// plain tells whether a text has printable ASCII alone.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Stamp is an instant for people, in UTC.
func Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Instant is an instant for people, or another word where there is none.
func Instant(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return Stamp(*t)
}

// Few names things in a sentence, at most so many, and how many more there are.
func Few(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// Lines writes line by line; its first error is kept.
type Lines struct {
	w   io.Writer
	err error
}

// NewLines begins.
func NewLines(w io.Writer) *Lines { return &Lines{w: w} }

// Line writes one line.
func (l *Lines) Line(format string, args ...any) {
	if l.err != nil {
		return
	}
	if _, err := fmt.Fprintln(l.w, OneLine(fmt.Sprintf(format, args...))); err != nil {
		l.err = fmt.Errorf("writing the answer: %w", err)
	}
}

// Notes writes what an answer leaves open, apart from the answer; it gives Err.
func (l *Lines) Notes(notes []string) error {
	if len(notes) > 0 {
		l.Line("")
	}
	for _, n := range notes {
		l.Line("note: %s", n)
	}
	return l.err
}

// Err is the first error there was.
func (l *Lines) Err() error { return l.err }
