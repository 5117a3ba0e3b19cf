package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/review"
)

func (p *program) link() *cobra.Command {
	c := &cobra.Command{Use: "link", Short: "List public links, or find out which one a URL is"}
	c.AddCommand(p.linkList(), p.linkFind())
	return c
}

func (p *program) linkList() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:     "list",
		Short:   "All public links, and what each does now",
		Long:    "Lists the PublicLinks of a tenant, or with -A of all, with what each does for the one who opens it now: the\nphase, what it shows, whether it needs a password, until when. From files the first day of a link is not known: what\ncounts from it is told as so long after it.\n" + readsOnly,
		Example: "  kubectl dam link list -n acme\n  kubectl dam link list -A -o wide",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := p.checkOutput(); err != nil {
				return err
			}
			reviews, err := p.reviews(c.Context(), all)
			if err != nil {
				return err
			}
			now, err := p.now()
			if err != nil {
				return err
			}
			return p.print(review.AllLinks(reviews, now))
		},
	}
	c.Flags().BoolVarP(&all, "all-namespaces", "A", false, "the links of all tenants")
	return c
}

// maxURL bounds what is read from stdin; a URL of ours has some 100 characters.
const maxURL = 4 << 10

func (p *program) linkFind() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "find",
		Short: "Which public link a URL is: reads it from stdin",
		Long: "Reads the URL of a link from stdin and tells which PublicLink it is and what it does now: so that a URL\nthat turned up somewhere can be shut. It is never an argument, since arguments end up in histories and\nprocess lists. The token in it is not sent anywhere: its SHA-256 is compared with the status of the links.\n" +
			"Exit code 0 when found, 1 when not.\n" + readsOnly,
		Example: "  kubectl dam link find -A < url.txt\n  pbpaste | kubectl dam link find -n acme",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return errors.New("give the URL on stdin, not as an argument: arguments end up in histories and process lists")
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if err := p.checkOutput(); err != nil {
				return err
			}
			line, err := bufio.NewReader(io.LimitReader(p.in, maxURL)).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("reading the URL from stdin: %w", err)
			}
			hash, err := review.HashOfURL(line)
			if err != nil {
				return err
			}
			reviews, err := p.reviews(c.Context(), all)
			if err != nil {
				return err
			}
			now, err := p.now()
			if err != nil {
				return err
			}
			found := review.FindLinks(reviews, hash, now)
			if len(found.Links) == 0 {
				return errors.New("no link here has that URL: it was retired, or is another tenant's (-A looks at all); files tell the URLs of links only when they come from kubectl get")
			}
			return p.print(&review.Found{LinkView: found.Links[0]})
		},
	}
	c.Flags().BoolVarP(&all, "all-namespaces", "A", false, "look at the links of all tenants")
	return c
}
