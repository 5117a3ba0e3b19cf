package controllers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// applied remembers, as digests, what of ours is in force: for each tenant at each
// ObjectStore by bucket or by identity. What it does not know of buckets since a restart is in the Library's status.
type applied struct {
	mu      sync.Mutex
	digests map[tenantAt]map[string]string
}

func newApplied() *applied { return &applied{digests: map[tenantAt]map[string]string{}} }

func (a *applied) get(objectStore string, library *v1alpha1.Library, bucket string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if digest, ok := a.digests[tenantAt{library.Namespace, objectStore}][bucket]; ok {
		return digest
	}
	for _, p := range library.Status.Policies {
		if p.Bucket == bucket {
			return p.SHA256
		}
	}
	return ""
}

// known is what is remembered of an identity; empty since a restart.
func (a *applied) known(objectStore string, holder store.Holder) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.digests[holdersTenant(objectStore, holder)][rememberedAs(holder)]
}

// rememberedAs tells what hangs on an identity from buckets: a claim's value may be called like one.
func rememberedAs(holder store.Holder) string {
	if holder.Kind == store.HolderClaim {
		return "claim:" + holder.Name
	}
	return holder.Name
}

func (a *applied) set(at tenantAt, name, digest string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.digests[at] == nil {
		a.digests[at] = map[string]string{}
	}
	a.digests[at][name] = digest
}

func (a *applied) forget(at tenantAt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.digests, at)
}

// holdersTenant is whose an identity is, by the last part of its path; the gateway's is nobody's and stays remembered.
func holdersTenant(objectStore string, holder store.Holder) tenantAt {
	return tenantAt{path.Base(holder.Path), objectStore}
}

func digestOf(document policy.Document) string {
	sum := sha256.Sum256(document.JSON())
	return hex.EncodeToString(sum[:])
}

// digestOfHanging identifies what is wanted of an identity: its documents and members. What it is while some of
// them wait is not what it is with them.
func digestOfHanging(h *hanging) string {
	sum := sha256.New()
	for _, d := range h.next {
		_, _ = sum.Write(append(d.JSON(), '\n'))
	}
	for _, user := range h.Members {
		_, _ = sum.Write([]byte(user + "\n"))
	}
	if h.waits {
		_, _ = sum.Write([]byte("not all of them\n"))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// noteApplied notes that what is wanted of a bucket's policy is in force.
func (r *AccessReconciler) noteApplied(connection Connection, w bucketPolicy, result *compiled) {
	if w.library.refused != nil {
		return // its bucket may be somebody else's
	}
	digest := digestOf(w.wanted)
	r.applied.set(tenantAt{w.library.Namespace, connection.Declared.Name}, w.bucket, digest)
	if _, is := byIdentity(connection.Declared); is {
		return // what counts there is told by noteHanging
	}
	result.noteApplied(w.library.Name, w.bucket, digest)
}

// policyChange is what is to be done to one bucket's policy.
type policyChange struct {
	bucketPolicy
	now, next policy.Document
}

// apply brings the policies of buckets, and what hangs on identities, to what
// was rendered, once that is proved: what only takes away first, and nothing where nothing differs.
func (r *AccessReconciler) apply(ctx context.Context, connection Connection, tenant *Tenant, made *rendering, result *compiled) error {
	changes, unread := r.differences(ctx, connection, *made, result)
	var identities []hanging
	if _, is := byIdentity(connection.Declared); is {
		var err error
		if identities, err = r.hangings(ctx, connection, tenant, made, result); err != nil {
			return err
		}
		made.noteByOthers(result, onIdentities(identities))
	}
	if len(changes) == 0 && !slices.ContainsFunc(identities, func(h hanging) bool { return h.changed() }) {
		if _, is := byIdentity(connection.Declared); is {
			r.noteHanging(connection, made, identities, func(int) bool { return true }, result)
		}
		return unread
	}
	if err := made.prove(); err != nil {
		return err
	}
	taking := slices.DeleteFunc(slices.Clone(changes), func(c policyChange) bool { return policy.Widens(c.now, c.next) })
	giving := slices.DeleteFunc(changes, func(c policyChange) bool { return !policy.Widens(c.now, c.next) })
	errs := []error{unread, r.applyAll(ctx, connection, taking, result), r.applyAll(ctx, connection, giving, result)}
	if _, is := byIdentity(connection.Declared); is {
		errs = append(errs, r.attach(ctx, connection, tenant, made, identities, result))
	}
	return errors.Join(errs...)
}

// policiesOf reads the policies of buckets as they are, or why that failed.
func policiesOf(ctx context.Context, connection Connection, of []bucketPolicy) (documents [][]byte, refusals []error) {
	documents, refusals = make([][]byte, len(of)), make([]error, len(of))
	var group errgroup.Group
	group.SetLimit(bucketsAtOnce)
	for i := range of {
		group.Go(func() error {
			documents[i], refusals[i] = connection.BucketPolicy(ctx, of[i].bucket)
			return nil
		})
	}
	_ = group.Wait() // each says for itself what failed
	return documents, refusals
}

// differences compares the store with what was rendered.
func (r *AccessReconciler) differences(ctx context.Context, connection Connection, made rendering, result *compiled) ([]policyChange, error) {
	for _, w := range made.policies {
		result.libraries[w.library.Name] = libraryResult{applied: w.library.refused == nil, failed: w.library.refused}
	}
	var changes []policyChange
	var unread []error
	documents, refusals := policiesOf(ctx, connection, made.policies)
	for i, w := range made.policies {
		document, err := documents[i], refusals[i]
		if isMissing(err) {
			// No bucket yet; the Library's reconciler makes it and wakes us.
			result.fail(w.library.Name, wait(v1alpha1.ReasonProgressing, "the buckets are being made", 0))
			continue
		}
		if err != nil {
			unread = append(unread, fmt.Errorf("reading the policy of bucket %s: %w", w.bucket, err))
			result.fail(w.library.Name, err)
			continue
		}
		now, err := made.memory.parse(w.bucket, document)
		if err != nil {
			result.fail(w.library.Name, stall(v1alpha1.ReasonForeignStatements, "the policy of bucket %q is not one that Vitrine can read, so it stays as it is; remove it or repair it: %v", w.bucket, err))
			continue
		}
		if w.library.gives && policy.ForeignAccess(now) {
			result.noteForeign(w.library.Name, w.bucket, policy.Foreign(now))
		}
		options := optionsOf(connection.Declared)
		room := policy.Room(now, options.MaxBytes)
		if w.failed == nil {
			w.failed = policy.Fits(w.bucket, w.wanted, room)
		}
		if w.failed != nil {
			result.fail(w.library.Name, explainRender(w.bucket, w.failed))
			// So a tenant over its budget gains nothing new, and whoever loses access loses it all the same.
			allows := w.allows
			if w.stays != nil {
				allows = slices.Concat(allows, slices.DeleteFunc(policy.Held(w.bucket, now), func(a policy.Allow) bool { return !w.stays(a) }))
			}
			if w.wanted, err = policy.Narrow(w.bucket, now, allows, policy.Options{MaxBytes: room, Ends: options.Ends}); err != nil {
				continue
			}
		}
		if next := policy.Merge(now, w.wanted); !next.Equal(now) {
			changes = append(changes, policyChange{w, now, next})
			continue
		}
		r.noteApplied(connection, w, result)
	}
	return changes, errors.Join(unread...)
}

// bucketsAtOnce is at how many buckets of a tenant one works at once: a change of a group may concern all of them.
const bucketsAtOnce = 4

// applyAll writes the policies of buckets, those of one Library one after the other, so that what is told of it does not
// hang on which is quicker. One that cannot be written holds up no other: what is taken away there is taken away now.
func (r *AccessReconciler) applyAll(ctx context.Context, connection Connection, changes []policyChange, result *compiled) error {
	errs := make([]error, len(changes))
	of := map[string][]int{} // by Library
	for i := range changes {
		of[changes[i].library.Name] = append(of[changes[i].library.Name], i)
	}
	var group errgroup.Group
	group.SetLimit(bucketsAtOnce)
	for _, library := range slices.Sorted(maps.Keys(of)) {
		group.Go(func() error {
			for _, i := range of[library] {
				err := r.applyOne(ctx, connection, changes[i], result)
				if err == nil {
					continue
				}
				result.fail(library, err)
				if !isStalled(err) { // that is told, and another try does not help
					errs[i] = err
				}
			}
			return nil
		})
	}
	_ = group.Wait() // each says for itself what failed
	return errors.Join(errs...)
}

func (r *AccessReconciler) applyOne(ctx context.Context, connection Connection, c policyChange, result *compiled) error {
	drifted := r.applied.get(connection.Declared.Name, c.library.Library, c.bucket) == digestOf(c.wanted)
	if drifted && c.library.gives && c.library.Spec.DriftPolicy == v1alpha1.DriftReport {
		what := policy.Diff(c.next, c.now)
		result.noteDrift(c.library.Name, what)
		return nil
	}
	// Who never owned the bucket may not touch its policy.
	state, err := connection.ObserveBucket(ctx, c.bucket)
	if err != nil {
		return fmt.Errorf("looking at bucket %s: %w", c.bucket, err)
	}
	ours := state.Mark != nil && *state.Mark == c.mark
	if !ours && c.library.refused == nil {
		result.fail(c.library.Name, wait(v1alpha1.ReasonProgressing, fmt.Sprintf("bucket %q does not carry this Library's mark", c.bucket), 0))
	}
	if !ours {
		return nil
	}
	err = setPolicy(ctx, connection, c.bucket, c.next)
	if isUnknownPrincipal(err) {
		err = r.applyWithoutDangling(ctx, connection, c, err)
	}
	if err != nil {
		return fmt.Errorf("writing the policy of bucket %s: %w", c.bucket, err)
	}
	r.noteApplied(connection, c.bucketPolicy, result)
	if drifted {
		r.Events.Eventf(c.library.Library, nil, corev1.EventTypeWarning, "DriftRepaired", "Repair",
			"the policy of bucket %s was changed at the store and is as declared again; it differed so: %s", c.bucket, policy.Diff(c.next, c.now))
		driftRepaired.Inc()
	}
	return nil
}

// setPolicy writes the policy of a bucket; an empty one is none.
func setPolicy(ctx context.Context, connection Connection, bucket string, document policy.Document) error {
	if document.Empty() {
		return connection.SetBucketPolicy(ctx, bucket, nil)
	}
	return connection.SetBucketPolicy(ctx, bucket, document.JSON())
}

// setWithoutDangling writes a policy that was refused since it names a user who does not exist, when that
// is a statement of others: without it. It gives the statements that were taken out.
func setWithoutDangling(ctx context.Context, connection Connection, bucket string, document policy.Document, refused error) ([]string, error) {
	there, err := connection.Identities.List(ctx, "/")
	if err != nil {
		return nil, fmt.Errorf("listing all identities: %w", err)
	}
	exists := make(map[string]bool, len(there))
	for _, identity := range there {
		exists[connection.Identities.Principal(identity)] = true
	}
	kept, dropped := policy.DropDangling(document, func(principal string) bool { return exists[principal] })
	if len(dropped) == 0 {
		return nil, refused
	}
	return dropped, setPolicy(ctx, connection, bucket, kept)
}

// applyWithoutDangling is setWithoutDangling, unless the Library wants what others do at the store to be told only.
// Then nothing new is given; but nobody keeps a right for the sake of a statement that names nobody.
func (r *AccessReconciler) applyWithoutDangling(ctx context.Context, connection Connection, c policyChange, refused error) error {
	if c.library.gives && c.library.Spec.DriftPolicy == v1alpha1.DriftReport && !policy.Widens(c.next, c.now) {
		return stall(v1alpha1.ReasonForeignStatements, "the policy of bucket %q has statements that are not Vitrine's and name a user who does not exist; the store refuses a policy with them, and driftPolicy is Report, so it stays as it is: remove them at the store, or set driftPolicy: Repair", c.bucket).within(r.Settings.DriftInterval)
	}
	dropped, err := setWithoutDangling(ctx, connection, c.bucket, c.next, refused)
	if err != nil {
		return err
	}
	r.Events.Eventf(c.library.Library, nil, corev1.EventTypeWarning, "ForeignStatementDropped", "Apply",
		"the policy of bucket %s had statements that are not Vitrine's and name a user who does not exist; the store refuses a policy with them, so they were taken out: %.300s", c.bucket, strings.Join(dropped, ", "))
	return nil
}

func explainRender(bucket string, err error) error {
	var f *failure
	if errors.As(err, &f) || errors.Is(err, errNotYet) {
		return err // it says already what to do
	}
	if errors.Is(err, policy.ErrTooLarge) {
		return stall(v1alpha1.ReasonPolicyTooLarge, "the policy of bucket %q would not fit: %v. What was in force stays, less what is no longer declared", bucket, err)
	}
	return stall(v1alpha1.ReasonInvalidPath, "the policy of bucket %q cannot be made: %v", bucket, err)
}

func isUnknownPrincipal(err error) bool { return errors.Is(err, store.ErrUnknownPrincipal) }

// note changes what is told of a Library. Its buckets may be written at the same time.
func (c *compiled) note(library string, what func(*libraryResult)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	result := c.libraries[library]
	what(&result)
	c.libraries[library] = result
}

// noteApplied keeps them in order: buckets are written in any.
func (c *compiled) noteApplied(library, bucket, digest string) {
	c.note(library, func(of *libraryResult) {
		of.policies = append(of.policies, v1alpha1.AppliedPolicy{Bucket: bucket, SHA256: digest})
		slices.SortFunc(of.policies, func(a, b v1alpha1.AppliedPolicy) int { return strings.Compare(a.Bucket, b.Bucket) })
	})
}

func (c *compiled) fail(library string, err error) {
	c.note(library, func(of *libraryResult) { of.applied, of.failed = false, err })
}

func (c *compiled) noteForeign(library, bucket string, statements []policy.Statement) {
	name := "without a name"
	if len(statements) > 0 && statements[0].Sid != "" {
		name = statements[0].Sid
	}
	c.note(library, func(of *libraryResult) {
		of.foreign += fmt.Sprintf("bucket %s has %d policy statements that are not Vitrine's, the first is %s; ", bucket, len(statements), name)
	})
}

func (c *compiled) noteDrift(library, what string) {
	c.note(library, func(of *libraryResult) { of.applied, of.drift = false, what })
}
