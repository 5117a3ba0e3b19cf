package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/lint"
	"github.com/vitrine-dam/vitrine/internal/review/policytest"
	"github.com/vitrine-dam/vitrine/internal/review/source"
)

// exitFindings is the exit code of lint when there is something to mend.
const exitFindings = 2

func (p *program) lint() *cobra.Command {
	return &cobra.Command{
		Use:   "lint",
		Short: "What is declared in vain, over, doubled or likely a mistake",
		Long: `Looks at all that a tenant declares: grants that others cover, that are over or give nothing, names that lead
nowhere, groups that nobody is in, bindings to what is frozen, folders too deep to keep in mind. Each finding has
a severity, the object, a sentence and the remedy. The exit code is 0 when there is nothing but advice (Info), and 2
otherwise.
` + readsOnly,
		Example: "  kubectl dam lint -f ./acme\n  kubectl dam lint -n acme -o json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := p.checkOutput(); err != nil {
				return err
			}
			now, err := p.now()
			if err != nil {
				return err
			}
			t, err := p.tenant(c.Context())
			if err != nil {
				return err
			}
			result := lint.Lint(t, now)
			if err := p.print(result); err != nil {
				return err
			}
			if !result.Clean() {
				return silentError(exitFindings)
			}
			return nil
		},
	}
}

func (p *program) test() *cobra.Command {
	var from []string
	c := &cobra.Command{
		Use:   "test",
		Short: "Run the policy tests beside the declarations",
		Long: `Runs the tests of kind AccessTest that stand beside the declarations, or in the files that --tests names: each
says who must, or must not, be able to do what. They are read by this command alone and never applied.

    apiVersion: dam.vitrine.dev/v1alpha1
    kind: AccessTest
    metadata: {name: agencies}
    spec:
      cases:
      - reason: agencies never see raw material
        subject: group/agencies
        permission: download
        target: folder/launch-raw
        expect: deny
        at: 2027-04-01T00:00:00Z

A target is a folder, a library, a collection, or one file of a library. Without at, it is about now. A subject whom
nobody declares fails the case, as a misspelt name may do nothing; write unknownSubject: Accept about somebody who
has left. The exit code is 0 when all pass, 1 otherwise.
` + readsOnly,
		Example: "  kubectl dam test -f ./acme\n  kubectl dam test --tests ./acme/tests -n acme",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := p.checkOutput(); err != nil {
				return err
			}
			now, err := p.now()
			if err != nil {
				return err
			}
			t, tests, err := p.tested(c, from)
			if err != nil {
				return err
			}
			result := policytest.Run(t, tests, now)
			if err := p.print(result); err != nil {
				return err
			}
			if result.Failed > 0 {
				return silentError(1)
			}
			return nil
		},
	}
	c.Flags().StringArrayVar(&from, "tests", nil, "read the tests from this file or folder instead; may be repeated")
	return c
}

// tested reads the tenant and the tests that are about it.
func (p *program) tested(c *cobra.Command, from []string) (review.Tenant, []policytest.AccessTest, error) {
	var tests []policytest.AccessTest
	var t review.Tenant
	if len(p.files) > 0 {
		set, err := source.Read(p.in, p.files)
		if err != nil {
			return t, nil, err
		}
		if t, err = set.Tenant(*p.cluster.Namespace); err != nil {
			return t, nil, err
		}
		tests = set.Tests
	} else {
		if len(from) == 0 {
			return t, nil, errors.New("name the tests with --tests, or review files that have them with -f")
		}
		var err error
		if t, err = p.tenant(c.Context()); err != nil {
			return t, nil, err
		}
	}
	if len(from) > 0 {
		set, err := source.Read(p.in, from)
		if err != nil {
			return t, nil, err
		}
		tests = set.Tests
	}
	var about []policytest.AccessTest
	for _, test := range tests {
		if test.Metadata.Namespace == "" || test.Metadata.Namespace == t.Namespace {
			about = append(about, test)
		}
	}
	if len(about) == 0 {
		return t, nil, errors.New("there are no tests: no document of kind AccessTest is about namespace " + t.Namespace)
	}
	return t, about, nil
}
