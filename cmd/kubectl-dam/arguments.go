package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
)

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

// offers gives words for an argument out of the tenant reviewed.
type offers func(*review.Review) []string

// complete offers, for each argument in turn, names out of the tenant reviewed.
func (p *program) complete(arguments ...offers) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= len(arguments) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return p.offer(c, arguments[len(args)])
	}
}

// completeEach offers the same names for every argument.
func (p *program) completeEach(words offers) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return p.offer(c, words)
	}
}

// completeFlag offers names for a flag's value.
func (p *program) completeFlag(words offers) cobra.CompletionFunc { return p.completeEach(words) }

func (p *program) offer(c *cobra.Command, words offers) ([]string, cobra.ShellCompDirective) {
	r, err := p.load(c.Context())
	if err != nil {
		r = review.New(review.Tenant{}, p.clock()) // the words that need no tenant
	}
	return words(r), cobra.ShellCompDirectiveNoFileComp
}

// completeNamespace offers the tenants of the cluster, or those that the files declare.
func (p *program) completeNamespace(root *cobra.Command) {
	completed(root, "namespace", func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		reviews, err := p.reviews(c.Context(), true)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var all []string
		for _, r := range reviews {
			all = append(all, r.Namespace())
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	})
}
