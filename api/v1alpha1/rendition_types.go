package v1alpha1

import "k8s.io/apimachinery/pkg/api/resource"

// RenditionFit says how a picture is fitted into a preset's box.
// +kubebuilder:validation:Enum=Inside;Cover;Fill;Pad
type RenditionFit string

// The values of RenditionFit.
const (
	// FitInside keeps the whole picture within the box; it never enlarges.
	FitInside RenditionFit = "Inside"
	// FitCover fills the box and cuts off what stands out; it never enlarges.
	FitCover RenditionFit = "Cover"
	// FitFill gives exactly the box and gives up the picture's proportions.
	FitFill RenditionFit = "Fill"
	// FitPad gives exactly the box: the picture as by Inside, and background around it.
	FitPad RenditionFit = "Pad"
)

// RenditionPosition says which part of a picture Cover keeps.
// +kubebuilder:validation:Enum=Centre;Attention;FocusArea
type RenditionPosition string

// The values of RenditionPosition.
const (
	// PositionCentre keeps the middle.
	PositionCentre RenditionPosition = "Centre"
	// PositionAttention keeps what catches the eye: skin, strong colours, edges.
	PositionAttention RenditionPosition = "Attention"
	// PositionFocusArea keeps the surroundings of the asset's own focus area; the middle of an asset without one.
	PositionFocusArea RenditionPosition = "FocusArea"
)

// RenditionFormat is the file format of a rendition.
// +kubebuilder:validation:Enum=JPEG;PNG;WebP;AVIF
type RenditionFormat string

// The values of RenditionFormat.
const (
	FormatJPEG RenditionFormat = "JPEG"
	FormatPNG  RenditionFormat = "PNG"
	FormatWebP RenditionFormat = "WebP"
	FormatAVIF RenditionFormat = "AVIF"
)

// RenditionSharpening says how far edges are drawn out after a picture was made smaller.
// +kubebuilder:validation:Enum=None;Light;Strong
type RenditionSharpening string

// The values of RenditionSharpening.
const (
	// SharpeningNone leaves the picture as it is.
	SharpeningNone RenditionSharpening = "None"
	// SharpeningLight gives back about what shrinking takes.
	SharpeningLight RenditionSharpening = "Light"
	// SharpeningStrong is for small pictures with much detail.
	SharpeningStrong RenditionSharpening = "Strong"
)

// RenditionStripping says what of an original's metadata a rendition loses.
// +kubebuilder:validation:Enum=All;KeepCopyright
type RenditionStripping string

// The values of RenditionStripping.
const (
	// StrippingAll leaves nothing but the picture.
	StrippingAll RenditionStripping = "All"
	// StrippingKeepCopyright leaves who made the picture and the notice of rights, and nothing else.
	StrippingKeepCopyright RenditionStripping = "KeepCopyright"
)

// RenditionTime says when pictures of a preset are rendered.
// +kubebuilder:validation:Enum=Eager;OnRequest
type RenditionTime string

// The values of RenditionTime.
const (
	// RenderEager: as soon as there is an original.
	RenderEager RenditionTime = "Eager"
	// RenderOnRequest: of an original that a visitor of a link asked for. What was rendered stays until the original or the preset changes.
	RenderOnRequest RenditionTime = "OnRequest"
)

// WatermarkPosition says where on a picture a watermark is.
// +kubebuilder:validation:Enum=TopLeft;Top;TopRight;Left;Centre;Right;BottomLeft;Bottom;BottomRight;Tile
type WatermarkPosition string

// The values of WatermarkPosition.
const (
	WatermarkTopLeft     WatermarkPosition = "TopLeft"
	WatermarkTop         WatermarkPosition = "Top"
	WatermarkTopRight    WatermarkPosition = "TopRight"
	WatermarkLeft        WatermarkPosition = "Left"
	WatermarkCentre      WatermarkPosition = "Centre"
	WatermarkRight       WatermarkPosition = "Right"
	WatermarkBottomLeft  WatermarkPosition = "BottomLeft"
	WatermarkBottom      WatermarkPosition = "Bottom"
	WatermarkBottomRight WatermarkPosition = "BottomRight"
	// WatermarkTile repeats the watermark over the whole picture.
	WatermarkTile WatermarkPosition = "Tile"
)

// RenditionWatermark is drawn on pictures: either a text or an image.
// +kubebuilder:validation:XValidation:rule="has(self.text) != has(self.image)",message="a watermark is either a text or an image: set one of the two"
type RenditionWatermark struct {
	// text to draw, in white letters with a dark edge. A long one is broken into lines.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:XValidation:rule="!self.matches('[\\\\p{Cc}\\\\p{Zl}\\\\p{Zp}]')",message="the text must not contain line breaks or other control characters; a long one is broken into lines by itself"
	// +kubebuilder:validation:XValidation:rule="self.matches('[\\\\p{N}\\\\p{P}]|[^\\\\P{L}\\\\x{115F}\\\\x{1160}\\\\x{3164}\\\\x{FFA0}]|[^\\\\P{S}\\\\x{2800}\\\\x{FFFC}\\\\x{1D159}]')",message="the text must have a letter, a digit or another sign that is seen"
	Text string `json:"text,omitempty"`
	// image is the path of an image in the same library. Nothing is rendered with it while it is missing or unreadable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('/') && !self.endsWith('/') && !self.contains('//')",message="a path has no leading, trailing or double slash; write brand/logo.png"
	// +kubebuilder:validation:XValidation:rule="!self.matches('(^|/)[.][.]?(/|$)')",message="a path has no . or .. segments; write the file's real place"
	// +kubebuilder:validation:XValidation:rule="!self.contains('*') && !self.contains('?') && !self.contains('${')",message="a path must not contain *, ? or ${; name one file"
	// +kubebuilder:validation:XValidation:rule="!self.matches('\\\\p{Cc}')",message="a path must not contain control characters"
	// +kubebuilder:validation:XValidation:rule="!self.matches('(?i)^restricted(/|$)')",message="an image in a restricted folder is never drawn on pictures that others see; put it into an open folder"
	Image string `json:"image,omitempty"`
	// position on the picture, a fiftieth of its shorter side from the edges.
	// +optional
	// +default="BottomRight"
	Position WatermarkPosition `json:"position,omitempty"`
	// opacity in percent.
	// +optional
	// +default=50
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Opacity int32 `json:"opacity,omitempty"`
	// size is the watermark's width in percent of the picture's. It is smaller where it would be higher than the picture.
	// +optional
	// +default=30
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Size int32 `json:"size,omitempty"`
}

// LinkWatermark is a watermark that PublicLinks put on all that they show.
type LinkWatermark struct {
	// name of the watermark, as links refer to it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=30
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`

	RenditionWatermark `json:",inline"`
}

// RenditionPreset is one size and format that every picture of a library is rendered to.
// +kubebuilder:validation:XValidation:rule="has(self.width) || has(self.height)",message="a preset needs a width, a height or both"
// +kubebuilder:validation:XValidation:rule="self.fit == 'Inside' || (has(self.width) && has(self.height))",message="fits Cover, Fill and Pad need both a width and a height; set both or use fit Inside"
// +kubebuilder:validation:XValidation:rule="!has(self.position) || self.fit == 'Cover'",message="position says what fit Cover keeps; set fit: Cover or take position out"
type RenditionPreset struct {
	// name of the preset, as links refer to it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	// +kubebuilder:validation:XValidation:rule="!(self in ['thumb', 'preview', 'original'])",message="thumb, preview and original are built in; choose another name"
	Name string `json:"name,omitempty"`
	// width of the box in pixels.
	// +optional
	// +kubebuilder:validation:Minimum=16
	// +kubebuilder:validation:Maximum=8192
	Width int32 `json:"width,omitempty"`
	// height of the box in pixels.
	// +optional
	// +kubebuilder:validation:Minimum=16
	// +kubebuilder:validation:Maximum=8192
	Height int32 `json:"height,omitempty"`
	// fit says how the picture is fitted into the box.
	// +optional
	// +default="Inside"
	Fit RenditionFit `json:"fit,omitempty"`
	// format of the file.
	// +required
	Format RenditionFormat `json:"format,omitempty"`
	// quality of lossy formats, 1 to 100.
	// +optional
	// +default=80
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Quality int32 `json:"quality,omitempty"`
	// position says which part of a picture fit Cover keeps; the middle where nothing is said.
	// +optional
	Position RenditionPosition `json:"position,omitempty"`
	// effort is how much time the encoder takes to make the file smaller, 0 to 9. Without it every format gets what serves it best.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=9
	Effort *int32 `json:"effort,omitempty"`
	// background is what fit Pad adds and what shows through transparent parts, such as #ffcc00. Without it Pad adds
	// white, a JPEG is white where the picture is transparent, and the other formats stay transparent.
	// +optional
	// +kubebuilder:validation:MinLength=7
	// +kubebuilder:validation:MaxLength=7
	// +kubebuilder:validation:XValidation:rule="self.matches('^#[0-9a-fA-F]{6}$')",message="a colour is # and six hexadecimal digits, such as #ffcc00"
	Background string `json:"background,omitempty"`
	// sharpen says how far edges are drawn out after the picture was made smaller; not at all where nothing is said.
	// +optional
	Sharpen RenditionSharpening `json:"sharpen,omitempty"`
	// strip says what of the original's metadata the rendition loses; all of it where nothing is said. A position on earth never stays.
	// +optional
	Strip RenditionStripping `json:"strip,omitempty"`
	// page of a file with several, or frame of an animation, that is rendered: the first where nothing is said, the last of a file with fewer.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	Page int32 `json:"page,omitempty"`
	// watermark that every picture of the preset bears.
	// +optional
	Watermark *RenditionWatermark `json:"watermark,omitempty"`
	// when says whether pictures are rendered as soon as there is an original, or when a visitor of a link first asks for one; Eager where nothing is said.
	// +optional
	When RenditionTime `json:"when,omitempty"`
}

// Rendering says what may be taken to render a library.
// +kubebuilder:validation:MinProperties=1
type Rendering struct {
	// resources that each worker requests, and may take at most. A change holds for Jobs that begin after it.
	// +optional
	Resources *WorkerResources `json:"resources,omitempty"`
}

// WorkerResources are the requests and limits of one worker. What is not said is as it is without them, or as near to that as the rest allows.
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="!has(self.limits) || !has(self.limits.memory) || !isQuantity(string(self.limits.memory)) || quantity(string(self.limits.memory)).compareTo(quantity('1536Mi')) >= 0",message="a worker takes up to 1536Mi for one large original; set limits.memory to 1536Mi or more"
// +kubebuilder:validation:XValidation:rule="!has(self.requests) || !has(self.limits) || !has(self.requests.cpu) || !has(self.limits.cpu) || ![self.requests.cpu, self.limits.cpu].all(q, isQuantity(string(q))) || quantity(string(self.requests.cpu)).compareTo(quantity(string(self.limits.cpu))) <= 0",message="requests.cpu must not be more than limits.cpu"
// +kubebuilder:validation:XValidation:rule="!has(self.requests) || !has(self.limits) || !has(self.requests.memory) || !has(self.limits.memory) || ![self.requests.memory, self.limits.memory].all(q, isQuantity(string(q))) || quantity(string(self.requests.memory)).compareTo(quantity(string(self.limits.memory))) <= 0",message="requests.memory must not be more than limits.memory"
type WorkerResources struct {
	// requests are what a node must have free for a worker.
	// +optional
	Requests *ResourceAmounts `json:"requests,omitempty"`
	// limits are the most that a worker takes. It decodes as many originals at once as it has processors, and as fit into its memory.
	// +optional
	Limits *ResourceAmounts `json:"limits,omitempty"`
}

// ResourceAmounts are amounts of what a worker computes with.
// +kubebuilder:validation:MinProperties=1
type ResourceAmounts struct {
	// cpu in processors, such as 2 or 500m.
	// +optional
	// +kubebuilder:validation:XValidation:rule="size(string(self)) <= 16 && isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('100m')) >= 0 && quantity(string(self)).compareTo(quantity('64')) <= 0",message="cpu must be between 100m and 64"
	CPU *resource.Quantity `json:"cpu,omitempty"`
	// memory in bytes, such as 4Gi.
	// +optional
	// +kubebuilder:validation:XValidation:rule="size(string(self)) <= 16 && isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('64Mi')) >= 0 && quantity(string(self)).compareTo(quantity('256Gi')) <= 0",message="memory must be between 64Mi and 256Gi; write 4Gi or 1536Mi"
	Memory *resource.Quantity `json:"memory,omitempty"`
}
