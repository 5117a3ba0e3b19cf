package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// OriginalsMode says whether a link hands out originals.
// +kubebuilder:validation:Enum=Download;Hidden
type OriginalsMode string

// The values of OriginalsMode.
const (
	OriginalsDownload OriginalsMode = "Download"
	OriginalsHidden   OriginalsMode = "Hidden"
)

// PublicLinkSpec declares a link that opens for whoever holds it, no account needed.
// +kubebuilder:validation:XValidation:rule="!has(self.notBefore) || !has(self.notAfter) || self.notBefore < self.notAfter",message="notAfter must be later than notBefore"
// +kubebuilder:validation:XValidation:rule="!has(self.watermark) || self.originals == 'Hidden'",message="originals bear no watermark, so a link with one gives none: set originals: Hidden, or take watermark out"
type PublicLinkSpec struct {
	// target is what the link shows.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="target cannot change, since people hold the URL; make a new PublicLink"
	Target LinkTarget `json:"target,omitzero"`
	// title of the page; the target's title when absent.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Title string `json:"title,omitempty"`
	// message to the recipients, plain text.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	Message string `json:"message,omitempty"`
	// notBefore is when the link begins to work; at once when absent.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self <= timestamp('9999-12-31T23:59:59Z')",message="no such time; write one like 2027-03-31T00:00:00Z"
	NotBefore *metav1.Time `json:"notBefore,omitempty"`
	// notAfter is when the link ends; after the Library's defaultTTL when absent.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self <= timestamp('9999-12-31T23:59:59Z')",message="no such time; write one like 2027-03-31T00:00:00Z"
	NotAfter *metav1.Time `json:"notAfter,omitempty"`
	// passwordSecretRef names the key of a Secret that holds the password. The
	// Secret must carry the label dam.vitrine.dev/use: link-password.
	// +optional
	PasswordSecretRef *SecretKeyReference `json:"passwordSecretRef,omitempty"`
	// originals says whether originals can be downloaded, or only renditions.
	// +optional
	// +default="Download"
	Originals OriginalsMode `json:"originals,omitempty"`
	// renditions are the presets offered for download, beside the built-in
	// thumb and preview, which the page shows.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=32
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Renditions []string `json:"renditions,omitempty"`
	// watermark names the one of the Library's watermarks that every picture bears which the link
	// shows or gives. A picture is not shown until it bears it, and originals must be Hidden.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=30
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Watermark string `json:"watermark,omitempty"`
	// drafts says whether files in Draft are shown.
	// +optional
	// +default="Hidden"
	Drafts DraftsMode `json:"drafts,omitempty"`
	// approval says whether only approved versions are shown.
	// +optional
	// +default="Any"
	Approval LinkApproval `json:"approval,omitempty"`
	// metadataFields are the fields whose values the link shows; none when absent.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	MetadataFields []MetadataFieldName `json:"metadataFields,omitempty"`
	// sponsor answers for the link: it opens only while the sponsor holds the
	// permission link on the target.
	// +optional
	Sponsor *LinkSponsor `json:"sponsor,omitempty"`
	// suspend takes the link out of service until it is false again.
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// LinkSponsor names who answers for a link.
type LinkSponsor struct {
	// kind of the sponsor.
	// +required
	Kind SubjectKind `json:"kind,omitempty"`
	// name of the sponsor in this namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`
}

// LinkTarget is what a PublicLink shows.
// +kubebuilder:validation:XValidation:rule="[has(self.folder), has(self.collection), has(self.asset)].filter(x, x).size() == 1",message="a link has exactly one target: folder, collection or asset"
type LinkTarget struct {
	// folder shows everything in a Folder and below it, restricted folders below it aside.
	// +optional
	Folder *LocalReference `json:"folder,omitempty"`
	// collection shows the members of a Collection.
	// +optional
	Collection *LocalReference `json:"collection,omitempty"`
	// asset shows a single file.
	// +optional
	Asset *AssetReference `json:"asset,omitempty"`
}

// AssetReference names one file of a library.
type AssetReference struct {
	// libraryRef names the Library.
	// +required
	LibraryRef LocalReference `json:"libraryRef,omitzero"`
	// path of the file in the library.
	// +required
	Path Path `json:"path,omitempty"`
}

// LinkPhase says what a link does for the one who opens it.
// +kubebuilder:validation:Enum=Pending;Active;Expired;Suspended;Unsponsored;Frozen;Unavailable
type LinkPhase string

// The values of LinkPhase.
const (
	// LinkPending: notBefore has not come yet.
	LinkPending LinkPhase = "Pending"
	// LinkActive: the link opens.
	LinkActive LinkPhase = "Active"
	// LinkExpired: notAfter, or the Library's ceiling, has passed.
	LinkExpired LinkPhase = "Expired"
	// LinkSuspended: suspend is set.
	LinkSuspended LinkPhase = "Suspended"
	// LinkUnsponsored: the link lacks a sponsor that holds the permission link on its target.
	LinkUnsponsored LinkPhase = "Unsponsored"
	// LinkFrozen: a freeze annotation stands on the link, its Library or its namespace.
	LinkFrozen LinkPhase = "Frozen"
	// LinkUnavailable: the target is missing, or what the link needs is not ready.
	LinkUnavailable LinkPhase = "Unavailable"
)

// PublicLinkStatus tells what a link does. It holds no secret: neither the
// token nor the URL, only the token's SHA-256.
type PublicLinkStatus struct {
	CommonStatus `json:",inline"`

	// phase says what the link does for the one who opens it.
	// +optional
	Phase LinkPhase `json:"phase,omitempty"`
	// id of the link in addresses of its assets, derived from the token's hash.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ID string `json:"id,omitempty"`
	// tokenHash is the SHA-256 of the token, in hex.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	TokenHash string `json:"tokenHash,omitempty"`
	// library that the target is in.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Library string `json:"library,omitempty"`
	// catalog is the key of the list of what the link shows, in Vitrine's bucket.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Catalog string `json:"catalog,omitempty"`
	// urlSecretRef names the Secret with the URL, in this namespace.
	// +optional
	URLSecretRef *LocalSecretReference `json:"urlSecretRef,omitempty"`
	// firstSeen is when the link was first made; it outlives a rebuilt cluster.
	// +optional
	FirstSeen *metav1.Time `json:"firstSeen,omitempty"`
	// expiresAt is when the link ends; never when absent.
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
	// sponsoredBy is the sponsor that holds the permission link on the target now;
	// absent while it does not. Whoever serves a link that declares a sponsor wants to find it here.
	// +optional
	SponsoredBy *LinkSponsor `json:"sponsoredBy,omitempty"`
	// protection says what a visitor needs beside the URL.
	// +optional
	Protection LinkProtection `json:"protection,omitempty"`
	// assets counts what the link shows now.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Assets *int64 `json:"assets,omitempty"`
	// waiting counts, of a link with a watermark, the files of which a picture that bears it is still to be made.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Waiting *int64 `json:"waiting,omitempty"`
}

// LinkProtection says what a visitor needs beside the URL.
// +kubebuilder:validation:Enum=Open;Password
type LinkProtection string

// The values of LinkProtection.
const (
	ProtectionOpen     LinkProtection = "Open"
	ProtectionPassword LinkProtection = "Password"
)

// PublicLink is a link that opens for whoever holds it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=plink,categories=dam
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Assets",type=integer,JSONPath=`.status.assets`
// +kubebuilder:printcolumn:name="Protection",type=string,JSONPath=`.status.protection`
// +kubebuilder:printcolumn:name="Expires",type=string,JSONPath=`.status.expiresAt`
// +kubebuilder:printcolumn:name="URL Secret",type=string,JSONPath=`.status.urlSecretRef.name`
// +kubebuilder:printcolumn:name="Title",type=string,priority=1,JSONPath=`.spec.title`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="the name must be a DNS label of at most 63 characters: lower-case letters, digits and hyphens"
type PublicLink struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the object's standard metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is declared.
	// +required
	Spec PublicLinkSpec `json:"spec,omitzero"`
	// status is what Vitrine found and did.
	// +optional
	// +default={"observedGeneration": -1}
	Status PublicLinkStatus `json:"status,omitzero"`
}

// PublicLinkList is a list of PublicLinks.
// +kubebuilder:object:root=true
type PublicLinkList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []PublicLink `json:"items"`
}
