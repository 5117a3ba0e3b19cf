package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// A Library says what its workers request and may take, as far as the platform gives it; and while they are at work its status says how fast
// that goes.
// features: D13
func TestJobsHaveTheLibrarysResources(t *testing.T) {
	bounded := settings
	bounded.WorkerCeilings = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("3")}
	w := newWorldWith(t, "sized", bounded)
	w.apply(w.named(strings.Replace(launch, "bucket: {name: NAME-brand}}",
		"bucket: {name: NAME-brand}, rendering: {resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {cpu: 4, memory: 4Gi}}}}", 1)))
	library := &v1alpha1.Library{}
	w.ready(library, "brand")
	w.eventually("the Library says that it gets less than it declares", 20*time.Second, func() error {
		if message := w.condition(library, "brand", "True", ""); !strings.Contains(message, "workers get cpu 3 of the 4 declared") {
			return fmt.Errorf("it says %q", message)
		}
		return nil
	})
	w.stopManager() // so that all are of one run
	const images = 800
	for i := range images {
		w.must(put(w.ctx, w.root(), "sized-brand", runKey(i), smallPicture(i)))
	}
	w.startManager(nil)
	told := 0
	w.eventually("all is rendered, and its speed was told meanwhile", 90*time.Second, func() error {
		w.get(library, "brand")
		r := library.Status.Renditions
		if r != nil && r.PerSecond != "" && r.PerSecond != "0" && r.Left != "" {
			told++
			if r.Job == "" || r.Left.Value() <= 0 {
				t.Errorf("a speed is told of %+v", r)
			}
		}
		if r == nil || *r.Done != images || r.Job != "" || told == 0 {
			return fmt.Errorf("told %d times, status %+v, done %d", told, r, ptr.Deref(ptr.Deref(r, v1alpha1.RenditionCounts{}).Done, -1))
		}
		return nil
	})
	w.eventually("nothing is told of a speed when all is done", 10*time.Second, func() error {
		w.get(library, "brand")
		if r := library.Status.Renditions; r.PerSecond != "" || r.Left != "" {
			return fmt.Errorf("status %+v", r)
		}
		return nil
	})
	var jobs batchv1.JobList
	w.must(w.bed.admin.List(w.ctx, &jobs, client.InNamespace(settings.JobsNamespace), client.MatchingLabels{v1alpha1.LabelTenant: w.namespace}))
	if len(jobs.Items) == 0 {
		t.Fatal("there is no Job")
	}
	for _, job := range jobs.Items {
		worker := job.Spec.Template.Spec.Containers[0]
		got := fmt.Sprint(worker.Resources.Requests.Cpu(), worker.Resources.Requests.Memory(), worker.Resources.Limits.Cpu(), worker.Resources.Limits.Memory())
		if want := "100m 256Mi 3 4Gi"; got != want {
			t.Errorf("workers have %s, want %s", got, want)
		}
		if !slices.Contains(worker.Args, "--decode-memory=1610612736") {
			t.Errorf("workers are told %v", worker.Args)
		}
	}
}
