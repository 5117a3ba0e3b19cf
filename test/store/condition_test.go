package store_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7/pkg/signer"

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
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, config(t).Endpoint+"/"+name+"?list-type=2&prefix=", http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				if header != "" {
					req.Header.Set(header, "launch/final/")
				}
				req.Header.Set("X-Amz-Content-Sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
				resp, err := http.DefaultClient.Do(signer.SignV4(*req, key.ID, key.Secret.Reveal(), "", config(t).Region))
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = resp.Body.Close() }()
				text, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				return resp.StatusCode, string(text)
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
