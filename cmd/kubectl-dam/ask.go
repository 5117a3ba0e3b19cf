package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/review"
)

const targets = `
A TARGET is folder/NAME, collection/NAME, library/NAME, or library/NAME:path/of/file for
one file. A folder is all that lies in it and below; a Collection is its members.
`

const subjects = `
A SUBJECT is a User's name, or group/NAME for whoever is in a UserGroup by that alone; group:NAME for
the holders of a UserGroup's claim, or serviceaccount:NAME.
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
	var subject string
	var why bool
	c := &cobra.Command{
		Use:               "can-i PERMISSION TARGET --as SUBJECT",
		Short:             "Whether a subject may do something there: exit code 0 for yes, 1 for no",
		Long:              "Prints yes or no, whether somebody may do something with all of a target now. The exit code\nis 0 for yes, 1 for no, 2 when there is no answer. Here --as names whom the question is about, and\nnobody is impersonated; --impersonate does what --as does for the other commands.\n" + targets + subjects + readsOnly,
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
			if subject == "" {
				return errors.New("name whom you ask about with --as")
			}
			r, err := p.review(c.Context())
			if err != nil {
				return err
			}
			who, err := r.Subject(subject)
			if err != nil {
				return err
			}
			a, err := r.CanI(who, permission, target)
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
	c.Flags().StringVar(&subject, "as", "", "whom the question is about: a User, or group/NAME")
	c.Flags().StringVar(p.cluster.Impersonate, "impersonate", "", "the Kubernetes user to ask the cluster as, in the place of kubectl's --as")
	c.Flags().BoolVar(&why, "why", false, "say by which routes, or why not, as -o wide does")
	completed(c, "as", p.completeFlag((*review.Review).Subjects))
	return c
}

func (p *program) explain() *cobra.Command {
	return &cobra.Command{
		Use:               "explain SUBJECT TARGET",
		Short:             "What a subject may do there by which routes, and why not the rest",
		Long:              "Lists every permission: by which routes they have it on all of the target now, or why not: no\nbinding, a window that ended, a group they are not in, a restricted Folder, a freeze.\n" + targets + subjects + readsOnly,
		Example:           "  kubectl dam explain carl folder/launch -n acme",
		Args:              exactly("a SUBJECT and a TARGET", 2),
		ValidArgsFunction: p.complete((*review.Review).Subjects, (*review.Review).Targets),
		RunE: func(c *cobra.Command, args []string) error {
			target, err := review.ParseTarget(args[1])
			if err != nil {
				return err
			}
			r, err := p.review(c.Context())
			if err != nil {
				return err
			}
			subject, err := r.Subject(args[0])
			if err != nil {
				return err
			}
			a, err := r.Explain(subject, target)
			if err != nil {
				return err
			}
			return p.print(a)
		},
	}
}

func (p *program) access() *cobra.Command {
	return &cobra.Command{
		Use:               "access SUBJECT",
		Short:             "All that a subject may do now, by place",
		Long:              "Lists all that somebody may do now, place by place, with every route.\n" + subjects + readsOnly,
		Example:           "  kubectl dam access vera -n acme",
		Args:              exactly("a SUBJECT", 1),
		ValidArgsFunction: p.complete((*review.Review).Subjects),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := p.review(c.Context())
			if err != nil {
				return err
			}
			subject, err := r.Subject(args[0])
			if err != nil {
				return err
			}
			a, err := r.Access(subject)
			if err != nil {
				return err
			}
			return p.print(a)
		},
	}
}
