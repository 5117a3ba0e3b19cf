package store

import (
	"context"
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
		return fmt.Errorf("probe identities: %w", err)
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
		return fmt.Errorf("probe identities: %w", err)
	}
	f, err := p.store.driver.Features(ctx, p.user)
	if err != nil {
		return fmt.Errorf("probe identities: %w", err)
	}
	c.Account = f.Account
	c.Groups = f.Groups
	c.ManagedPolicies = f.ManagedPolicies
	c.InlinePolicyBytes = f.InlinePolicyBytes
	c.WebIdentity = f.WebIdentity
	c.IdentityTags = f.Tags
	return nil
}

// lacking tells a store that cannot do a thing from one that failed to.
func lacking(err error) bool { return errors.Is(err, ErrInvalid) }
