package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
	"github.com/vitrine-dam/vitrine/internal/review/source"
)

// review reads the tenant and says what in it cannot be enforced.
func (p *program) review(ctx context.Context) (*review.Review, error) {
	if err := p.checkOutput(); err != nil {
		return nil, err
	}
	r, err := p.load(ctx)
	if err != nil {
		return nil, err
	}
	const most = 5
	warnings := r.Warnings()
	for i, w := range warnings {
		if i == most {
			_, _ = fmt.Fprintf(p.complaints, "warning: and %d more; kubectl dam lint shows them\n", len(warnings)-most)
			break
		}
		_, _ = fmt.Fprintln(p.complaints, "warning:", printer.OneLine(w))
	}
	return r, nil
}

func (p *program) load(ctx context.Context) (*review.Review, error) {
	now, err := p.now()
	if err != nil {
		return nil, err
	}
	t, err := p.tenant(ctx)
	if err != nil {
		return nil, err
	}
	return review.New(t, now), nil
}

// tenant reads the one at hand, from files or from the cluster.
func (p *program) tenant(ctx context.Context) (review.Tenant, error) {
	if len(p.files) > 0 {
		return source.Files(p.in, p.files, *p.cluster.Namespace)
	}
	config, namespace, err := p.connect()
	if err != nil {
		return review.Tenant{}, err
	}
	return source.Cluster(ctx, config, namespace)
}

// connect gives the way to the cluster, and the namespace chosen there.
func (p *program) connect() (*rest.Config, string, error) {
	loader := p.cluster.ToRawKubeConfigLoader()
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	// Where nothing is configured, the machine itself is meant by default, which is never right here.
	if raw, err := loader.RawConfig(); err == nil && api.IsConfigEmpty(&raw) && config.Host == clientcmd.ClusterDefaults.Server && *p.cluster.APIServer == "" {
		return nil, "", errors.New("no cluster is configured; set KUBECONFIG or --kubeconfig, or review files with -f")
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	return config, namespace, nil
}

// reviews reads the tenant at hand, or all there are.
func (p *program) reviews(ctx context.Context, all bool) ([]*review.Review, error) {
	if !all {
		r, err := p.load(ctx)
		if err != nil {
			return nil, err
		}
		return []*review.Review{r}, nil
	}
	now, err := p.now()
	if err != nil {
		return nil, err
	}
	var tenants []review.Tenant
	if len(p.files) > 0 {
		tenants, err = p.tenantsOfFiles(p.files, "")
	} else {
		tenants, err = p.tenantsOfCluster(ctx, nil)
	}
	if err != nil {
		return nil, err
	}
	reviews := make([]*review.Review, 0, len(tenants))
	for _, t := range tenants {
		reviews = append(reviews, review.New(t, now))
	}
	return reviews, nil
}

// tenantsOfFiles reads all tenants that files declare, or the one asked for.
func (p *program) tenantsOfFiles(paths []string, namespace string) ([]review.Tenant, error) {
	set, err := source.ReadBeside(&p.before, p.in, paths)
	if err != nil {
		return nil, err
	}
	p.before = *set
	namespaces := set.Namespaces()
	if namespace != "" {
		namespaces = []string{namespace}
	}
	var all []review.Tenant
	for _, name := range namespaces {
		t, err := set.Tenant(name)
		if errors.Is(err, source.ErrNothing) && namespace != "" {
			continue // the other side of a comparison has it
		}
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// tenantsOfCluster reads tenants of the cluster: those named, or all there are.
func (p *program) tenantsOfCluster(ctx context.Context, namespaces []string) ([]review.Tenant, error) {
	config, _, err := p.connect()
	if err != nil {
		return nil, err
	}
	if namespaces == nil {
		if namespaces, err = source.Namespaces(ctx, config); err != nil {
			return nil, err
		}
	}
	var all []review.Tenant
	for _, name := range namespaces {
		t, err := source.Cluster(ctx, config, name)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

func parseInstant(flag, text string) (time.Time, error) {
	at, err := review.ParseInstant(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("--%s: %w", flag, err)
	}
	return at, nil
}
