package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Driver names the way in which identities and policies are managed at a store.
// +kubebuilder:validation:Enum=IAM;MinIO
type Driver string

// The values of Driver.
const (
	// DriverIAM is the AWS IAM API, as VersityGW, AWS, Ceph RGW and SeaweedFS speak it.
	DriverIAM Driver = "IAM"
	// DriverMinIO is the admin API of MinIO, at the endpoint of S3.
	DriverMinIO Driver = "MinIO"
)

// UntrustedConditions says what is done with rights that hang on a condition
// which the store was found not to keep.
// +kubebuilder:validation:Enum=Refuse;Accept
type UntrustedConditions string

// The values of UntrustedConditions.
const (
	// UntrustedConditionsRefuse: such a right is not granted, and its RoleBinding says so.
	UntrustedConditionsRefuse UntrustedConditions = "Refuse"
	// UntrustedConditionsAccept: it is granted all the same.
	UntrustedConditionsAccept UntrustedConditions = "Accept"
)

// ObjectStoreSpec says where an object store is, how Vitrine signs in, and who may use it.
//
// +kubebuilder:validation:XValidation:rule="self.driver != 'IAM' || has(self.iam)",message="driver IAM needs iam.endpoint, the URL of the IAM API; set it, or use driver MinIO if the store has MinIO's admin API"
// +kubebuilder:validation:XValidation:rule="self.driver == 'IAM' || !has(self.iam)",message="iam is for driver IAM alone; remove it: the MinIO driver finds the admin API at endpoint"
type ObjectStoreSpec struct {
	// driver is the way in which identities and policies are managed.
	// +required
	Driver Driver `json:"driver,omitempty"`

	// endpoint is the URL of the S3 API, without a path.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHostname() != '' && url(self).getEscapedPath() in ['', '/'] && !self.matches('[@?#]')",message="endpoint must be an http or https URL with a host and nothing else; write https://s3.example.org and put credentials into credentialsSecretRef"
	Endpoint string `json:"endpoint,omitempty"`

	// region is the region that requests are signed for.
	// +optional
	// +default="us-east-1"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9-]+$`
	Region string `json:"region,omitempty"`

	// iam is where the IAM API is; required for the IAM driver, and for it alone.
	// +optional
	IAM IAMEndpoint `json:"iam,omitzero"`

	// credentialsSecretRef names the Secret with the store's administrative key:
	// the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the label
	// dam.vitrine.dev/use: store-credentials.
	// +required
	CredentialsSecretRef SecretReference `json:"credentialsSecretRef,omitzero"`

	// caBundle is PEM: certificate authorities to trust for both endpoints beside the system's.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=65536
	CABundle []byte `json:"caBundle,omitempty"`

	// installationID is part of every name that Vitrine makes at this store. It
	// outlives the cluster: a rebuilt one with the same ID finds its own again.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="installationID is part of every name at the store and cannot change; make a new ObjectStore"
	InstallationID string `json:"installationID,omitempty"`

	// untrustedConditions says what happens to a folder-level right to list where
	// the store lets a client get around the condition that keeps it to the
	// folder: Refuse does not grant it, Accept grants it, and names of files
	// elsewhere in the bucket can then be seen by who has it.
	// +optional
	// +default="Refuse"
	UntrustedConditions UntrustedConditions `json:"untrustedConditions,omitempty"`

	// tenants lists who may use this store; nobody else may.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=256
	Tenants []Tenant `json:"tenants,omitempty"`

	// serviceAccountIssuer is the issuer of this cluster's ServiceAccounts, as its API
	// server names itself in tokens. Tenants may then name ServiceAccounts in their
	// UserGroups; a token of one namespace opens nothing of another.
	// +optional
	ServiceAccountIssuer *TokenIssuer `json:"serviceAccountIssuer,omitempty"`
}

// TokenIssuer issues tokens that stores open sessions for.
type TokenIssuer struct {
	// url of the issuer, exactly as its tokens have it. The store must reach
	// it, and its certificate must be one that the store trusts. A port is for
	// stores of the driver MinIO; others take none.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule="self.matches('^https://[A-Za-z0-9.-]+(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~/%-]*)?$')",message="url must be https with a host, without a query or fragment, since stores take no other; publish the issuer's discovery document at such an address"
	URL string `json:"url,omitempty"`
	// audience that tokens must be for. A token for somebody else opens nothing.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9._~:/-]+$`
	Audience string `json:"audience,omitempty"`
}

// NamedIssuer is an issuer that a tenant may name.
type NamedIssuer struct {
	// name that UserGroups call it by.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name        string `json:"name,omitempty"`
	TokenIssuer `json:",inline"`
}

// IAMEndpoint is where a store's IAM API is.
type IAMEndpoint struct {
	// endpoint is the URL of the IAM API, without a path.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHostname() != '' && url(self).getEscapedPath() in ['', '/'] && !self.matches('[@?#]')",message="iam.endpoint must be an http or https URL with a host and nothing else, such as https://iam.example.org"
	Endpoint string `json:"endpoint,omitempty"`
}

// SecretReference names a Secret in a namespace.
type SecretReference struct {
	// namespace of the Secret. Store credentials live in the manager's own namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Namespace string `json:"namespace,omitempty"`
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`
}

// Tenant admits namespaces to a store, and says which buckets they may use.
type Tenant struct {
	// namespaces that are admitted, by exact name.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Namespaces []string `json:"namespaces,omitempty"`

	// buckets are the names that these namespaces may create or adopt; one * at
	// the end stands for any ending. Vitrine's own bucket beside a Library's
	// (name-dam) must match too.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=2
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9][a-z0-9.-]*\*?$`
	Buckets []string `json:"buckets,omitempty"`

	// issuers whose tokens may open sessions for these namespaces' UserGroups.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Issuers []NamedIssuer `json:"issuers,omitempty"`
}

// ObjectStoreStatus is what Vitrine found at the store.
type ObjectStoreStatus struct {
	CommonStatus `json:",inline"`

	// capabilities found by probing; the keys are stable names.
	// +optional
	Capabilities *Capabilities `json:"capabilities,omitempty"`
	// effectWithin is how soon a change of declarations is in force at this store.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16
	EffectWithin string `json:"effectWithin,omitempty"`
	// driftInterval is how often Vitrine looks unasked whether what is in force is what is declared.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16
	DriftInterval string `json:"driftInterval,omitempty"`
	// libraries counts the Libraries that use this store.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Libraries *int32 `json:"libraries,omitempty"`
	// orphans counts users, groups and policies that Vitrine made at the store and whose
	// User, UserGroup, Library or namespace is no more. They are taken away after a while.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Orphans *int32 `json:"orphans,omitempty"`
}

// Capability tells whether a store can be relied on for one thing.
// +kubebuilder:validation:Enum=Supported;Unsupported;Untrusted
type Capability string

// The values of Capability.
const (
	// CapabilitySupported: tried, and it held.
	CapabilitySupported Capability = "Supported"
	// CapabilityUnsupported: the store does not have it.
	CapabilityUnsupported Capability = "Unsupported"
	// CapabilityUntrusted: the store has it and it can be got around.
	CapabilityUntrusted Capability = "Untrusted"
)

// Enforcement is the way in which rights get to a store.
// +kubebuilder:validation:Enum=BucketPolicy;ManagedPolicy;InlinePolicy
type Enforcement string

// The values of Enforcement.
const (
	// EnforcementBucketPolicy: a policy for each bucket names users as principals.
	EnforcementBucketPolicy Enforcement = "BucketPolicy"
	// EnforcementManagedPolicy: policies of their own are attached to users and groups.
	EnforcementManagedPolicy Enforcement = "ManagedPolicy"
	// EnforcementInlinePolicy: policies are part of a user or group.
	EnforcementInlinePolicy Enforcement = "InlinePolicy"
)

// Capabilities are what a probe of the store found.
type Capabilities struct {
	// versioning of buckets.
	// +optional
	Versioning Capability `json:"versioning,omitempty"`
	// conditionalWrites tells whether a put with If-None-Match: * is refused when the object exists.
	// +optional
	ConditionalWrites Capability `json:"conditionalWrites,omitempty"`
	// prefixConditions tells whether a prefix condition on listing holds, misleading headers included.
	// +optional
	PrefixConditions Capability `json:"prefixConditions,omitempty"`
	// dateConditions tells whether a grant with an end ends by itself: whether a
	// condition on the date holds, misleading headers included.
	// +optional
	DateConditions Capability `json:"dateConditions,omitempty"`
	// principalPolicies are bucket policies that name users as principals. Absent
	// where rights get to the store in a better way, since it is not tried then.
	// +optional
	PrincipalPolicies Capability `json:"principalPolicies,omitempty"`
	// rewrites tells whether what is uploaded under a key that was deleted before is there afterwards.
	// +optional
	Rewrites Capability `json:"rewrites,omitempty"`
	// webIdentity tells whether tokens of other issuers can open sessions.
	// +optional
	WebIdentity Capability `json:"webIdentity,omitempty"`
	// enforcement is the way in which rights get to the store; absent when no way works.
	// +optional
	Enforcement Enforcement `json:"enforcement,omitempty"`
	// policyBytes is the budget for one policy document in bytes.
	// +optional
	// +kubebuilder:validation:Minimum=1
	PolicyBytes int32 `json:"policyBytes,omitempty"`
	// documentsPerHolder is how many policy documents a user or group may have;
	// absent where there is no limit, or rights do not hang on users and groups.
	// +optional
	// +kubebuilder:validation:Minimum=1
	DocumentsPerHolder int32 `json:"documentsPerHolder,omitempty"`
	// groupsPerUser is how many groups a user may be in; absent likewise.
	// +optional
	// +kubebuilder:validation:Minimum=1
	GroupsPerUser int32 `json:"groupsPerUser,omitempty"`
	// account is the account's number at the store, as it is in the names of users
	// that policies name; absent where names have none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Account string `json:"account,omitempty"`
	// version is what the store says that it is: the name of its server, with its version where it
	// tells that. The store is probed again when it changes, and once a day.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Version string `json:"version,omitempty"`
	// propagation is how long a change took to be in force when it was tried,
	// rounded up to a second: 0s is with the next request.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16
	Propagation string `json:"propagation,omitempty"`
}

// ObjectStore is an object store that tenants may keep Libraries in. It is the
// platform team's: cluster-scoped, with the administrative credentials.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=ostore,categories=dam
// +kubebuilder:printcolumn:name="Driver",type=string,JSONPath=`.spec.driver`
// +kubebuilder:printcolumn:name="Endpoint",type=string,JSONPath=`.spec.endpoint`
// +kubebuilder:printcolumn:name="Libraries",type=integer,JSONPath=`.status.libraries`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Installation",type=string,priority=1,JSONPath=`.spec.installationID`
// +kubebuilder:printcolumn:name="Version",type=string,priority=1,JSONPath=`.status.capabilities.version`
// +kubebuilder:printcolumn:name="Enforcement",type=string,priority=1,JSONPath=`.status.capabilities.enforcement`
// +kubebuilder:printcolumn:name="Versioning",type=string,priority=1,JSONPath=`.status.capabilities.versioning`
// +kubebuilder:printcolumn:name="Conditional writes",type=string,priority=1,JSONPath=`.status.capabilities.conditionalWrites`
// +kubebuilder:printcolumn:name="Prefix conditions",type=string,priority=1,JSONPath=`.status.capabilities.prefixConditions`
// +kubebuilder:printcolumn:name="Date conditions",type=string,priority=1,JSONPath=`.status.capabilities.dateConditions`
// +kubebuilder:printcolumn:name="Web identity",type=string,priority=1,JSONPath=`.status.capabilities.webIdentity`
// +kubebuilder:printcolumn:name="Propagation",type=string,priority=1,JSONPath=`.status.capabilities.propagation`
// +kubebuilder:printcolumn:name="Effect within",type=string,priority=1,JSONPath=`.status.effectWithin`
// +kubebuilder:printcolumn:name="Drift interval",type=string,priority=1,JSONPath=`.status.driftInterval`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="the name must be a DNS label of at most 63 characters: lower-case letters, digits and hyphens"
type ObjectStore struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the object's standard metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is declared.
	// +required
	Spec ObjectStoreSpec `json:"spec,omitzero"`
	// status is what Vitrine found and did.
	// +optional
	// +default={"observedGeneration": -1}
	Status ObjectStoreStatus `json:"status,omitzero"`
}

// ObjectStoreList is a list of ObjectStores.
// +kubebuilder:object:root=true
type ObjectStoreList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ObjectStore `json:"items"`
}
