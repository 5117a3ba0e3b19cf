package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/review"
)

func (p *program) request() *cobra.Command {
	var q review.Request
	var subject, from, until string
	c := &cobra.Command{
		Use:   "request ROLE TARGET --for SUBJECT --reason REASON",
		Short: "Write the YAML of a RoleBinding to ask for",
		Long: `Writes the RoleBinding that gives a role on a folder, a collection or a library, for a file in Git: a pull request
asks for it, and merging grants it. It is valid, and never applied by this command. With -f or a cluster at hand,
what it names and is not there is told on stderr. A date is its first instant in UTC: --until 2027-03-31 ends with
the thirtieth.
` + subjects + readsOnly,
		Example:           "  kubectl dam request viewer folder/press --for group/agencies --until 2027-03-31 --reason 'Spring launch, BR-112' -n acme",
		Args:              exactly("a ROLE and a TARGET", 2),
		ValidArgsFunction: p.complete((*review.Review).RoleNames, (*review.Review).Targets),
		RunE: func(c *cobra.Command, args []string) error {
			if p.output != "table" && p.output != "yaml" {
				return fmt.Errorf("--output %q: %w; a request is YAML", p.output, errOutput)
			}
			if subject == "" {
				return errors.New("say with --for whom it is for")
			}
			target, err := review.ParseTarget(args[1])
			if err != nil {
				return err
			}
			if q.From, err = optional("from", from); err != nil {
				return err
			}
			if q.Until, err = optional("until", until); err != nil {
				return err
			}
			// What is there makes the request better, and is not needed for it.
			tenant, missing := p.tenant(c.Context())
			if missing != nil {
				tenant = review.Tenant{Namespace: *p.cluster.Namespace}
				if len(p.files) > 0 {
					return missing
				}
			}
			if tenant.Namespace == "" {
				return errors.New("say with -n in which tenant's namespace")
			}
			r := review.New(tenant, p.clock())
			q.Role, q.Target, q.Namespace = args[0], target, tenant.Namespace
			if q.Subject, err = r.Subject(subject); err != nil {
				return err
			}
			return p.writeRequest(r, q, missing == nil)
		},
	}
	flags := c.Flags()
	flags.StringVar(&subject, "for", "", "whom it is for: a User, or group/NAME")
	flags.StringVar(&from, "from", "", "when it begins; at once when absent")
	flags.StringVar(&until, "until", "", "when it ends; never when absent")
	flags.StringVar(&q.Reason, "reason", "", "what it is for, for the reviewer")
	flags.StringVar(&q.Name, "name", "", "the RoleBinding's name; made of the rest when absent")
	completed(c, "for", p.completeFlag((*review.Review).Subjects))
	return c
}

func (p *program) writeRequest(r *review.Review, q review.Request, known bool) error {
	b, err := q.Binding()
	if err != nil {
		return err
	}
	if known {
		for _, missing := range r.Missing(b) {
			_, _ = fmt.Fprintln(p.complaints, "warning:", missing)
		}
	}
	text, err := review.YAML(b)
	if err != nil {
		return err
	}
	if _, err := p.out.Write(text); err != nil {
		return fmt.Errorf("writing the request: %w", err)
	}
	return nil
}

func optional(flag, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	at, err := parseInstant(flag, text)
	if err != nil {
		return nil, err
	}
	return &at, nil
}
