package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/store"
)

func (p *program) answerTo() *cobra.Command {
	var key keyFlags
	c := &cobra.Command{
		Use:   "answer LIBRARY RECORD...",
		Short: "Show the answers to change records",
		Long: `Shows what became of change records that were put with --wait=false, or whose answer did not come in time. Answers are kept for
30 days. The exit code is 0 when all was done, 2 when some of it was refused, 1 when there is no answer.
` + keysAre,
		Example: "  kubectl dam answer brand 20270301T120000Z-… -n acme",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) < 2 {
				return fmt.Errorf("write a LIBRARY and the id of a record: %s", c.UseLine())
			}
			return nil
		},
		ValidArgsFunction: p.complete((*review.Review).Libraries),
		RunE: func(c *cobra.Command, args []string) error {
			for _, id := range args[1:] {
				if !change.ValidID(id) {
					return fmt.Errorf("%q is no id of a record", id)
				}
			}
			r, err := p.declared(c.Context())
			if err != nil {
				return err
			}
			d, err := p.openDesk(c.Context(), r, args[0], key)
			if err != nil {
				return err
			}
			defer d.close()
			box, err := d.outbox()
			if err != nil {
				return err
			}
			report := &answered{Library: args[0], Records: args[1:]}
			for _, id := range args[1:] {
				result, err := box.Answer(c.Context(), id)
				if errors.Is(err, store.ErrNotFound) {
					return fmt.Errorf("there is no answer to record %s: it was not answered yet, is of another author, or older than 30 days", id)
				}
				if err != nil {
					return d.inPlainWords("reading the answer", err)
				}
				for _, a := range result.Answers {
					f := fileAsked{File: "record " + id}
					if a.Index != change.WholeRecord {
						f.File = d.name(access.Key{Library: args[0], Restricted: a.Restricted, Path: a.Path})
					}
					f.become(a)
					report.Files = append(report.Files, f)
				}
			}
			return p.conclude(report, nil)
		},
	}
	key.add(c.Flags())
	return c
}
