package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/gomega"

	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// What a user did is found in the log that VersityGW writes, by the key that it was done with, and what was refused is not.
//
// features: U12
func TestTheAccessLogOfVersityGWTellsOfUses(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "access.log")
	bed, err := testbed.StartObjectStore(t.Context(), filepath.Join(dir, "store"), testbed.ObjectStoreOptions{AccessLog: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop("VersityGW", bed.Stop) })
	there := func(c *store.Config) { c.Endpoint, c.IAMEndpoint = bed.S3Endpoint, bed.IAMEndpoint }
	s := open(t, func(c *store.Config) {
		there(c)
		c.Credentials = store.Credentials{AccessKeyID: bed.AccessKey, SecretAccessKey: store.Secret(bed.SecretKey)}
	})
	name := bucket(t, s)
	id, key := user(t, s, "alice")
	if err := s.SetBucketPolicy(t.Context(), name, allow(name, "launch/", s.Identities.Principal(id))); err != nil {
		t.Fatal(err)
	}
	alice := open(t, there, func(c *store.Config) {
		c.Credentials = store.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}
	})
	if _, err := alice.PutObject(t.Context(), name, "launch/a b.jpg", []byte("12345"), "image/jpeg", store.Always()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := alice.GetObject(t.Context(), name, "launch/a b.jpg"); err != nil {
		t.Fatal(err)
	}
	if err := alice.ListObjects(t.Context(), name, "launch/", func(store.ObjectInfo) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := alice.GetObject(t.Context(), name, "secret.jpg"); err == nil {
		t.Fatal("she reads what nobody gave her")
	}
	want := []review.Use{
		{Requester: key.ID, Bucket: name, Key: "launch/a b.jpg", Permission: access.Upload},
		{Requester: key.ID, Bucket: name, Key: "launch/a b.jpg", Permission: access.Download},
		{Requester: key.ID, Bucket: name, Key: "launch/", Permission: access.List},
	}
	// The log is written after the answer.
	gomega.NewWithT(t).Eventually(func() string {
		text, err := os.ReadFile(log)
		if err != nil {
			return err.Error()
		}
		uses, err := review.ReadUses(strings.NewReader(string(text)))
		if err != nil {
			return err.Error()
		}
		var hers []review.Use
		for _, u := range uses {
			if since := time.Since(u.At); since < 0 || since > time.Hour {
				return "one was at " + u.At.String()
			}
			if u.At = (time.Time{}); u.Requester == key.ID {
				hers = append(hers, u)
			}
		}
		return cmp.Diff(want, hers)
	}, time.Minute, 50*time.Millisecond).Should(gomega.BeEmpty())
}
