package controllers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// amount writes down "cpu memory"; - for what is not said.
func amount(t *testing.T, text string) *v1alpha1.ResourceAmounts {
	t.Helper()
	cpu, memory, _ := strings.Cut(text, " ")
	parse := func(s string) *resource.Quantity {
		if s == "-" || s == "" {
			return nil
		}
		return ptr.To(resource.MustParse(s))
	}
	return &v1alpha1.ResourceAmounts{CPU: parse(cpu), Memory: parse(memory)}
}

func declared(t *testing.T, requests, limits string) *v1alpha1.Rendering {
	t.Helper()
	return &v1alpha1.Rendering{Resources: &v1alpha1.WorkerResources{Requests: amount(t, requests), Limits: amount(t, limits)}}
}

// features: D13
func TestWorkersTakeWhatTheLibrarySays(t *testing.T) {
	ceilings := amounts(amount(t, "8 16Gi"))
	for reason, c := range map[string]struct {
		class    rendition.Class
		declared *v1alpha1.Rendering
		ceilings corev1.ResourceList
		want     string // requests / limits
	}{
		"nothing is said":                             {"", nil, nil, "500m 512Mi / 2 2Gi"},
		"nothing is said of resources":                {"", &v1alpha1.Rendering{}, ceilings, "500m 512Mi / 2 2Gi"},
		"all is said":                                 {"", declared(t, "1 1Gi", "4 8Gi"), ceilings, "1 1Gi / 4 8Gi"},
		"more limits":                                 {"", declared(t, "-", "4 8Gi"), nil, "500m 512Mi / 4 8Gi"},
		"a limit below the usual request":             {"", declared(t, "-", "250m -"), nil, "250m 512Mi / 250m 2Gi"},
		"a request above the usual limit":             {"", declared(t, "3 4Gi", "-"), nil, "3 4Gi / 3 4Gi"},
		"more than the platform gives":                {"", declared(t, "10 -", "16 64Gi"), ceilings, "8 512Mi / 8 16Gi"},
		"a ceiling on what is usual":                  {"", nil, amounts(amount(t, "1 -")), "500m 512Mi / 1 2Gi"},
		"a ceiling below what a worker needs":         {"", nil, amounts(amount(t, "- 1Gi")), "500m 512Mi / 2 1536Mi"},
		"documents":                                   {rendition.Documents, nil, nil, "500m 512Mi / 1 1536Mi"},
		"documents take no more, whatever is said":    {rendition.Documents, declared(t, "2 2Gi", "4 8Gi"), nil, "1 1536Mi / 1 1536Mi"},
		"documents take less processors, if it is so": {rendition.Documents, declared(t, "-", "300m -"), nil, "300m 512Mi / 300m 1536Mi"},
	} {
		t.Run(reason, func(t *testing.T) {
			got := workerResources(c.class, c.declared, c.ceilings)
			text := func(l corev1.ResourceList) string { return l.Cpu().String() + " " + l.Memory().String() }
			if diff := cmp.Diff(c.want, text(got.Requests)+" / "+text(got.Limits)); diff != "" {
				t.Errorf("other than wanted (-want +got):\n%s", diff)
			}
		})
	}
}

// features: D13
func TestWhatThePlatformDoesNotGiveIsTold(t *testing.T) {
	ceilings := amounts(amount(t, "8 16Gi"))
	for reason, c := range map[string]struct {
		declared *v1alpha1.Rendering
		ceilings corev1.ResourceList
		want     string
	}{
		"nothing is declared":  {nil, ceilings, ""},
		"there is no ceiling":  {declared(t, "-", "64 256Gi"), nil, ""},
		"it is within":         {declared(t, "8 16Gi", "8 16Gi"), ceilings, ""},
		"a limit is above":     {declared(t, "1 1Gi", "9 16Gi"), ceilings, "; workers get cpu 8 of the 9 declared: the platform gives no more"},
		"requests are above":   {declared(t, "10 20Gi", "-"), ceilings, "; workers get cpu 8 of the 10 declared, and memory 16Gi of the 20Gi declared: the platform gives no more"},
		"resources are absent": {&v1alpha1.Rendering{}, ceilings, ""},
	} {
		t.Run(reason, func(t *testing.T) {
			if got := ceilingMessage(c.declared, c.ceilings); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// features: D13
func TestWorkersHoldWhatFitsIntoTheirMemory(t *testing.T) {
	for limit, want := range map[string][]string{
		"1536Mi": {"--source-memory=201326592", "--decode-memory=603979776"},
		"2Gi":    {"--source-memory=268435456", "--decode-memory=805306368"}, // as without a word
		"8Gi":    {"--source-memory=1073741824", "--decode-memory=3221225472"},
	} {
		resources := corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(limit)}}
		if diff := cmp.Diff(want, memoryArgs(rendition.Pictures, resources)); diff != "" {
			t.Errorf("with %s other than wanted (-want +got):\n%s", limit, diff)
		}
		if got := memoryArgs(rendition.Documents, resources); got != nil {
			t.Errorf("workers for documents are told %v", got)
		}
	}
}
