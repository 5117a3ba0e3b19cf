package minio

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAKeysIDTellsWhenItWasIssued(t *testing.T) {
	// Of keys in use: what was written once is read for ever.
	if got, want := issuedAt("VBVQEYX4ABCDEFGHIJKL"), time.Date(2026, 11, 22, 3, 35, 24, 0, time.UTC); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 1<<35-1).Draw(t, "seconds"), 0).UTC()
		id := newKeyID(at)
		if len(id) != 20 || !issuedAt(id).Equal(at) {
			t.Errorf("%s tells %v, want %v", id, issuedAt(id), at)
		}
	})
	for _, foreign := range []string{"", "V", "AKIAIOSFODNN7EXAMPLE", "VBVQEYX4", "V1111111ABCDEFGHIJKL", "vbvqeyx4abcdefghijkl"} {
		if got := issuedAt(foreign); !got.IsZero() {
			t.Errorf("%q tells %v", foreign, got)
		}
	}
}
