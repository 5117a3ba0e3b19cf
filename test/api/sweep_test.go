package api

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

// What the status of a Library may tell of its sweeps.
func TestStatusOfASweep(t *testing.T) {
	object := libraries.object(t, `metadata: {name: swept}`)
	resource := server.resource("Library")
	if _, err := resource.Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := resource.Delete(context.WithoutCancel(t.Context()), "swept", metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	const began = `startedAt: "2026-11-30T08:00:00Z"`
	for _, c := range []refusable{
		accepted("a first sweep knows neither how many objects there are nor how long it takes", `running: {phase: Originals, `+began+`, seen: 0, perSecond: 0}`),
		accepted("one that was cut tells no rate", `running: {phase: Details, `+began+`, seen: 7, about: 0}`),
		accepted("all can be told", `{running: {phase: Details, `+began+`, seen: 7, about: 9, perSecond: 3, timeLeft: 1h0m4s}, last: {finishedAt: "2026-11-30T08:00:00Z", objects: 0, took: 10s}}`),
		refused("it has a phase", `running: {`+began+`, seen: 7}`, `status.sweep.running.phase: Required value`),
		refused("the phase is one of two", `running: {phase: Other, `+began+`, seen: 7}`, `status.sweep.running.phase: Unsupported value`),
		refused("it has a beginning", `running: {phase: Details, seen: 7}`, `status.sweep.running.startedAt: Required value`),
		refused("it says how far it is", `running: {phase: Details, `+began+`}`, `status.sweep.running.seen: Required value`),
		refused("nothing is less than nothing", `running: {phase: Details, `+began+`, seen: -1, about: -1, perSecond: -1}`,
			`sweep.running.seen in body should be greater than or equal to 0`, `sweep.running.about in body should be greater than or equal to 0`,
			`sweep.running.perSecond in body should be greater than or equal to 0`),
		refused("the time left is in hours, minutes and seconds", `running: {phase: Details, `+began+`, seen: 7, timeLeft: 7d}`, `write 720h or 1h30m`),
		refused("the last one has an end", `last: {objects: 7, took: 10s}`, `status.sweep.last.finishedAt: Required value`),
		refused("and has seen something", `last: {finishedAt: "2026-11-30T08:00:00Z", took: 10s}`, `status.sweep.last.objects: Required value`),
		refused("no less than nothing", `last: {finishedAt: "2026-11-30T08:00:00Z", objects: -1, took: 10s}`, `sweep.last.objects in body should be greater than or equal to 0`),
		refused("in some time", `last: {finishedAt: "2026-11-30T08:00:00Z", objects: 7}`, `status.sweep.last.took: Required value`),
	} {
		t.Run(c.reason, func(t *testing.T) {
			patch, err := yaml.YAMLToJSONStrict([]byte(c.change))
			if err != nil {
				t.Fatal(err)
			}
			_, err = resource.Patch(t.Context(), "swept", types.MergePatchType, []byte(`{"status":{"observedGeneration":1,"sweep":`+string(patch)+`}}`),
				metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict}, "status")
			c.judge(t, err, new([]metav1.StatusCause))
		})
	}
}
