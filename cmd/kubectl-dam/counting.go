package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/compare"
	"github.com/vitrine-dam/vitrine/internal/review/inventory"
	"github.com/vitrine-dam/vitrine/internal/review/source"
)

// counting says by what newly exposed objects are counted.
type counting struct {
	inventory string
	store     reachFlags
}

func (f *counting) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.inventory, "inventory", "", "count newly exposed objects by this list of all objects: CSV lines of bucket,path,size or JSON lines")
	f.store.add(flags)
	flags.Lookup("s3-endpoint").Usage += "; or the word cluster, for the endpoints of the ObjectStores as the cluster has them"
}

// objects are all that the buckets of the tenants hold; nil when nobody is to count.
func (p *program) objects(ctx context.Context, f counting, tenants []review.Tenant) ([]compare.Object, error) {
	switch {
	case f.inventory != "":
		file, err := os.Open(f.inventory)
		if err != nil {
			return nil, fmt.Errorf("reading the inventory: %w", err)
		}
		defer func() { _ = file.Close() }() // it was only read
		return inventory.Read(file)
	case f.store.endpoint == "":
		return nil, nil
	}
	reach, err := f.store.reach()
	if err != nil {
		return nil, err
	}
	buckets := bucketsOf(tenants)
	if f.store.endpoint != fromCluster {
		seen := map[string]bool{}
		for _, some := range buckets {
			maps.Copy(seen, some)
		}
		return inventory.List(ctx, reach, slices.Sorted(maps.Keys(seen)))
	}
	config, _, err := p.connect()
	if err != nil {
		return nil, err
	}
	stores, err := source.Stores(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("where the buckets are: %w; name the store with --s3-endpoint URL", err)
	}
	all := []compare.Object{}
	for _, name := range slices.Sorted(maps.Keys(buckets)) {
		i := slices.IndexFunc(stores, func(s v1alpha1.ObjectStore) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("the cluster has no ObjectStore %s, at which Libraries are: name the store with --s3-endpoint URL", name)
		}
		at := reach
		at.Endpoint, at.CABundle = stores[i].Spec.Endpoint, stores[i].Spec.CABundle
		if stores[i].Spec.Region != "" {
			at.Region = stores[i].Spec.Region
		}
		objects, err := inventory.List(ctx, at, slices.Sorted(maps.Keys(buckets[name])))
		if err != nil {
			return nil, fmt.Errorf("ObjectStore %s: %w", name, err)
		}
		for _, o := range objects {
			o.Store = name
			all = append(all, o)
		}
	}
	return all, nil
}

// bucketsOf are the buckets that the tenants' Libraries have, by ObjectStore: that of the originals, and Vitrine's own
// beside it, which has the files of restricted Folders.
func bucketsOf(tenants []review.Tenant) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, t := range tenants {
		for i := range t.Declared.Libraries {
			spec := &t.Declared.Libraries[i].Spec
			if all[spec.StoreRef.Name] == nil {
				all[spec.StoreRef.Name] = map[string]bool{}
			}
			all[spec.StoreRef.Name][spec.Bucket.Name], all[spec.StoreRef.Name][spec.Bucket.Name+"-dam"] = true, true
		}
	}
	return all
}
