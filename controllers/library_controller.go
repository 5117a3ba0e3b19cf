package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const libraryController = "library"

// LibraryReconciler keeps a Library's two buckets, and tells how the Library stands.
type LibraryReconciler struct{ *Deps }

// +kubebuilder:rbac:groups=dam.vitrine.dev,resources=libraries,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=dam.vitrine.dev,resources=libraries/status,verbs=get;patch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch

// SetupWithManager connects the reconciler.
func (r *LibraryReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.Library{}).
		Watches(&v1alpha1.ObjectStore{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []ctrl.Request {
			var libraries v1alpha1.LibraryList
			if err := r.List(ctx, &libraries, client.MatchingFields{indexStore: o.GetName()}); err != nil {
				return nil
			}
			return requestsFor(libraries.Items)
		})).
		// A bucket that an older Library let go is free for the next.
		Watches(&v1alpha1.Library{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []ctrl.Request {
			spec := o.(*v1alpha1.Library).Spec
			var rivals v1alpha1.LibraryList
			if err := r.List(ctx, &rivals, client.MatchingFields{indexBucket: spec.StoreRef.Name + "/" + spec.Bucket.Name}); err != nil {
				return nil
			}
			return requestsFor(rivals.Items)
		}), onDeclaration).
		WatchesRawSource(r.Notices.source(libraryController)).
		WithOptions(atOnce(tenantsAtOnce)).
		Complete(r)
}

func requestsFor(libraries []v1alpha1.Library) []ctrl.Request {
	requests := make([]ctrl.Request, 0, len(libraries))
	for i := range libraries {
		requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&libraries[i])})
	}
	return requests
}

// Reconcile brings one Library to what it declares.
func (r *LibraryReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	library := &v1alpha1.Library{}
	if err := r.Get(ctx, req.NamespacedName, library); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if err := r.hold(ctx, library); err != nil {
		return r.report(ctx, library, library, outcome{state: unknown}, err)
	}
	before := library.DeepCopy()
	out, err := r.reconcile(ctx, library)
	return r.report(ctx, before, library, out, err)
}

func (r *LibraryReconciler) reconcile(ctx context.Context, library *v1alpha1.Library) (outcome, error) {
	if !library.DeletionTimestamp.IsZero() {
		return outcome{state: unknown}, r.remove(ctx, library)
	}
	connection, err := r.Stores.Get(ctx, library.Spec.StoreRef.Name)
	if err != nil {
		return outcome{}, err
	}
	if err := r.refusal(ctx, connection.Declared, library); err != nil {
		return outcome{}, err
	}
	if err := r.note(ctx, library, whereabouts{connection.Declared.Name: connection.Declared.Spec.InstallationID}); err != nil {
		return outcome{}, err
	}
	if err := r.ensureBuckets(ctx, connection, library); err != nil {
		return outcome{}, err
	}
	library.Status.VitrineBucket = asset.VitrineBucket(library.Spec.Bucket.Name)
	r.count(library, r.Inventory.Of(client.ObjectKeyFromObject(library)))
	library.Status.Sweep = sweepTold(library.Status.Sweep, r.Inventory.sweepOf(client.ObjectKeyFromObject(library)))
	found, err := lookAtBuckets(ctx, connection, library)
	if err != nil {
		return outcome{}, err
	}
	return r.verdict(library, found)
}

// foundAtBuckets is what no policy of ours can keep from people, in words.
type foundAtBuckets struct {
	// foreign is access that others have by an ACL; empty when nobody has.
	foreign string
	// untold: an ACL is not known, so what was told of it stays.
	untold bool
	// warning is what else is to be known; empty when nothing is.
	warning string
}

func lookAtBuckets(ctx context.Context, connection Connection, library *v1alpha1.Library) (found foundAtBuckets, err error) {
	for _, bucket := range []string{library.Spec.Bucket.Name, asset.VitrineBucket(library.Spec.Bucket.Name)} {
		forces, err := connection.ForceDeletes(ctx, bucket)
		switch {
		case isUntold(err):
			found.warning += fmt.Sprintf("; but the store does not tell whether bucket %q has object lock, without which whoever may delete there can destroy all versions too: allow s3:GetBucketObjectLockConfiguration to the ObjectStore's credentials", bucket)
		case err != nil:
			return found, fmt.Errorf("looking at bucket %s: %w", bucket, err)
		case forces:
			found.warning += fmt.Sprintf("; but bucket %q was made without object lock, so whoever may delete there can destroy all versions too: it cannot be turned on later, so move the files to a Library whose bucket Vitrine makes", bucket)
		}
		grants, err := connection.BucketACL(ctx, bucket)
		switch {
		case isUntold(err):
			found.untold = true
			found.warning += fmt.Sprintf("; but the store does not tell the ACL of bucket %q, so it is not known whom it lets in: allow s3:GetBucketAcl to the ObjectStore's credentials", bucket)
		case err != nil:
			return found, fmt.Errorf("looking at bucket %s: %w", bucket, err)
		case len(grants) > 0:
			found.foreign += fmt.Sprintf("bucket %s has an ACL with %d grants to others than its owner, the first is %s, and at some stores an ACL counts as soon as no policy gives anything: make it private; ", bucket, len(grants), grants[0])
		}
	}
	return found, nil
}

// isUntold: the store refuses to say something, and will tomorrow. What is declared can be kept all the same.
func isUntold(err error) bool {
	return errors.Is(err, store.ErrDenied) || errors.Is(err, store.ErrInvalid)
}

// verdict says whether the Library's policies are in force.
func (r *LibraryReconciler) verdict(library *v1alpha1.Library, found foundAtBuckets) (outcome, error) {
	at := tenantAt{library.Namespace, library.Spec.StoreRef.Name}
	now := r.Enforcement.get(at)
	result, known := libraryResult{}, false
	if now != nil {
		result, known = now.libraries[library.Name]
	}
	for _, problem := range []string{r.Versions.of(client.ObjectKeyFromObject(library)), r.Moves.of(client.ObjectKeyFromObject(library))} {
		if problem != "" {
			found.warning += "; " + problem
		}
	}
	others := r.Foreigners.get(at.store)
	foreign := found.foreign + others.reaching(library) + result.foreign
	if known {
		if foreign != "" || !result.unasked && !found.untold && others.answered {
			reportForeign(library, foreign)
		}
		notePolicies(library, result.policies)
	}
	switch {
	case known && result.failed != nil:
		return outcome{}, result.failed
	case now != nil && now.failed != nil:
		return outcome{}, now.failed
	case known && result.people != nil:
		return outcome{}, result.people
	case known && result.drift != "":
		return outcome{stalled, v1alpha1.ReasonDrift, "the policy at the store was changed by someone else and driftPolicy is Report: " + result.drift, r.Settings.DriftInterval}, nil
	case known && now.generations[object{"Library", library.Name}] != versionOf(library):
		return outcome{working, v1alpha1.ReasonProgressing, "being brought into force", time.Second}, nil
	case known && result.applied:
		if problem, found := now.problems[object{"Library", library.Name}]; found {
			return outcome{stalled, problem.Reason, problem.Message, 0}, nil
		}
		if reason := v1alpha1.FreezeReason(library); reason != "" {
			message := "frozen: " + reason + "; no policy of Vitrine's gives anybody anything here"
			if foreign != "" {
				message += ", but others may: see " + v1alpha1.ConditionForeignAccess
			}
			return outcome{enforced, v1alpha1.ReasonFrozen, message + found.warning, r.Settings.DriftInterval}, nil
		}
		message := "both buckets and their policies are as declared" + found.warning
		if holding := r.Inventory.Of(client.ObjectKeyFromObject(library)); holding != nil {
			if holding.RenderError != "" {
				message += "; renditions cannot be made now: " + holding.RenderError
			}
			message += heldMessage(holding.Held)
			message += ceilingMessage(library.Spec.Rendering, r.Settings.WorkerCeilings)
			if holding.Ignored > 0 {
				message += fmt.Sprintf("; %d files are left out, the first is %s", holding.Ignored, holding.IgnoredFirst)
			}
			message += tooLongMessage(holding.Descriptions.TooLong)
			message += unclearMessage(holding.Unclear, r.Settings.DescriptionGrace)
		}
		return outcome{enforced, v1alpha1.ReasonEnforced, message, r.Settings.DriftInterval}, nil
	case library.Status.ObservedGeneration == library.Generation && readyOf(library.Status.Conditions).Status == "True" &&
		(readyOf(library.Status.Conditions).Reason == v1alpha1.ReasonFrozen) == (v1alpha1.FreezeReason(library) != ""):
		// After a restart: what was in force is so until the compiler says otherwise.
		r.Notices.wake(accessController, types.NamespacedName{Namespace: library.Namespace, Name: at.store}, r.Settings.Debounce)
		return outcome{state: unknown, after: time.Second}, nil
	}
	r.Notices.wake(accessController, types.NamespacedName{Namespace: library.Namespace, Name: at.store}, r.Settings.Debounce)
	return outcome{working, v1alpha1.ReasonProgressing, "the buckets are there; their policies are being made", time.Second}, nil
}

// notePolicies tells in status what is in force. What a pass could not find out stays as it was.
func notePolicies(library *v1alpha1.Library, found []v1alpha1.AppliedPolicy) {
	for _, p := range found {
		i := slices.IndexFunc(library.Status.Policies, func(known v1alpha1.AppliedPolicy) bool { return known.Bucket == p.Bucket })
		if i < 0 {
			library.Status.Policies = append(library.Status.Policies, p)
			continue
		}
		library.Status.Policies[i] = p
	}
}

// count tells in status what the Library holds. What is not known yet stays as it was.
func (r *LibraryReconciler) count(library *v1alpha1.Library, holding *Holding) {
	if holding == nil {
		return
	}
	count := int64(len(holding.Assets))
	library.Status.Assets = &v1alpha1.AssetCounts{Count: &count, Bytes: &holding.Bytes}
	wanted, done, failed := int64(holding.Counts.Wanted), int64(holding.Counts.Done), int64(holding.Counts.Failed)
	renditions := &v1alpha1.RenditionCounts{Wanted: &wanted, Done: &done, Failed: &failed, Job: holding.Job}
	for _, problem := range holding.Problems {
		renditions.Failures = append(renditions.Failures, v1alpha1.RenditionFailure{
			Path: problem.Key, Reason: string(problem.Reason), Message: problem.Message,
		})
	}
	for _, held := range holding.Held {
		renditions.Held = append(renditions.Held, v1alpha1.HeldPreset{Name: held.Preset.Name, Reason: held.Reason, Message: held.Message})
	}
	pace := r.Inventory.paceOf(client.ObjectKeyFromObject(library))
	renditions.PerSecond = pace.PerSecond
	if pace.Left > 0 {
		renditions.Left = v1alpha1.NewDuration(pace.Left)
	}
	library.Status.Renditions = renditions
	d := holding.Descriptions
	drafts, archived, approved, misfits := int64(d.Drafts), int64(d.Archived), int64(d.Approved), int64(d.Misfits)
	library.Status.Descriptions = &v1alpha1.DescriptionCounts{Drafts: &drafts, Archived: &archived, Approved: &approved, Misfits: &misfits, Misfit: d.Misfit}
}

// ensureBuckets makes or finds both buckets. Nothing is written to a bucket
// that belongs to someone else.
func (r *LibraryReconciler) ensureBuckets(ctx context.Context, connection Connection, library *v1alpha1.Library) error {
	name := library.Spec.Bucket.Name
	originals, vitrine := marks(connection.Declared, library)
	if library.Spec.Bucket.Management == v1alpha1.BucketAdopt {
		if err := adopt(ctx, connection, name, originals); err != nil {
			return explainBucket(name, err)
		}
	} else if err := connection.CreateBucket(ctx, name, originals); err != nil {
		return explainBucket(name, err)
	}
	if err := connection.CreateBucket(ctx, asset.VitrineBucket(name), vitrine); err != nil {
		return explainBucket(asset.VitrineBucket(name), err)
	}
	return nil
}

func adopt(ctx context.Context, connection Connection, name string, mark store.Mark) error {
	state, err := connection.ObserveBucket(ctx, name)
	if err != nil {
		return err
	}
	if !state.Exists {
		return stall(v1alpha1.ReasonBucketNotFound, "there is no bucket %q to adopt; create it, or use management: Create", name)
	}
	if state.Mark == nil {
		if err := connection.RefusePublic(ctx, name); err != nil {
			return err //nolint:wrapcheck // it names the bucket
		}
	}
	return connection.MarkBucket(ctx, name, mark) // with versions
}

// explainBucket puts what stands in the way of a bucket into words with a remedy.
func explainBucket(name string, err error) error {
	var foreign *store.ForeignError
	switch {
	case errors.As(err, &foreign) && foreign.Mark != nil:
		return stall(v1alpha1.ReasonBucketForeign, "bucket %q carries the mark of another Library; name another bucket, or delete that Library and remove its mark", name).within(time.Minute)
	case errors.As(err, &foreign) && foreign.Account:
		return stall(v1alpha1.ReasonBucketForeign, "bucket %q belongs to another account of the store; name another bucket", name).within(time.Minute)
	case errors.As(err, &foreign) && foreign.Public != "":
		return stall(v1alpha1.ReasonBucketPublic, "the ACL of bucket %q gives %s; make it private (put-bucket-acl --acl private), or name another bucket", name, foreign.Public).within(time.Minute)
	case errors.As(err, &foreign):
		return stall(v1alpha1.ReasonBucketNotEmpty, "bucket %q exists and holds something; to take it over as it is, use management: Adopt", name).within(time.Minute)
	case isMissing(err):
		return stall(v1alpha1.ReasonBucketNotFound, "there is no bucket %q", name).within(time.Minute)
	}
	return fmt.Errorf("bucket %s: %w", name, err)
}

// marks says whose a Library's buckets are.
func marks(declared *v1alpha1.ObjectStore, library *v1alpha1.Library) (originals, vitrine store.Mark) {
	originals = store.Mark{Installation: declared.Spec.InstallationID, Namespace: library.Namespace, Library: library.Name, Role: store.RoleOriginals}
	vitrine = originals
	vitrine.Role = store.RoleVitrine
	return originals, vitrine
}
