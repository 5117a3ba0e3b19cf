package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// document lets whoever holds it list and read below the prefix, and put there.
func document(bucket, prefix string) []byte { return policyOf(bucket, prefix, nil) }

// allow is a bucket policy that lets the principals do that.
func allow(bucket, prefix string, principals ...string) []byte {
	return policyOf(bucket, prefix, map[string]any{"AWS": principals})
}

func policyOf(bucket, prefix string, principal map[string]any) []byte {
	statements := []map[string]any{
		{
			"Sid": "VitrineList1", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::" + bucket,
			"Condition": map[string]any{"StringLike": map[string]any{"s3:prefix": []string{prefix + "*"}}},
		},
		{
			"Sid": "VitrineRead1", "Effect": "Allow", "Action": []string{"s3:GetObject", "s3:PutObject"},
			"Resource": "arn:aws:s3:::" + bucket + "/" + prefix + "*",
		},
	}
	if principal != nil {
		for _, s := range statements {
			s["Principal"] = principal
		}
	}
	doc, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err)
	}
	return doc
}

// features: A1.1, A1.3
func TestAPolicyAloneGivesAUserAccessAtOnceAndTakesItAtOnce(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			fill(t, s, name)
			id, key := user(t, s, "alice")
			alice := as(t, key)

			reads := func(key string) error { _, _, err := alice.GetObject(t.Context(), name, key); return err }
			lists := func(prefix string) error {
				return alice.ListObjects(t.Context(), name, prefix, func(store.ObjectInfo) error { return nil })
			}
			if err := reads("launch/c.txt"); !errors.Is(err, store.ErrDenied) {
				t.Fatalf("before the policy: got %v, want ErrDenied", err)
			}
			let(t, s, id, name, "launch/")
			if err := errors.Join(reads("launch/c.txt"), lists("launch/"), lists("launch/final/")); err != nil {
				t.Errorf("with the policy, in the very next requests: %v", err)
			}
			for what, err := range map[string]error{
				"reading beside": reads("a.txt"), "listing all": lists(""), "listing beside": lists("a"), "listing a longer name": lists("launch-2/"),
				"reading an absent key beside": reads("nothing.txt"), // never NotFound: that would tell what exists
			} {
				if !errors.Is(err, store.ErrDenied) {
					t.Errorf("%s: got %v, want ErrDenied", what, err)
				}
			}
			letNobody(t, s, id, name)
			if err := reads("launch/c.txt"); !errors.Is(err, store.ErrDenied) {
				t.Errorf("after the policy, in the very next request: got %v, want ErrDenied", err)
			}
		})
	}
}

func TestABucketPolicyIsKeptVerbatim(t *testing.T) {
	s := open(t)
	name := bucket(t, s)
	if doc, err := s.BucketPolicy(t.Context(), name); doc != nil || err != nil {
		t.Fatalf("without a policy: %q, %v; want nil and no error", doc, err)
	}
	id, _ := user(t, s, "alice")
	// Blanks, order and Sid stay: the store keeps the bytes.
	var indented bytes.Buffer
	if err := json.Indent(&indented, allow(name, "launch/", s.Identities.Principal(id)), "", "   "); err != nil {
		t.Fatal(err)
	}
	if err := s.SetBucketPolicy(t.Context(), name, indented.Bytes()); err != nil {
		t.Fatal(err)
	}
	doc, err := s.BucketPolicy(t.Context(), name)
	if err != nil || !bytes.Equal(doc, indented.Bytes()) {
		t.Errorf("got %s, %v; want what was put", doc, err)
	}
	for range 2 {
		if err := s.SetBucketPolicy(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	if doc, err := s.BucketPolicy(t.Context(), name); doc != nil || err != nil {
		t.Errorf("after removal: %q, %v; want nil and no error", doc, err)
	}
	if _, err := s.BucketPolicy(t.Context(), "acme-no-such-bucket"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of an absent bucket: got %v, want ErrNotFound", err)
	}
}

func TestAPolicyNamingAnAbsentUserIsRefusedWholeAndTheOldOneStays(t *testing.T) {
	s := open(t)
	name := bucket(t, s)
	id, _ := user(t, s, "alice")
	old := allow(name, "launch/", s.Identities.Principal(id))
	if err := s.SetBucketPolicy(t.Context(), name, old); err != nil {
		t.Fatal(err)
	}
	absent := identityOf(t, "bob")
	err := s.SetBucketPolicy(t.Context(), name, allow(name, "press/", s.Identities.Principal(id), s.Identities.Principal(absent)))
	if !errors.Is(err, store.ErrUnknownPrincipal) || errors.Is(err, store.ErrInvalid) {
		t.Errorf("got %v, want ErrUnknownPrincipal", err)
	}
	if doc, err := s.BucketPolicy(t.Context(), name); err != nil || !bytes.Equal(doc, old) {
		t.Errorf("the policy in place: %s, %v; want the old one", doc, err)
	}
	if err := s.SetBucketPolicy(t.Context(), name, []byte(`{"Version":"2012-10-17","Statement":[]}`)); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("a malformed document: got %v, want ErrInvalid", err)
	}
}

// A principal is matched by its ARN, not by who bore it: whoever is made under a deleted user's name has what the policy still grants.
// So the policy is rewritten before a user is deleted.
func TestAPolicyOutlivesItsUserAndServesTheNextOfThatName(t *testing.T) {
	s := open(t)
	name := bucket(t, s)
	fill(t, s, name)
	id, key := user(t, s, "alice")
	doc := allow(name, "launch/", s.Identities.Principal(id))
	if err := s.SetBucketPolicy(t.Context(), name, doc); err != nil {
		t.Fatal(err)
	}
	if err := s.Identities.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, _, err := as(t, key).GetObject(t.Context(), name, "launch/c.txt"); !errors.Is(err, store.ErrDenied) {
		t.Errorf("the deleted user's key, in the very next request: got %v, want ErrDenied", err)
	}
	if kept, err := s.BucketPolicy(t.Context(), name); err != nil || !bytes.Equal(kept, doc) {
		t.Errorf("the policy after its user went: %s, %v; want unchanged", kept, err)
	}
	if err := s.SetBucketPolicy(t.Context(), name, doc); !errors.Is(err, store.ErrUnknownPrincipal) {
		t.Errorf("putting the same policy again: got %v, want ErrUnknownPrincipal", err)
	}
	_, again := user(t, s, "alice")
	if _, _, err := as(t, again).GetObject(t.Context(), name, "launch/c.txt"); err != nil {
		t.Errorf("a new user of the old name: %v; the old grant was expected to serve it", err)
	}
}

func TestAPolicyOverTheBudgetDoesNotLeave(t *testing.T) {
	rec := &recorder{}
	s := open(t, func(c *store.Config) { c.Hook = rec.hook })
	name := bucket(t, s)
	id, _ := user(t, s, "alice")
	var prefixes []string
	for i := range 1500 {
		prefixes = append(prefixes, fmt.Sprintf("arn:aws:s3:::%s/folder-%04d/*", name, i))
	}
	doc := func(n int) []byte {
		text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []map[string]any{{
			"Effect": "Allow", "Principal": map[string]any{"AWS": s.Identities.Principal(id)}, "Action": "s3:GetObject", "Resource": prefixes[:n],
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	rec.restart(0)
	if big := doc(1500); len(big) <= store.BucketPolicyBudget {
		t.Fatalf("the test's document has only %d bytes", len(big))
	} else if err := s.SetBucketPolicy(t.Context(), name, big); !errors.Is(err, store.ErrPolicyTooLarge) || !strings.Contains(err.Error(), fmt.Sprint(len(big))) {
		t.Errorf("got %v, want ErrPolicyTooLarge with the figures", err)
	}
	if rec.count() != 0 {
		t.Errorf("it left: %v", rec.writes())
	}
	if fits := doc(1250); len(fits) > store.BucketPolicyBudget || len(fits) < store.BucketPolicyBudget*9/10 {
		t.Fatalf("the test's second document has %d bytes", len(fits))
	} else if err := s.SetBucketPolicy(t.Context(), name, fits); err != nil {
		t.Errorf("just within the budget: %v", err)
	}
}

// A contributor's key can put and nothing more: no policy, tags or versions of the bucket.
func TestAUsersKeyCannotTouchTheBucketItself(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			id, key := user(t, s, "alice")
			let(t, s, id, name, "launch/")
			alice := as(t, key)
			other := mark(t)
			other.Installation = "other"
			_, policy := alice.BucketPolicy(t.Context(), name)
			for what, err := range map[string]error{
				"reading the policy": policy,
				"writing the policy": alice.SetBucketPolicy(t.Context(), name, nil),
				"marking":            alice.MarkBucket(t.Context(), name, other),
				"unversioning":       alice.S3.SuspendVersioning(t.Context(), name),
				"removing":           alice.S3.RemoveBucket(t.Context(), name),
				"making a bucket":    alice.S3.MakeBucket(t.Context(), unique(t)+"-2", minio.MakeBucketOptions{}),
			} {
				if err == nil {
					t.Errorf("%s: allowed", what)
				}
			}
			m := mark(t)
			observe(t, s, name, store.BucketState{Exists: true, Versioned: true, Mark: &m, ForeignTags: map[string]string{}})
		})
	}
}
