package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/tags"
	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/internal/store"
)

func TestCreateBucketMarksAndVersions(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := unique(t)
			state, err := s.ObserveBucket(t.Context(), name)
			if err != nil || state.Exists {
				t.Fatalf("an absent bucket: %+v, %v; want not there and no error", state, err)
			}
			if err := s.CreateBucket(t.Context(), name, mark(t)); err != nil {
				t.Fatal(err)
			}
			m := mark(t)
			observe(t, s, name, store.BucketState{Exists: true, Versioned: true, Mark: &m, ForeignTags: map[string]string{}})
		})
	}
}

func observe(t *testing.T, s *store.Store, name string, want store.BucketState) {
	t.Helper()
	got, err := s.ObserveBucket(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bucket state (-want +got):\n%s", diff)
	}
}

func TestASecondCreateWritesNothing(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			rec := &recorder{}
			s := open(t, func(c *store.Config) { c.Hook = rec.hook })
			name := bucket(t, s)
			want := 3
			if at(t) == onMinIO {
				want = 2 // object lock brings versions
			}
			if len(rec.writes()) != want {
				t.Errorf("the first create wrote %v, want bucket, tags and, where they have to be turned on, versions", rec.writes())
			}
			rec.restart(0)
			if err := s.CreateBucket(t.Context(), name, mark(t)); err != nil {
				t.Fatal(err)
			}
			if err := s.MarkBucket(t.Context(), name, mark(t)); err != nil {
				t.Fatal(err)
			}
			if err := s.EnableVersioning(t.Context(), name); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string(nil), rec.writes()); diff != "" {
				t.Errorf("writes (-want +got):\n%s", diff)
			}
		})
	}
}

// cutEverywhere runs the action with a cut before its n-th call, then resumes without one, for every n until the action needs no more calls.
// Each round starts from what prepare makes.
func cutEverywhere(t *testing.T, prepare func(round int) (action func(*store.Store) error, check func())) {
	t.Helper()
	rec := &recorder{}
	s := open(t, func(c *store.Config) { c.Hook = rec.hook })
	for n := 1; ; n++ {
		rec.restart(0)
		action, check := prepare(n)
		rec.restart(n)
		err := action(s)
		if err == nil && n <= rec.count() {
			t.Fatalf("cut before call %d went unnoticed", n)
		}
		if err == nil {
			if n < 3 {
				t.Fatalf("only %d calls were cut: the test proves little", n-1)
			}
			return
		}
		if !errors.Is(err, errCut) {
			t.Fatalf("cut before call %d: got %v, want the cut's own error", n, err)
		}
		rec.restart(0)
		if err := action(s); err != nil {
			t.Fatalf("resumed after a cut before call %d: %v", n, err)
		}
		check()
	}
}

func TestCreateBucketCutAnywhereResumes(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			plain := open(t)
			m := mark(t)
			cutEverywhere(t, func(round int) (func(*store.Store) error, func()) {
				name := fmt.Sprintf("%s-%d", unique(t), round)
				return func(s *store.Store) error { return s.CreateBucket(t.Context(), name, m) },
					func() {
						observe(t, plain, name, store.BucketState{Exists: true, Versioned: true, Mark: &m, ForeignTags: map[string]string{}})
					}
			})
		})
	}
}

func TestCreateBucketRefusesWhatMayBeSomebodys(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			other := store.Mark{Installation: "other", Namespace: "northlight", Library: "press", Role: store.RoleOriginals}
			cases := []struct {
				reason string
				fill   func(t *testing.T, name string) error
				words  string
				mark   *store.Mark
			}{
				{
					reason: "a bucket with another mark is another Library's, and the error says whose",
					fill: func(t *testing.T, name string) error {
						t.Helper()
						return s.MarkBucket(t.Context(), name, other)
					},
					words: "originals bucket of Library northlight/press, installation other",
					mark:  &other,
				},
				{
					reason: "an unmarked bucket with an object holds somebody's work",
					fill: func(t *testing.T, name string) error {
						t.Helper()
						_, err := s.PutObject(t.Context(), name, "a.txt", []byte("theirs"), "text/plain", store.Always())
						return err
					},
					words: "carries no mark of ours",
				},
				{
					reason: "an unmarked bucket with a delete marker alone had somebody's work, and versions may hide",
					fill: func(t *testing.T, name string) error {
						t.Helper()
						if err := s.EnableVersioning(t.Context(), name); err != nil {
							return err
						}
						if _, err := s.PutObject(t.Context(), name, "a.txt", []byte("theirs"), "text/plain", store.Always()); err != nil {
							return err
						}
						return s.RemoveObject(t.Context(), name, "a.txt", "")
					},
					words: "carries no mark of ours",
				},
				{
					reason: "an unmarked bucket with tags was set up by somebody",
					fill: func(t *testing.T, name string) error {
						t.Helper()
						set, err := tags.NewTags(map[string]string{"team": "press"}, false)
						if err != nil {
							return err
						}
						return s.S3.SetBucketTagging(t.Context(), name, set)
					},
					words: "carries no mark of ours",
				},
				{
					reason: "an unmarked bucket with a policy was set up by somebody",
					fill: func(t *testing.T, name string) error {
						t.Helper()
						id, _ := user(t, s, "alice")
						return s.SetBucketPolicy(t.Context(), name, allow(name, "", s.Identities.Principal(id)))
					},
					words: "carries no mark of ours",
				},
			}
			for i, c := range cases {
				t.Run(c.reason, func(t *testing.T) {
					name := unique(t)
					if err := s.S3.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
						t.Fatal(err)
					}
					if err := c.fill(t, name); err != nil {
						t.Fatalf("case %d: %v", i, err)
					}
					before, err := s.ObserveBucket(t.Context(), name)
					if err != nil {
						t.Fatal(err)
					}
					err = s.CreateBucket(t.Context(), name, mark(t))
					foreign, ok := errors.AsType[*store.ForeignError](err)
					if !ok || !errors.Is(err, store.ErrForeign) {
						t.Fatalf("got %v, want a ForeignError", err)
					}
					if diff := cmp.Diff(c.mark, foreign.Mark); diff != "" || !strings.Contains(err.Error(), c.words) {
						t.Errorf("whose it is: %v\n%s", err, diff)
					}
					observe(t, s, name, before)
					if err := s.DeleteBucket(t.Context(), name, mark(t)); !errors.Is(err, store.ErrForeign) {
						t.Errorf("delete of a bucket that is not ours: got %v, want ErrForeign", err)
					}
					observe(t, s, name, before)
				})
			}
		})
	}
}

func TestMarkBucketAdoptsAndKeepsForeignTags(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := unique(t)
			if err := s.MarkBucket(t.Context(), name, mark(t)); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("adopting an absent bucket: got %v, want ErrNotFound", err)
			}
			if err := s.S3.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.PutObject(t.Context(), name, "old/logo.svg", []byte("<svg/>"), "image/svg+xml", store.Always()); err != nil {
				t.Fatal(err)
			}
			foreign := map[string]string{"cost-centre": "4711", "team": "press"}
			set, err := tags.NewTags(foreign, false)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.S3.SetBucketTagging(t.Context(), name, set); err != nil {
				t.Fatal(err)
			}
			m := mark(t)
			if err := s.MarkBucket(t.Context(), name, m); err != nil {
				t.Fatal(err)
			}
			observe(t, s, name, store.BucketState{Exists: true, Versioned: true, Mark: &m, ForeignTags: foreign})
		})
	}
}

// fill puts versions, a delete marker, nested keys and an unfinished upload into a bucket.
func fill(t *testing.T, s *store.Store, name string) {
	t.Helper()
	ctx := t.Context()
	for _, key := range []string{"a.txt", "a.txt", "launch/final/b.txt", "launch/c.txt", "gone.txt"} {
		if _, err := s.PutObject(ctx, name, key, []byte(key), "text/plain", store.Always()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.RemoveObject(ctx, name, "gone.txt", ""); err != nil {
		t.Fatal(err)
	}
	core := minio.Core{Client: s.S3}
	id, err := core.NewMultipartUpload(ctx, name, "big.tif", minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	part := bytes.Repeat([]byte("x"), 1024)
	if _, err := core.PutObjectPart(ctx, name, "big.tif", id, 1, bytes.NewReader(part), int64(len(part)), minio.PutObjectPartOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestDeleteBucketEmptiesEveryVersionFirst(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			fill(t, s, name)
			other := mark(t)
			other.Installation = "other"
			if err := s.DeleteBucket(t.Context(), name, other); !errors.Is(err, store.ErrForeign) {
				t.Fatalf("deleting with another installation's mark: got %v, want ErrForeign", err)
			}
			if data, _, err := s.GetObject(t.Context(), name, "launch/final/b.txt"); err != nil || string(data) != "launch/final/b.txt" {
				t.Fatalf("a refused delete touched an object: %q, %v", data, err)
			}
			for range 2 { // the second finds nothing, which is as wanted
				if err := s.DeleteBucket(t.Context(), name, mark(t)); err != nil {
					t.Fatal(err)
				}
			}
			observe(t, s, name, store.BucketState{})
		})
	}
}

func TestDeleteBucketCutAnywhereResumes(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			plain := open(t)
			m := mark(t)
			cutEverywhere(t, func(round int) (func(*store.Store) error, func()) {
				name := fmt.Sprintf("%s-%d", unique(t), round)
				if err := plain.CreateBucket(t.Context(), name, m); err != nil {
					t.Fatal(err)
				}
				fill(t, plain, name)
				return func(s *store.Store) error { return s.DeleteBucket(t.Context(), name, m) },
					func() { observe(t, plain, name, store.BucketState{}) }
			})
		})
	}
}

func TestABucketDeletedAndMadeAgainStartsEmpty(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			fill(t, s, name)
			if err := s.DeleteBucket(t.Context(), name, mark(t)); err != nil {
				t.Fatal(err)
			}
			if err := s.CreateBucket(t.Context(), name, mark(t)); err != nil {
				t.Fatal(err)
			}
			err := s.ListVersions(t.Context(), name, "", func(o store.ObjectInfo) error { return fmt.Errorf("%+v came back", o) })
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// VersityGW with its IAM service has one account, which owns every bucket; a bucket of another account is played in internal/store.
func TestWrongCredentialsAndMissingRightsAreDeniedAndNotForeign(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			root := open(t)
			name := bucket(t, root)
			_, key := user(t, root, "alice")
			if _, err := as(t, key).ObserveBucket(t.Context(), name); !errors.Is(err, store.ErrDenied) || errors.Is(err, store.ErrForeign) {
				t.Errorf("a user without any right: got %v, want ErrDenied", err)
			}
			cases := []struct{ reason, id, secret string }{
				{"a key id nobody has", "AKIAAAAAAAAAAAAAAAAA", config(t).Credentials.SecretAccessKey.Reveal()},
				{"a wrong secret", config(t).Credentials.AccessKeyID, "wrong-wrong-wrong"},
			}
			for _, c := range cases {
				t.Run(c.reason, func(t *testing.T) {
					s := open(t, func(cfg *store.Config) {
						cfg.Credentials = store.Credentials{AccessKeyID: c.id, SecretAccessKey: store.Secret(c.secret)}
					})
					_, s3 := s.ObserveBucket(t.Context(), name)
					_, iam := s.Identities.List(t.Context(), "/")
					_, probe := s.Probe(t.Context())
					for what, err := range map[string]error{"S3": s3, "IAM": iam, "the probe": probe} {
						if !errors.Is(err, store.ErrDenied) || errors.Is(err, store.ErrForeign) {
							t.Errorf("%s: got %v, want ErrDenied", what, err)
						}
						if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), c.secret) {
							t.Errorf("%s: the error holds the secret", what)
						}
					}
				})
			}
		})
	}
}

// More than two pages, so that a listing goes on while what it lists is being deleted.
func TestALargeBucketIsListedOnceAndDeleted(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			const many = 2300
			var group errgroup.Group
			group.SetLimit(8)
			for i := range many {
				group.Go(func() error {
					key := fmt.Sprintf("a%d/b%d/c%d.json", i%7, i%11, i)
					_, err := s.PutObject(t.Context(), name, key, []byte("{}"), "application/json", store.Always())
					return err
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			lists := map[string]func(func(store.ObjectInfo) error) error{
				"objects": func(visit func(store.ObjectInfo) error) error {
					return s.ListObjects(t.Context(), name, "", visit)
				},
				"versions": func(visit func(store.ObjectInfo) error) error {
					return s.ListVersions(t.Context(), name, "", visit)
				},
			}
			for what, list := range lists {
				seen := map[string]int{}
				if err := list(func(o store.ObjectInfo) error { seen[o.Key]++; return nil }); err != nil {
					t.Fatal(err)
				}
				for key, times := range seen {
					if times != 1 {
						t.Errorf("%s: %s was listed %d times", what, key, times)
					}
				}
				if len(seen) != many {
					t.Errorf("%s: %d listed, want %d", what, len(seen), many)
				}
			}
			if err := s.DeleteBucket(t.Context(), name, mark(t)); err != nil {
				t.Fatal(err)
			}
			observe(t, s, name, store.BucketState{})
		})
	}
}
