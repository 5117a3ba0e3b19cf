package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// FolderAccess says whether the grants of folders above reach a Folder.
// +kubebuilder:validation:Enum=Inherit;Restricted
type FolderAccess string

// The values of FolderAccess.
const (
	// AccessInherit: grants on folders above, and on the whole library, reach this one.
	AccessInherit FolderAccess = "Inherit"
	// AccessRestricted: only grants on this Folder itself, or by a role with the
	// permission restricted, reach it. Its files live under a root of their own.
	AccessRestricted FolderAccess = "Restricted"
)

// FolderSpec declares a place in a library that grants and links can target.
type FolderSpec struct {
	// libraryRef names the Library.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="libraryRef cannot change; make a new Folder"
	LibraryRef LocalReference `json:"libraryRef,omitzero"`
	// path of the folder in its library. No other Folder of the library may have it, case aside.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="path cannot change, since files are not moved by changing a declaration; make a new Folder"
	Path Path `json:"path,omitempty"`
	// title for people; the path stands in when absent.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Title string `json:"title,omitempty"`
	// access says whether the grants of folders above reach this one.
	// +optional
	// +default="Inherit"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="access cannot change, since the files of restricted folders live elsewhere; make a new Folder and move them"
	Access FolderAccess `json:"access,omitempty"`
	// lifecycle says what becomes of the folder's files as time passes.
	// +optional
	Lifecycle *Lifecycle `json:"lifecycle,omitempty"`
}

// FolderStatus is where a Folder's files are.
type FolderStatus struct {
	CommonStatus `json:",inline"`

	// bucket that holds the folder's files.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Bucket string `json:"bucket,omitempty"`
	// prefix of the folder's files in that bucket; it ends in a slash.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Prefix string `json:"prefix,omitempty"`
}

// Folder is a place in a library that grants and links can target.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=damfolder,categories=dam
// +kubebuilder:printcolumn:name="Library",type=string,JSONPath=`.spec.libraryRef.name`
// +kubebuilder:printcolumn:name="Path",type=string,JSONPath=`.spec.path`
// +kubebuilder:printcolumn:name="Access",type=string,JSONPath=`.spec.access`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Bucket",type=string,priority=1,JSONPath=`.status.bucket`
// +kubebuilder:printcolumn:name="Prefix",type=string,priority=1,JSONPath=`.status.prefix`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="the name must be a DNS label of at most 63 characters: lower-case letters, digits and hyphens"
type Folder struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the object's standard metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is declared.
	// +required
	Spec FolderSpec `json:"spec,omitzero"`
	// status is what Vitrine found and did.
	// +optional
	// +default={"observedGeneration": -1}
	Status FolderStatus `json:"status,omitzero"`
}

// FolderList is a list of Folders.
// +kubebuilder:object:root=true
type FolderList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Folder `json:"items"`
}
