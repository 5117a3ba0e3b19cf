package store_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// This is why a folder-level right to list is refused on MinIO and granted on VersityGW.
//
// features: U16
func TestAMisleadingHeaderShowsNamesOnMinIOAndNothingOnVersityGW(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			fill(t, s, name)
			id, key := user(t, s, "alice")
			let(t, s, id, name, "launch/final/")
			lists := func(header string) (int, string) {
				t.Helper()
				misleading := http.Header{}
				if header != "" {
					misleading.Set(header, "launch/final/")
				}
				return send(t, key, http.MethodGet, "/"+name+"?list-type=2&prefix=", misleading, nil)
			}
			if status, _ := lists(""); status != http.StatusForbidden {
				t.Fatalf("listing all without a header: %d, want 403", status)
			}
			status, text := lists("Prefix")
			if leaked := status == http.StatusOK && strings.Contains(text, "a.txt"); leaked != (at(t) == onMinIO) {
				t.Errorf("with the header: %d, and names of all the bucket: %t", status, leaked)
			}
			// Names only: what the names are of cannot be read.
			if _, _, err := as(t, key).GetObject(t.Context(), name, "a.txt"); !errors.Is(err, store.ErrDenied) {
				t.Errorf("reading what was listed: got %v, want ErrDenied", err)
			}
		})
	}
}
