package controllers

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Foreigners are the users and groups at each ObjectStore that are not Vitrine's and may come to buckets by policies
// of their own. It is a memory: after a restart the first look at each store fills it.
type Foreigners struct {
	mu sync.RWMutex
	at map[string]looked
}

// foreigner is one of them. It is never changed once stored.
type foreigner struct {
	kind     store.HolderKind
	name     string
	policies map[string]policy.Reach // those that reach anything, by name
}

// looked is what was found at one store. It is never changed once stored.
type looked struct {
	// opened is the Connection that the last look was by, and ended when it ended.
	opened string
	ended  time.Time
	// answered: the store told, or said that it does not.
	answered bool
	// failed is when the log was told last that something could not be found out.
	failed time.Time
	// found are in order of their names.
	found []foreigner
	// keyHolders tells of users who were asked for whether the key that Vitrine uses there is theirs.
	keyHolders map[string]bool
}

// NewForeigners makes an empty one.
func NewForeigners() *Foreigners { return &Foreigners{at: map[string]looked{}} }

func (f *Foreigners) get(objectStore string) looked {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.at[objectStore]
}

func (f *Foreigners) set(objectStore string, l looked) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at[objectStore] = l
}

func (f *Foreigners) forget(objectStore string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.at, objectStore)
}

// rests is how long no look at a store is due.
func (l looked) rests(opened string, now time.Time, every time.Duration) time.Duration {
	if l.opened != opened {
		return 0
	}
	if !l.answered {
		every = min(every, remedyInterval)
	}
	return max(0, every-now.Sub(l.ended))
}

// reaching says in words who reaches a Library's buckets; empty when nobody does.
func (l looked) reaching(library *v1alpha1.Library) string {
	buckets := libraryAt{Library: library}.buckets()
	said := ""
	for _, bucket := range []string{buckets.Originals, buckets.Vitrine} {
		count, first := 0, ""
		for _, one := range l.found {
			by, reaches := one.reaches(bucket)
			if !reaches {
				continue
			}
			if count++; count == 1 {
				first = one.said(by)
			}
		}
		if count > 0 {
			said += fmt.Sprintf("bucket %s is reached by users and groups that are not Vitrine's, by policies of their own: %d in all, the first is %s; ", bucket, count, first)
		}
	}
	return said
}

// reaches gives the first of the policies that reach a bucket.
func (f foreigner) reaches(bucket string) (by string, reaches bool) {
	for _, name := range slices.Sorted(maps.Keys(f.policies)) {
		if f.policies[name].Bucket(bucket) {
			return name, true
		}
	}
	return "", false
}

func (f foreigner) said(by string) string {
	return fmt.Sprintf("%s %s (policy %s)", strings.ToLower(string(f.kind)), shortly(f.name), shortly(by))
}

// shortly bounds a name that others gave: AWS has up to 128 characters, and MinIO more.
func shortly(name string) string {
	const most = 128
	if name = store.Printable(name); len(name) > most {
		return strings.ToValidUTF8(name[:most], "") + "…"
	}
	return name
}

func byHolder(a, b foreigner) int {
	return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(string(a.kind), string(b.kind)))
}

// foreignersOf reads what a store told of its users and groups. Of whom it did not tell all, what was found before stays; and so do the
// groups that were found, where it tells of none.
func foreignersOf(bearers []store.Bearer, groupsUnknown bool, before []foreigner) []foreigner {
	var found []foreigner
	for _, b := range bearers {
		if b.Shut || b.Kind == store.HolderGroup && len(b.Members) == 0 && len(b.Unread) == 0 {
			continue // nobody has what it gives
		}
		one := foreigner{b.Kind, b.Name, map[string]policy.Reach{}}
		for name, document := range b.Policies {
			if reach := policy.ReachOf(document); !reach.Nowhere() {
				one.policies[name] = reach
			}
		}
		if i, known := slices.BinarySearchFunc(before, one, byHolder); known && len(b.Unread) > 0 {
			for name, reach := range before[i].policies {
				if _, read := b.Policies[name]; !read {
					one.policies[name] = reach
				}
			}
		}
		if len(one.policies) > 0 {
			found = append(found, one)
		}
	}
	if groupsUnknown {
		for _, one := range before {
			if one.kind == store.HolderGroup {
				found = append(found, one)
			}
		}
	}
	slices.SortStableFunc(found, byHolder) // of a group that it tells of all the same, what it tells comes first
	return slices.CompactFunc(found, func(a, b foreigner) bool { return byHolder(a, b) == 0 })
}
