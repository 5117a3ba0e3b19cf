package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/review"
)

const day = 24 * time.Hour

func (p *program) audit() *cobra.Command {
	var logs []string
	var unused int
	c := &cobra.Command{
		Use:   "audit",
		Short: "Who has what, since when, and whether they use it",
		Long: `Lists every grant that somebody has now, with the age of its binding, its end and its last use. A store's access
logs tell of uses: give them with --access-log, in the format of S3 server access logs as AWS and VersityGW write them
(MinIO writes none); without them last use is unknown, and so it is from files for whom the cluster knows no identity. -o csv is for spreadsheets and schedules.
` + readsOnly,
		Example: "  kubectl dam audit -n acme -o csv > acme.csv\n  kubectl dam audit -n acme --access-log ./logs/2027-03.log --unused 90",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := p.checkOutput("csv"); err != nil {
				return err
			}
			if unused > 0 && len(logs) == 0 {
				return fmt.Errorf("--unused needs to know of uses: give the store's access logs with --access-log")
			}
			var uses []review.Use
			for _, name := range logs {
				more, err := readLog(name)
				if err != nil {
					return err
				}
				uses = append(uses, more...)
			}
			r, err := p.load(c.Context())
			if err != nil {
				return err
			}
			a, err := r.Audit(uses)
			if err != nil {
				return err
			}
			if unused > 0 {
				a.Unused(time.Duration(unused) * day)
			}
			if p.output == "csv" {
				return a.WriteCSV(p.out)
			}
			return p.print(a)
		},
	}
	c.Flags().StringArrayVar(&logs, "access-log", nil, "a file of S3 server access logs, to know of uses; may be repeated")
	c.Flags().IntVar(&unused, "unused", 0, "only grants that nobody has used for so many days")
	return c
}

func readLog(name string) ([]review.Use, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading the access log: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	uses, err := review.ReadUses(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return uses, nil
}
