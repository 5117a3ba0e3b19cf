package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/review/known"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
	"github.com/vitrine-dam/vitrine/internal/store"
)

func (p *program) versions() *cobra.Command {
	var key keyFlags
	c := &cobra.Command{
		Use:   "versions LIBRARY/PATH",
		Short: "List the versions of a file; restore or delete old ones",
		Long: `Lists the versions that a store has of a file, the newest first, with the marks of its deletion, if there are any. What was
decided of each is kept where no User's key reaches, and is shown with --platform. Listing needs list on the file.
` + keysAre,
		Example: "  kubectl dam versions brand/launch/hero.jpg -n acme",
		Args:    exactly("one LIBRARY/PATH", 1), ValidArgsFunction: p.completeFile,
		RunE: func(c *cobra.Command, args []string) error {
			d, keys, err := p.deskFor(c, args, key)
			if err != nil {
				return err
			}
			defer d.close()
			answer, err := d.versions(c.Context(), keys[0])
			if err != nil {
				return err
			}
			return p.print(answer)
		},
	}
	key.add(c.Flags())
	c.AddCommand(
		p.oldVersion("restore LIBRARY/PATH ID", "Make an old version the current one again", "Makes an old version of a file the current one again; the one that is current now stays as an old one. It needs upload on the file.", 1,
			func(c change.Change) change.Change { c.Restore = &struct{}{}; return c }),
		p.oldVersion("delete LIBRARY/PATH ID...", "Delete old versions for good", "Deletes old versions of a file for good: nothing brings them back. The current one is not deleted. It needs delete on the file.", 0,
			func(c change.Change) change.Change { c.Remove = &struct{}{}; return c }),
	)
	return c
}

// oldVersion is a command that asks for something with old versions; at most so many, any number when that is 0.
func (p *program) oldVersion(use, short, long string, most int, what func(change.Change) change.Change) *cobra.Command {
	var key keyFlags
	var wait waitFlags
	name, _, _ := strings.Cut(use, " ")
	c := &cobra.Command{
		Use: use, Short: short, Long: long + "\n" + recordsAre, ValidArgsFunction: p.completeFile,
		Example: "  kubectl dam versions " + name + " brand/launch/hero.jpg ID -n acme",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) < 2 || most > 0 && len(args) > 1+most {
				return fmt.Errorf("write a LIBRARY/PATH and the id of a version: %s", c.UseLine())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			d, keys, err := p.deskFor(c, args[:1], key)
			if err != nil {
				return err
			}
			defer d.close()
			var changes []change.Change
			for _, id := range args[1:] {
				asked := what(change.Change{Path: keys[0].Path, Restricted: keys[0].Restricted})
				asked.VersionID = id
				changes = append(changes, asked)
			}
			return p.submitAndPrint(c.Context(), d, changes, wait)
		},
	}
	key.add(c.Flags())
	wait.add(c.Flags())
	return c
}

// versionList are the versions of a file.
type versionList struct {
	File     string        `json:"file"`
	Versions []versionView `json:"versions"`
	Notes    []string      `json:"notes,omitempty"`
}

type versionView struct {
	ID string `json:"id"`
	// At is when it came; VersityGW tells of an old version when it was replaced.
	At      time.Time `json:"at"`
	Size    int64     `json:"size"`
	Current bool      `json:"current"`
	// Deletion: it has no content; the file was deleted then.
	Deletion bool                   `json:"deletion,omitempty"`
	Approval v1alpha1.AssetApproval `json:"approval,omitempty"`
	By       string                 `json:"by,omitempty"`
	Note     string                 `json:"note,omitempty"`
}

func (d *desk) versions(ctx context.Context, k access.Key) (*versionList, error) {
	bucket, object := d.original(k)
	answer := &versionList{File: d.name(k)}
	seen := map[string]bool{} // VersityGW lists one twice while it is being replaced
	err := d.store.ListVersions(ctx, bucket, object, func(o store.ObjectInfo) error {
		if o.Key == object && !seen[o.VersionID] {
			seen[o.VersionID] = true
			answer.Versions = append(answer.Versions, versionView{ID: o.VersionID, At: o.LastModified, Size: o.Size, Current: o.IsLatest, Deletion: o.DeleteMarker})
		}
		return nil
	})
	if err != nil {
		return nil, d.inPlainWords("listing versions", err)
	}
	if len(answer.Versions) == 0 {
		return nil, fmt.Errorf("there is no file %s, nor was there one of which versions are left", answer.File)
	}
	slices.SortStableFunc(answer.Versions, func(a, b versionView) int {
		if a.Current != b.Current {
			if a.Current {
				return -1
			}
			return 1
		}
		return b.At.Compare(a.At)
	})
	if !d.platform {
		answer.Notes = []string{"what was decided of versions is kept where no User's key reaches; --platform shows it"}
		return answer, nil
	}
	decided, err := known.Approvals(ctx, d.store, d.at, k)
	if err != nil {
		return nil, d.inPlainWords("reading approvals", err)
	}
	for i := range answer.Versions {
		v := &answer.Versions[i]
		if v.Deletion {
			continue
		}
		v.Approval = v1alpha1.ApprovalUnreviewed
		if a, ok := decided[v.ID]; ok {
			v.Approval, v.By, v.Note = a.Verdict, a.By, a.Note
		}
	}
	return answer, nil
}

// WriteTable lists them.
func (l *versionList) WriteTable(w io.Writer, wide bool) error {
	columns := []string{"VERSION", "AT", "SIZE", "CURRENT", "APPROVAL"}
	if wide {
		columns = append(columns, "BY", "NOTE")
	}
	table := printer.NewTable(w, columns...)
	for i := range l.Versions {
		v := &l.Versions[i]
		size, current := strconv.FormatInt(v.Size, 10), "no"
		if v.Current {
			current = "yes"
		}
		if v.Deletion {
			size = "deleted"
		}
		row := []string{v.ID, printer.Stamp(v.At), size, current, string(v.Approval)}
		if wide {
			row = append(row, v.By, v.Note)
		}
		table.Row(row...)
	}
	if err := table.End(); err != nil {
		return err
	}
	return printer.NewLines(w).Notes(l.Notes)
}
