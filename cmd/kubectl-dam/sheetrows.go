package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/known"
	"github.com/vitrine-dam/vitrine/internal/review/outbox"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
	"github.com/vitrine-dam/vitrine/internal/review/sheet"
)

// imported is what became of a sheet.
type imported struct {
	answered
	// DryRun: nothing was written, and Done is what would be.
	DryRun bool `json:"dryRun,omitempty"`
	// Silent rows say nothing of their files.
	Silent int `json:"silent"`
	// PassedOver are columns that are not read.
	PassedOver []string `json:"passedOver,omitempty"`
}

// rowChange makes a change of a row; false when it says nothing.
func rowChange(l *review.Library, row *sheet.Row, clearEmpty bool) (c change.Change, says bool, err error) {
	if row.Wrong != nil {
		return c, true, row.Wrong
	}
	k, err := l.Key(row.Path)
	if err != nil {
		return c, true, err
	}
	said := &change.Describe{Set: row.Set}
	if clearEmpty {
		said.Clear = row.Empty
	}
	return change.Change{Path: k.Path, Restricted: k.Restricted, Describe: said}, len(said.Set)+len(said.Clear) > 0, nil
}

// refusedRow is a row that cannot be asked for at all.
func refusedRow(library string, row *sheet.Row, reason change.Reason, message string) fileAsked {
	return fileAsked{File: library + "/" + row.Path, Line: row.Line, Outcome: change.Refused, Reason: reason, Message: message}
}

func (d *desk) importRows(ctx context.Context, p *program, table *sheet.Sheet, clearEmpty bool, f waitFlags) (*imported, error) {
	report := &imported{PassedOver: table.PassedOver}
	var changes []change.Change
	var lines []int
	var wrong []fileAsked
	for i := range table.Rows {
		row := &table.Rows[i]
		c, says, refused := d.rowChange(row, clearEmpty)
		switch {
		case refused != nil:
			wrong = append(wrong, *refused)
		case !says:
			report.Silent++
		default:
			changes, lines = append(changes, c), append(lines, row.Line)
		}
	}
	var err error
	report.Library = d.library.Declared.Name
	if len(changes) > 0 {
		var sum *answered
		sum, err = d.submit(ctx, p, changes, f, func(done int) {
			if len(changes) > change.MaxChanges {
				_, _ = fmt.Fprintf(p.complaints, "%d of %d rows answered\n", done, len(changes))
			}
		})
		if sum == nil {
			return nil, err
		}
		report.answered = *sum
	}
	for i := range report.Files {
		report.Files[i].Line = lines[i]
	}
	report.Files = append(report.Files, wrong...)
	slices.SortStableFunc(report.Files, func(a, b fileAsked) int { return cmp.Compare(a.Line, b.Line) })
	return report, err
}

// rowChange is what a row asks for, or why it cannot be asked for.
func (d *desk) rowChange(row *sheet.Row, clearEmpty bool) (c change.Change, says bool, refused *fileAsked) {
	c, says, err := rowChange(d.library, row, clearEmpty)
	if err != nil {
		r := refusedRow(d.library.Declared.Name, row, change.Malformed, err.Error())
		return c, says, &r
	}
	if says {
		if wrong := outbox.Refused(c); wrong != nil {
			r := refusedRow(d.library.Declared.Name, row, wrong.Reason, wrong.Message)
			return c, says, &r
		}
	}
	return c, says, nil
}

// tryRows tells what would become of a sheet, as far as can be told from here.
func (d *desk) tryRows(ctx context.Context, p *program, table *sheet.Sheet, clearEmpty bool) (*imported, error) {
	there := map[access.Key]*asset.Metadata{}
	notes, err := d.files(ctx, p, reading{fresh: true}, func(f *known.File) error {
		there[f.Key] = f.Metadata
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		_, _ = fmt.Fprintln(p.complaints, "note:", printer.OneLine(n))
	}
	now, err := p.now()
	if err != nil {
		return nil, err
	}
	report := &imported{PassedOver: table.PassedOver, DryRun: true}
	report.Library = d.library.Declared.Name
	for i := range table.Rows {
		row := &table.Rows[i]
		c, says, refused := d.rowChange(row, clearEmpty)
		switch {
		case refused != nil:
			report.Files = append(report.Files, *refused)
			continue
		case !says:
			report.Silent++
			continue
		}
		file := change.Asset{Key: c.Key(d.library.Declared.Name)}
		file.Metadata, file.Exists = there[file.Key]
		effect, wrong := change.Decide(change.Asker{Platform: true}, d.library.Schema, c, file, now, "")
		asked := d.newAsked(c)
		asked.Line = row.Line
		asked.become(change.NewAnswer(0, c, effect, wrong))
		report.Files = append(report.Files, asked)
	}
	return report, nil
}

// concludeImport is conclude for a sheet.
func (p *program) concludeImport(report *imported, err error) error {
	if report == nil || err != nil && report.known() == 0 {
		return err
	}
	if wrong := p.print(report); wrong != nil {
		return errors.Join(err, wrong)
	}
	if err == nil && report.refused() > 0 {
		return silentError(exitRefused)
	}
	return err
}

// WriteTable counts, and lists what was refused; with wide everything.
func (s *imported) WriteTable(w io.Writer, wide bool) error {
	lines := printer.NewLines(w)
	for _, column := range s.PassedOver {
		lines.Line("note: the column %s is not read; kubectl dam state and kubectl dam approve change it", column)
	}
	if s.Waiting {
		if err := errors.Join(lines.Err(), s.answered.WriteTable(w, wide)); err != nil {
			return err
		}
	} else {
		done, open := "done", ""
		if s.DryRun {
			done = "would be done"
		}
		if unknown := s.count(""); unknown > 0 {
			open = fmt.Sprintf(", %d not known", unknown)
		}
		lines.Line("%d rows %s, %d are so already, %d refused%s; %d say nothing", s.count(change.Done), done, s.count(change.Unchanged), s.refused(), open, s.Silent)
	}
	if err := lines.Err(); err != nil || s.refused() == 0 && !wide {
		return err
	}
	table := printer.NewTable(w, "LINE", "FILE", "OUTCOME", "REASON", "WHAT TO DO")
	for i := range s.Files {
		if f := &s.Files[i]; wide || f.Outcome == change.Refused {
			table.Row(fmt.Sprint(f.Line), f.File, orNotKnown(f.Outcome), string(f.Reason), f.Message)
		}
	}
	return table.End()
}
