package controllers

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// What a worker requests and may take where its Library says nothing.
var (
	usualRequests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("512Mi")}
	usualLimits   = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("2Gi")}
	// documentLimits: one document at a time, and less memory for it. What draws them has more faults than what decodes pictures.
	documentLimits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1536Mi")}
	leastLimits    = corev1.ResourceList{corev1.ResourceMemory: LeastWorkerMemory}
)

// LeastWorkerMemory is what a worker takes for one large original: no ceiling goes below.
var LeastWorkerMemory = resource.MustParse("1536Mi")

// workerResources gives the requests and limits of a class of workers: what the Library declares, as far as the ceilings go, and else what is
// usual, moved no further than it takes for no request to be above its limit.
func workerResources(class rendition.Class, declared *v1alpha1.Rendering, ceilings corev1.ResourceList) corev1.ResourceRequirements {
	var requests, limits corev1.ResourceList
	if declared != nil && declared.Resources != nil {
		requests, limits = amounts(declared.Resources.Requests), amounts(declared.Resources.Limits)
	}
	given := corev1.ResourceRequirements{Requests: corev1.ResourceList{}, Limits: corev1.ResourceList{}}
	for name := range usualLimits {
		request, requested := requests[name]
		limit, limited := limits[name]
		if !limited {
			limit = usualLimits[name]
			if request.Cmp(limit) > 0 {
				limit = request
			}
		}
		if !requested {
			request = usualRequests[name]
		}
		limit = lesser(limit, ceilings, name)
		if least, ok := leastLimits[name]; ok && limit.Cmp(least) < 0 {
			limit = least
		}
		if class == rendition.Documents {
			limit = lesser(limit, documentLimits, name)
		}
		given.Limits[name] = limit
		given.Requests[name] = lesser(request, given.Limits, name)
	}
	return given
}

// amounts are what is declared, as Kubernetes lists it.
func amounts(declared *v1alpha1.ResourceAmounts) corev1.ResourceList {
	list := corev1.ResourceList{}
	if declared == nil {
		return list
	}
	if declared.CPU != nil {
		list[corev1.ResourceCPU] = *declared.CPU
	}
	if declared.Memory != nil {
		list[corev1.ResourceMemory] = *declared.Memory
	}
	return list
}

// lesser gives an amount, or the bound that there is of it if that is less.
func lesser(amount resource.Quantity, bounds corev1.ResourceList, name corev1.ResourceName) resource.Quantity {
	if bound, bounded := bounds[name]; bounded && amount.Cmp(bound) > 0 {
		return bound
	}
	return amount
}

// memoryArgs tell a worker for pictures how much it may hold of its memory limit; those for documents have bounds of their own.
func memoryArgs(class rendition.Class, resources corev1.ResourceRequirements) []string {
	if class == rendition.Documents {
		return nil
	}
	originals, decoding := rendition.MemoryBudget(resources.Limits.Memory().Value())
	return []string{fmt.Sprintf("--source-memory=%d", originals), fmt.Sprintf("--decode-memory=%d", decoding)}
}

// describeResources tells resources apart.
func describeResources(r corev1.ResourceRequirements) string {
	return fmt.Sprintf("%s %s %s %s", r.Requests.Cpu(), r.Requests.Memory(), r.Limits.Cpu(), r.Limits.Memory())
}

// ceilingMessage says that a Library declares more for its workers than the platform gives; empty when it does not.
func ceilingMessage(declared *v1alpha1.Rendering, ceilings corev1.ResourceList) string {
	if declared == nil || declared.Resources == nil {
		return ""
	}
	var over []string
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		ceiling, there := ceilings[name]
		if !there {
			continue
		}
		for _, list := range []corev1.ResourceList{amounts(declared.Resources.Limits), amounts(declared.Resources.Requests)} {
			if amount, said := list[name]; said && amount.Cmp(ceiling) > 0 {
				over = append(over, fmt.Sprintf("%s %s of the %s declared", name, ceiling.String(), amount.String()))
				break
			}
		}
	}
	if len(over) == 0 {
		return ""
	}
	return "; workers get " + strings.Join(over, ", and ") + ": the platform gives no more"
}
