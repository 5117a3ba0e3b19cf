package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/atonce"
	"github.com/vitrine-dam/vitrine/internal/review/compare"
	"github.com/vitrine-dam/vitrine/internal/review/source"
)

// Exit codes of diff; 1 is an error.
const (
	exitChanged = 2
	exitWider   = 3
)

// fromCluster is what --base and --head name the cluster by.
const fromCluster = "cluster"

type diffFlags struct {
	base, head []string
	counting   counting
}

func (p *program) diff() *cobra.Command {
	var f diffFlags
	c := &cobra.Command{
		Use:   "diff --base DIR --head DIR",
		Short: "Who gains and loses what by a change, for a pull request",
		Long: `Compares two states of a tenant's declarations, each from files or from the cluster: who gains
and who loses what, on which prefix, from when until when, by which route; and which public links open, last
longer or are less protected. It compares what the declarations come to, at now and at every later instant at which
something begins or ends: a binding that is renamed is no change.

The exit code is 0 when access stays the same, 2 when it changes and gets wider nowhere, 3 when it gets wider
somewhere, and 1 for an error. Without -n every namespace that one of the two sides names is compared.

How many objects and bytes a change newly exposes a listing of the buckets tells, which declarations have not. With
--cluster the places on which somebody gains something are listed at the cluster's ObjectStores. That is done with your
own AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, never with Vitrine's. Without keys that may list them, or without list
on objectstores, it is noted what is missing, and the Libraries' own counts are told as the most that it can be. With
--s3-endpoint the store at a URL is asked instead, with the same keys, and an error ends the command; --s3-endpoint cluster
asks the cluster's ObjectStores likewise. --inventory counts by a list of all objects, and asks nobody.
` + readsOnly,
		Example: "  kubectl dam diff --base main/acme --head branch/acme -o markdown\n  kubectl dam diff --base cluster --head ./acme --cluster -n acme",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return p.runDiff(c.Context(), f) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&f.base, "base", nil, "the state before: a file or folder of YAML, which may be repeated, or the word cluster")
	flags.StringArrayVar(&f.head, "head", nil, "the state after, likewise")
	f.counting.add(flags)
	return c
}

func (p *program) runDiff(ctx context.Context, f diffFlags) error {
	if err := p.checkOutput("markdown"); err != nil {
		return err
	}
	if len(f.base) == 0 || len(f.head) == 0 || len(p.files) > 0 {
		return errors.New("say what to compare with --base and --head: each a folder of YAML, or the word cluster")
	}
	now, err := p.now()
	if err != nil {
		return err
	}
	base, head, err := p.sides(ctx, f.base, f.head)
	if err != nil {
		return err
	}
	var diffs []*compare.Diff
	for _, pair := range paired(base, head) {
		diffs = append(diffs, compare.Compare(pair[0], pair[1], now))
	}
	atMost := func(ctx context.Context, d *compare.Diff) error {
		return p.noteHoldings(ctx, d, append(slices.Clone(base), head...))
	}
	if err := p.count(ctx, f.counting, diffs, atMost); err != nil {
		return err
	}
	report := compare.NewReport(diffs...)
	if p.output == "markdown" {
		err = report.WriteMarkdown(p.out)
	} else {
		err = p.print(report)
	}
	if err != nil {
		return err
	}
	switch report.Verdict {
	case compare.Wider:
		return silentError(exitWider)
	case compare.Changed:
		return silentError(exitChanged)
	case compare.Same:
	}
	return nil
}

// sides reads both states. What the cluster is asked about are the namespaces that the files name.
func (p *program) sides(ctx context.Context, base, head []string) (was, is []review.Tenant, err error) {
	onCluster := func(side []string) bool { return len(side) == 1 && side[0] == fromCluster }
	namespace := *p.cluster.Namespace
	read := func(side []string) ([]review.Tenant, error) {
		if onCluster(side) {
			return nil, nil
		}
		return p.tenantsOfFiles(side, namespace)
	}
	files := func() {
		if was, err = read(base); err != nil {
			err = fmt.Errorf("base: %w", err)
		} else if is, err = read(head); err != nil {
			err = fmt.Errorf("head: %w", err)
		}
	}
	if namespace != "" && onCluster(base) != onCluster(head) {
		p.askAhead(ctx, namespace, func() error { files(); return err })
	} else {
		files()
	}
	if err != nil {
		return nil, nil, err
	}
	if !onCluster(base) && !onCluster(head) {
		if len(was)+len(is) == 0 {
			return nil, nil, fmt.Errorf("neither side declares anything in namespace %s", namespace)
		}
		return was, is, nil
	}
	namespaces := namespacesOf(append(slices.Clone(was), is...))
	named := len(namespaces) > 0
	if !named {
		_, current, err := p.connect()
		if err != nil {
			return nil, nil, err
		}
		namespaces = []string{current}
	}
	there, err := p.present(ctx, namespaces, named)
	if err != nil {
		return nil, nil, err
	}
	if onCluster(base) {
		was = there
		err = p.withStores(ctx, was, is)
	}
	if onCluster(head) {
		is = there
		if !onCluster(base) {
			err = p.withStores(ctx, is, was)
		}
	}
	return was, is, err
}

func namespacesOf(tenants []review.Tenant) []string {
	var all []string
	for _, t := range tenants {
		all = append(all, t.Namespace)
	}
	return all
}

// present reads tenants of the cluster. Where files declare things for one that the cluster has not, it is a new
// one: there it declares nothing.
func (p *program) present(ctx context.Context, namespaces []string, maybeNew bool) ([]review.Tenant, error) {
	config, _, err := p.connect()
	if err != nil {
		return nil, err
	}
	var all []review.Tenant
	for _, name := range namespaces {
		a := p.ahead
		if a == nil || a.tenant.Namespace != name {
			a = &asked{}
			a.tenant, a.err = source.Cluster(ctx, config, name)
		}
		t, err := a.tenant, a.err
		if maybeNew && errors.Is(err, source.ErrNoNamespace) {
			t, err = review.Tenant{Namespace: name, Notes: []string{"the cluster has no namespace " + name + " yet: nothing is declared there"}}, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// asked is what a cluster said of a tenant.
type asked struct {
	tenant review.Tenant
	err    error
}

// askAhead asks the cluster for a tenant while something else is done: the one waits for the API server, the other does not. When that
// fails, the answer is not waited for.
func (p *program) askAhead(ctx context.Context, namespace string, meanwhile func() error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	config, _, err := p.connect()
	if err != nil {
		_ = meanwhile()
		return // whoever needs the cluster then is told
	}
	a := &asked{}
	atonce.Do(
		func() { a.tenant, a.err = source.Cluster(ctx, config, namespace) },
		func() {
			if meanwhile() != nil {
				stop()
			}
		},
	)
	a.tenant.Namespace = namespace // also where there was an error
	p.ahead = a
}

// withStores reads the ObjectStores of the cluster for its tenants where the files on the other side declare some; they
// are compared on both sides or on none.
func (p *program) withStores(ctx context.Context, there, files []review.Tenant) error {
	if !slices.ContainsFunc(files, func(t review.Tenant) bool { return t.Stores != nil }) {
		return nil
	}
	config, _, err := p.connect()
	if err != nil {
		return err
	}
	stores, err := source.Stores(ctx, config)
	if errors.Is(err, source.ErrStoresHidden) {
		for i := range files {
			files[i].Stores = nil
			files[i].Notes = append(files[i].Notes, err.Error()+", so the ObjectStores in the files were not compared")
		}
		return nil
	}
	for i := range there {
		there[i].Stores = stores
	}
	return err
}

// paired puts the two states of each tenant side by side; a state that is missing declares nothing, and has
// the ObjectStores of its side.
func paired(base, head []review.Tenant) [][2]review.Tenant {
	at := map[string]int{}
	var all [][2]review.Tenant
	for i, side := range [][]review.Tenant{base, head} {
		for _, t := range side {
			n, known := at[t.Namespace]
			if !known {
				n = len(all)
				at[t.Namespace] = n
				all = append(all, [2]review.Tenant{{Namespace: t.Namespace, Stores: storesOf(base)}, {Namespace: t.Namespace, Stores: storesOf(head)}})
			}
			all[n][i] = t
		}
	}
	return all
}

func storesOf(side []review.Tenant) []v1alpha1.ObjectStore {
	if len(side) == 0 {
		return nil
	}
	return side[0].Stores
}

// noteHoldings tells how much the cluster knows those Libraries to hold in which somebody gains something. Tenants of the cluster that were
// read before are not read again.
func (p *program) noteHoldings(ctx context.Context, d *compare.Diff, read []review.Tenant) error {
	present := slices.DeleteFunc(read, func(t review.Tenant) bool { return t.Namespace != d.Namespace || t.AgesUnknown })
	if len(present) == 0 {
		var err error
		if present, err = p.present(ctx, []string{d.Namespace}, true); err != nil {
			return err
		}
	}
	held := holdings(present[0])
	for _, c := range d.Changes {
		if most, known := held[c.Library]; known && len(c.Gains) > 0 && !slices.Contains(d.Notes, most) {
			d.Notes = append(d.Notes, most)
		}
	}
	return nil
}

// holdings are sentences about how much a cluster knows each Library to hold.
func holdings(present review.Tenant) map[string]string {
	held := map[string]string{}
	for i := range present.Declared.Libraries {
		l := &present.Declared.Libraries[i]
		if a := l.Status.Assets; a != nil && a.Count != nil && a.Bytes != nil {
			held[l.Name] = fmt.Sprintf("library %s held %d objects, %d bytes when last counted: no more than that is newly exposed in it", l.Name, *a.Count, *a.Bytes)
		}
	}
	return held
}
