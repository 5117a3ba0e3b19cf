package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// UserGroupSpec declares who is in a group.
type UserGroupSpec struct {
	// members are Users of this namespace. A group without members gives nobody anything.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1024
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Members []string `json:"members,omitempty"`

	// memberDomains are mail domains: every User of this namespace whose email is at one of
	// them is a member too. Case does not count; a subdomain is another domain.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`
	MemberDomains []string `json:"memberDomains,omitempty"`

	// federation makes a session at the store for everybody whose token carries a claim.
	// Nobody of them need be a User.
	// +optional
	Federation *Federation `json:"federation,omitempty"`

	// serviceAccounts are Kubernetes ServiceAccounts of this namespace. Their tokens open
	// sessions at the store, with the rights of every group that names them.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`
	ServiceAccounts []string `json:"serviceAccounts,omitempty"`
}

// Federation names the holders of a claim: whose token of the issuer has this value
// in it.
// +kubebuilder:validation:XValidation:rule="!(self.claim in ['iss', 'aud', 'azp', 'exp', 'nbf', 'iat'])",message="iss, aud, azp and times say where a token is from and until when, and not who somebody is; name a claim such as groups or sub"
// +kubebuilder:validation:XValidation:rule="!self.value.contains('${')",message="a value must not contain ${, which stores read as a variable; choose another value at the issuer"
type Federation struct {
	// issuer is the name of an issuer that the ObjectStore admits for this tenant, in
	// its spec.tenants[].issuers.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Issuer string `json:"issuer,omitempty"`
	// claim is the name of a claim at the top of the token. Its value may be one or a list.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_.:/-]+$`
	Claim string `json:"claim,omitempty"`
	// value that the claim must be, or hold; compared letter by letter.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]+$`
	Value string `json:"value,omitempty"`
}

// UserGroupStatus is what a UserGroup comes to.
type UserGroupStatus struct {
	CommonStatus `json:",inline"`

	// members counts the members that exist, those by mail domain included.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Members *int32 `json:"members,omitempty"`
	// sessions say how those who are in the group by a claim, and its ServiceAccounts,
	// sign in at each store.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=128
	Sessions []GroupSession `json:"sessions,omitempty"`
}

// GroupSession is what to ask a store for, to get a session. None of it is secret.
type GroupSession struct {
	// store is the ObjectStore.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Store string `json:"store,omitempty"`
	// serviceAccount that it is for; absent for the holders of the claim.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	ServiceAccount string `json:"serviceAccount,omitempty"`
	// roleARN is the role to assume with a token; absent where the store takes tokens
	// without a role.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	RoleARN string `json:"roleARN,omitempty"`
	// endpoint is where AssumeRoleWithWebIdentity is asked for.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Endpoint string `json:"endpoint,omitempty"`
	// issuer is the URL of who must have issued the token.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Issuer string `json:"issuer,omitempty"`
	// audience that the token must be for.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Audience string `json:"audience,omitempty"`
}

// UserGroup is a set of Users, of holders of a claim and of ServiceAccounts that a
// RoleBinding can name as one.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ugroup,categories=dam
// +kubebuilder:printcolumn:name="Members",type=integer,JSONPath=`.status.members`
// +kubebuilder:printcolumn:name="Claim",type=string,priority=1,JSONPath=`.spec.federation.value`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="the name must be a DNS label of at most 63 characters: lower-case letters, digits and hyphens"
type UserGroup struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the object's standard metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is declared.
	// +required
	Spec UserGroupSpec `json:"spec,omitzero"`
	// status is what Vitrine found and did.
	// +optional
	// +default={"observedGeneration": -1}
	Status UserGroupStatus `json:"status,omitzero"`
}

// UserGroupList is a list of UserGroups.
// +kubebuilder:object:root=true
type UserGroupList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []UserGroup `json:"items"`
}
