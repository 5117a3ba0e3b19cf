package store_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// This is why a right on MinIO ends when the manager takes it away, and not by its date.
//
// features: U5, U16
func TestAMisleadingHeaderKeepsAnEndedRightOnMinIOAndNotOnVersityGW(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			fill(t, s, name)
			id, key := user(t, s, "alice")
			ended := map[string]any{"DateLessThan": map[string]string{"aws:CurrentTime": time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}}
			letReadWhile(t, s, id, name, ended)
			for _, c := range []struct {
				reason string
				query  string
				header http.Header
				reads  bool
			}{
				{"asked as always", "", nil, false},
				{"with a header", "", http.Header{"CurrentTime": {"2020-01-01T00:00:00Z"}}, at(t) == onMinIO},
				{"with a parameter", "?Currenttime=2020-01-01T00%3A00%3A00Z", nil, at(t) == onMinIO},
			} {
				status, text := send(t, key, http.MethodGet, "/"+name+"/a.txt"+c.query, c.header, nil)
				if want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[c.reads]; status != want {
					t.Errorf("%s: %d, want %d: %s", c.reason, status, want, text)
				}
			}
		})
	}
}

// letReadWhile gives a user reading under a condition, in the store's own way.
func letReadWhile(t *testing.T, s *store.Store, id store.Identity, bucket string, condition map[string]any) {
	t.Helper()
	statement := map[string]any{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::" + bucket + "/*", "Condition": condition}
	holders := s.Holders(enforcement(t))
	if holders == nil {
		statement["Principal"] = map[string]any{"AWS": []string{s.Identities.Principal(id)}}
	}
	doc, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{statement}})
	if err != nil {
		t.Fatal(err)
	}
	if holders == nil {
		err = s.SetBucketPolicy(t.Context(), bucket, doc)
	} else {
		err = holders.SetDocument(t.Context(), holder(id), 0, doc)
	}
	if err != nil {
		t.Fatal(err)
	}
}

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
