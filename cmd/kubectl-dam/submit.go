package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/review/outbox"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// exitRefused is the exit code of a command of which something was refused.
const exitRefused = 2

// waitFlags say whether the answer is waited for.
type waitFlags struct {
	wait    bool
	timeout time.Duration
}

func (f *waitFlags) add(flags *pflag.FlagSet) {
	const patience = 30 * time.Second
	flags.BoolVar(&f.wait, "wait", true, "wait for the answer; without it the record's id is printed, and kubectl dam answer shows the answer later")
	flags.DurationVar(&f.timeout, "timeout", patience, "how long to wait for an answer")
}

// answered is what became of what one asked for.
type answered struct {
	Library string `json:"library"`
	// Records are the ids of the change records, Author who asked.
	Records []string `json:"records,omitempty"`
	Author  string   `json:"author,omitempty"`
	// Waiting: nobody waited for the answers.
	Waiting bool        `json:"waiting,omitempty"`
	Files   []fileAsked `json:"files"`
}

// fileAsked is what became of one change.
type fileAsked struct {
	// File as arguments name it, and the line of a sheet that asked.
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	// VersionID and SHA256 of the content that was decided on.
	VersionID string         `json:"versionID,omitempty"`
	SHA256    string         `json:"sha256,omitempty"`
	Outcome   change.Outcome `json:"outcome,omitempty"`
	Reason    change.Reason  `json:"reason,omitempty"`
	Message   string         `json:"message,omitempty"`
}

func (d *desk) newAsked(c change.Change) fileAsked {
	asked := fileAsked{File: d.name(c.Key(d.library.Declared.Name)), VersionID: c.VersionID}
	if c.Approve != nil {
		asked.SHA256 = c.Approve.SHA256
	}
	return asked
}

func (f *fileAsked) become(a change.Answer) {
	f.Outcome, f.Reason, f.Message = a.Outcome, a.Reason, a.Message
}

// recordsAhead are put before the first of them is answered: a pass of the manager takes many.
const recordsAhead = 8

// submit puts changes as records and waits for the answers, in order. The answers so far are good in case of an error, too: those
// without an outcome are not known. told is called after each record.
func (d *desk) submit(ctx context.Context, p *program, changes []change.Change, f waitFlags, told func(answered int)) (*answered, error) {
	box, err := d.outbox()
	if err != nil {
		return nil, err
	}
	batches, err := outbox.Batches(changes)
	if err != nil {
		return nil, err
	}
	report := &answered{Library: d.library.Declared.Name, Author: box.Author, Waiting: !f.wait, Files: make([]fileAsked, len(changes))}
	if box.Author == "" {
		report.Author = box.Folder
	}
	for i, c := range changes {
		report.Files[i] = d.newAsked(c)
	}
	var sent []outbox.Sent
	done := 0
	for i := range batches {
		for len(sent) < len(batches) && (len(sent) < i+recordsAhead || !f.wait) {
			one, err := box.Put(ctx, outbox.NewID(p.clock()), batches[len(sent)])
			if err != nil {
				return report, d.inPlainWords("asking for changes", err)
			}
			sent, report.Records = append(sent, one), append(report.Records, one.ID)
		}
		if !f.wait {
			break
		}
		result, err := box.Await(ctx, sent[i], f.timeout)
		if err != nil {
			return report, d.noAnswer(sent[i].ID, err)
		}
		settle(report.Files[done:done+len(batches[i])], result)
		done += len(batches[i])
		told(done)
		if report.count("") > len(changes)-done {
			return report, fmt.Errorf("the answer to record %s does not tell of all its changes; is the manager of another version?", sent[i].ID)
		}
	}
	return report, nil
}

// settle gives each change of a record its answer.
func settle(files []fileAsked, result change.Result) {
	for _, a := range result.Answers {
		switch {
		case a.Index == change.WholeRecord:
			for i := range files {
				files[i].become(a)
			}
		case a.Index >= 0 && a.Index < len(files):
			files[a.Index].become(a)
		}
	}
}

func (d *desk) noAnswer(id string, err error) error {
	switch {
	case errors.Is(err, outbox.ErrNoAnswer):
		hint := "the manager may be down or busy"
		if errors.Is(err, store.ErrDenied) {
			hint += ", or your key may not read answers"
		}
		return fmt.Errorf("no answer came in time to record %s, and what it asks for may still be done: %s; look again with kubectl dam answer %s %s, or wait longer with --timeout",
			id, hint, d.library.Declared.Name, id)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("nobody waits any more, and what record %s asks for may still be done; look with kubectl dam answer %s %s", id, d.library.Declared.Name, id)
	}
	return d.inPlainWords("reading the answer", err)
}

// submitAndPrint submits a few changes, and prints what became of them.
func (p *program) submitAndPrint(ctx context.Context, d *desk, changes []change.Change, f waitFlags) error {
	for _, c := range changes {
		if refused := outbox.Refused(c); refused != nil {
			return fmt.Errorf("%s: %s", d.name(c.Key(d.library.Declared.Name)), refused.Message)
		}
	}
	report, err := d.submit(ctx, p, changes, f, func(int) {})
	if report == nil {
		return err
	}
	return p.conclude(report, err)
}

// conclude prints answers, and gives the exit code; an error goes before what it left open.
func (p *program) conclude(report *answered, err error) error {
	if err != nil && report.known() == 0 {
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

func (a *answered) known() int {
	return len(a.Files) - a.count("")
}

func (a *answered) refused() int { return a.count(change.Refused) }

func (a *answered) count(o change.Outcome) (n int) {
	for i := range a.Files {
		if a.Files[i].Outcome == o {
			n++
		}
	}
	return n
}

// WriteTable lists them.
func (a *answered) WriteTable(w io.Writer, wide bool) error {
	if a.Waiting {
		lines := printer.NewLines(w)
		for _, id := range a.Records {
			lines.Line("asked for by record %s; kubectl dam answer %s %s shows the answer", id, a.Library, id)
		}
		return lines.Err()
	}
	columns := []string{"FILE", "OUTCOME", "REASON", "WHAT TO DO"}
	versions := false
	for i := range a.Files {
		versions = versions || a.Files[i].VersionID != ""
	}
	if versions {
		columns = append(columns, "VERSION", "SHA256")
	}
	table := printer.NewTable(w, columns...)
	for i := range a.Files {
		f := &a.Files[i]
		row := []string{f.File, orNotKnown(f.Outcome), string(f.Reason), f.Message}
		if versions {
			row = append(row, f.VersionID, shortSHA(f.SHA256, wide))
		}
		table.Row(row...)
	}
	return table.End()
}

func orNotKnown(o change.Outcome) string {
	if o == "" {
		return "not known"
	}
	return string(o)
}

// shortSHA is enough of a digest to tell two apart at a glance.
func shortSHA(digest string, wide bool) string {
	const enough = 12
	if wide || len(digest) <= enough {
		return digest
	}
	return digest[:enough]
}

// changesOf makes a change for each file.
func changesOf(keys []access.Key, what func(change.Change) change.Change) []change.Change {
	all := make([]change.Change, len(keys))
	for i, k := range keys {
		all[i] = what(change.Change{Path: k.Path, Restricted: k.Restricted})
	}
	return all
}

// listed is words parted by commas, as flags take them; a backslash keeps a comma within a word.
func listed(text string) []string {
	var all []string
	for _, part := range strings.Split(strings.ReplaceAll(text, `\,`, "\x00"), ",") {
		if word := strings.TrimSpace(strings.ReplaceAll(part, "\x00", ",")); word != "" {
			all = append(all, word)
		}
	}
	return all
}
