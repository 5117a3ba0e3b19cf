package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CollectionSpec declares a set of files from anywhere in one library. Nothing is copied or moved.
// +kubebuilder:validation:XValidation:rule="has(self.items) || has(self.selector)",message="a Collection without items and selector has no members; name files or patterns in items, or say in selector what they have in common"
type CollectionSpec struct {
	// libraryRef names the Library.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="libraryRef cannot change; make a new Collection"
	LibraryRef LocalReference `json:"libraryRef,omitzero"`
	// title for people; the name stands in when absent.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Title string `json:"title,omitempty"`
	// items are members: files, or patterns of files. Files of restricted
	// folders are never members.
	// +optional
	// +listType=map
	// +listMapKey=path
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	Items []CollectionItem `json:"items,omitempty"`
	// selector picks members, beside items, by what is known of files now. Whoever may describe, publish or approve
	// files changes who is a member.
	// +optional
	Selector *CollectionSelector `json:"selector,omitempty"`
}

// CollectionItem names members of a Collection.
// +kubebuilder:validation:XValidation:rule="!has(self.version) || !self.path.contains('*')",message="version is of one file; name the file instead of a pattern, or leave version out"
type CollectionItem struct {
	// path of a file, or a pattern: * stands for anything within one segment,
	// ** for any number of whole segments.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('/') && !self.endsWith('/') && !self.contains('//')",message="a path has no leading, trailing or double slash; write launch/hero.jpg"
	// +kubebuilder:validation:XValidation:rule="!self.matches('(^|/)[.][.]?(/|$)')",message="a path has no . or .. segments; write the file's real place"
	// +kubebuilder:validation:XValidation:rule="!self.contains('?') && !self.contains('${')",message="a path must not contain ? or ${; use * within a segment or ** across segments"
	// +kubebuilder:validation:XValidation:rule="!self.matches('\\\\p{Cc}')",message="a path must not contain control characters"
	// +kubebuilder:validation:XValidation:rule="!self.matches('[^/][*][*]|[*][*][^/]')",message="** stands for whole segments; write launch/**/hero-*.jpg"
	// +kubebuilder:validation:XValidation:rule="!self.matches('(?i)^restricted(/|$)')",message="files of restricted folders are never members of a Collection; publish them from an open folder"
	Path string `json:"path,omitempty"`
	// version of the file, as the store names it; the current one when absent. A
	// store's policies know no versions, so links show such a member and grants on
	// the Collection give nothing on it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9._~+/=-]+$`
	Version string `json:"version,omitempty"`
}

// CollectionStatus is what a Collection holds now.
type CollectionStatus struct {
	CommonStatus `json:",inline"`

	// members counts the files that are members now.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Members *int64 `json:"members,omitempty"`
}

// Collection is a set of files from anywhere in one library.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=coll,categories=dam
// +kubebuilder:printcolumn:name="Library",type=string,JSONPath=`.spec.libraryRef.name`
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.spec.title`
// +kubebuilder:printcolumn:name="Members",type=integer,JSONPath=`.status.members`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="the name must be a DNS label of at most 63 characters: lower-case letters, digits and hyphens"
type Collection struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the object's standard metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is declared.
	// +required
	Spec CollectionSpec `json:"spec,omitzero"`
	// status is what Vitrine found and did.
	// +optional
	// +default={"observedGeneration": -1}
	Status CollectionStatus `json:"status,omitzero"`
}

// CollectionList is a list of Collections.
// +kubebuilder:object:root=true
type CollectionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Collection `json:"items"`
}
