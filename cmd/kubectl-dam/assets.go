package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/known"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

func (p *program) assets() *cobra.Command {
	var key keyFlags
	var fresh bool
	c := &cobra.Command{
		Use:   "assets [LIBRARY] [FOLDER]",
		Short: "List files, with their state, approval, version, size, type and title",
		Long: `Lists the files of a Library, or of all there are, in a folder and below it. FOLDER is a path in the Library. With a key of your
own it lists what you may list, by name, size and day: state, approval and the rest are kept where no User's key reaches, and are
shown with --platform. Of up to some thousands of files in a place that is what is so now. Where there are more, Vitrine's catalog tells, which
may be half a minute behind, and a note says when it last had something to change; --fresh looks at each of them, which takes a minute
or more. A long table is aligned a thousand rows at a time.
` + keysAre,
		Example:           "  kubectl dam assets brand launch/final -n acme\n  kubectl dam assets brand -n acme --platform -o wide",
		Args:              cobra.MaximumNArgs(2),
		ValidArgsFunction: p.complete((*review.Review).Libraries),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := p.declared(c.Context())
			if err != nil {
				return err
			}
			libraries, folder := r.Libraries(), ""
			if len(args) > 0 {
				libraries = args[:1]
			}
			if len(args) > 1 {
				folder = args[1]
			}
			list := p.newAssetList()
			for _, name := range libraries {
				err := p.listAssets(c.Context(), r, name, reading{folder, fresh}, key, list)
				if len(args) == 0 && errors.Is(err, errNothing) { // of this one; there may be others
					list.notes = append(list.notes, fmt.Sprintf("Library %s: %v", name, err))
					continue
				}
				if err != nil {
					return err
				}
			}
			return list.end()
		},
	}
	key.add(c.Flags())
	c.Flags().BoolVar(&fresh, "fresh", false, "with --platform, look at each file, however many there are")
	return c
}

func (p *program) listAssets(ctx context.Context, r *review.Review, library string, what reading, key keyFlags, list *assetList) error {
	d, err := p.openDesk(ctx, r, library, key)
	if err != nil {
		return err
	}
	defer d.close()
	notes, err := d.files(ctx, p, what, func(f *known.File) error { return list.add(d.view(f)) })
	list.notes = append(list.notes, notes...)
	return err
}

// reading is which files are read, and whether each of them is looked at.
type reading struct {
	folder string
	fresh  bool
}

// files visits those in a folder and below it, with all that the key at hand can read of them.
func (d *desk) files(ctx context.Context, p *program, what reading, visit func(*known.File) error) (notes []string, err error) {
	places, err := d.places(p, what.folder)
	if err != nil {
		return nil, err
	}
	now, err := p.now()
	if err != nil {
		return nil, err
	}
	library := d.library.Declared.Name
	if d.platform {
		since, err := known.Visit(ctx, d.store, d.at, places, now, what.fresh, visit)
		if !since.IsZero() {
			notes = append(notes, "of Library "+library+" this is what Vitrine's catalog says, which last had something to change at "+printer.Stamp(since)+"; --fresh looks at each file")
		}
		return notes, d.inPlainWords("reading what is known of files", err)
	}
	files, denied, err := known.List(ctx, d.store, d.at, places)
	if err != nil {
		return nil, d.inPlainWords("listing files", err)
	}
	if len(denied) == len(places) {
		return nil, fmt.Errorf("the store does not let the key of %s list anything there; %s, or name a folder that they may list", d.holder(), d.remedy())
	}
	for i := range files {
		if err := visit(&files[i]); err != nil {
			return nil, err
		}
	}
	notes = []string{"of Library " + library + " only names, sizes and days are shown: the rest is kept where no User's key reaches, and --platform shows it"}
	for _, s := range denied {
		notes = append(notes, "the store does not let the key of "+d.holder()+" list "+d.name(access.Key{Library: s.Library, Restricted: s.Restricted, Path: s.Prefix}))
	}
	return notes, nil
}
