package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review/compare"
	"github.com/vitrine-dam/vitrine/internal/review/inventory"
	"github.com/vitrine-dam/vitrine/internal/review/source"
)

// counting says by what newly exposed objects are counted.
type counting struct {
	inventory string
	store     reachFlags
	// cluster: as --s3-endpoint cluster where that is possible, and by the Libraries' own counts elsewhere.
	cluster bool
}

func (f *counting) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.cluster, "cluster", false, "count newly exposed objects at the ObjectStores of the cluster, with your own AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; where that is not possible, tell from the Libraries' status how many it can be at most")
	flags.StringVar(&f.inventory, "inventory", "", "count newly exposed objects by this list of all objects: CSV lines of bucket,path,size or JSON lines")
	f.store.add(flags)
	flags.Lookup("s3-endpoint").Usage += "; or the word cluster, for the endpoints of the ObjectStores as the cluster has them"
}

// count tells how many objects each of the comparisons newly exposes, by whatever the flags name.
func (p *program) count(ctx context.Context, f counting, diffs []*compare.Diff, atMost func(context.Context, *compare.Diff) error) error {
	switch {
	case f.inventory != "":
		file, err := os.Open(f.inventory)
		if err != nil {
			return fmt.Errorf("reading the inventory: %w", err)
		}
		defer func() { _ = file.Close() }() // it was only read
		objects, err := inventory.Read(file)
		if err != nil {
			return err
		}
		for _, d := range diffs {
			d.Count(objects)
		}
	case f.store.endpoint != "":
		l, err := p.lister(f.store)
		if err != nil {
			return err
		}
		for _, d := range diffs {
			objects, err := l.list(ctx, d.Places())
			if err != nil {
				return err
			}
			d.Count(objects)
		}
	case f.cluster:
		return p.countIfPossible(ctx, f.store, diffs, atMost)
	}
	return nil
}

// countIfPossible lists what is gained where the cluster says that it is. Whoever may not do that, or has no keys, is told why the
// figures are missing, and how many it can be at most.
func (p *program) countIfPossible(ctx context.Context, store reachFlags, diffs []*compare.Diff, atMost func(context.Context, *compare.Diff) error) error {
	store.endpoint = fromCluster
	l, unable := p.lister(store)
	l.patience = patience
	for _, d := range diffs {
		places, why := d.Places(), unable
		if len(places) == 0 {
			d.Count(nil)
			continue
		}
		if why == nil {
			var objects []compare.Object
			if objects, why = l.list(ctx, places); why == nil {
				d.Count(objects)
				continue
			}
		}
		if ctx.Err() != nil {
			return why
		}
		d.Notes = append(d.Notes, fmt.Sprintf("how many objects are newly exposed was not counted: %s, or give a list of all objects with --inventory", why))
		if err := atMost(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// patience is how long a store may be silent that nobody named.
const patience = 10 * time.Second

// lister lists the objects of stores.
type lister struct {
	program *program
	reach   inventory.Reach
	// stores of the cluster, once they were asked for.
	stores []v1alpha1.ObjectStore
	// patience with a silent store; nothing bounds it when it is zero.
	patience time.Duration
	// silent are the stores by which it was lost: they are not waited for again.
	silent map[string]error
}

func (p *program) lister(f reachFlags) (lister, error) {
	reach, err := f.reach()
	if err == nil {
		err = reach.Check()
	}
	return lister{program: p, reach: reach, silent: map[string]error{}}, err
}

// list gives the objects of places, which are in the order of their stores.
func (l *lister) list(ctx context.Context, places []compare.Place) ([]compare.Object, error) {
	if l.reach.Endpoint != fromCluster {
		return inventory.List(ctx, l.reach, places, func() {})
	}
	var all []compare.Object
	for len(places) > 0 {
		name := places[0].Store
		n := slices.IndexFunc(places, func(p compare.Place) bool { return p.Store != name })
		if n < 0 {
			n = len(places)
		}
		if err := l.silent[name]; err != nil {
			return nil, err
		}
		at, err := l.storeOfCluster(ctx, name)
		if err != nil {
			return nil, err
		}
		objects, err := l.listPatiently(ctx, at, places[:n])
		if err != nil {
			err = fmt.Errorf("ObjectStore %s: %w", name, err)
			if errors.Is(err, errSilent) {
				l.silent[name] = err
			}
			return nil, err
		}
		all, places = append(all, objects...), places[n:]
	}
	return all, nil
}

// storeOfCluster is the way to an ObjectStore as the cluster has it.
func (l *lister) storeOfCluster(ctx context.Context, name string) (inventory.Reach, error) {
	if l.stores == nil {
		config, _, err := l.program.connect()
		if err != nil {
			return inventory.Reach{}, err
		}
		if l.stores, err = source.Stores(ctx, config); err != nil {
			return inventory.Reach{}, fmt.Errorf("where the buckets are: %w; name the store with --s3-endpoint URL", err)
		}
	}
	i := slices.IndexFunc(l.stores, func(s v1alpha1.ObjectStore) bool { return s.Name == name })
	if i < 0 {
		return inventory.Reach{}, fmt.Errorf("the cluster has no ObjectStore %s, at which Libraries are: name the store with --s3-endpoint URL", name)
	}
	at, spec := l.reach, &l.stores[i].Spec
	at.Endpoint, at.CABundle = spec.Endpoint, spec.CABundle
	if spec.Region != "" {
		at.Region = spec.Region
	}
	return at, nil
}

var errSilent = errors.New("does not answer; name it with --s3-endpoint URL, as it is reached from here")

// listPatiently gives up when nothing is heard for as long as there is patience: an endpoint may be one that only the cluster reaches.
func (l *lister) listPatiently(ctx context.Context, at inventory.Reach, places []compare.Place) ([]compare.Object, error) {
	if l.patience == 0 {
		return inventory.List(ctx, at, places, func() {})
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(l.patience, func() { cancel(errSilent) })
	defer silence.Stop()
	objects, err := inventory.List(ctx, at, places, func() { silence.Reset(l.patience) })
	if err != nil && errors.Is(context.Cause(ctx), errSilent) {
		return nil, fmt.Errorf("%s %w", at.Endpoint, errSilent)
	}
	return objects, err
}
