package main

import (
	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/review"
)

func (p *program) roles() *cobra.Command {
	return &cobra.Command{
		Use:               "roles [ROLE...]",
		Short:             "The roles there are, what they allow, and who has them now",
		Long:              "Lists the built-in roles and the tenant's own, with their permissions, and with the users who have\nthem now and the bindings that give them.\n" + readsOnly,
		ValidArgsFunction: p.completeEach((*review.Review).RoleNames),
		Example:           "  kubectl dam roles -n acme\n  kubectl dam roles contributor -n acme -o wide",
		RunE: func(c *cobra.Command, args []string) error {
			r, err := p.review(c.Context())
			if err != nil {
				return err
			}
			a, err := r.Roles(args...)
			if err != nil {
				return err
			}
			return p.print(a)
		},
	}
}

func (p *program) users() *cobra.Command {
	var role string
	c := &cobra.Command{
		Use:     "users [TEXT]",
		Short:   "Find people by name, mail or role",
		Long:    "Lists the Users whose name, display name or mail holds a text, case aside, with their groups and the\nroles they have now; --role keeps those who have it.\n" + readsOnly,
		Example: "  kubectl dam users acme.example -n acme\n  kubectl dam users --role manager -n acme",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := p.review(c.Context())
			if err != nil {
				return err
			}
			text := ""
			if len(args) > 0 {
				text = args[0]
			}
			a, err := r.People(text, role)
			if err != nil {
				return err
			}
			return p.print(a)
		},
	}
	c.Flags().StringVar(&role, "role", "", "only those who have this role now, on anything")
	completed(c, "role", p.completeFlag((*review.Review).RoleNames))
	return c
}
