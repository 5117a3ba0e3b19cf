package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/known"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
	"github.com/vitrine-dam/vitrine/internal/review/sheet"
)

func (p *program) metaExport() *cobra.Command {
	var key keyFlags
	var fresh bool
	c := &cobra.Command{
		Use:   "export LIBRARY [FOLDER]",
		Short: "Write what is said of files as a CSV sheet",
		Long: `Writes a sheet with a row for each file and a column for each field of the Library: CSV as RFC 4180 has it, in UTF-8. Values of
a list are parted by semicolons; \; is a semicolon within one. State and approval are shown in brackets. A cell that a program
for spreadsheets could take for a formula begins with an apostrophe, which import takes away again. With a key of your own the
sheet has the names of the files that you may list, and empty cells to fill in; --platform fills in what is said already. Where there
are more than some thousands of files, a note says when Vitrine's catalog, which tells of them, last had something to change; --fresh looks at each.
` + keysAre,
		Example:           "  kubectl dam meta export brand launch -n acme --platform > launch.csv",
		Args:              libraryAndFolder,
		ValidArgsFunction: p.complete((*review.Review).Libraries),
		RunE: func(c *cobra.Command, args []string) error {
			if p.output != "table" && p.output != "csv" {
				return fmt.Errorf("--output %q: %w; a sheet is CSV", p.output, errOutput)
			}
			p.output = "table"
			r, err := p.declared(c.Context())
			if err != nil {
				return err
			}
			d, err := p.openDesk(c.Context(), r, args[0], key)
			if err != nil {
				return err
			}
			defer d.close()
			var rows []sheet.File
			notes, err := d.files(c.Context(), p, reading{strings.Join(args[1:], ""), fresh}, func(f *known.File) error {
				row := sheet.File{Path: d.library.Path(f.Key), State: string(f.State), Approval: string(f.Approval)}
				if f.Metadata != nil {
					row.Fields = f.Metadata.Fields
				}
				rows = append(rows, row)
				return nil
			})
			if err != nil {
				return err
			}
			for _, n := range notes {
				_, _ = fmt.Fprintln(p.complaints, "note:", printer.OneLine(n))
			}
			return sheet.Write(p.out, d.library.Schema, rows)
		},
	}
	key.add(c.Flags())
	c.Flags().BoolVar(&fresh, "fresh", false, "with --platform, look at each file, however many there are")
	return c
}

func libraryAndFolder(c *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) > 2 {
		return fmt.Errorf("write a LIBRARY, and a FOLDER if you like: %s", c.UseLine())
	}
	return nil
}

// importFlags say what of a sheet counts.
type importFlags struct {
	file               string
	dryRun, clearEmpty bool
}

func (p *program) metaImport() *cobra.Command {
	var key keyFlags
	var wait waitFlags
	var f importFlags
	c := &cobra.Command{
		Use:   "import LIBRARY -f FILE",
		Short: "Say of many files what a CSV sheet says",
		Long: `Reads a sheet as export writes it, and says of each file what its row says: each field that has a cell with something in it gets
that in the place of what it has. An empty cell changes nothing; with --clear-empty it takes the field's values away. Columns may
be left out, but for path, which comes first. State and approval are not read: kubectl dam state and kubectl dam approve change them.

--dry-run writes nothing, and tells what of the sheet would be refused: files that there are not, fields and values that the
Library does not take. Whether you may describe each file only Vitrine tells. Rows that were refused are listed with their lines.
` + recordsAre,
		Example:           "  kubectl dam meta import brand -f launch.csv -n acme --dry-run\n  kubectl dam meta import brand -f launch.csv -n acme",
		Args:              exactly("one LIBRARY", 1),
		ValidArgsFunction: p.complete((*review.Review).Libraries),
		RunE: func(c *cobra.Command, args []string) error {
			if f.file == "" {
				return errors.New("name the sheet with -f, - for stdin")
			}
			r, err := p.declared(c.Context())
			if err != nil {
				return err
			}
			l, err := r.Library(args[0])
			if err != nil {
				return err
			}
			table, err := p.readSheet(f.file, l)
			if err != nil {
				return err
			}
			d, err := p.openDesk(c.Context(), r, args[0], key)
			if err != nil {
				return err
			}
			defer d.close()
			if f.dryRun {
				report, err := d.tryRows(c.Context(), p, table, f.clearEmpty)
				if err != nil {
					return err
				}
				return p.concludeImport(report, nil)
			}
			report, err := d.importRows(c.Context(), p, table, f.clearEmpty, wait)
			return p.concludeImport(report, err)
		},
	}
	flags := c.Flags()
	flags.StringVarP(&f.file, "filename", "f", "", "the sheet; - for stdin")
	flags.BoolVar(&f.dryRun, "dry-run", false, "write nothing, and tell what would be refused")
	flags.BoolVar(&f.clearEmpty, "clear-empty", false, "an empty cell takes the field's values away")
	key.add(flags)
	wait.add(flags)
	return c
}

func (p *program) readSheet(name string, l *review.Library) (*sheet.Sheet, error) {
	if name == "-" {
		return sheet.Read(p.in, l.Schema)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading the sheet: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	s, err := sheet.Read(file, l.Schema)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}
