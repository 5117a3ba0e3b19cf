package v1alpha1

import (
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CommonStatus is the part of a status that every kind has.
type CommonStatus struct {
	// conditions are Ready, Reconciling, Stalled, and what a kind adds of its own.
	// +optional
	// +patchStrategy=merge
	// +patchMergeKey=type
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`
	// observedGeneration is the generation that the status speaks of; -1 before the first.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// Common gives the part of the status that every kind has, for code that
// treats all kinds alike.
func (s *CommonStatus) Common() *CommonStatus { return s }

// LocalReference names an object of a known kind in the same namespace.
type LocalReference struct {
	// name of the object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`
}

// SecretKeyReference names one key of a Secret in the same namespace.
type SecretKeyReference struct {
	// name of the Secret. It must carry the label dam.vitrine.dev/use.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`
	// key of the Secret's data.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9._-]+$`
	Key string `json:"key,omitempty"`
}

// Path is the place of a folder or file in its library: segments parted by
// single slashes. It is compared without regard to case and must be in Unicode
// normalisation form C.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=512
// +kubebuilder:validation:XValidation:rule="!self.startsWith('/') && !self.endsWith('/') && !self.contains('//')",message="a path has no leading, trailing or double slash; write launch/final"
// +kubebuilder:validation:XValidation:rule="!self.matches('(^|/)[.][.]?(/|$)')",message="a path has no . or .. segments; write the folder's real place"
// +kubebuilder:validation:XValidation:rule="!self.contains('*') && !self.contains('?') && !self.contains('${')",message="a path must not contain *, ? or ${, which stores read as patterns; rename the folder or file"
// +kubebuilder:validation:XValidation:rule="!self.matches('\\\\p{Cc}')",message="a path must not contain control characters; rename the folder or file"
// +kubebuilder:validation:XValidation:rule="!self.matches('(?i)^restricted(/|$)')",message="the top folder restricted is reserved; choose another name, and set access: Restricted on the Folder instead"
type Path string

// Duration is a length of time in hours, minutes and seconds, such as 720h or 1h30m.
// +kubebuilder:validation:MinLength=2
// +kubebuilder:validation:MaxLength=32
// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$')",message="a length of time is in whole hours, minutes and seconds; write 720h or 1h30m"
type Duration string

// NewDuration writes a length of time of whole seconds, such as 1h30m; less than a second is 0s.
func NewDuration(d time.Duration) Duration {
	text := ""
	for _, unit := range []struct {
		long time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := d / unit.long; n > 0 {
			text += strconv.FormatInt(int64(n), 10) + unit.name
			d %= unit.long
		}
	}
	if text == "" {
		return "0s"
	}
	return Duration(text)
}

// Value gives the duration; zero when absent or not in the form the API admits.
func (d Duration) Value() time.Duration {
	v, err := time.ParseDuration(string(d))
	if err != nil {
		return 0
	}
	return v
}
