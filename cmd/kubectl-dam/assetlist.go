package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/review/known"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// assetView is a file as people see it; empty is what the key at hand cannot read.
type assetView struct {
	// File as arguments name it.
	File       string                 `json:"file"`
	Restricted string                 `json:"restricted,omitempty"`
	State      v1alpha1.AssetState    `json:"state,omitempty"`
	Approval   v1alpha1.AssetApproval `json:"approval,omitempty"`
	VersionID  string                 `json:"versionID,omitempty"`
	Size       int64                  `json:"size"`
	Type       string                 `json:"type,omitempty"`
	Title      string                 `json:"title,omitempty"`
	ChangedAt  time.Time              `json:"changedAt"`
	SHA256     string                 `json:"sha256,omitempty"`
	Keywords   []string               `json:"keywords,omitempty"`
}

// titleField is the field that is a file's title, where a Library has one.
const titleField = "title"

func (d *desk) view(f *known.File) assetView {
	v := assetView{File: d.name(f.Key), Restricted: f.Key.Restricted, State: f.State, Approval: f.Approval, Size: f.Size, ChangedAt: f.ModifiedAt}
	if f.Facts != nil {
		v.VersionID, v.Type, v.SHA256 = f.Facts.VersionID, f.Facts.ContentType, f.Facts.SHA256
	}
	if f.Metadata != nil {
		v.Title = strings.Join(f.Metadata.Fields[titleField], ", ")
		v.Keywords = asset.Description{Metadata: f.Metadata}.Keywords(d.library.Schema)
	}
	return v
}

// assetList prints files as they come, since there may be hundreds of thousands of them: all but YAML, which is kept whole.
type assetList struct {
	program *program
	notes   []string
	rows    rows
	whole   assetsWhole
}

// rows are one way of printing files.
type rows interface {
	add(v *assetView) error
	end(notes []string) error
}

// newAssetList begins one in the output that was chosen.
func (p *program) newAssetList() *assetList {
	l := &assetList{program: p, whole: assetsWhole{Assets: []assetView{}}}
	switch p.output {
	case "json":
		l.rows = &jsonRows{out: p.out}
	case "table", "wide":
		l.rows = newTableRows(p.out, p.output == "wide")
	}
	return l
}

func (l *assetList) add(v assetView) error {
	if l.rows == nil {
		l.whole.Assets = append(l.whole.Assets, v)
		return nil
	}
	return l.rows.add(&v)
}

func (l *assetList) end() error {
	if l.rows == nil {
		l.whole.Notes = l.notes
		return l.program.print(&l.whole)
	}
	return l.rows.end(l.notes)
}

// assetsWhole are files that are printed at once.
type assetsWhole struct {
	Assets []assetView `json:"assets"`
	Notes  []string    `json:"notes,omitempty"`
}

// WriteTable is never asked for: see assetList.
func (*assetsWhole) WriteTable(io.Writer, bool) error { return errOutput }

// tableRows are a table that is aligned as far as it is kept.
type tableRows struct {
	out   io.Writer
	table *printer.Table
	wide  bool
	kept  int
}

// alignedRows is how many rows of a table are kept until they are printed.
const alignedRows = 1000

func newTableRows(out io.Writer, wide bool) *tableRows {
	columns := []string{"FILE", "STATE", "APPROVAL", "VERSION", "SIZE", "TYPE", "TITLE"}
	if wide {
		columns = append(columns, "CHANGED", "SHA256", "KEYWORDS")
	}
	return &tableRows{out: out, table: printer.NewTable(out, columns...), wide: wide}
}

func (t *tableRows) add(v *assetView) error {
	row := []string{v.File, string(v.State), string(v.Approval), v.VersionID, strconv.FormatInt(v.Size, 10), v.Type, v.Title}
	if t.wide {
		row = append(row, printer.Stamp(v.ChangedAt), v.SHA256, strings.Join(v.Keywords, ", "))
	}
	t.table.Row(row...)
	if t.kept++; t.kept%alignedRows == 0 {
		return t.table.End()
	}
	return nil
}

func (t *tableRows) end(notes []string) error {
	if err := t.table.End(); err != nil {
		return err
	}
	return printer.NewLines(t.out).Notes(notes)
}

// jsonRows are files as JSON, indented as any other answer.
type jsonRows struct {
	out   io.Writer
	count int
}

func (j *jsonRows) add(v *assetView) error {
	before := ",\n    "
	if j.count == 0 {
		before = "{\n  \"assets\": [\n    "
	}
	j.count++
	return j.write(before, v, "    ")
}

func (j *jsonRows) end(notes []string) error {
	last := "\n  ]"
	if j.count == 0 {
		last = "{\n  \"assets\": []"
	}
	if len(notes) > 0 {
		if err := j.write(last+",\n  \"notes\": ", notes, "  "); err != nil {
			return err
		}
		last = ""
	}
	if _, err := io.WriteString(j.out, last+"\n}\n"); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

func (j *jsonRows) write(before string, value any, indent string) error {
	var text bytes.Buffer
	text.WriteString(before)
	encoder := json.NewEncoder(&text)
	encoder.SetIndent(indent, "  ")
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	if err == nil {
		_, err = j.out.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
	}
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}
