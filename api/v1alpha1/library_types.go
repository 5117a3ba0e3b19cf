package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// BucketManagement says whether Vitrine makes a Library's bucket or finds it.
// +kubebuilder:validation:Enum=Create;Adopt
type BucketManagement string

// The values of BucketManagement.
const (
	// BucketCreate: Vitrine creates the bucket. One that exists is taken over
	// only when it carries this Library's mark, or is empty and unmarked.
	BucketCreate BucketManagement = "Create"
	// BucketAdopt: the bucket exists and keeps its content, name and layout; Vitrine marks it.
	BucketAdopt BucketManagement = "Adopt"
)

// DeletionPolicy says what becomes of the objects when a Library is deleted.
// +kubebuilder:validation:Enum=Retain;Delete
type DeletionPolicy string

// The values of DeletionPolicy.
const (
	// DeletionRetain keeps buckets, objects and the owner's mark; access goes.
	DeletionRetain DeletionPolicy = "Retain"
	// DeletionDelete deletes both buckets with all versions.
	DeletionDelete DeletionPolicy = "Delete"
)

// DriftPolicy says what Vitrine does about a policy changed by someone else.
// +kubebuilder:validation:Enum=Repair;Report
type DriftPolicy string

// The values of DriftPolicy.
const (
	// DriftRepair restores what is declared, with an event that names what differed.
	DriftRepair DriftPolicy = "Repair"
	// DriftReport only tells; Vitrine still applies what Git changes.
	DriftReport DriftPolicy = "Report"
)

// LibrarySpec declares a library: one bucket of originals, and one of Vitrine's own beside it.
type LibrarySpec struct {
	// storeRef names the ObjectStore, which must admit this namespace and the bucket's name.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="storeRef cannot change, since nothing is ever copied between stores; make a new Library"
	StoreRef LocalReference `json:"storeRef,omitzero"`

	// bucket holds the originals. Vitrine's own bucket is called like it, with -dam at the end.
	// +required
	Bucket Bucket `json:"bucket,omitzero"`

	// deletionPolicy says what becomes of the objects when the Library is deleted.
	// +optional
	// +default="Retain"
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// driftPolicy says what Vitrine does about a policy changed by someone else.
	// +optional
	// +default="Repair"
	DriftPolicy DriftPolicy `json:"driftPolicy,omitempty"`

	// versions says how many versions of a file are kept; all of them when absent.
	// +optional
	Versions *VersionPolicy `json:"versions,omitempty"`

	// links holds defaults and ceilings for the PublicLinks into this library.
	// +optional
	Links *LinkDefaults `json:"links,omitempty"`

	// renditions are the presets that every picture is rendered to, beside the
	// built-in thumb and preview.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Renditions []RenditionPreset `json:"renditions,omitempty"`

	// watermarks are what PublicLinks can put on all that they show, by name.
	// Nothing is rendered with one that no link names.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	Watermarks []LinkWatermark `json:"watermarks,omitempty"`
	// rendering says what may be taken to render the library.
	// +optional
	Rendering *Rendering `json:"rendering,omitempty"`

	// metadata declares the fields by which files are described; title, description and keywords when absent.
	// +optional
	Metadata *MetadataSchema `json:"metadata,omitempty"`
}

// Bucket names a Library's bucket of originals.
// +kubebuilder:validation:XValidation:rule="self.name == oldSelf.name",message="the bucket's name cannot change, since nothing is ever copied between buckets; make a new Library"
type Bucket struct {
	// name of the bucket: 3 to 59 lower-case letters, digits, dots and hyphens.
	// +required
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=59
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9][a-z0-9.-]*[a-z0-9]$') && !self.contains('..')",message="a bucket name has lower-case letters, digits, dots and hyphens, and begins and ends with a letter or digit"
	// +kubebuilder:validation:XValidation:rule="!self.endsWith('-dam')",message="names that end in -dam are kept for Vitrine's own buckets; choose another ending"
	Name string `json:"name,omitempty"`
	// management says whether Vitrine makes the bucket or finds it.
	// +optional
	// +default="Create"
	Management BucketManagement `json:"management,omitempty"`
}

// VersionPolicy says how many versions of a file are kept.
type VersionPolicy struct {
	// keep is how many versions of a file are kept, the current one included. Older ones are deleted for good, but for
	// those that a Collection names and those that the store holds.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	Keep int32 `json:"keep,omitempty"`
	// grace is how long a version stays after it was replaced, however many there are, so that nobody
	// flushes old versions out unseen by uploading new ones; such as 168h.
	// +optional
	// +default="168h"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$') || duration(self) <= duration('87600h')",message="grace must be at most 87600h (ten years)"
	Grace Duration `json:"grace,omitempty"`
}

// SponsorPolicy says whether a link needs a sponsor.
// +kubebuilder:validation:Enum=Optional;Required
type SponsorPolicy string

// The values of SponsorPolicy.
const (
	// SponsorOptional: a link may do without a sponsor.
	SponsorOptional SponsorPolicy = "Optional"
	// SponsorRequired: a link without a sponsor does not open.
	SponsorRequired SponsorPolicy = "Required"
)

// LinkDefaults are what a Library's PublicLinks start from and may not exceed.
// +kubebuilder:validation:XValidation:rule="!has(self.defaultTTL) || !has(self.maxTTL) || ![self.defaultTTL, self.maxTTL].all(d, d.matches('^([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$')) || duration(self.defaultTTL) <= duration(self.maxTTL)",message="defaultTTL must not be longer than maxTTL"
type LinkDefaults struct {
	// defaultTTL is how long a link without notAfter lives, from its first day; such as 720h.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$') || (duration(self) >= duration('1m') && duration(self) <= duration('87600h'))",message="defaultTTL must be between 1m and 87600h (ten years)"
	DefaultTTL Duration `json:"defaultTTL,omitempty"`
	// maxTTL is the longest that any link may live, from its first day.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$') || (duration(self) >= duration('1m') && duration(self) <= duration('87600h'))",message="maxTTL must be between 1m and 87600h (ten years)"
	MaxTTL Duration `json:"maxTTL,omitempty"`
	// sponsor says whether a link needs a sponsor.
	// +optional
	// +default="Optional"
	Sponsor SponsorPolicy `json:"sponsor,omitempty"`
	// sponsors are the UserGroups that may sponsor links. Without the list any
	// UserGroup or User may; with it, no User by itself.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Sponsors []string `json:"sponsors,omitempty"`
	// contact is whom a visitor may ask; it stands on every page of a link.
	// +optional
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:Pattern=`^[^@\s<>"]+@[^@\s<>"]+$`
	Contact string `json:"contact,omitempty"`
}

// LibraryStatus is what Vitrine made of a Library.
type LibraryStatus struct {
	CommonStatus `json:",inline"`

	// vitrineBucket is Vitrine's own bucket beside the bucket of originals.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	VitrineBucket string `json:"vitrineBucket,omitempty"`
	// assets counts what the library holds.
	// +optional
	Assets *AssetCounts `json:"assets,omitempty"`
	// renditions tells how far rendering is.
	// +optional
	Renditions *RenditionCounts `json:"renditions,omitempty"`
	// descriptions tells how far files are described, approved and published.
	// +optional
	Descriptions *DescriptionCounts `json:"descriptions,omitempty"`
	// sweep tells of the library's sweeps where they take long; absent where they take less than ten seconds.
	// +optional
	Sweep *SweepStatus `json:"sweep,omitempty"`
	// policies are what Vitrine last brought into force at the library's buckets. A store that
	// has something else while the declarations are the same was changed by somebody else.
	// +optional
	// +listType=map
	// +listMapKey=bucket
	// +kubebuilder:validation:MaxItems=2
	Policies []AppliedPolicy `json:"policies,omitempty"`
}

// SweepStatus tells of the sweeps of a library: each lists both of its buckets, and reads what changed of what is known of files.
type SweepStatus struct {
	// running is how far the sweep is that is under way; absent between sweeps.
	// +optional
	Running *SweepProgress `json:"running,omitempty"`
	// last is the last sweep that came to its end.
	// +optional
	Last *FinishedSweep `json:"last,omitempty"`
}

// SweepPhase is what a sweep looks at.
// +kubebuilder:validation:Enum=Originals;Details
type SweepPhase string

// The values of SweepPhase.
const (
	// SweepOriginals: which originals there are.
	SweepOriginals SweepPhase = "Originals"
	// SweepDetails: what there is of each original: renditions, facts, and what people said and decided.
	SweepDetails SweepPhase = "Details"
)

// SweepProgress is how far a sweep is. It is told every few seconds.
type SweepProgress struct {
	// phase is what is being looked at.
	// +required
	Phase SweepPhase `json:"phase,omitempty"`
	// startedAt is when the sweep began.
	// +required
	StartedAt metav1.Time `json:"startedAt,omitzero"`
	// seen counts the objects in both buckets that were looked at so far.
	// +required
	// +kubebuilder:validation:Minimum=0
	Seen *int64 `json:"seen,omitempty"`
	// about is how many objects there are about: as many as the last whole sweep saw. Absent before one has ended.
	// +optional
	// +kubebuilder:validation:Minimum=0
	About *int64 `json:"about,omitempty"`
	// perSecond is how many objects are looked at in a second; absent while the sweep is interrupted.
	// +optional
	// +kubebuilder:validation:Minimum=0
	PerSecond *int64 `json:"perSecond,omitempty"`
	// timeLeft is about how long it will take from now on; absent while that is not known.
	// +optional
	TimeLeft Duration `json:"timeLeft,omitempty"`
}

// FinishedSweep is a sweep that came to its end.
type FinishedSweep struct {
	// finishedAt is when it ended.
	// +required
	FinishedAt metav1.Time `json:"finishedAt,omitzero"`
	// objects it saw in both buckets.
	// +required
	// +kubebuilder:validation:Minimum=0
	Objects *int64 `json:"objects,omitempty"`
	// took is how long it worked, interruptions left out.
	// +required
	Took Duration `json:"took,omitempty"`
}

// AppliedPolicy identifies Vitrine's statements in the policy of one bucket.
type AppliedPolicy struct {
	// bucket that has the policy.
	// +required
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=63
	Bucket string `json:"bucket,omitempty"`
	// sha256 of the statements in canonical form, in lower-case hexadecimal.
	// +required
	// +kubebuilder:validation:MinLength=64
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^[0-9a-f]*$`
	SHA256 string `json:"sha256,omitempty"`
}

// AssetCounts counts a library's originals, current versions only.
type AssetCounts struct {
	// count of originals.
	// +required
	// +kubebuilder:validation:Minimum=0
	Count *int64 `json:"count,omitempty"`
	// bytes of originals.
	// +required
	// +kubebuilder:validation:Minimum=0
	Bytes *int64 `json:"bytes,omitempty"`
}

// RenditionCounts tells how far the rendering of a library is, in originals.
type RenditionCounts struct {
	// wanted counts originals that should have renditions, those not yet looked at included.
	// +required
	// +kubebuilder:validation:Minimum=0
	Wanted *int64 `json:"wanted,omitempty"`
	// done counts originals of which every rendition exists.
	// +required
	// +kubebuilder:validation:Minimum=0
	Done *int64 `json:"done,omitempty"`
	// failed counts originals of which no rendition, or not that of every preset, can be made.
	// +required
	// +kubebuilder:validation:Minimum=0
	Failed *int64 `json:"failed,omitempty"`
	// failures names some of those, with the reason of each.
	// +optional
	// +listType=map
	// +listMapKey=path
	// +kubebuilder:validation:MaxItems=20
	Failures []RenditionFailure `json:"failures,omitempty"`
	// held names presets by which nothing is rendered now, with the reason of each. They are not counted above.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	Held []HeldPreset `json:"held,omitempty"`
	// job is the Job that is rendering now.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Job string `json:"job,omitempty"`
	// perSecond is how many originals were decided in a second, over the last minute, with at most two decimals. It is there while rendering is under way.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:Pattern=`^[0-9]+([.][0-9]{1,2})?$`
	PerSecond string `json:"perSecond,omitempty"`
	// left is about how long the rest takes at that speed.
	// +optional
	Left Duration `json:"left,omitempty"`
}

// HeldPreset names a preset by which nothing is rendered now.
type HeldPreset struct {
	// name of the preset.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	Name string `json:"name,omitempty"`
	// reason in one word: WatermarkNotFound, WatermarkUnreadable, WatermarkBlank, or WatermarkPending for an image that is being looked at.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`
	// message in plain words.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}

// RenditionFailure names an original of which no rendition, or not that of every preset, can be made.
type RenditionFailure struct {
	// path of the original in the library.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Path string `json:"path,omitempty"`
	// reason in one word.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`
	// message in plain words.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Message string `json:"message,omitempty"`
}

// Library is a bucket of originals with Vitrine's own bucket beside it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=libraries,shortName=lib,categories=dam
// +kubebuilder:printcolumn:name="Bucket",type=string,JSONPath=`.spec.bucket.name`
// +kubebuilder:printcolumn:name="Assets",type=integer,JSONPath=`.status.assets.count`
// +kubebuilder:printcolumn:name="Wanted",type=integer,JSONPath=`.status.renditions.wanted`
// +kubebuilder:printcolumn:name="Done",type=integer,JSONPath=`.status.renditions.done`
// +kubebuilder:printcolumn:name="Failed",type=integer,JSONPath=`.status.renditions.failed`
// +kubebuilder:printcolumn:name="Swept",type=integer,priority=1,JSONPath=`.status.sweep.running.seen`
// +kubebuilder:printcolumn:name="Of About",type=integer,priority=1,JSONPath=`.status.sweep.running.about`
// +kubebuilder:printcolumn:name="Time Left",type=string,priority=1,JSONPath=`.status.sweep.running.timeLeft`
// +kubebuilder:printcolumn:name="Images/s",type=string,JSONPath=`.status.renditions.perSecond`
// +kubebuilder:printcolumn:name="Left",type=string,JSONPath=`.status.renditions.left`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="the name must be a DNS label of at most 63 characters: lower-case letters, digits and hyphens"
type Library struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the object's standard metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is declared.
	// +required
	Spec LibrarySpec `json:"spec,omitzero"`
	// status is what Vitrine found and did.
	// +optional
	// +default={"observedGeneration": -1}
	Status LibraryStatus `json:"status,omitzero"`
}

// LibraryList is a list of Libraries.
// +kubebuilder:object:root=true
type LibraryList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Library `json:"items"`
}
