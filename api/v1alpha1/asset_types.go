package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// MetadataFieldName names a field by which files are described.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=32
// +kubebuilder:validation:Pattern=`^[a-z][a-z0-9-]*$`
type MetadataFieldName string

// MetadataFieldType says what values a field takes.
// +kubebuilder:validation:Enum=Text;Keywords;Choice;Choices;Number;Date
type MetadataFieldType string

// The values of MetadataFieldType.
const (
	// FieldText is one text.
	FieldText MetadataFieldType = "Text"
	// FieldKeywords is any number of words; with choices, of those only.
	FieldKeywords MetadataFieldType = "Keywords"
	// FieldChoice is one of the choices.
	FieldChoice MetadataFieldType = "Choice"
	// FieldChoices is any number of the choices.
	FieldChoices MetadataFieldType = "Choices"
	// FieldNumber is one decimal number.
	FieldNumber MetadataFieldType = "Number"
	// FieldDate is one day, such as 2027-03-31.
	FieldDate MetadataFieldType = "Date"
)

// MetadataPresence says whether every file is to have a value in a field.
// +kubebuilder:validation:Enum=Optional;Required
type MetadataPresence string

// The values of MetadataPresence.
const (
	// PresenceOptional: a file may do without a value.
	PresenceOptional MetadataPresence = "Optional"
	// PresenceRequired: a file without a value is counted and named in the Library's status. It is not hidden for that.
	PresenceRequired MetadataPresence = "Required"
)

// MetadataSchema declares the fields by which a library's files are described.
type MetadataSchema struct {
	// fields are those of files, in the order in which people see them. What files have in other fields, or what does not fit, stays
	// as it is and is counted in status.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	Fields []MetadataField `json:"fields,omitempty"`
}

// MetadataField is one field by which files are described.
// +kubebuilder:validation:XValidation:rule="has(self.choices) || !(self.type in ['Choice', 'Choices'])",message="a field of type Choice or Choices needs choices; name them, or use type Text or Keywords"
// +kubebuilder:validation:XValidation:rule="!has(self.choices) || self.type in ['Choice', 'Choices', 'Keywords']",message="choices are for fields of type Choice, Choices or Keywords; leave them out, or use another type"
type MetadataField struct {
	// name of the field: lower-case letters, digits and hyphens.
	// +required
	Name MetadataFieldName `json:"name,omitempty"`
	// title for people; the name stands in when absent.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	Title string `json:"title,omitempty"`
	// type says what values the field takes.
	// +required
	Type MetadataFieldType `json:"type,omitempty"`
	// presence says whether every file is to have a value.
	// +optional
	// +default="Optional"
	Presence MetadataPresence `json:"presence,omitempty"`
	// choices are the values that Choice, Choices or Keywords may have.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=100
	Choices []string `json:"choices,omitempty"`
}

// AssetState says how far a file is: what leaves through links hangs on it.
// +kubebuilder:validation:Enum=Draft;Published;Archived
type AssetState string

// The values of AssetState.
const (
	// StateDraft: members work on it; links show it only where they say drafts: Shown.
	StateDraft AssetState = "Draft"
	// StatePublished: links show it.
	StatePublished AssetState = "Published"
	// StateArchived: nothing shows it, and its original is put aside.
	StateArchived AssetState = "Archived"
)

// InitialState is what a file is while nobody gave it a state.
// +kubebuilder:validation:Enum=Draft;Published
type InitialState string

// AssetApproval says what was decided of the current version of a file.
// +kubebuilder:validation:Enum=Approved;Rejected;Unreviewed
type AssetApproval string

// The values of AssetApproval.
const (
	// ApprovalApproved: this very content was approved.
	ApprovalApproved AssetApproval = "Approved"
	// ApprovalRejected: this very content was rejected.
	ApprovalRejected AssetApproval = "Rejected"
	// ApprovalUnreviewed: nobody decided on this content yet; so is every new version.
	ApprovalUnreviewed AssetApproval = "Unreviewed"
)

// Lifecycle says what becomes of the files of a folder as time passes. A folder below may say otherwise for its own files, but
// for sunset, of which the earliest counts.
// +kubebuilder:validation:MinProperties=1
type Lifecycle struct {
	// state of files that nobody gave one; Published when absent here and in every folder above.
	// +optional
	State InitialState `json:"state,omitempty"`
	// publishAt is when files that nobody gave a state are published.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self <= timestamp('9999-12-31T23:59:59Z')",message="no such time; write one like 2027-03-31T00:00:00Z"
	PublishAt *metav1.Time `json:"publishAt,omitempty"`
	// sunset is when all files are archived, whatever their state and whatever links say.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self <= timestamp('9999-12-31T23:59:59Z')",message="no such time; write one like 2027-03-31T00:00:00Z"
	Sunset *metav1.Time `json:"sunset,omitempty"`
	// archiveAfter is how long after its content last changed a file is archived; such as 8760h. Never when absent.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$') || (duration(self) >= duration('1h') && duration(self) <= duration('876000h'))",message="archiveAfter must be between 1h and 876000h (a hundred years)"
	ArchiveAfter Duration `json:"archiveAfter,omitempty"`
}

// CollectionSelector picks members by what is known of files. A file is a member that fits all that is said.
// +kubebuilder:validation:XValidation:rule="has(self.keywords) || has(self.states) || has(self.approval)",message="an empty selector would pick every file; say keywords, states or approval"
type CollectionSelector struct {
	// keywords that a file has, all of them, case aside.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=100
	Keywords []string `json:"keywords,omitempty"`
	// states of which a file is in one; archived files are never members.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	// +kubebuilder:validation:XValidation:rule="!('Archived' in self)",message="archived files are never members; name Draft, Published or both"
	States []AssetState `json:"states,omitempty"`
	// approval of a file's current version.
	// +optional
	Approval AssetApproval `json:"approval,omitempty"`
}

// DraftsMode says whether a link shows drafts.
// +kubebuilder:validation:Enum=Hidden;Shown
type DraftsMode string

// The values of DraftsMode.
const (
	DraftsHidden DraftsMode = "Hidden"
	DraftsShown  DraftsMode = "Shown"
)

// LinkApproval says whether a link shows only what was approved.
// +kubebuilder:validation:Enum=Any;ApprovedOnly
type LinkApproval string

// The values of LinkApproval.
const (
	// LinkApprovalAny: what nobody decided on, and what was rejected, is shown too.
	LinkApprovalAny LinkApproval = "Any"
	// LinkApprovedOnly: only versions that were approved are shown; a new one waits for its own approval.
	LinkApprovedOnly LinkApproval = "ApprovedOnly"
)

// DescriptionCounts counts how well a library's files are described.
type DescriptionCounts struct {
	// drafts counts files that are in Draft.
	// +required
	// +kubebuilder:validation:Minimum=0
	Drafts *int64 `json:"drafts,omitempty"`
	// archived counts files that are archived.
	// +required
	// +kubebuilder:validation:Minimum=0
	Archived *int64 `json:"archived,omitempty"`
	// approved counts files whose current version is approved.
	// +required
	// +kubebuilder:validation:Minimum=0
	Approved *int64 `json:"approved,omitempty"`
	// misfits counts files whose metadata does not fit spec.metadata: a required field without a value, or a value
	// that its field does not take.
	// +required
	// +kubebuilder:validation:Minimum=0
	Misfits *int64 `json:"misfits,omitempty"`
	// misfit names some of those, with what does not fit.
	// +optional
	// +listType=map
	// +listMapKey=path
	// +kubebuilder:validation:MaxItems=20
	Misfit []MetadataMisfit `json:"misfit,omitempty"`
}

// MetadataMisfit names a file whose metadata does not fit.
type MetadataMisfit struct {
	// path of the file in the library.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Path string `json:"path,omitempty"`
	// message says what does not fit, in plain words.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Message string `json:"message,omitempty"`
}
