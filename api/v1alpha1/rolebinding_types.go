package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RoleKind says where a role is declared.
// +kubebuilder:validation:Enum=BuiltIn;Role
type RoleKind string

// The values of RoleKind.
const (
	// RoleKindBuiltIn: one of the roles that need no object.
	RoleKindBuiltIn RoleKind = "BuiltIn"
	// RoleKindRole: a Role of this namespace.
	RoleKindRole RoleKind = "Role"
)

// SubjectKind says what a subject is.
// +kubebuilder:validation:Enum=User;UserGroup
type SubjectKind string

// The values of SubjectKind.
const (
	SubjectUser      SubjectKind = "User"
	SubjectUserGroup SubjectKind = "UserGroup"
)

// TargetKind says what a target is.
// +kubebuilder:validation:Enum=Library;Folder;Collection
type TargetKind string

// The values of TargetKind.
const (
	TargetLibrary    TargetKind = "Library"
	TargetFolder     TargetKind = "Folder"
	TargetCollection TargetKind = "Collection"
)

// RoleBindingSpec gives a role on targets to subjects.
// +kubebuilder:validation:XValidation:rule="!has(self.notBefore) || !has(self.notAfter) || self.notBefore < self.notAfter",message="notAfter must be later than notBefore"
// +kubebuilder:validation:XValidation:rule="self.targets.all(t, t.kind != 'Library' || self.roleRef.name.startsWith('library-') || (self.roleRef.kind == 'BuiltIn' && self.roleRef.name in ['auditor', 'finance']))",message="a level cannot be given on a whole Library; target a Folder or a Collection, or use a role whose name begins with library-"
// +kubebuilder:validation:XValidation:rule="self.roleRef.kind != 'BuiltIn' || !(self.roleRef.name.startsWith('library-') || self.roleRef.name == 'finance') || self.targets.all(t, t.kind == 'Library')",message="this built-in role is for whole Libraries; target a Library, or use viewer, contributor or manager on a Folder or Collection"
type RoleBindingSpec struct {
	// roleRef names the role.
	// +required
	RoleRef RoleReference `json:"roleRef,omitzero"`
	// subjects get the role. One that does not exist gets nothing.
	// +required
	// +listType=map
	// +listMapKey=kind
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	Subjects []Subject `json:"subjects,omitempty"`
	// targets on which the role is given.
	// +required
	// +listType=map
	// +listMapKey=kind
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Targets []Target `json:"targets,omitempty"`
	// notBefore is when access begins; at once when absent.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self <= timestamp('9999-12-31T23:59:59Z')",message="no such time; write one like 2027-03-31T00:00:00Z"
	NotBefore *metav1.Time `json:"notBefore,omitempty"`
	// notAfter is when access ends; never when absent.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self <= timestamp('9999-12-31T23:59:59Z')",message="no such time; write one like 2027-03-31T00:00:00Z"
	NotAfter *metav1.Time `json:"notAfter,omitempty"`
	// reason for the reviewer: why this access is given.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Reason string `json:"reason,omitempty"`
}

// RoleReference names a role.
// +kubebuilder:validation:XValidation:rule="self.kind != 'BuiltIn' || self.name in ['viewer', 'contributor', 'manager', 'library-viewer', 'library-editor', 'library-admin', 'auditor', 'finance']",message="no such built-in role; the built-in roles are viewer, contributor, manager, library-viewer, library-editor, library-admin, auditor and finance, and a Role of your own needs kind: Role"
type RoleReference struct {
	// kind says where the role is declared.
	// +required
	Kind RoleKind `json:"kind,omitempty"`
	// name of the role.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`
}

// Subject names who gets a role.
type Subject struct {
	// kind of the subject.
	// +required
	Kind SubjectKind `json:"kind,omitempty"`
	// name of the subject in this namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`
}

// Target names what a role is given on.
type Target struct {
	// kind of the target.
	// +required
	Kind TargetKind `json:"kind,omitempty"`
	// name of the target in this namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`
}

// Phase says where the clock stands in a window of time.
// +kubebuilder:validation:Enum=Pending;Active;Ended
type Phase string

// The values of Phase.
const (
	// PhasePending: notBefore has not come yet.
	PhasePending Phase = "Pending"
	// PhaseActive: the access is in force.
	PhaseActive Phase = "Active"
	// PhaseEnded: notAfter has passed.
	PhaseEnded Phase = "Ended"
)

// RoleBindingStatus tells what a RoleBinding comes to.
type RoleBindingStatus struct {
	CommonStatus `json:",inline"`

	// phase says where the clock stands.
	// +optional
	Phase Phase `json:"phase,omitempty"`
	// users counts the Users that it reaches, groups resolved.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Users *int32 `json:"users,omitempty"`
}

// RoleBinding gives a role on targets to subjects, for a time if it says so.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=damrb,categories=dam
// +kubebuilder:printcolumn:name="Role",type=string,JSONPath=`.spec.roleRef.name`
// +kubebuilder:printcolumn:name="First Target",type=string,JSONPath=`.spec.targets[0].name`
// +kubebuilder:printcolumn:name="Users",type=integer,JSONPath=`.status.users`
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Ends",type=string,JSONPath=`.spec.notAfter`
// +kubebuilder:printcolumn:name="Targets",type=string,priority=1,JSONPath=`.spec.targets`
// +kubebuilder:printcolumn:name="Why",type=string,priority=1,JSONPath=`.spec.reason`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="the name must be a DNS label of at most 63 characters: lower-case letters, digits and hyphens"
type RoleBinding struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the object's standard metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is declared.
	// +required
	Spec RoleBindingSpec `json:"spec,omitzero"`
	// status is what Vitrine found and did.
	// +optional
	// +default={"observedGeneration": -1}
	Status RoleBindingStatus `json:"status,omitzero"`
}

// RoleBindingList is a list of RoleBindings.
// +kubebuilder:object:root=true
type RoleBindingList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []RoleBinding `json:"items"`
}
