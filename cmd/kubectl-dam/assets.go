package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/known"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

func (p *program) assets() *cobra.Command {
	var key keyFlags
	c := &cobra.Command{
		Use:   "assets [LIBRARY] [FOLDER]",
		Short: "List files, with their state, approval, version, size, type and title",
		Long: `Lists the files of a Library, or of all there are, in a folder and below it. FOLDER is a path in the Library. With a key of your
own it lists what you may list, by name, size and day: state, approval and the rest are kept where no User's key reaches, and are
shown with --platform. That reads what is known file by file, which takes a minute for some thousands.
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
			answer := &assetList{Assets: []assetView{}}
			for _, name := range libraries {
				err := p.listAssets(c.Context(), r, name, folder, key, answer)
				if len(args) == 0 && errors.Is(err, errNothing) { // of this one; there may be others
					answer.Notes = append(answer.Notes, fmt.Sprintf("Library %s: %v", name, err))
					continue
				}
				if err != nil {
					return err
				}
			}
			return p.print(answer)
		},
	}
	key.add(c.Flags())
	return c
}

func (p *program) listAssets(ctx context.Context, r *review.Review, library, folder string, key keyFlags, answer *assetList) error {
	d, err := p.openDesk(ctx, r, library, key)
	if err != nil {
		return err
	}
	defer d.close()
	files, notes, err := d.files(ctx, p, folder)
	if err != nil {
		return err
	}
	answer.Notes = append(answer.Notes, notes...)
	for i := range files {
		answer.Assets = append(answer.Assets, d.view(&files[i]))
	}
	return nil
}

// files are those in a folder and below it, with all that the key at hand can read of them.
func (d *desk) files(ctx context.Context, p *program, folder string) (files []known.File, notes []string, err error) {
	places, err := d.places(p, folder)
	if err != nil {
		return nil, nil, err
	}
	now, err := p.now()
	if err != nil {
		return nil, nil, err
	}
	if d.platform {
		files, err = known.Read(ctx, d.store, d.at, places, now)
		return files, nil, d.inPlainWords("reading what is known of files", err)
	}
	files, denied, err := known.List(ctx, d.store, d.at, places)
	if err != nil {
		return nil, nil, d.inPlainWords("listing files", err)
	}
	if len(denied) == len(places) {
		return nil, nil, fmt.Errorf("the store does not let the key of %s list anything there; %s, or name a folder that they may list", d.holder(), d.remedy())
	}
	notes = []string{"of Library " + d.library.Declared.Name + " only names, sizes and days are shown: the rest is kept where no User's key reaches, and --platform shows it"}
	for _, s := range denied {
		notes = append(notes, "the store does not let the key of "+d.holder()+" list "+d.name(access.Key{Library: s.Library, Restricted: s.Restricted, Path: s.Prefix}))
	}
	return files, notes, nil
}

// assetList are files.
type assetList struct {
	Assets []assetView `json:"assets"`
	Notes  []string    `json:"notes,omitempty"`
}

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

// WriteTable lists them.
func (l *assetList) WriteTable(w io.Writer, wide bool) error {
	columns := []string{"FILE", "STATE", "APPROVAL", "VERSION", "SIZE", "TYPE", "TITLE"}
	if wide {
		columns = append(columns, "CHANGED", "SHA256", "KEYWORDS")
	}
	table := printer.NewTable(w, columns...)
	for i := range l.Assets {
		v := &l.Assets[i]
		row := []string{v.File, string(v.State), string(v.Approval), v.VersionID, strconv.FormatInt(v.Size, 10), v.Type, v.Title}
		if wide {
			row = append(row, printer.Stamp(v.ChangedAt), v.SHA256, strings.Join(v.Keywords, ", "))
		}
		table.Row(row...)
	}
	if err := table.End(); err != nil {
		return err
	}
	return printer.NewLines(w).Notes(l.Notes)
}
