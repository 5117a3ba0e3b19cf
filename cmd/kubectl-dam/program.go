package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/source"
)

// program is what all commands share.
type program struct {
	in              io.Reader
	out, complaints io.Writer
	now             func() time.Time

	kubeconfig, context, namespace, output string
	files                                  []string
}

const long = `kubectl dam answers who may do what with the assets of a tenant, by which routes, and
why not. It reads what is declared, from a cluster or with -f from files, and asks the same
model that Vitrine enforces. It knows declarations, not files: where a Collection names
members by pattern, the answer says what it leaves out.

On a cluster everything is read with the identity of your kubeconfig, never with Vitrine's;
you need to get and list Vitrine's objects in the tenant's namespace, as the ClusterRole
vitrine-tenant-viewer lets you. Nothing is ever written.`

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
	flags.StringVar(&p.kubeconfig, "kubeconfig", "", "the kubeconfig to use, instead of $KUBECONFIG or ~/.kube/config")
	flags.StringVar(&p.context, "context", "", "the kubeconfig's context to use")
	flags.StringVarP(&p.namespace, "namespace", "n", "", "the tenant's namespace; the context's when absent, or with -f the only one that the files name")
	flags.StringVarP(&p.output, "output", "o", "table", "table, wide, json or yaml")
	flags.StringArrayVarP(&p.files, "filename", "f", nil, "review this file or folder of YAML instead of a cluster, - for stdin; may be repeated")
	fixed(root, "output", "table", "wide", "json", "yaml")
	root.AddCommand(p.whoCan(), p.canI(), p.explain(), p.access(), p.roles())
	return root
}

func fixed(c *cobra.Command, flag string, values ...string) {
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag is defined right above
	}
}

var errOutput = errors.New("--output is table, wide, json or yaml")

// review reads the tenant and says what in it cannot be enforced.
func (p *program) review(ctx context.Context) (*review.Review, error) {
	switch p.output {
	case "table", "wide", "json", "yaml":
	default:
		return nil, fmt.Errorf("%w, not %q", errOutput, p.output)
	}
	r, err := p.load(ctx)
	if err != nil {
		return nil, err
	}
	const most = 5
	warnings := r.Warnings()
	for i, w := range warnings {
		if i == most {
			_, _ = fmt.Fprintf(p.complaints, "warning: and %d more; kubectl get dam -A shows them\n", len(warnings)-most)
			break
		}
		_, _ = fmt.Fprintln(p.complaints, "warning:", review.OneLine(w))
	}
	return r, nil
}

func (p *program) load(ctx context.Context) (*review.Review, error) {
	if len(p.files) > 0 {
		t, err := source.Files(p.in, p.files, p.namespace)
		if err != nil {
			return nil, err
		}
		return review.New(t, p.now()), nil
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = p.kubeconfig
	overrides := &clientcmd.ConfigOverrides{CurrentContext: p.context}
	overrides.Context.Namespace = p.namespace
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)
	config, err := loader.ClientConfig()
	if clientcmd.IsEmptyConfig(err) {
		return nil, errors.New("no cluster is configured; set KUBECONFIG or --kubeconfig, or review files with -f")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	t, err := source.Cluster(ctx, config, namespace)
	if err != nil {
		return nil, err
	}
	return review.New(t, p.now()), nil
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
