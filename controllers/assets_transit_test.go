package controllers

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/relocate"
)

// While a journal cannot be read, the file that it is named after is left alone, and of those that were not read yet what may be its copy.
//
// features: D6
func TestWhatADamagedJournalMayMoveIsLeftAlone(t *testing.T) {
	at := func(restricted, path string) access.Key {
		return access.Key{Library: "brand", Restricted: restricted, Path: path}
	}
	assets := []Asset{
		{Key: at("", "copy")}, {Key: at("", "copied-long-ago"), Facts: &asset.Facts{}}, {Key: at("", "fresh")},
		{Key: at("", "moves"), Facts: &asset.Facts{}}, {Key: at("embargo", "moves"), Facts: &asset.Facts{}},
	}
	copied := func(_ context.Context, key access.Key) (bool, error) {
		return key == assets[0].Key || key == assets[1].Key, nil
	}
	moving := func(damaged *relocate.DamagedError) map[access.Key]bool {
		other := transit{keys: map[access.Key]bool{at("", "other"): true}, damaged: damaged}
		if err := other.keep(t.Context(), assets, copied); err != nil {
			t.Fatal(err)
		}
		return other.keys
	}
	if diff := cmp.Diff(map[access.Key]bool{at("", "other"): true}, moving(nil)); diff != "" {
		t.Errorf("all journals can be read (-want +got):\n%s", diff)
	}
	damaged := &relocate.DamagedError{Journals: []relocate.Damaged{{ID: "other"}, {ID: asset.ID(at("embargo", "moves"))}}}
	want := map[access.Key]bool{at("", "other"): true, at("embargo", "moves"): true, at("", "copy"): true}
	if diff := cmp.Diff(want, moving(damaged)); diff != "" {
		t.Errorf("one is damaged (-want +got):\n%s", diff)
	}

	unreachable := errors.New("unreachable")
	failing := transit{keys: map[access.Key]bool{}, damaged: damaged}
	if err := failing.keep(t.Context(), assets, func(context.Context, access.Key) (bool, error) { return false, unreachable }); !errors.Is(err, unreachable) {
		t.Errorf("the error is %v", err)
	}

	// Those that are too many to be looked at wait.
	var many []Asset
	for i := range copiesLookedAt + 3 {
		many = append(many, Asset{Key: at("", fmt.Sprint(i))})
	}
	var looks atomic.Int64
	crowd := transit{keys: map[access.Key]bool{}, damaged: damaged}
	err := crowd.keep(t.Context(), many, func(context.Context, access.Key) (bool, error) { looks.Add(1); return false, nil })
	if err != nil || len(crowd.keys) != 3 || looks.Load() != copiesLookedAt {
		t.Errorf("%d wait after %d looks, %v", len(crowd.keys), looks.Load(), err)
	}
}
