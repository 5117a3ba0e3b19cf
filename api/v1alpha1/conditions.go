package v1alpha1

// The condition types; the package comment draws how they hang together.
const (
	// ConditionReady is True when what is declared is enforced.
	ConditionReady = "Ready"
	// ConditionReconciling is True while Vitrine works towards what is declared.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when no retry can help: someone must change something.
	ConditionStalled = "Stalled"
	// ConditionForeignAccess is True on a Library when a policy that is not Vitrine's,
	// of a bucket, user or group, or an ACL, gives access to one of its buckets.
	ConditionForeignAccess = "ForeignAccess"
)

// The reasons of conditions. A reason is stable API: alerts and runbooks key on it.
const (
	// ReasonEnforced: what is declared is in force.
	ReasonEnforced = "Enforced"
	// ReasonProgressing: work is under way.
	ReasonProgressing = "Progressing"
	// ReasonDeleting: the object is being taken away; what it gave is going.
	ReasonDeleting = "Deleting"
	// ReasonFrozen: the freeze annotation has taken the access away.
	ReasonFrozen = "Frozen"

	// ReasonStoreNotFound: the ObjectStore named does not exist.
	ReasonStoreNotFound = "StoreNotFound"
	// ReasonStoreNotReady: the ObjectStore exists and is not usable now.
	ReasonStoreNotReady = "StoreNotReady"
	// ReasonStoreUnreachable: the object store did not answer.
	ReasonStoreUnreachable = "StoreUnreachable"
	// ReasonNotAdmitted: the ObjectStore does not admit this namespace or this bucket name.
	ReasonNotAdmitted = "NotAdmitted"
	// ReasonCredentialsNotFound: the Secret with the store's credentials, or a key of it, is missing.
	ReasonCredentialsNotFound = "CredentialsNotFound"
	// ReasonCredentialsRefused: the store refuses the credentials.
	ReasonCredentialsRefused = "CredentialsRefused"
	// ReasonSecretNotMarked: a Secret lacks the label dam.vitrine.dev/use that lets Vitrine read it.
	ReasonSecretNotMarked = "SecretNotMarked"
	// ReasonInUse: the object cannot go while others depend on it.
	ReasonInUse = "InUse"

	// ReasonBucketForeign: the bucket belongs to another account or carries another owner's mark.
	ReasonBucketForeign = "BucketForeign"
	// ReasonBucketNotFound: a bucket to adopt does not exist.
	ReasonBucketNotFound = "BucketNotFound"
	// ReasonBucketNotEmpty: a bucket to create exists already, with content, and no mark.
	ReasonBucketNotEmpty = "BucketNotEmpty"
	// ReasonBucketPublic: a bucket that is there already has an ACL that lets everybody in.
	ReasonBucketPublic = "BucketPublic"
	// ReasonObjectsHeld: objects under a legal hold or in retention keep a bucket from being deleted.
	ReasonObjectsHeld = "ObjectsHeld"
	// ReasonPolicyTooLarge: the policy would not fit; what was there stays in force.
	ReasonPolicyTooLarge = "PolicyTooLarge"
	// ReasonUntrustedConditions: the store can be got around in a way that the right needs, so it is not given.
	ReasonUntrustedConditions = "UntrustedConditions"
	// ReasonPolicyNotProved: the rendered policy does not say what the model says; nothing was applied.
	ReasonPolicyNotProved = "PolicyNotProved"
	// ReasonDrift: someone else changed a policy, and driftPolicy is Report.
	ReasonDrift = "Drift"
	// ReasonConflict: an older object claims the same bucket, path or name.
	ReasonConflict = "Conflict"

	// ReasonLibraryNotFound: the Library named does not exist in this namespace.
	ReasonLibraryNotFound = "LibraryNotFound"
	// ReasonTargetNotFound: a target does not exist in this namespace.
	ReasonTargetNotFound = "TargetNotFound"
	// ReasonSubjectNotFound: a subject does not exist in this namespace.
	ReasonSubjectNotFound = "SubjectNotFound"
	// ReasonRoleNotFound: the Role named does not exist in this namespace.
	ReasonRoleNotFound = "RoleNotFound"
	// ReasonPermissionNeedsAnother: a Role has a permission without one that it needs, and does not give it.
	ReasonPermissionNeedsAnother = "PermissionNeedsAnother"
	// ReasonMemberNotFound: a UserGroup names a User that does not exist.
	ReasonMemberNotFound = "MemberNotFound"
	// ReasonIssuerNotAdmitted: the ObjectStore does not admit the issuer that a UserGroup names.
	ReasonIssuerNotAdmitted = "IssuerNotAdmitted"
	// ReasonIssuerUnreachable: the store gets no answer from the issuer.
	ReasonIssuerUnreachable = "IssuerUnreachable"
	// ReasonFederationUnsupported: the store opens no sessions for tokens of other issuers.
	ReasonFederationUnsupported = "FederationUnsupported"
	// ReasonInvalidPath: a path is not in a form that Vitrine accepts.
	ReasonInvalidPath = "InvalidPath"
	// ReasonPresetNotFound: a link names a rendition preset that its Library does not have.
	ReasonPresetNotFound = "PresetNotFound"
	// ReasonPresetHasWatermark: a link with a watermark names a rendition preset that has one of its own.
	ReasonPresetHasWatermark = "PresetHasWatermark"
	// ReasonWatermarkNotFound: a link names a watermark that its Library does not have, or one whose image is not there.
	ReasonWatermarkNotFound = "WatermarkNotFound"
	// ReasonWatermarkUnreadable: the watermark that a link names cannot be drawn.
	ReasonWatermarkUnreadable = "WatermarkUnreadable"
	// ReasonWatermarkBlank: the watermark that a link names has nothing in it that would be seen.
	ReasonWatermarkBlank = "WatermarkBlank"
	// ReasonSecretNotFound: a Secret named, or a key of it, does not exist.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonExpiryAboveMaximum: a link's notAfter is later than its Library allows.
	ReasonExpiryAboveMaximum = "ExpiryAboveMaximum"
	// ReasonUnsponsored: a link's sponsor does not hold the permission link on its target.
	ReasonUnsponsored = "Unsponsored"
	// ReasonSponsorRequired: a link names no sponsor, and its Library requires one.
	ReasonSponsorRequired = "SponsorRequired"
	// ReasonSponsorNotAdmitted: a link's sponsor is not among those that its Library lists.
	ReasonSponsorNotAdmitted = "SponsorNotAdmitted"
	// ReasonRecordUnreadable: a link's record in Vitrine's bucket is there and cannot be read or unsealed.
	ReasonRecordUnreadable = "RecordUnreadable"
	// ReasonForeignStatements: policy statements that are not Vitrine's give access.
	ReasonForeignStatements = "ForeignStatements"
	// ReasonLinksOnly: a Collection has more members than fit into policies and is served by links only.
	ReasonLinksOnly = "LinksOnly"
)

// Labels and annotations that Vitrine reads and writes.
const (
	// LabelUse marks a Secret or ConfigMap as meant for Vitrine; its value says
	// what for (one of the Use constants). Without it Vitrine does not read the object.
	LabelUse = "dam.vitrine.dev/use"
	// UseStoreCredentials is LabelUse's value on an ObjectStore's credentials.
	UseStoreCredentials = "store-credentials" //nolint:gosec // a label's value, no credential
	// UseLinkPassword is LabelUse's value on a PublicLink's password.
	UseLinkPassword = "link-password"
	// LabelLibrary names the Library on what Vitrine makes for it.
	LabelLibrary = "dam.vitrine.dev/library"
	// LabelTenant names the tenant's namespace on what Vitrine makes for it elsewhere.
	LabelTenant = "dam.vitrine.dev/tenant"
	// AnnotationFreeze takes access away at once; its value is the reason. It may
	// stand on a PublicLink, User, UserGroup, Library or Namespace.
	AnnotationFreeze = "dam.vitrine.dev/freeze"
	// AnnotationAt says where something was made outside the cluster for an
	// ObjectStore, Library or User: a list of ObjectStore=installationID with commas.
	// Vitrine writes it before the first write to a store, and the object goes
	// without asking a store that is not on it.
	AnnotationAt = "dam.vitrine.dev/at"
	// Finalizer stands on ObjectStores, Libraries and Users only.
	Finalizer = "dam.vitrine.dev/finalizer"
)
