package controllers

import (
	"strings"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Files whose names are too long are counted, and the Library tells what to do.
func TestNamesTooLongAreTold(t *testing.T) {
	of := func(restricted string, bytes int) Asset {
		return Asset{Key: access.Key{Library: "brand", Restricted: restricted, Path: strings.Repeat("x", bytes)}}
	}
	found := &Holding{Assets: []Asset{of("", asset.MaxName), of("", asset.MaxName+1), of("embargo", asset.MaxName-19), of("embargo", asset.MaxName-18)}}
	d := describeAll(found, asset.NewSchema(nil), nil, time.Now())
	if d.TooLong != 2 {
		t.Errorf("%d are too long, want 2", d.TooLong)
	}
	if got := tooLongMessage(d.TooLong); !strings.Contains(got, "; 2 files have names so long") || !strings.Contains(got, "at most 982 bytes") {
		t.Errorf("it says %q", got)
	}
	if got := tooLongMessage(0); got != "" {
		t.Errorf("of none it says %q", got)
	}
}
