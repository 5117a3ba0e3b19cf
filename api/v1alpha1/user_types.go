package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CredentialsMode says whether Vitrine makes an access key for a User.
// +kubebuilder:validation:Enum=None;Issue
type CredentialsMode string

// The values of CredentialsMode.
const (
	// CredentialsNone: no access key. A key that was issued before is deleted.
	CredentialsNone CredentialsMode = "None"
	// CredentialsIssue: an access key per ObjectStore that the tenant's
	// Libraries use, each in a Secret of this namespace.
	CredentialsIssue CredentialsMode = "Issue"
)

// UserSpec declares one person or machine.
type UserSpec struct {
	// displayName is how people know the user.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	DisplayName string `json:"displayName,omitempty"`
	// email address of the user.
	// +optional
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:Pattern=`^[^@\s<>"]+@[^@\s<>"]+$`
	Email string `json:"email,omitempty"`
	// credentials says whether Vitrine makes an access key for the user.
	// +optional
	// +default="None"
	Credentials CredentialsMode `json:"credentials,omitempty"`
	// keyRotation says when access keys are replaced; never, when absent.
	// +optional
	KeyRotation *KeyRotation `json:"keyRotation,omitempty"`
}

// KeyRotation says when access keys are replaced.
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="!has(self.maxAge) || ![has(self.overlap) ? self.overlap : '1h', self.maxAge].all(d, size(d) > 0 && d.matches('^([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$')) || duration(has(self.overlap) ? self.overlap : '1h') < duration(self.maxAge)",message="overlap (1h when absent) must be shorter than maxAge, so that a key has ended before the next one is replaced"
type KeyRotation struct {
	// request replaces the keys once whenever it changes; any text, such as a date.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Request string `json:"request,omitempty"`
	// maxAge replaces keys that are older; such as 2160h.
	// +optional
	// +kubebuilder:validation:XValidation:rule="size(self) == 0 || !self.matches('^([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$') || (duration(self) >= duration('1m') && duration(self) <= duration('87600h'))",message="maxAge must be between 1m and 87600h (ten years)"
	MaxAge Duration `json:"maxAge,omitempty"`
	// overlap is how long the old key stays valid beside the new one; 1h when absent, at
	// most 168h. A store knows two keys of a user: replacing again ends the oldest at once.
	// +optional
	// +kubebuilder:validation:XValidation:rule="size(self) == 0 || !self.matches('^([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$') || duration(self) <= duration('168h')",message="overlap must be at most 168h"
	Overlap Duration `json:"overlap,omitempty"`
}

// UserStatus is what Vitrine made for a User.
type UserStatus struct {
	CommonStatus `json:",inline"`

	// identities are the user's identities at object stores, one for each store.
	// +optional
	// +listType=map
	// +listMapKey=store
	// +kubebuilder:validation:MaxItems=32
	Identities []StoreIdentity `json:"identities,omitempty"`
}

// StoreIdentity is a User's identity at one ObjectStore.
type StoreIdentity struct {
	// store is the ObjectStore.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Store string `json:"store,omitempty"`
	// name of the user at the store.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Name string `json:"name,omitempty"`
	// secretRef names the Secret with the access key, in this namespace.
	// +optional
	SecretRef *LocalSecretReference `json:"secretRef,omitempty"`
	// accessKeyID is the public part of the access key.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	AccessKeyID string `json:"accessKeyID,omitempty"`
	// issuedAt is when that key was made.
	// +optional
	IssuedAt *metav1.Time `json:"issuedAt,omitempty"`
	// previous is the key that it replaced, while that is still valid.
	// +optional
	Previous *PreviousKey `json:"previous,omitempty"`
}

// PreviousKey is an access key that was replaced and is still valid.
type PreviousKey struct {
	// accessKeyID is the public part of the key.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	AccessKeyID string `json:"accessKeyID,omitempty"`
	// endsAt is when it ends.
	// +required
	EndsAt metav1.Time `json:"endsAt,omitzero"`
}

// LocalSecretReference names a Secret in the same namespace.
type LocalSecretReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// User is one person or machine. Deleting it ends every access it had.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=damuser,categories=dam
// +kubebuilder:printcolumn:name="Display Name",type=string,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Credentials",type=string,JSONPath=`.spec.credentials`
// +kubebuilder:printcolumn:name="Key",type=string,JSONPath=`.status.identities[0].accessKeyID`
// +kubebuilder:printcolumn:name="Email",type=string,priority=1,JSONPath=`.spec.email`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="the name must be a DNS label of at most 63 characters: lower-case letters, digits and hyphens"
type User struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the object's standard metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is declared.
	// +required
	Spec UserSpec `json:"spec,omitzero"`
	// status is what Vitrine found and did.
	// +optional
	// +default={"observedGeneration": -1}
	Status UserStatus `json:"status,omitzero"`
}

// UserList is a list of Users.
// +kubebuilder:object:root=true
type UserList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []User `json:"items"`
}
