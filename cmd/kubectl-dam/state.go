package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/change"
)

func (p *program) state() *cobra.Command {
	var key keyFlags
	var wait waitFlags
	var to, publishAt, sunset string
	var taken []string
	c := &cobra.Command{
		Use:   "state LIBRARY/PATH... --to STATE",
		Short: "Make files drafts, publish or archive them, at once or at a time",
		Long: `Gives files a state: links show what is published, and nothing shows what is archived. With --publish-at a draft is published
at a time, with --sunset a file is archived at one whatever its state. --clear takes a decision away, so that what the Folders
above say counts again. Whoever has publish on a file may do it.
` + recordsAre,
		Example: "  kubectl dam state brand/launch/hero.jpg -n acme --to Draft --publish-at 2027-03-31T08:00:00Z\n  kubectl dam state brand/launch/hero.jpg brand/launch/logo.svg -n acme --to Archived\n  kubectl dam state brand/launch/hero.jpg -n acme --clear sunset",
		Args:    someFiles, ValidArgsFunction: p.completeFile,
		RunE: func(c *cobra.Command, args []string) error {
			said, err := stateOf(to, publishAt, sunset, taken)
			if err != nil {
				return err
			}
			d, keys, err := p.deskFor(c, args, key)
			if err != nil {
				return err
			}
			defer d.close()
			changes := changesOf(keys, func(c change.Change) change.Change { c.State = said; return c })
			return p.submitAndPrint(c.Context(), d, changes, wait)
		},
	}
	flags := c.Flags()
	flags.StringVar(&to, "to", "", "Draft, Published or Archived")
	flags.StringVar(&publishAt, "publish-at", "", "when a draft is published, such as 2027-03-31T08:00:00Z")
	flags.StringVar(&sunset, "sunset", "", "when the file is archived, likewise")
	flags.StringArrayVar(&taken, "clear", nil, "take state, publishAt or sunset away, parted by commas; may be repeated")
	key.add(flags)
	wait.add(flags)
	fixed(c, "to", string(v1alpha1.StateDraft), string(v1alpha1.StatePublished), string(v1alpha1.StateArchived))
	fixed(c, "clear", "state", "publishAt", "sunset")
	return c
}

// stateOf reads what the flags say; whether it makes sense is the record's to say.
func stateOf(to, publishAt, sunset string, taken []string) (*change.State, error) {
	said := &change.State{State: v1alpha1.AssetState(to)}
	var err error
	if said.PublishAt, err = optional("publish-at", publishAt); err != nil {
		return nil, err
	}
	if said.Sunset, err = optional("sunset", sunset); err != nil {
		return nil, err
	}
	for _, text := range taken {
		said.Clear = append(said.Clear, listed(text)...)
	}
	if said.State == "" && said.PublishAt == nil && said.Sunset == nil && len(said.Clear) == 0 {
		return nil, fmt.Errorf("say what the files are to be with --to, --publish-at, --sunset or --clear")
	}
	return said, nil
}
