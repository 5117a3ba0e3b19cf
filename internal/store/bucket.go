package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/minio/minio-go/v7"
)

// BucketState is what a bucket is found to be.
type BucketState struct {
	Exists      bool
	Versioned   bool              // versioning is on, not merely suspended
	Mark        *Mark             // nil when nobody of ours claimed it
	ForeignTags map[string]string // tags that are not ours; kept by MarkBucket
}

// ObserveBucket reads existence, mark and versioning in two requests. An absent bucket is no error. A bucket of another account is a
// ForeignError; ErrDenied means that these credentials are wrong, or may not read a bucket that is their own account's.
func (s *Store) ObserveBucket(ctx context.Context, name string) (BucketState, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	op := "observe bucket " + name
	// The tags come first: their answer tells absent, foreign and unmarked apart, which a HEAD, having no body, does not.
	var state BucketState
	all, err := s.S3.GetBucketTagging(ctx, name)
	switch code := minio.ToErrorResponse(err).Code; {
	case err == nil:
		state.Mark = markOf(all.ToMap())
		state.ForeignTags = foreignTags(all.ToMap())
	case code == "NoSuchTagSet":
	case code == "NoSuchBucket":
		return BucketState{}, nil
	case code == "AccessDenied":
		return BucketState{}, s.whoseBucket(ctx, op, name, err)
	default:
		return BucketState{}, translate(op, err)
	}
	versioning, err := s.S3.GetBucketVersioning(ctx, name)
	if minio.ToErrorResponse(err).Code == "NoSuchBucket" {
		return BucketState{}, nil // MinIO says of an absent bucket too that it has no tags
	}
	if err != nil {
		return BucketState{}, translate(op, err)
	}
	state.Exists = true
	state.Versioned = versioning.Enabled()
	return state, nil
}

// whoseBucket tells a bucket of another account from one of our own that these credentials may not read: one's own are in the listing.
func (s *Store) whoseBucket(ctx context.Context, op, name string, denied error) error {
	own, err := s.S3.ListBuckets(ctx)
	if err != nil {
		return translate(op, denied)
	}
	for _, b := range own {
		if b.Name == name {
			return translate(op, denied)
		}
	}
	return fmt.Errorf("%s: %w", op, &ForeignError{Bucket: name, Account: true})
}

// MarkedBuckets gives the buckets that carry a mark of this installation, in one request and one more for each bucket of the account.
// A bucket that these credentials may not read, or that goes meanwhile, is left out; ErrDenied means that buckets may not be listed.
func (s *Store) MarkedBuckets(ctx context.Context) (map[string]Mark, error) {
	all, err := s.S3.ListBuckets(ctx)
	if err != nil {
		return nil, translate("list buckets", err)
	}
	marked := map[string]Mark{}
	for _, b := range all {
		tags, err := s.S3.GetBucketTagging(ctx, b.Name)
		switch code := minio.ToErrorResponse(err).Code; {
		case code == "NoSuchTagSet" || code == "NoSuchBucket" || code == "AccessDenied":
			continue
		case err != nil:
			return nil, translate("read tags of bucket "+b.Name, err)
		}
		if mark := markOf(tags.ToMap()); mark != nil && mark.Installation == s.cfg.InstallationID && mark.Role != roleProbe {
			marked[b.Name] = *mark
		}
	}
	return marked, nil
}

// CreateBucket makes the bucket, marks it and turns versioning on, doing only what is missing. A bucket that exists with another mark
// or in another account is a ForeignError.
//
// Stores cannot create and mark in one step, so a cut in between leaves an unmarked bucket. An empty one without tags or policy is
// therefore claimed: there is nothing in it that could be anybody's. One that holds anything is refused, for the user to say Adopt.
func (s *Store) CreateBucket(ctx context.Context, name string, mark Mark) error {
	if err := mark.validate(); err != nil {
		return fmt.Errorf("create bucket %s: %w", name, err)
	}
	state, err := s.ObserveBucket(ctx, name)
	if err != nil {
		return err
	}
	if !state.Exists {
		if err := s.makeBucket(ctx, name); err != nil {
			return err
		}
		// Another one may have been quicker: what counts is what is there now.
		if state, err = s.ObserveBucket(ctx, name); err != nil {
			return err
		}
	}
	if state.Mark == nil {
		if err := s.checkClaimable(ctx, name, state); err != nil {
			return err
		}
	}
	return s.complete(ctx, name, mark, state)
}

// MarkBucket puts the mark on a bucket that exists, whatever it holds, and turns versioning on: it adopts. Foreign tags are kept.
// ErrNotFound when there is no such bucket, a ForeignError when it carries another mark.
func (s *Store) MarkBucket(ctx context.Context, name string, mark Mark) error {
	if err := mark.validate(); err != nil {
		return fmt.Errorf("mark bucket %s: %w", name, err)
	}
	state, err := s.ObserveBucket(ctx, name)
	if err != nil {
		return err
	}
	if !state.Exists {
		return fmt.Errorf("mark bucket %s: %w", name, ErrNotFound)
	}
	return s.complete(ctx, name, mark, state)
}

// EnableVersioning turns versioning on, if it is not.
func (s *Store) EnableVersioning(ctx context.Context, name string) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	op := "turn on versioning of bucket " + name
	now, err := s.S3.GetBucketVersioning(ctx, name)
	if err != nil {
		return translate(op, err)
	}
	if now.Enabled() {
		return nil
	}
	return translate(op, s.S3.EnableVersioning(ctx, name))
}

// makeBucket makes it with object lock at MinIO, and without a time that anything is kept: that can be had from the beginning only, and
// without it whoever may delete destroys all below a name with all versions, see ForceDeletes.
func (s *Store) makeBucket(ctx context.Context, name string) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	err := translate("create bucket "+name, s.S3.MakeBucket(ctx, name, minio.MakeBucketOptions{
		Region: s.cfg.Region, ObjectLocking: s.cfg.Driver == DriverMinIO,
	}))
	if errors.Is(err, ErrExists) {
		return nil
	}
	return err
}

// complete marks and versions what an observation found lacking. The mark goes first, so that what follows is done to a bucket of ours.
func (s *Store) complete(ctx context.Context, name string, mark Mark, state BucketState) error {
	if state.Mark != nil && *state.Mark != mark {
		return fmt.Errorf("mark bucket %s: %w", name, &ForeignError{Bucket: name, Mark: state.Mark})
	}
	if state.Mark == nil {
		if err := s.writeTags(ctx, name, state.ForeignTags, &mark); err != nil {
			return err
		}
	}
	if state.Versioned {
		return nil
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	return translate("turn on versioning of bucket "+name, s.S3.EnableVersioning(ctx, name))
}

// writeTags replaces the tag set: S3 has no way to change one tag, nor a condition on the set, so a foreign tag written in the
// same instant is lost. Marks are written once in a bucket's life.
func (s *Store) writeTags(ctx context.Context, name string, foreign map[string]string, mark *Mark) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	op := "write tags of bucket " + name
	if mark == nil && len(foreign) == 0 {
		return translate(op, s.S3.RemoveBucketTagging(ctx, name))
	}
	all, err := tagSet(foreign, mark)
	if err != nil {
		return fmt.Errorf("%s: the tags in place and ours do not fit together: %w", op, ErrInvalid)
	}
	return translate(op, s.S3.SetBucketTagging(ctx, name, all))
}

func (s *Store) checkClaimable(ctx context.Context, name string, state BucketState) error {
	op := "claim bucket " + name
	foreign := fmt.Errorf("%s: %w", op, &ForeignError{Bucket: name})
	if len(state.ForeignTags) > 0 {
		return foreign
	}
	policy, err := s.BucketPolicy(ctx, name)
	if err != nil {
		return err
	}
	if policy != nil {
		return foreign
	}
	if err := s.RefusePublic(ctx, name); err != nil {
		return err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	for v := range s.S3.ListObjectsIter(ctx, name, minio.ListObjectsOptions{Recursive: true, WithVersions: true, MaxKeys: 1}) {
		if v.Err != nil {
			return translate(op, v.Err)
		}
		return foreign
	}
	return nil
}
