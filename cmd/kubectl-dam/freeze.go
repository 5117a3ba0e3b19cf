package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
	"github.com/vitrine-dam/vitrine/internal/review/source"
)

const writesAs = `
It writes the annotation ` + v1alpha1.AnnotationFreeze + ` with the identity of your kubeconfig, as kubectl
annotate would: you need the verb patch on that object. Vitrine acts on it at once. It is not in Git, and no sync
that applies what Git says takes it away.`

func (p *program) freeze() *cobra.Command {
	var reason string
	var dryRun bool
	c := &cobra.Command{
		Use:               "freeze KIND NAME --reason REASON",
		Short:             "Take access away at once: a link, user, group, library or namespace",
		Long:              "Takes away at once whatever access comes to a user or group, or goes over a link, a library or a whole\nnamespace, until it is thawed. KIND is " + strings.Join(source.Freezable(), ", ") + ".\n" + writesAs,
		Example:           "  kubectl dam freeze link press-kit -n acme --reason 'URL in a newsletter, INC-9'\n  kubectl dam freeze namespace acme --reason 'leak, INC-9'",
		Args:              exactly("a KIND and a NAME", 2),
		ValidArgsFunction: p.completeFreezable,
		RunE: func(c *cobra.Command, args []string) error {
			if reason = strings.TrimSpace(reason); reason == "" {
				return errors.New("say why with --reason; whoever is on duty next will ask")
			}
			return p.setFreeze(c, args, &reason, dryRun)
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for whoever meets it next")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "have the server check it, and keep nothing")
	return c
}

func (p *program) unfreeze() *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use:               "unfreeze KIND NAME",
		Short:             "Give back the access that freeze took away",
		Long:              "Takes the freeze off a " + strings.Join(source.Freezable(), ", ") + ": what is declared for it holds again.\n" + writesAs,
		Example:           "  kubectl dam unfreeze link press-kit -n acme",
		Args:              exactly("a KIND and a NAME", 2),
		ValidArgsFunction: p.completeFreezable,
		RunE:              func(c *cobra.Command, args []string) error { return p.setFreeze(c, args, nil, dryRun) },
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "have the server check it, and keep nothing")
	return c
}

func (p *program) setFreeze(c *cobra.Command, args []string, reason *string, dryRun bool) error {
	kind, ok := source.FreezeKind(args[0])
	if !ok {
		return fmt.Errorf("%q cannot be frozen; write one of %s", args[0], strings.Join(source.Freezable(), ", "))
	}
	if len(p.files) > 0 {
		return errors.New("a freeze is written to a cluster, not to files; in Git write the annotation itself")
	}
	config, namespace, err := p.connect()
	if err != nil {
		return err
	}
	before, err := source.SetFreeze(c.Context(), config, kind, namespace, args[1], reason, dryRun)
	if err != nil {
		return err
	}
	what := kind + "/" + args[1]
	if kind != "namespace" {
		what += " in namespace " + namespace
	}
	lines := printer.NewLines(p.out)
	switch {
	case reason == nil && !before.Was:
		lines.Line("%s was not frozen", what)
	case reason == nil:
		lines.Line("%s is no longer frozen (it was: %s)", what, before.Before)
	case before.Was:
		lines.Line("%s is frozen: %s (it was already: %s)", what, *reason, before.Before)
	default:
		lines.Line("%s is frozen: %s", what, *reason)
	}
	if dryRun {
		lines.Line("only checked, nothing was changed")
	}
	return lines.Err()
}

func (p *program) completeFreezable(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return source.Freezable(), cobra.ShellCompDirectiveNoFileComp
	}
	names := map[string]offers{"link": (*review.Review).Links, "user": (*review.Review).Users, "group": (*review.Review).Groups, "library": (*review.Review).Libraries}
	kind, _ := source.FreezeKind(args[0])
	if words, ok := names[kind]; ok && len(args) == 1 {
		return p.offer(c, words)
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}
