package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// A policy change is looked for this often, this many times: 15 s in all. AWS needs a few seconds, the others none.
const (
	probeWait  = 250 * time.Millisecond
	probeTries = 60
)

// shared is the listing that the probe grants.
var shared = lookup{prefix: "shared/"}

// access looks for a way in which a folder-level listing can be given to the user and taken away again, the best way first, and then at what
// conditions are worth there.
func (p *probe) access(ctx context.Context, c *Capabilities) error {
	key, err := p.store.driver.IssueKey(ctx, p.user.Name)
	if err != nil {
		return fmt.Errorf("probe identities: %w", err)
	}
	as := visitor{store: p.store, key: key, bucket: p.bucket}
	for _, by := range ways(c) {
		works, err := p.try(ctx, c, as, by)
		if err != nil {
			return fmt.Errorf("probe access by %s: %w", by, err)
		}
		if !works {
			continue
		}
		c.Enforcement, c.BucketPolicies = by, by == ByBucketPolicy
		c.DocumentBytes = BucketPolicyBudget
		if by != ByBucketPolicy {
			_, budget := p.store.driver.Holders(by)
			c.DocumentBytes, c.DocumentsPerHolder, c.GroupsPerUser = budget.DocumentBytes, budget.DocumentsPerHolder, budget.GroupsPerUser
		}
		if c.DateConditions, c.TrustedDates, err = p.dates(ctx, as, by); err != nil {
			return fmt.Errorf("probe date conditions: %w", err)
		}
		return nil
	}
	return nil
}

// ways are those that a store may know, the best first. Documents at groups grow with the rights, bucket policies with the people; so
// bucket policies are for stores without groups.
func ways(c *Capabilities) []Enforcement {
	var list []Enforcement
	if c.Groups && c.ManagedPolicies {
		list = append(list, ByManagedPolicy)
	}
	if c.Groups && c.InlinePolicyBytes > 0 {
		list = append(list, ByInlinePolicy)
	}
	list = append(list, ByBucketPolicy)
	if !c.Groups && c.InlinePolicyBytes > 0 {
		list = append(list, ByInlinePolicy)
	}
	return list
}

// try gives the listing, looks whether the user gets that and no more, and takes it away.
func (p *probe) try(ctx context.Context, c *Capabilities, as visitor, by Enforcement) (works bool, err error) {
	before, err := as.lists(ctx, shared, probeSharedKey)
	if err != nil {
		return false, err
	}
	taken, err := p.grant(ctx, by, nil)
	if err != nil || !taken {
		return false, err
	}
	gained, seen, err := p.until(ctx, func() (bool, error) { return as.lists(ctx, shared, probeSharedKey) })
	if err != nil {
		return false, err
	}
	leaks, err := as.leaks(ctx)
	if err != nil {
		return false, err
	}
	if err := p.withdraw(ctx, by); err != nil {
		return false, err
	}
	lost, gone, err := p.until(ctx, func() (bool, error) {
		still, err := as.lists(ctx, shared, probeSharedKey)
		return !still, err
	})
	if err != nil || before || !seen || !gone {
		return false, err
	}
	c.TrustedPrefix = !leaks
	c.PropagationSeconds = int((max(gained, lost) + time.Second - 1) / time.Second)
	return true, nil
}

// dates tells whether a grant that ends in the future holds, and the same grant with its end in the past does not; and whether it does not
// whatever the user sends.
func (p *probe) dates(ctx context.Context, as visitor, by Enforcement) (hold, trusted bool, err error) {
	for _, c := range []struct {
		end   time.Time
		lists bool
	}{{time.Now().Add(time.Hour), true}, {time.Now().Add(-time.Hour), false}} {
		taken, err := p.grant(ctx, by, map[string]any{"DateLessThan": map[string]string{"aws:CurrentTime": c.end.UTC().Format(time.RFC3339)}})
		if err != nil || !taken {
			return false, false, err
		}
		_, is, err := p.until(ctx, func() (bool, error) {
			lists, err := as.lists(ctx, shared, probeSharedKey)
			return lists == c.lists, err
		})
		if err != nil || !is {
			return false, false, err
		}
	}
	outlives, err := as.outlives(ctx)
	if err != nil {
		return false, false, err
	}
	return true, !outlives, p.withdraw(ctx, by)
}

// grant lets the user list and read the shared folder, under further conditions, and tells whether the store takes such a policy.
func (p *probe) grant(ctx context.Context, by Enforcement, further map[string]any) (taken bool, err error) {
	list := map[string]any{"StringLike": map[string][]string{"s3:prefix": {"shared/*"}}}
	read := map[string]any{}
	for operator, keys := range further {
		list[operator], read[operator] = keys, keys
	}
	statements := []map[string]any{
		{"Effect": "Allow", "Action": []string{"s3:ListBucket"}, "Resource": []string{"arn:aws:s3:::" + p.bucket}, "Condition": list},
		{"Effect": "Allow", "Action": []string{"s3:GetObject"}, "Resource": []string{"arn:aws:s3:::" + p.bucket + "/shared/*"}},
	}
	if len(read) > 0 {
		statements[1]["Condition"] = read
	}
	if by == ByBucketPolicy {
		for _, s := range statements {
			s["Principal"] = map[string][]string{"AWS": {p.store.driver.Principal(p.user)}}
		}
	}
	doc, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		return false, fmt.Errorf("write the policy: %w", err)
	}
	// A user made a moment ago may not be known everywhere.
	var refused error
	_, taken, err = p.until(ctx, func() (bool, error) {
		refused = p.write(ctx, by, doc)
		return !errors.Is(refused, ErrUnknownPrincipal), nil
	})
	if err != nil || !taken || lacking(refused) {
		return false, err
	}
	return refused == nil, refused
}

func (p *probe) withdraw(ctx context.Context, by Enforcement) error { return p.write(ctx, by, nil) }

// write puts the document where that way has it; nil removes it.
func (p *probe) write(ctx context.Context, by Enforcement, doc []byte) error {
	if by == ByBucketPolicy {
		return p.store.SetBucketPolicy(ctx, p.bucket, doc)
	}
	holders := p.store.Holders(by)
	if holders == nil {
		return ErrInvalid
	}
	return holders.SetDocument(ctx, Holder{Kind: identity.HolderUser, Path: p.user.Path, Name: p.user.Name}, 0, doc)
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
