package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/known"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
	"github.com/vitrine-dam/vitrine/internal/store"
)

func (p *program) meta() *cobra.Command {
	var key keyFlags
	var wait waitFlags
	var f describeFlags
	c := &cobra.Command{
		Use:   "meta LIBRARY/PATH...",
		Short: "Show what is said of files, or say it: fields, keywords, focus",
		Long: `Without flags it shows what people say of a file, with who said it last and when; that is kept where no User's key reaches,
and needs --platform. With flags it says something of one file or several: the same of each. Fields are those that the Library
declares in spec.metadata, or title, description and keywords. Whoever has describe on a file may do it.
` + recordsAre,
		Example: "  kubectl dam meta brand/launch/hero.jpg -n acme --set 'title=Hero, wide' --add keywords=summer,2027\n  kubectl dam meta brand/launch/hero.jpg -n acme --focus 0.25,0.1,0.5,0.5 --clear description\n  kubectl dam meta brand/launch/hero.jpg -n acme --platform",
		Args:    someFiles, ValidArgsFunction: p.completeFile,
		RunE: func(c *cobra.Command, args []string) error {
			if f.empty() {
				return p.showMeta(c, args, key)
			}
			d, keys, err := p.deskFor(c, args, key)
			if err != nil {
				return err
			}
			defer d.close()
			said, err := f.describe(d.library.Schema)
			if err != nil {
				return err
			}
			changes := changesOf(keys, func(c change.Change) change.Change { c.Describe = said; return c })
			return p.submitAndPrint(c.Context(), d, changes, wait)
		},
	}
	flags := c.Flags()
	flags.StringArrayVar(&f.set, "set", nil, "field=value in the place of what stands there; of fields that take many values they are parted by commas; may be repeated")
	flags.StringArrayVar(&f.add, "add", nil, "field=value,value to be added to a field that takes many; may be repeated")
	flags.StringArrayVar(&f.remove, "remove", nil, "field=value,value to be taken out of a field that takes many; may be repeated")
	flags.StringArrayVar(&f.clear, "clear", nil, "take all values of these fields away, parted by commas; may be repeated")
	flags.StringVar(&f.focus, "focus", "", "x,y,width,height of what matters most, as fractions of the upright picture; none takes it away")
	key.add(flags)
	wait.add(flags)
	completed(c, "clear", p.completeFields(""))
	for _, flag := range []string{"set", "add", "remove"} {
		completed(c, flag, p.completeFields("="))
	}
	c.AddCommand(p.metaExport(), p.metaImport())
	return c
}

// completeFields offers the fields of the Library that the first argument names.
func (p *program) completeFields(end string) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		directive := cobra.ShellCompDirectiveNoFileComp
		if end != "" {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		if len(args) == 0 {
			return nil, directive
		}
		name, _, _ := strings.Cut(args[0], "/")
		words, _ := p.offer(c, func(r *review.Review) []string {
			l, err := r.Library(name)
			if err != nil {
				return nil
			}
			return fieldNames(l.Schema)
		})
		for i := range words {
			words[i] += end
		}
		return words, directive
	}
}

func (p *program) showMeta(c *cobra.Command, args []string, key keyFlags) error {
	if !key.platform {
		return (&desk{}).ofTheStore("what people say of files")
	}
	d, keys, err := p.deskFor(c, args, key)
	if err != nil {
		return err
	}
	defer d.close()
	answer := &said{}
	for _, k := range keys {
		f, err := d.said(c.Context(), k)
		if err != nil {
			return err
		}
		answer.Files = append(answer.Files, f)
	}
	return p.print(answer)
}

func (d *desk) said(ctx context.Context, k access.Key) (fileSaid, error) {
	there, err := d.exists(ctx, k)
	if err != nil {
		return fileSaid{}, err
	}
	file, err := known.One(ctx, d.store, d.at, k)
	if err != nil {
		return fileSaid{}, d.inPlainWords("reading what is said of files", err)
	}
	f := fileSaid{File: d.name(k)}
	if f.Misfits = d.library.Schema.Misfits(nil); file.Metadata != nil {
		m := file.Metadata
		f.Fields, f.Focus, f.By, f.At, f.Misfits = m.Fields, m.Focus, m.By, &m.At, d.library.Schema.Misfits(m.Fields)
	}
	if !there && file.Metadata == nil {
		return fileSaid{}, errors.New("there is no file " + f.File)
	}
	return f, nil
}

// exists tells whether there is a current version of a file, or its original is put aside.
func (d *desk) exists(ctx context.Context, k access.Key) (bool, error) {
	bucket, object := d.original(k)
	for _, at := range [][2]string{{bucket, object}, {d.at.Vitrine, asset.HeldObject(k)}} {
		_, err := d.store.StatObject(ctx, at[0], at[1], "")
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return false, d.inPlainWords("looking at the file", err)
		}
	}
	return false, nil
}

// said is what people say of files.
type said struct {
	Files []fileSaid `json:"files"`
}

type fileSaid struct {
	File   string              `json:"file"`
	Fields map[string][]string `json:"fields,omitempty"`
	Focus  *asset.Focus        `json:"focus,omitempty"`
	// By whom it was written last, and when.
	By string     `json:"by,omitempty"`
	At *time.Time `json:"at,omitempty"`
	// Misfits say what does not fit the Library's fields.
	Misfits []string `json:"misfits,omitempty"`
}

// WriteTable writes a row for each field.
func (s *said) WriteTable(w io.Writer, _ bool) error {
	table := printer.NewTable(w, "FILE", "FIELD", "VALUE", "BY", "AT")
	var notes []string
	for _, f := range s.Files {
		at := printer.Instant(f.At, "")
		for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
			table.Row(f.File, name, strings.Join(f.Fields[name], ", "), f.By, at)
		}
		if f.Focus != nil {
			table.Row(f.File, "(focus)", focusText(*f.Focus), f.By, at)
		}
		if len(f.Fields) == 0 && f.Focus == nil {
			table.Row(f.File, "", "", f.By, at)
		}
		for _, wrong := range f.Misfits {
			notes = append(notes, f.File+": "+wrong)
		}
	}
	if err := table.End(); err != nil {
		return err
	}
	return printer.NewLines(w).Notes(notes)
}

func focusText(f asset.Focus) string {
	var parts []string
	for _, v := range []float64{f.X, f.Y, f.Width, f.Height} {
		parts = append(parts, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return strings.Join(parts, ",")
}
