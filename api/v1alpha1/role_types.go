package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Permission is one thing that a role allows.
// +kubebuilder:validation:Enum=list;preview;download;comment;upload;describe;collect;publish;approve;delete;moderate;curate;share;link;restricted;audit
type Permission string

// The permissions, each with the place that enforces it.
const (
	// PermissionList: see which files there are (store, gateway).
	PermissionList Permission = "list"
	// PermissionPreview: see renditions (store, gateway).
	PermissionPreview Permission = "preview"
	// PermissionDownload: get originals and their versions (store, gateway).
	PermissionDownload Permission = "download"
	// PermissionComment: add comments and replies (gateway; not yet).
	PermissionComment Permission = "comment"
	// PermissionUpload: put files and new versions (store); make an old one current again (manager, by change records).
	PermissionUpload Permission = "upload"
	// PermissionDescribe: change metadata, keywords and focus areas (manager, by change records).
	PermissionDescribe Permission = "describe"
	// PermissionCollect: add files to Collections (Kubernetes).
	PermissionCollect Permission = "collect"
	// PermissionPublish: change state, publishing and sunset (manager, by change records).
	PermissionPublish Permission = "publish"
	// PermissionApprove: approve and reject versions (manager, by change records).
	PermissionApprove Permission = "approve"
	// PermissionDelete: delete, rename and move files; versions stay (store). Delete old versions (manager, by change records).
	PermissionDelete Permission = "delete"
	// PermissionModerate: delete whole threads (gateway; not yet).
	PermissionModerate Permission = "moderate"
	// PermissionCurate: rename, shrink and delete Collections (Kubernetes).
	PermissionCurate Permission = "curate"
	// PermissionShare: make RoleBindings (Kubernetes).
	PermissionShare Permission = "share"
	// PermissionLink: make PublicLinks (Kubernetes).
	PermissionLink Permission = "link"
	// PermissionRestricted: reach restricted folders, and move files into and out of them (store; manager, by change records).
	PermissionRestricted Permission = "restricted"
	// PermissionAudit: read what was done (manager; not yet).
	PermissionAudit Permission = "audit"
)

// RoleSpec declares a custom role.
// +kubebuilder:validation:XValidation:rule="!has(self.metadataFields) || 'describe' in self.permissions",message="metadataFields says which fields describe is for: give describe too, or leave metadataFields out"
type RoleSpec struct {
	// description says what the role is for.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Description string `json:"description,omitempty"`
	// permissions that the role gives. Some are of no use, or no bounds, without another,
	// which must then be given too.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:XValidation:rule="!('preview' in self) || 'list' in self",message="preview needs list: give list too, or leave preview out"
	// +kubebuilder:validation:XValidation:rule="!('download' in self) || 'list' in self",message="download needs list: give list too, or leave download out"
	// +kubebuilder:validation:XValidation:rule="!('comment' in self) || 'preview' in self",message="comment needs preview: give preview too, or leave comment out"
	// +kubebuilder:validation:XValidation:rule="!('upload' in self) || 'list' in self",message="upload needs list: give list too, or leave upload out"
	// +kubebuilder:validation:XValidation:rule="!('describe' in self) || 'list' in self",message="describe needs list: give list too, or leave describe out"
	// +kubebuilder:validation:XValidation:rule="!('collect' in self) || 'list' in self",message="collect needs list: give list too, or leave collect out"
	// +kubebuilder:validation:XValidation:rule="!('publish' in self) || 'list' in self",message="publish needs list: give list too, or leave publish out"
	// +kubebuilder:validation:XValidation:rule="!('approve' in self) || 'list' in self",message="approve needs list: give list too, or leave approve out"
	// +kubebuilder:validation:XValidation:rule="!('delete' in self) || 'upload' in self",message="delete needs upload: give upload too, or leave delete out"
	// +kubebuilder:validation:XValidation:rule="!('moderate' in self) || 'comment' in self",message="moderate needs comment: give comment too, or leave moderate out"
	// +kubebuilder:validation:XValidation:rule="!('curate' in self) || 'collect' in self",message="curate needs collect: give collect too, or leave curate out"
	// +kubebuilder:validation:XValidation:rule="!('share' in self) || 'list' in self",message="share needs list: give list too, or leave share out"
	// +kubebuilder:validation:XValidation:rule="!('link' in self) || 'share' in self",message="link needs share: give share too, or leave link out"
	// +kubebuilder:validation:XValidation:rule="!('restricted' in self) || 'list' in self",message="restricted needs list: give list too, or leave restricted out"
	Permissions []Permission `json:"permissions,omitempty"`
	// metadataFields are the only fields that describe lets somebody change; all of them when absent.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	MetadataFields []MetadataFieldName `json:"metadataFields,omitempty"`
}

// RoleStatus is what a Role comes to.
type RoleStatus struct {
	CommonStatus `json:",inline"`

	// bindings counts the RoleBindings that use the role.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Bindings *int32 `json:"bindings,omitempty"`
}

// Role is a custom set of permissions. The built-in roles need no object.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=damrole,categories=dam
// +kubebuilder:printcolumn:name="Permissions",type=string,JSONPath=`.spec.permissions`
// +kubebuilder:printcolumn:name="Bindings",type=integer,JSONPath=`.status.bindings`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="the name must be a DNS label of at most 63 characters: lower-case letters, digits and hyphens"
type Role struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the object's standard metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is declared.
	// +required
	Spec RoleSpec `json:"spec,omitzero"`
	// status is what Vitrine found and did.
	// +optional
	// +default={"observedGeneration": -1}
	Status RoleStatus `json:"status,omitzero"`
}

// RoleList is a list of Roles.
// +kubebuilder:object:root=true
type RoleList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Role `json:"items"`
}
