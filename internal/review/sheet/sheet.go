// Package sheet turns what people say of files into a table for spreadsheets and back: CSV as RFC 4180 has it, in UTF-8, a row for
// each file and a column for each field of the Library. Pure.
package sheet

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// The columns that are no fields: no field's name has brackets, and the path comes first whatever fields there are.
const (
	pathColumn     = "path"
	stateColumn    = "(state)"
	approvalColumn = "(approval)"
)

// MaxBytes bounds a sheet that is read.
const MaxBytes = 64 << 20

// byteOrderMark is put before UTF-8 by programs for spreadsheets.
const byteOrderMark = "\ufeff"

// ErrSheet is what every error of Read is but those of the reader.
var ErrSheet = errors.New("not a sheet of files")

// File is a row that is written.
type File struct {
	Path   string
	Fields map[string][]string
	// State and Approval are for people to see; nothing reads them. They may be empty.
	State, Approval string
}

// Write writes a sheet of files. Every cell is quoted, so that a program which parts cells elsewhere than at commas finds none in them.
// A field that holds what its type cannot, since the Library declared it otherwise before, is left empty, which changes nothing
// when the sheet is read.
func Write(w io.Writer, schema asset.Schema, files []File) error {
	out := bufio.NewWriter(w)
	fields := schema.Fields()
	head := []string{pathColumn}
	for i := range fields {
		head = append(head, string(fields[i].Name))
	}
	writeRow(out, append(head, stateColumn, approvalColumn))
	for _, f := range files {
		row := []string{f.Path}
		for i := range fields {
			row = append(row, cellOf(&fields[i], f.Fields[string(fields[i].Name)]))
		}
		writeRow(out, append(row, f.State, f.Approval))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the sheet: %w", err)
	}
	return nil
}

func cellOf(field *v1alpha1.MetadataField, values []string) string {
	switch {
	case Many(field.Type):
		return joined(values)
	case len(values) == 1:
		return values[0]
	}
	return ""
}

// writeRow leaves errors to Flush, which gives the first.
func writeRow(w *bufio.Writer, cells []string) {
	for i, c := range cells {
		if i > 0 {
			_ = w.WriteByte(',')
		}
		_, _ = w.WriteString(`"` + strings.ReplaceAll(guarded(c), `"`, `""`) + `"`)
	}
	_, _ = w.WriteString("\r\n")
}

// Many tells whether a field takes any number of values.
func Many(t v1alpha1.MetadataFieldType) bool {
	return t == v1alpha1.FieldKeywords || t == v1alpha1.FieldChoices
}

// Row is a row that was read.
type Row struct {
	// Line of the file in which it begins, from 1.
	Line int
	Path string
	// Set are the values of the fields whose cells hold any, Empty the fields whose cells are empty, in the order of the columns.
	Set   map[string][]string
	Empty []string
	// Wrong says in plain words why the row cannot be used; nil when it can.
	Wrong error
}

// Sheet is a table that was read.
type Sheet struct {
	Rows []Row
	// PassedOver are the columns that are only shown.
	PassedOver []string
}

// Read reads a sheet. What is wrong with one row alone is in its Wrong; whether values fit their fields is not looked at. Errors name the line.
func Read(r io.Reader, schema asset.Schema) (*Sheet, error) {
	limited := &io.LimitedReader{R: r, N: MaxBytes + 1}
	text := bufio.NewReader(limited)
	if mark, err := text.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = text.Discard(len(byteOrderMark)) // it was peeked at
	}
	in := csv.NewReader(text)
	in.FieldsPerRecord = -1
	head, err := in.Read()
	if err != nil {
		return nil, unreadable(err)
	}
	s := &Sheet{}
	columns, err := s.columns(head, schema)
	if err != nil {
		return nil, err
	}
	lines := map[string]int{}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, unreadable(err)
		}
		line, _ := in.FieldPos(0)
		row := rowOf(columns, cells, line)
		switch first := lines[row.Path]; {
		case row.Path == "" && strings.Join(cells, "") == "":
			continue // what programs write below a table
		case row.Wrong != nil:
		case first > 0:
			row.Wrong = fmt.Errorf("the file stands in line %d already; keep one of the two", first)
		default:
			lines[row.Path] = line
		}
		s.Rows = append(s.Rows, row)
	}
	if limited.N == 0 {
		return nil, fmt.Errorf("%w: it has more than %d MiB; part it", ErrSheet, MaxBytes>>20)
	}
	return s, nil
}

func unreadable(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it is empty", ErrSheet)
	}
	if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("%w: line %d: %w; save it as CSV with commas, in UTF-8", ErrSheet, wrong.Line, wrong.Err)
	}
	return fmt.Errorf("reading the sheet: %w", err)
}

// columns finds which field each column is of; nil for one that is only shown.
func (s *Sheet) columns(head []string, schema asset.Schema) ([]*v1alpha1.MetadataField, error) {
	if strings.TrimSpace(head[0]) != pathColumn {
		return nil, fmt.Errorf("%w: its first column is %.40q and has to be path; save it as CSV with commas, in UTF-8, and keep the first line", ErrSheet, head[0])
	}
	fields := schema.Fields()
	columns := make([]*v1alpha1.MetadataField, len(head))
	for i, name := range head[1:] {
		name = strings.TrimSpace(name)
		if name == stateColumn || name == approvalColumn {
			s.PassedOver = append(s.PassedOver, name)
			continue
		}
		at := slices.IndexFunc(fields, func(f v1alpha1.MetadataField) bool { return string(f.Name) == name })
		if at < 0 {
			return nil, fmt.Errorf("%w: the Library has no field %.40q; declare it in spec.metadata, or take the column out", ErrSheet, name)
		}
		if slices.Contains(columns, &fields[at]) {
			return nil, fmt.Errorf("%w: it has two columns %s", ErrSheet, name)
		}
		columns[i+1] = &fields[at]
	}
	return columns, nil
}

func rowOf(columns []*v1alpha1.MetadataField, cells []string, line int) Row {
	row := Row{Line: line, Path: unguarded(cells[0]), Set: map[string][]string{}}
	if len(cells) != len(columns) {
		row.Wrong = fmt.Errorf("it has %d cells, and the first line has %d; quote what has commas in it", len(cells), len(columns))
		return row
	}
	if err := asset.CheckPath(row.Path); err != nil {
		row.Wrong = err
		return row
	}
	for i, field := range columns {
		if field == nil {
			continue
		}
		values := valuesOf(field, unguarded(cells[i]))
		if len(values) == 0 {
			row.Empty = append(row.Empty, string(field.Name))
			continue
		}
		row.Set[string(field.Name)] = values
	}
	return row
}

func valuesOf(field *v1alpha1.MetadataField, text string) []string {
	switch {
	case Many(field.Type):
		return split(text)
	case strings.TrimSpace(text) == "":
		return nil
	}
	return []string{text}
}
