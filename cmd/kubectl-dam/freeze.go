package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
	"github.com/vitrine-dam/vitrine/internal/review/source"
)

const freezesAs = `
It writes the annotation ` + v1alpha1.AnnotationFreeze + ` with the identity of your kubeconfig, as kubectl
annotate would: you need the verb patch on that object. Vitrine acts on it at once. It is not in Git, and no sync
that applies what Git says takes it away.`

const thawsAs = `
It takes the annotation ` + v1alpha1.AnnotationFreeze + ` off with the identity of your kubeconfig, as kubectl
annotate would: you need the verb patch on that object, and the verb unfreeze on it too, as access comes back by
it. Vitrine acts on it at once.`

func (p *program) freeze() *cobra.Command {
	var reason string
	var dryRun bool
	c := &cobra.Command{
		Use:               "freeze KIND NAME --reason REASON",
		Short:             "Take access away at once: a link, user, group, library or namespace",
		Long:              "Takes away at once whatever access comes to a user or group, or goes over a link, a library or a whole\nnamespace, until it is thawed. KIND is " + strings.Join(source.Freezable(), ", ") + ".\n" + freezesAs,
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
		Long:              "Takes the freeze off a " + strings.Join(source.Freezable(), ", ") + ": what is declared for it holds again.\n" + thawsAs,
		Example:           "  kubectl dam unfreeze link press-kit -n acme",
		Args:              exactly("a KIND and a NAME", 2),
		ValidArgsFunction: p.completeFreezable,
		RunE:              func(c *cobra.Command, args []string) error { return p.setFreeze(c, args, nil, dryRun) },
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "have the server check it, and keep nothing")
	return c
}

func (p *program) setFreeze(c *cobra.Command, args []string, reason *string, dryRun bool) error {
	if err := p.checkOutput(); err != nil {
		return err
	}
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
	f := &freezing{Kind: kind, Namespace: namespace, Name: args[1], Frozen: reason != nil, WasFrozen: before.Was, ReasonBefore: before.Before, DryRun: dryRun}
	if kind == "namespace" {
		f.Namespace = ""
	}
	if reason != nil {
		f.Reason = *reason
	}
	return p.print(f)
}

// freezing is what became of a freeze or thaw.
type freezing struct {
	Kind string `json:"kind"`
	// Namespace that the object is in; empty for a namespace itself.
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Frozen now, and for which reason.
	Frozen bool   `json:"frozen"`
	Reason string `json:"reason,omitempty"`
	// WasFrozen before, and for which reason; false where that could not be read.
	WasFrozen    bool   `json:"wasFrozen"`
	ReasonBefore string `json:"reasonBefore,omitempty"`
	// DryRun: the server only checked it, and nothing was changed.
	DryRun bool `json:"dryRun,omitempty"`
}

// WriteTable says it in a sentence.
func (f *freezing) WriteTable(w io.Writer, _ bool) error {
	what := f.Kind + "/" + f.Name
	if f.Namespace != "" {
		what += " in namespace " + f.Namespace
	}
	lines := printer.NewLines(w)
	switch {
	case !f.Frozen && !f.WasFrozen:
		lines.Line("%s was not frozen", what)
	case !f.Frozen:
		lines.Line("%s is no longer frozen (it was: %s)", what, f.ReasonBefore)
	case f.WasFrozen:
		lines.Line("%s is frozen: %s (it was already: %s)", what, f.Reason, f.ReasonBefore)
	default:
		lines.Line("%s is frozen: %s", what, f.Reason)
	}
	if f.DryRun {
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
