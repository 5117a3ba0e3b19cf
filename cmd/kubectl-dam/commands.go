package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
)

const targets = `
A TARGET is folder/NAME, collection/NAME, library/NAME, or library/NAME:path/of/file for
one file. A folder is all that lies in it and below; a Collection is its members.
`

const readsOnly = `
It reads with the identity of your kubeconfig, or files with -f, and writes nothing.`

func (p *program) whoCan() *cobra.Command {
	return &cobra.Command{
		Use:               "who-can PERMISSION TARGET",
		Short:             "Users who may do something there, with every route",
		Long:              "Lists the users who may do something with all of a target now, with every route by which they\nmay: the binding, the role, the group, the place it cascades from, until when. Below stand those\nwho may on parts of it, and public links that show it.\n" + targets + readsOnly,
		Example:           "  kubectl dam who-can download folder/launch -n acme\n  kubectl dam who-can upload library/brand:press/logo.png -f ./acme",
		Args:              exactly("a PERMISSION and a TARGET", 2),
		ValidArgsFunction: p.complete(permissions, (*review.Review).Targets),
		RunE: func(c *cobra.Command, args []string) error {
			permission, err := parsePermission(args[0])
			if err != nil {
				return err
			}
			target, err := review.ParseTarget(args[1])
			if err != nil {
				return err
			}
			r, err := p.review(c.Context())
			if err != nil {
				return err
			}
			a, err := r.WhoCan(permission, target)
			if err != nil {
				return err
			}
			return p.print(a)
		},
	}
}

func (p *program) canI() *cobra.Command {
	var user string
	var why bool
	c := &cobra.Command{
		Use:               "can-i PERMISSION TARGET --as USER",
		Short:             "Whether a user may do something there: exit code 0 for yes, 1 for no",
		Long:              "Prints yes or no, whether a User of the tenant may do something with all of a target now. The\nexit code is 0 for yes, 1 for no, 2 when there is no answer. --as names the User asked\nabout; nobody is impersonated.\n" + targets + readsOnly,
		Example:           "  kubectl dam can-i delete folder/launch --as carl -n acme --why",
		Args:              exactly("a PERMISSION and a TARGET", 2),
		ValidArgsFunction: p.complete(permissions, (*review.Review).Targets),
		RunE: func(c *cobra.Command, args []string) error {
			permission, err := parsePermission(args[0])
			if err != nil {
				return err
			}
			target, err := review.ParseTarget(args[1])
			if err != nil {
				return err
			}
			if user == "" {
				return errors.New("name the User asked about with --as")
			}
			r, err := p.review(c.Context())
			if err != nil {
				return err
			}
			a, err := r.CanI(user, permission, target)
			if err != nil {
				return err
			}
			if why && p.output == "table" {
				p.output = "wide"
			}
			if err := p.print(a); err != nil {
				return err
			}
			if !a.Allowed {
				return silentError(1)
			}
			return nil
		},
	}
	c.Flags().StringVar(&user, "as", "", "the User asked about")
	c.Flags().BoolVar(&why, "why", false, "say by which routes, or why not, as -o wide does")
	if err := c.RegisterFlagCompletionFunc("as", p.complete((*review.Review).Users)); err != nil {
		panic(err) // the flag is defined right above
	}
	return c
}

func (p *program) explain() *cobra.Command {
	return &cobra.Command{
		Use:               "explain USER TARGET",
		Short:             "What a user may do there by which routes, and why not the rest",
		Long:              "Lists every permission: by which routes the user has it on all of the target now, or why not: no\nbinding, a window that ended, a group they are not in, a restricted Folder, a freeze.\n" + targets + readsOnly,
		Example:           "  kubectl dam explain carl folder/launch -n acme",
		Args:              exactly("a USER and a TARGET", 2),
		ValidArgsFunction: p.complete((*review.Review).Users, (*review.Review).Targets),
		RunE: func(c *cobra.Command, args []string) error {
			target, err := review.ParseTarget(args[1])
			if err != nil {
				return err
			}
			r, err := p.review(c.Context())
			if err != nil {
				return err
			}
			a, err := r.Explain(args[0], target)
			if err != nil {
				return err
			}
			return p.print(a)
		},
	}
}

func (p *program) access() *cobra.Command {
	return &cobra.Command{
		Use:               "access USER",
		Short:             "All that a user may do now",
		Long:              "Lists all that a user may do now, place by place, with every route.\n" + readsOnly,
		Example:           "  kubectl dam access vera -n acme",
		Args:              exactly("a USER", 1),
		ValidArgsFunction: p.complete((*review.Review).Users),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := p.review(c.Context())
			if err != nil {
				return err
			}
			a, err := r.Access(args[0])
			if err != nil {
				return err
			}
			return p.print(a)
		},
	}
}

func (p *program) roles() *cobra.Command {
	return &cobra.Command{
		Use:     "roles [ROLE...]",
		Short:   "The roles there are, what they allow, and who has them now",
		Long:    "Lists the built-in roles and the tenant's own, with their permissions, and with the users who have\nthem now and the bindings that give them.\n" + readsOnly,
		Example: "  kubectl dam roles -n acme\n  kubectl dam roles contributor -n acme -o wide",
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

func exactly(what string, count int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == count {
			return nil
		}
		return fmt.Errorf("write %s: %s", what, c.UseLine())
	}
}

func parsePermission(word string) (access.Permission, error) {
	p, ok := access.ParsePermission(word)
	if !ok {
		return 0, fmt.Errorf("%q is not a permission; the permissions are %s", word, access.AllPermissions)
	}
	return p, nil
}

func permissions(*review.Review) []string { return access.AllPermissions.Names() }

// complete offers, for each argument in turn, names out of the tenant reviewed.
func (p *program) complete(arguments ...func(*review.Review) []string) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= len(arguments) && c.Flags().Changed("as") && len(arguments) > 1 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		at := min(len(args), len(arguments)-1)
		r, err := p.load(c.Context())
		if err != nil {
			r = review.New(review.Tenant{}, p.now()) // the words that need no tenant
		}
		return arguments[at](r), cobra.ShellCompDirectiveNoFileComp
	}
}
