package main

import (
	"errors"
	"path"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// moveFlags say where a file goes.
type moveFlags struct{ into, as, outOf, to string }

func (p *program) restricted() *cobra.Command {
	var key keyFlags
	var wait waitFlags
	var f moveFlags
	c := &cobra.Command{
		Use:   "restricted LIBRARY/PATH --into FOLDER | --out-of FOLDER --to PATH",
		Short: "Move a file into a restricted Folder, or out of one",
		Long: `Moves a file into a restricted Folder, out of one, or with both --out-of and --into from one to another; the file keeps its
versions and all that is known of it. FOLDER is the Folder's name. The answer Accepted says that the move goes on by itself. It
needs restricted on the file where it is and where it goes. Other moves are yours to make at the store, with your own key.
` + recordsAre,
		Example: "  kubectl dam restricted brand/launch/hero.jpg -n acme --into embargo\n  kubectl dam restricted brand/launch/embargo/hero.jpg -n acme --out-of embargo --to launch/final/hero.jpg",
		Args:    exactly("one LIBRARY/PATH", 1), ValidArgsFunction: p.completeFile,
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			d, keys, err := p.deskFor(c, args, key)
			if err != nil {
				return err
			}
			defer d.close()
			asked, err := f.change(d.library, keys[0])
			if err != nil {
				return err
			}
			return p.submitAndPrint(c.Context(), d, []change.Change{asked}, wait)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.into, "into", "", "the restricted Folder that the file goes to")
	flags.StringVar(&f.as, "as", "", "its path in that Folder; its name alone when absent")
	flags.StringVar(&f.outOf, "out-of", "", "the restricted Folder that the file comes from")
	flags.StringVar(&f.to, "to", "", "its path in the open library")
	key.add(flags)
	wait.add(flags)
	for _, flag := range []string{"into", "out-of"} {
		completed(c, flag, p.completeFlag((*review.Review).RestrictedFolders))
	}
	return c
}

func (f moveFlags) check() error {
	switch {
	case f.into == "" && f.outOf == "":
		return errors.New("say where the file goes: --into FOLDER, or --out-of FOLDER --to PATH")
	case f.into != "" && f.to != "":
		return errors.New("--to is a path in the open library; in a restricted Folder the path is said with --as")
	case f.into == "" && f.to == "":
		return errors.New("say with --to which path the file gets in the open library")
	case f.into == "" && f.as != "":
		return errors.New("--as is a path in a restricted Folder; in the open library the path is said with --to")
	}
	return nil
}

// change finds where the file is and where it goes.
func (f moveFlags) change(l *review.Library, k access.Key) (change.Change, error) {
	var err error
	if f.outOf != "" && k.Restricted != f.outOf { // a path within the Folder is as good
		if k, err = l.KeyIn(f.outOf, k.Path); err != nil {
			return change.Change{}, err
		}
	}
	move := &change.Move{Restricted: f.into, Path: f.to}
	if f.into != "" {
		if err := l.InRestricted(f.into); err != nil {
			return change.Change{}, err
		}
		if move.Path = f.as; move.Path == "" {
			move.Path = path.Base(k.Path)
		}
	}
	if f.into == "" {
		to, err := l.Key(f.to)
		if err != nil {
			return change.Change{}, err
		}
		if to.Restricted != "" {
			return change.Change{}, errors.New("that path lies in the restricted Folder " + to.Restricted + ": say --into " + to.Restricted)
		}
	}
	return change.Change{Path: k.Path, Restricted: k.Restricted, Move: move}, nil
}
