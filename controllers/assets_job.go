package controllers

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// manifestsPath is where a worker finds its manifest.
const manifestsPath = "/manifest"

// caFile is the key, beside the manifests, of the store's certificate authorities.
const caFile = "ca.crt"

// labelClass names the class of workers on Jobs for another one than pictures.
const labelClass = "dam.vitrine.dev/workers"

// labelAsked marks Jobs of what visitors asked for.
const labelAsked = "dam.vitrine.dev/asked"

// lane is a row of Jobs that come one after the other, beside those of other lanes.
type lane struct {
	class rendition.Class
	// asked: visitors wait for what its Jobs make, so it does not wait for what nobody has asked for.
	asked bool
	// prefix of its Jobs' names.
	prefix string
}

var lanes = []lane{
	{rendition.Pictures, false, "render-"}, {rendition.Documents, false, "draw-"},
	{rendition.Pictures, true, "ask-"}, {rendition.Documents, true, "askdraw-"},
}

// has tells whether a Job is of the lane.
func (l lane) has(job *batchv1.Job) bool {
	return rendition.Class(cmp.Or(job.Labels[labelClass], string(rendition.Pictures))) == l.class && (job.Labels[labelAsked] != "") == l.asked
}

// render has the plan's work done, one Job at a time for each Library and
// lane, and names a Job that runs now. Job and work determine each
// other's names, so that no crash makes two Jobs of the same work.
func (r *AssetsReconciler) render(ctx context.Context, connection Connection, library *v1alpha1.Library, found *Holding, plan rendition.Plan) (string, error) {
	var jobs batchv1.JobList
	if err := r.List(ctx, &jobs, client.InNamespace(r.Settings.JobsNamespace), client.MatchingLabels{
		v1alpha1.LabelTenant: library.Namespace, v1alpha1.LabelLibrary: library.Name,
	}); err != nil {
		return "", fmt.Errorf("listing rendition Jobs: %w", err)
	}
	running := ""
	for _, l := range lanes {
		ofLane := slices.DeleteFunc(slices.Clone(jobs.Items), func(job batchv1.Job) bool { return !l.has(&job) })
		work := slices.DeleteFunc(slices.Clone(plan.Work), func(w rendition.Work) bool { return w.Class != l.class || w.Asked != l.asked })
		job, err := r.renderLane(ctx, connection, library, found, l, ofLane, work)
		if err != nil {
			return "", err
		}
		running = cmp.Or(running, job)
	}
	return running, nil
}

// renderLane has the work of one lane done, whose Jobs are these.
func (r *AssetsReconciler) renderLane(ctx context.Context, connection Connection, library *v1alpha1.Library, found *Holding, l lane, jobs []batchv1.Job, work []rendition.Work) (string, error) {
	for i := range jobs {
		job := &jobs[i]
		switch {
		case finished(job) || !job.DeletionTimestamp.IsZero():
		case ptr.Deref(job.Spec.Suspend, false):
			// A cut came between making the Job and giving it its manifests. It has done nothing yet.
			// Only this very state of it: the cache may not know yet that it was woken.
			err := r.Delete(ctx, job, client.PropagationPolicy(metav1.DeletePropagationBackground),
				client.Preconditions{UID: &job.UID, ResourceVersion: &job.ResourceVersion})
			if client.IgnoreNotFound(err) != nil && !apierrors.IsConflict(err) {
				return "", fmt.Errorf("deleting an unfinished Job: %w", err)
			}
			return "", nil
		default:
			return job.Name, nil
		}
	}
	if len(work) == 0 {
		return "", nil
	}
	packed, digest, err := r.pack(ctx, connection, library, found, work)
	if err != nil {
		return "", err
	}
	return r.start(ctx, connection, library, l, packed, l.prefix+library.Name[:min(len(library.Name), 30)]+"-"+digest)
}

// pack signs what a worker may do for each original, and cuts it into manifests.
func (r *AssetsReconciler) pack(ctx context.Context, connection Connection, library *v1alpha1.Library, found *Holding, work []rendition.Work) (manifests [][]byte, digest string, err error) {
	keys := make(map[string]access.Key, len(found.Assets))
	sizes := make(map[string]int64, len(found.Assets))
	modified := make(map[string]time.Time, len(found.Assets))
	for _, a := range found.Assets {
		modified[objectOf(a.Key)] = a.Modified
		keys[objectOf(a.Key)] = a.Key
		sizes[objectOf(a.Key)] = a.Size
	}
	limits := rendition.DefaultBatchLimits()
	most := limits.MaxItems * limits.MaxIndexes
	seen := sha256.New()
	_, _ = fmt.Fprintf(seen, "%s\n", library.UID)
	if library.Spec.Rendering != nil { // where more memory is given, what died for lack of it is tried again at once
		_, _ = fmt.Fprintln(seen, describeResources(workerResources(rendition.Pictures, library.Spec.Rendering, r.Settings.WorkerCeilings)))
	}
	var items []rendition.Item
	var watermarks []rendition.WatermarkImage
	for _, w := range work {
		if len(items) == most {
			break
		}
		item, err := sign(ctx, connection, library, keys[w.Original.Key], w)
		if err != nil {
			return nil, "", err
		}
		items = append(items, item)
		_, _ = fmt.Fprintf(seen, "%q %q %d %q", w.Original.Key, w.Original.ETag, modified[w.Original.Key].Unix(), w.PresetSet)
		for _, p := range w.Presets {
			_, _ = fmt.Fprintf(seen, " %s %s", p.Name, p.Digest())
		}
		_, _ = fmt.Fprintln(seen)
		if w.Original.Focus != nil {
			_, _ = fmt.Fprintf(seen, "%v\n", *w.Original.Focus)
		}
		for _, p := range w.Presets {
			if p.Watermark == nil || p.Watermark.Image == "" ||
				slices.ContainsFunc(watermarks, func(known rendition.WatermarkImage) bool { return known.ETag == p.Watermark.ETag }) {
				continue
			}
			source, err := connection.PresignGet(ctx, library.Spec.Bucket.Name, p.Watermark.Image, "", manifestLife)
			if err != nil {
				return nil, "", fmt.Errorf("signing a watermark: %w", err)
			}
			watermarks = append(watermarks, rendition.WatermarkImage{
				ETag: p.Watermark.ETag, Size: sizes[p.Watermark.Image], Source: rendition.Request{URL: rendition.NewURL(source.String())},
			})
		}
	}
	manifests, _, err = rendition.Batch(items, watermarks, limits)
	if err != nil {
		return nil, "", fmt.Errorf("making manifests: %w", err)
	}
	return manifests, hex.EncodeToString(seen.Sum(nil))[:12], nil
}

func sign(ctx context.Context, connection Connection, library *v1alpha1.Library, key access.Key, w rendition.Work) (rendition.Item, error) {
	vitrineBucket := asset.VitrineBucket(library.Spec.Bucket.Name)
	bucket := library.Spec.Bucket.Name
	vitrine, object := asset.Object(key)
	if vitrine {
		bucket = vitrineBucket
	}
	item := rendition.Item{
		Asset: asset.ID(key), ETag: w.Original.ETag, VersionID: w.Original.VersionID, Size: w.Original.Size,
		PresetSet: w.PresetSet, Focus: w.Original.Focus, Kept: w.Kept, Unmade: w.Unmade, FactsETag: rendition.TrimETag(w.Original.FactsETag),
	}
	source, err := connection.PresignGet(ctx, bucket, object, w.Original.VersionID, manifestLife)
	if err != nil {
		return item, fmt.Errorf("signing the source: %w", err)
	}
	item.Source = rendition.Request{URL: rendition.NewURL(source.String())}
	stored, err := connection.PresignGet(ctx, vitrineBucket, asset.FactsObject(key), "", manifestLife)
	if err != nil {
		return item, fmt.Errorf("signing the facts: %w", err)
	}
	item.FactsNow = rendition.Request{URL: rendition.NewURL(stored.String())}
	put := func(name, contentType string) (rendition.Request, error) {
		signed, header, err := connection.PresignPut(ctx, vitrineBucket, name, contentType, manifestLife)
		if err != nil {
			return rendition.Request{}, fmt.Errorf("signing a result: %w", err)
		}
		request := rendition.Request{URL: rendition.NewURL(signed.String()), Header: map[string]string{}}
		for name := range header {
			request.Header[name] = header.Get(name)
		}
		return request, nil
	}
	if item.Facts, err = put(asset.FactsObject(key), jsonType); err != nil {
		return item, err
	}
	for _, preset := range w.Presets {
		request, err := put(asset.Renditions(key)+rendition.ObjectName(preset, w.Original.ETag, w.Original.Focus), preset.Format.ContentType())
		if err != nil {
			return item, err
		}
		item.Outputs = append(item.Outputs, rendition.Output{Preset: preset, Put: request})
	}
	return item, nil
}

// start makes the Job asleep, gives it its manifests in a Secret that goes with
// it, and wakes it.
func (r *AssetsReconciler) start(ctx context.Context, connection Connection, library *v1alpha1.Library, l lane, manifests [][]byte, name string) (string, error) {
	job := r.newJob(library, l, name, len(manifests), len(connection.Declared.Spec.CABundle) > 0)
	if err := r.Create(ctx, job, fieldOwner); err != nil {
		if apierrors.IsAlreadyExists(err) {
			return "", r.forgetDone(ctx, library, name)
		}
		return "", fmt.Errorf("creating the Job: %w", err)
	}
	data := map[string][]byte{}
	for i, manifest := range manifests {
		data[strconv.Itoa(i)] = manifest
	}
	if len(connection.Declared.Spec.CABundle) > 0 {
		data[caFile] = connection.Declared.Spec.CABundle
	}
	secret := corev1ac.Secret(name, r.Settings.JobsNamespace).
		WithLabels(job.Labels).
		WithOwnerReferences(metav1ac.OwnerReference().WithAPIVersion("batch/v1").WithKind("Job").WithName(name).WithUID(job.UID).WithController(true)).
		WithImmutable(true).
		WithData(data)
	if err := r.Apply(ctx, secret, fieldOwner, client.ForceOwnership); err != nil {
		return "", fmt.Errorf("writing the manifests: %w", err)
	}
	asleep := job.DeepCopy()
	job.Spec.Suspend = ptr.To(false)
	if err := r.Patch(ctx, job, client.MergeFrom(asleep)); err != nil {
		return "", fmt.Errorf("starting the Job: %w", err)
	}
	return name, nil
}

// doneWait is how long work that was done, and is not seen to be, waits at least until it is done again, and doneTimes how many times as long
// as it took: whatever hides what was made, it takes no more than a quarter of the time.
const (
	doneWait  = 30 * time.Second
	doneTimes = 3
)

// forgetDone deletes a Job that did all its work a while ago, so that it can be done again: what it made is not there any more, as after a
// file was deleted and put back. The work of a Job that failed waits until that one's time is over.
func (r *AssetsReconciler) forgetDone(ctx context.Context, library *v1alpha1.Library, name string) error {
	job := &batchv1.Job{}
	if err := r.Get(ctx, client.ObjectKey{Namespace: r.Settings.JobsNamespace, Name: name}, job); err != nil {
		return client.IgnoreNotFound(err) //nolint:wrapcheck // the cache names what it lacks
	}
	if job.Status.CompletionTime == nil || job.Status.StartTime == nil {
		return nil
	}
	wait := max(doneWait, doneTimes*job.Status.CompletionTime.Sub(job.Status.StartTime.Time))
	if left := wait - r.Clock.Since(job.Status.CompletionTime.Time); left > 0 {
		r.Notices.wake(assetsController, client.ObjectKeyFromObject(library), left)
		return nil
	}
	err := r.Delete(ctx, job, client.PropagationPolicy(metav1.DeletePropagationBackground), client.Preconditions{UID: &job.UID})
	if client.IgnoreNotFound(err) != nil && !apierrors.IsConflict(err) {
		return fmt.Errorf("deleting a Job whose work is to be done again: %w", err)
	}
	return nil
}

// exitNever is the worker's word that trying again is no use; see cmd/transform.
const exitNever = 3

func (r *AssetsReconciler) newJob(library *v1alpha1.Library, l lane, name string, indexes int, ca bool) *batchv1.Job {
	labels := map[string]string{
		labelPartOf: partOf, v1alpha1.LabelTenant: library.Namespace, v1alpha1.LabelLibrary: library.Name,
	}
	resources := workerResources(l.class, library.Spec.Rendering, r.Settings.WorkerCeilings)
	worker := corev1.Container{
		Name:      "transform",
		Image:     r.Settings.TransformImage,
		Args:      append([]string{"--manifest-dir=" + manifestsPath}, memoryArgs(l.class, resources)...),
		Resources: resources,
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: ptr.To(false),
			ReadOnlyRootFilesystem:   ptr.To(true),
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
		VolumeMounts: []corev1.VolumeMount{{Name: "manifest", MountPath: manifestsPath, ReadOnly: true}},
	}
	if l.asked {
		labels[labelAsked] = "true"
	}
	if l.class == rendition.Documents {
		labels[labelClass] = string(l.class)
		worker.Image = r.Settings.DocumentsImage
		worker.Args = append([]string{string(l.class)}, worker.Args...)
	}
	if ca {
		worker.Env = []corev1.EnvVar{{Name: "SSL_CERT_FILE", Value: manifestsPath + "/" + caFile}}
	}
	const workerUser = 65532 // "nonroot" of distroless images
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.Settings.JobsNamespace, Name: name, Labels: labels},
		Spec: batchv1.JobSpec{
			Suspend:                 ptr.To(true),
			CompletionMode:          ptr.To(batchv1.IndexedCompletion),
			Completions:             ptr.To(int32(indexes)),
			Parallelism:             ptr.To(int32(min(indexes, 4))),
			BackoffLimitPerIndex:    ptr.To(int32(3)),
			ActiveDeadlineSeconds:   ptr.To(int64(jobLife.Seconds())),
			TTLSecondsAfterFinished: ptr.To(int32(600)),
			PodFailurePolicy: &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{
				{
					Action: batchv1.PodFailurePolicyActionIgnore,
					OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{
						{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue},
					},
				},
				{
					Action: batchv1.PodFailurePolicyActionFailIndex,
					OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{
						Operator: batchv1.PodFailurePolicyOnExitCodesOpIn, Values: []int32{exitNever},
					},
				},
			}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					RestartPolicy:                corev1.RestartPolicyNever,
					AutomountServiceAccountToken: ptr.To(false),
					EnableServiceLinks:           ptr.To(false),
					SecurityContext: &corev1.PodSecurityContext{
						RunAsNonRoot: ptr.To(true), RunAsUser: ptr.To(int64(workerUser)), FSGroup: ptr.To(int64(workerUser)),
						SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
					},
					Containers: []corev1.Container{worker},
					Volumes: []corev1.Volume{{Name: "manifest", VolumeSource: corev1.VolumeSource{
						Secret: &corev1.SecretVolumeSource{SecretName: name, DefaultMode: ptr.To(int32(0o440))},
					}}},
				},
			},
		},
	}
}

func finished(job *batchv1.Job) bool {
	for _, c := range job.Status.Conditions {
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			return true
		}
	}
	return false
}
