package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// What the probe makes. The names are derived from the installation alone, so that the next probe finds what an interrupted one left.
const (
	probeNamespace = "_probe"
	probeSharedKey = "shared/seen.txt"
	probeHiddenKey = "hidden/unseen.txt"

	// A policy change is looked for this often, this many times: 15 s in all. AWS needs a few seconds, the others none.
	probeWait  = 250 * time.Millisecond
	probeTries = 60

	// cleanLimit bounds cleaning up after the caller's context ended.
	cleanLimit = 30 * time.Second
)

// probe is one run of Store.Probe.
type probe struct {
	store  *Store
	bucket string
	mark   Mark
	user   identity.Identity
}

// Probe finds out what the store can be relied on for, with a throw-away bucket and a throw-away user, which it removes again; first
// it removes what an interrupted probe left. ErrUnreachable and ErrDenied tell whether S3 or the identity API is meant. A store that lacks
// something is no error: its Capabilities say so. One probe at a time for an installation.
func (s *Store) Probe(ctx context.Context) (found Capabilities, err error) {
	p := s.newProbe()
	if err := p.clean(ctx); err != nil {
		return Capabilities{}, err
	}
	defer func() {
		// The caller may have given up; what was made is removed all the same.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanLimit)
		defer cancel()
		if cleaning := p.clean(ctx); cleaning != nil {
			err = errors.Join(err, cleaning)
		}
	}()
	for _, step := range []func(context.Context, *Capabilities) error{p.objects, p.identities, p.access} {
		if err := step(ctx, &found); err != nil {
			return Capabilities{}, err
		}
	}
	return found, nil
}

func (s *Store) newProbe() *probe {
	installation := s.cfg.InstallationID
	if installation == "" {
		installation = "_"
	}
	name := identity.Name(installation, probeNamespace, "Probe", "probe")
	return &probe{
		store:  s,
		bucket: "vitrine-probe-" + name[len("v-"):],
		mark:   Mark{Installation: installation, Namespace: probeNamespace, Library: probeNamespace, Role: roleProbe},
		user: identity.Identity{
			Name: name,
			Path: identity.Path(installation, probeNamespace),
			Tags: map[string]string{"vitrine": "throw-away user of a probe"},
		},
	}
}

// clean removes the probe's bucket and user if they are there. Its first requests also show whether both APIs answer to the credentials.
func (p *probe) clean(ctx context.Context) error {
	state, err := p.store.ObserveBucket(ctx, p.bucket)
	if err != nil {
		return fmt.Errorf("probe S3: %w", err)
	}
	if state.Exists && state.Mark == nil {
		// Cut between making and marking it. Claiming refuses it when anything is in it.
		if err := p.store.CreateBucket(ctx, p.bucket, p.mark); err != nil && !errors.Is(err, ErrInvalid) {
			return fmt.Errorf("probe S3: %w", err)
		}
	}
	if err := p.store.DeleteBucket(ctx, p.bucket, p.mark); err != nil {
		return fmt.Errorf("probe S3: %w", err)
	}
	if err := p.store.driver.Delete(ctx, p.user); err != nil {
		return fmt.Errorf("probe IAM: %w", err)
	}
	return nil
}

func (p *probe) objects(ctx context.Context, c *Capabilities) error {
	err := p.store.CreateBucket(ctx, p.bucket, p.mark)
	if err != nil && !errors.Is(err, ErrInvalid) { // ErrInvalid: made and marked, versioning not to be had
		return fmt.Errorf("probe S3: %w", err)
	}
	for _, key := range []string{probeSharedKey, probeHiddenKey, probeHiddenKey} {
		if _, err := p.store.PutObject(ctx, p.bucket, key, []byte("probe"), "text/plain", Always()); err != nil {
			return fmt.Errorf("probe S3: %w", err)
		}
	}
	versions := 0
	err = p.store.ListVersions(ctx, p.bucket, probeHiddenKey, func(ObjectInfo) error { versions++; return nil })
	if err != nil && !lacking(err) {
		return fmt.Errorf("probe S3: %w", err)
	}
	c.Versioning = versions == 2

	_, err = p.store.PutObject(ctx, p.bucket, probeSharedKey, []byte("again"), "text/plain", IfAbsent())
	if err != nil && !errors.Is(err, ErrPreconditionFailed) && !lacking(err) {
		return fmt.Errorf("probe S3: %w", err)
	}
	c.ConditionalWrites = errors.Is(err, ErrPreconditionFailed)
	return p.rewrite(ctx, c)
}

// rewrite deletes a key and writes it again. VersityGW 1.8 with --sidecar keeps the mark of the deletion on all that is written under
// the key later: uploads succeed and cannot be seen.
func (p *probe) rewrite(ctx context.Context, c *Capabilities) error {
	const key = "rewritten.txt"
	for _, remove := range []bool{true, false} {
		if _, err := p.store.PutObject(ctx, p.bucket, key, []byte("probe"), "text/plain", Always()); err != nil {
			return fmt.Errorf("probe S3: %w", err)
		}
		if !remove {
			continue
		}
		if err := p.store.RemoveObject(ctx, p.bucket, key, ""); err != nil {
			return fmt.Errorf("probe S3: %w", err)
		}
	}
	_, _, err := p.store.GetObject(ctx, p.bucket, key)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("probe S3: %w", err)
	}
	c.RewriteAfterDelete = err == nil
	return nil
}

func (p *probe) identities(ctx context.Context, c *Capabilities) error {
	if _, err := p.store.driver.Ensure(ctx, p.user); err != nil {
		return fmt.Errorf("probe IAM: %w", err)
	}
	f, err := p.store.driver.Features(ctx, p.user)
	if err != nil {
		return fmt.Errorf("probe IAM: %w", err)
	}
	c.Account = f.Account
	c.Groups = f.Groups
	c.ManagedPolicies = f.ManagedPolicies
	c.InlinePolicyBytes = f.InlinePolicyBytes
	c.WebIdentity = f.WebIdentity
	c.IdentityTags = f.Tags
	return nil
}

// access gives the user a folder-level listing by bucket policy, and looks whether it gets that, no more, and loses it again.
func (p *probe) access(ctx context.Context, c *Capabilities) error {
	key, err := p.store.driver.IssueKey(ctx, p.user.Name)
	if err != nil {
		return fmt.Errorf("probe IAM: %w", err)
	}
	as := visitor{store: p.store, key: key, bucket: p.bucket}

	before, err := as.lists(ctx, lookup{prefix: "shared/"}, probeSharedKey)
	if err != nil {
		return fmt.Errorf("probe access: %w", err)
	}
	taken, err := p.putPolicy(ctx)
	if err != nil || !taken {
		return err
	}
	gained, seen, err := p.until(ctx, func() (bool, error) { return as.lists(ctx, lookup{prefix: "shared/"}, probeSharedKey) })
	if err != nil {
		return fmt.Errorf("probe access: %w", err)
	}
	leaks, err := as.leaks(ctx)
	if err != nil {
		return fmt.Errorf("probe access: %w", err)
	}
	if err := p.store.SetBucketPolicy(ctx, p.bucket, nil); err != nil {
		return fmt.Errorf("probe access: %w", err)
	}
	lost, gone, err := p.until(ctx, func() (bool, error) {
		still, err := as.lists(ctx, lookup{prefix: "shared/"}, probeSharedKey)
		return !still, err
	})
	if err != nil {
		return fmt.Errorf("probe access: %w", err)
	}
	c.BucketPolicies = !before && seen && gone
	if c.BucketPolicies {
		c.BucketPolicyBytes = BucketPolicyBudget
		c.TrustedPrefix = !leaks
		c.PropagationSeconds = int((max(gained, lost) + time.Second - 1) / time.Second)
	}
	return nil
}

// putPolicy tells whether the store takes a bucket policy that names the user. A user made a moment ago may not be known everywhere.
func (p *probe) putPolicy(ctx context.Context) (taken bool, err error) {
	principal := map[string][]string{"AWS": {p.store.driver.Principal(p.user)}}
	doc, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []map[string]any{
		{
			"Effect": "Allow", "Principal": principal, "Action": []string{"s3:ListBucket"}, "Resource": []string{"arn:aws:s3:::" + p.bucket},
			"Condition": map[string]any{"StringLike": map[string][]string{"s3:prefix": {"shared/*"}}},
		},
		{
			"Effect": "Allow", "Principal": principal, "Action": []string{"s3:GetObject"},
			"Resource": []string{"arn:aws:s3:::" + p.bucket + "/shared/*"},
		},
	}})
	if err != nil {
		return false, fmt.Errorf("probe access: write the policy: %w", err)
	}
	var refused error
	_, taken, err = p.until(ctx, func() (bool, error) {
		refused = p.store.SetBucketPolicy(ctx, p.bucket, doc)
		if errors.Is(refused, ErrUnknownPrincipal) {
			return false, nil
		}
		return true, nil
	})
	if err != nil || !taken || lacking(refused) {
		return false, err
	}
	if refused != nil {
		return false, fmt.Errorf("probe access: %w", refused)
	}
	return true, nil
}

// until asks again and again, and tells how long it took in steps of probeWait, and whether it came true.
func (p *probe) until(ctx context.Context, is func() (bool, error)) (after time.Duration, ok bool, err error) {
	tick := time.NewTicker(probeWait)
	defer tick.Stop()
	for try := range probeTries {
		if ok, err := is(); ok || err != nil {
			return time.Duration(try) * probeWait, ok, err
		}
		select {
		case <-ctx.Done():
			return 0, false, ctx.Err()
		case <-tick.C:
		}
	}
	return probeTries * probeWait, false, nil
}

// lacking tells a store that cannot do a thing from one that failed to.
func lacking(err error) bool { return errors.Is(err, ErrInvalid) }
