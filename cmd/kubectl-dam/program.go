package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/internal/review/source"
)

// program is what all commands share.
type program struct {
	in              io.Reader
	out, complaints io.Writer
	clock           func() time.Time

	// cluster are the flags by which every kubectl command reaches a cluster.
	cluster    *genericclioptions.ConfigFlags
	output, at string
	files      []string

	// before are the files that were read last: the two sides of a comparison have most in common.
	before source.Set
	// ahead is what the cluster was asked for before it was needed; nil when it was not.
	ahead *asked
}

const long = `kubectl dam answers who may do what with the assets of a tenant, by which routes, and
why not. It reads what is declared, from a cluster or with -f from files, and asks the same
model that Vitrine enforces. Answers about access know declarations, not files: where a
Collection names members by pattern, they say what they leave out.

On a cluster everything is read with the identity of your kubeconfig, never with Vitrine's;
you need to get and list Vitrine's objects in the tenant's namespace, as the ClusterRole
vitrine-tenant-viewer lets you. Only freeze and unfreeze write there, with that same identity.

What is known of files is read and asked for at the store, by assets, meta, state, approve,
restricted and versions: with a key of your own, or with the ObjectStore's for the platform
team. Each says so.`

func newProgram(in io.Reader, out, complaints io.Writer, clock func() time.Time) *program {
	p := &program{in: in, out: out, complaints: complaints, clock: clock, cluster: genericclioptions.NewConfigFlags(true)}
	p.cluster.CacheDir = nil // nothing is cached
	return p
}

func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:           "kubectl-dam",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl dam"},
		Short:         "Tell who may do what with digital assets, and why",
		Long:          long,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.complaints)
	flags := root.PersistentFlags()
	p.cluster.AddFlags(flags)
	flags.Lookup("namespace").Usage = "the tenant's namespace; the context's when absent, or with -f the only one that the files name"
	flags.StringVarP(&p.output, "output", "o", "table", "table, wide, json or yaml")
	flags.StringArrayVarP(&p.files, "filename", "f", nil, "review this file or folder of YAML instead of a cluster, - for stdin; a folder with a kustomization is built; may be repeated")
	flags.StringVar(&p.at, "at", "", "answer for this instant instead of now, such as 2027-03-31 or 2027-03-31T18:00:00Z")
	fixed(root, "output", "table", "wide", "json", "yaml")
	p.completeNamespace(root)
	root.AddCommand(
		p.whoCan(), p.canI(), p.explain(), p.access(), p.roles(), p.users(), p.link(), p.audit(),
		p.diff(), p.lint(), p.test(), p.request(), p.export(), p.freeze(), p.unfreeze(),
		p.assets(), p.meta(), p.state(), p.approve(), p.restricted(), p.versions(), p.answerTo(),
	)
	return root
}

// now is the instant asked about.
func (p *program) now() (time.Time, error) {
	if p.at == "" {
		return p.clock(), nil
	}
	return parseInstant("at", p.at)
}

func fixed(c *cobra.Command, flag string, values ...string) {
	completed(c, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

func completed(c *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag is defined beside the call
	}
}

var errOutput = errors.New("that is no output of this command")

// outputs are the ways of printing that every command has.
var outputs = []string{"table", "wide", "json", "yaml"}

// checkOutput refuses an output that a command has not, before it reads anything.
func (p *program) checkOutput(more ...string) error {
	all := append(slices.Clone(outputs), more...)
	if slices.Contains(all, p.output) {
		return nil
	}
	return fmt.Errorf("--output %q: %w; it is one of %s", p.output, errOutput, strings.Join(all, ", "))
}

// answer is what a command prints.
type answer interface {
	WriteTable(w io.Writer, wide bool) error
}

func (p *program) print(a answer) error {
	switch p.output {
	case "json":
		encoder := json.NewEncoder(p.out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(a); err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
		return nil
	case "yaml":
		text, err := yaml.Marshal(a)
		if err == nil {
			_, err = p.out.Write(text)
		}
		if err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
		return nil
	}
	return a.WriteTable(p.out, p.output == "wide")
}
