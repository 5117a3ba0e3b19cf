package asset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// FactsVersion is the version that this package writes. Facts of another version count as absent, so that
// a change of their meaning makes the workers read the originals again.
const FactsVersion = 2

// MaxFactsBytes bounds an encoded facts object. Facts come from workers that have handled hostile files, so a reader trusts
// neither their size nor their contents. That is MaxPictures of a 300-byte entry each and about 25 KiB of the file's own metadata; what is
// more than that is cut as EncodeFacts says.
const MaxFactsBytes = 64 << 10

// MaxPictures is how many renditions of one original facts tell of, those that are there and those that cannot be made alike.
const MaxPictures = 128

// Bounds of the parts of facts, enforced by Validate.
const (
	maxFactsText    = 1024 // keys, ETags and version ids of S3
	maxFactsMessage = 256
	maxBlurHash     = 64
)

// Facts is what a worker found by reading one original: the object `facts/<key>.json` in Vitrine's own bucket. It is
// written last, so facts that bear an original's ETag mean that everything to be made from it has been made, or that Error says why not.
type Facts struct {
	// V is FactsVersion.
	V int `json:"v"`
	// ETag of the original that was read, without quotes. Facts of another ETag are about another version of the file.
	ETag string `json:"etag"`
	// VersionID of the original at the store; empty in a bucket without versions.
	VersionID string `json:"versionID,omitempty"`
	// Size of the original in bytes.
	Size int64 `json:"size"`
	// ContentType is the media type judged by content, never by name; application/octet-stream when unknown.
	ContentType string `json:"contentType,omitempty"`
	// Width and Height in pixels (points of a PDF's first page) as a person sees the picture, that is after Orientation was applied; 0 for what is no picture.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Orientation as the file carries it: the EXIF tag 0x0112, 1 to 8; 0 for what is no picture.
	Orientation int `json:"orientation,omitempty"`
	// ColourSpace of the file before conversion: sRGB, Grey, CMYK, RGB16, Grey16, Lab or Other.
	ColourSpace string `json:"colourSpace,omitempty"`
	// Profile says whether the file carries an ICC profile.
	Profile bool `json:"profile,omitempty"`
	// Frames of an animation, or pages of a TIFF or PDF; 1 for an ordinary picture, 0 for what is no picture.
	Frames int `json:"frames,omitempty"`
	// CRC32 of the original's bytes: IEEE 802.3 polynomial (that of ZIP), 8 hex digits. Archives of many files need it ahead of the bytes.
	CRC32 string `json:"crc32,omitempty"`
	// SHA256 of the original's bytes, 64 hex digits.
	SHA256 string `json:"sha256,omitempty"`
	// ModifiedAt is the store's Last-Modified of the original; zero when it gave none.
	ModifiedAt time.Time `json:"modifiedAt,omitzero"`
	// ReadAt is when the worker read the original, by the worker's clock.
	ReadAt time.Time `json:"readAt,omitzero"`
	// PresetSet identifies the presets that were asked for (rendition.SetDigest). A failure is tried again when it changes.
	PresetSet string `json:"presetSet,omitempty"`
	// BlurHash is a blurred picture of the original in 28 characters, to be shown until a real one is there; empty when it was not decoded.
	BlurHash string `json:"blurHash,omitempty"`
	// Colour is the average of the picture, #rrggbb; empty when it was not decoded.
	Colour string `json:"colour,omitempty"`
	// Embedded is what the file says about itself; nil when it says nothing of the list, or could not be read.
	Embedded *Embedded `json:"embedded,omitempty"`
	// Error says why the original could not be made into pictures; nil when it could.
	Error *ReadError `json:"error,omitempty"`
	// Renditions that exist for this ETag, those made by earlier runs included.
	Renditions []Rendition `json:"renditions,omitempty"`
	// Unmade are renditions that were asked for and will not be there, though the original can be read.
	Unmade []Unmade `json:"unmade,omitempty"`
}

// Rendition is one picture made from an original.
type Rendition struct {
	// Preset is the preset's name.
	Preset string `json:"preset"`
	// Object is the last part of the rendition's key, as rendition.ObjectName gives it.
	Object string `json:"object"`
	// Key is the whole key in Vitrine's bucket; empty in facts made by workers, which do not know keys.
	Key string `json:"key,omitempty"`
	// ETag that the store gave to the rendition; empty when it gave none.
	ETag string `json:"etag,omitempty"`
	// Size in bytes.
	Size int64 `json:"size"`
	// Width and Height in pixels.
	Width  int `json:"width"`
	Height int `json:"height"`
	// ContentType is the media type the rendition was stored with.
	ContentType string `json:"contentType"`
}

// Reason is the closed list of why an original has no renditions.
type Reason string

// The reasons. NotAnImage and Unsupported are ordinary assets that have no picture; the others are failures that somebody should look at.
const (
	// ReasonNotAnImage: the content is of no image format we know of; text, video, archives.
	ReasonNotAnImage Reason = "NotAnImage"
	// ReasonUnsupported: an image or document whose decoder is not let near untrusted files: PSD, JPEG XL, and
	// SVG and PDF but for the workers that are there for them alone.
	ReasonUnsupported Reason = "Unsupported"
	// ReasonCorrupt: the content begins like an image and cannot be decoded as one, or ends too early.
	ReasonCorrupt Reason = "Corrupt"
	// ReasonTooManyPixels: the header claims more pixels than the limit. Nothing was decoded.
	ReasonTooManyPixels Reason = "TooManyPixels"
	// ReasonTooManyFrames: the header claims more frames or pages than the limit. Nothing was decoded.
	ReasonTooManyFrames Reason = "TooManyFrames"
	// ReasonTooLarge: the object has more bytes than the limit. It was not fetched.
	ReasonTooLarge Reason = "TooLarge"
	// ReasonTimeout: decoding did not end within the time limit.
	ReasonTimeout Reason = "Timeout"
	// ReasonEncrypted: a document that opens with a password only.
	ReasonEncrypted Reason = "Encrypted"
	// ReasonUnsafe: a document that holds scripts, or would have something followed that is not in it.
	ReasonUnsafe Reason = "Unsafe"
	// ReasonTooComplex: reading or drawing a document takes more time or memory than a worker gives to one.
	ReasonTooComplex Reason = "TooComplex"
)

// Known tells whether r is in the list.
func (r Reason) Known() bool {
	switch r {
	case ReasonNotAnImage, ReasonUnsupported, ReasonCorrupt, ReasonTooManyPixels, ReasonTooManyFrames, ReasonTooLarge, ReasonTimeout,
		ReasonEncrypted, ReasonUnsafe, ReasonTooComplex:
		return true
	}
	return false
}

// ReadError is why an original could not be made into pictures.
type ReadError struct {
	Reason Reason `json:"reason"`
	// Message is for people: one line of at most 256 bytes. It never holds a URL or a path of the worker.
	Message string `json:"message,omitempty"`
}

// NewReadError makes a ReadError whose message is cut and cleaned so that it is fit for facts, status and logs.
func NewReadError(reason Reason, message string) *ReadError {
	return &ReadError{Reason: reason, Message: cleanLine(message, maxFactsMessage)}
}

// Error implements error.
func (e *ReadError) Error() string {
	if e.Message == "" {
		return string(e.Reason)
	}
	return string(e.Reason) + ": " + e.Message
}

// Errors of DecodeFacts, to be compared with errors.Is.
var (
	// ErrFactsVersion: the facts are of a version that this program does not know; treat them as absent.
	ErrFactsVersion = errors.New("facts of an unknown version")
	// ErrFactsInvalid: the object is not what a worker of ours would write; treat it as absent and report it.
	ErrFactsInvalid = errors.New("facts are not valid")
)

// EncodeFacts validates f and gives its JSON. When that is too large, the messages of what could not be made are shortened first, as their
// reasons stay; then the file's own metadata go, the longest field before the others, and Embedded says that it is Cut.
func EncodeFacts(f Facts) ([]byte, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if f.Embedded != nil {
		own := *f.Embedded
		f.Embedded = &own
	}
	for {
		b, err := json.Marshal(f)
		if err != nil {
			return nil, fmt.Errorf("encode facts: %w", err)
		}
		if len(b) <= MaxFactsBytes {
			return b, nil
		}
		var shortened bool
		if f.Unmade, shortened = shortenUnmade(f.Unmade); shortened {
			continue
		}
		if f.Embedded == nil || !f.Embedded.dropLongest() {
			return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrFactsInvalid, len(b), MaxFactsBytes)
		}
	}
}

// DecodeFacts reads facts from r, at most MaxFactsBytes of them, and validates them. Errors of r are returned as they are;
// otherwise the error is ErrFactsVersion or ErrFactsInvalid.
func DecodeFacts(r io.Reader) (Facts, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxFactsBytes+1))
	if err != nil {
		return Facts{}, fmt.Errorf("read facts: %w", err)
	}
	if len(b) > MaxFactsBytes {
		return Facts{}, fmt.Errorf("%w: more than %d bytes", ErrFactsInvalid, MaxFactsBytes)
	}
	var f Facts
	// One value and nothing behind it. Unknown fields are let through: a newer worker may add some.
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := dec.Decode(&f); err != nil {
		return Facts{}, fmt.Errorf("%w: %s", ErrFactsInvalid, cleanLine(err.Error(), maxFactsMessage))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Facts{}, fmt.Errorf("%w: something follows the object", ErrFactsInvalid)
	}
	if err := f.Validate(); err != nil {
		return Facts{}, err
	}
	return f, nil
}

// Validate checks the bounds and closed lists that readers rely on.
func (f Facts) Validate() error {
	if f.V != FactsVersion {
		return fmt.Errorf("%w: %d", ErrFactsVersion, f.V)
	}
	bad := func(what string) error { return fmt.Errorf("%w: %s", ErrFactsInvalid, what) }
	switch {
	case !plainText(f.ETag, maxFactsText) || f.ETag == "":
		return bad("etag")
	case !plainText(f.VersionID, maxFactsText):
		return bad("versionID")
	case f.Size < 0 || f.Width < 0 || f.Height < 0 || f.Frames < 0:
		return bad("negative figure")
	case f.Orientation < 0 || f.Orientation > 8:
		return bad("orientation")
	case !plainText(f.ContentType, 128) || !plainText(f.ColourSpace, 32) || !plainText(f.PresetSet, 128):
		return bad("contentType, colourSpace or presetSet")
	case f.CRC32 != "" && !lowerHex(f.CRC32, 8):
		return bad("crc32")
	case f.SHA256 != "" && !lowerHex(f.SHA256, 64):
		return bad("sha256")
	case !plainText(f.BlurHash, maxBlurHash):
		return bad("blurHash")
	case f.Colour != "" && (f.Colour[0] != '#' || !lowerHex(f.Colour[1:], 6)):
		return bad("colour")
	case len(f.Renditions) > MaxPictures:
		return bad("too many renditions")
	case !validUnmade(f.Unmade):
		return bad("unmade")
	}
	if f.Embedded != nil {
		if err := f.Embedded.Validate(); err != nil {
			return err
		}
	}
	if e := f.Error; e != nil {
		if !e.Reason.Known() {
			return bad("error reason")
		}
		if !plainText(e.Message, maxFactsMessage) {
			return bad("error message")
		}
	}
	for _, r := range f.Renditions {
		switch {
		case r.Preset == "" || !plainText(r.Preset, 63) || r.Object == "" || !plainText(r.Object, 256) || strings.Contains(r.Object, "/"):
			return bad("rendition name")
		case !plainText(r.Key, 2*maxFactsText) || !plainText(r.ETag, maxFactsText) || !plainText(r.ContentType, 128):
			return bad("rendition key, etag or contentType")
		case r.Size < 0 || r.Width < 0 || r.Height < 0:
			return bad("negative figure in a rendition")
		}
	}
	return nil
}

// plainText tells whether s is UTF-8 of at most limit bytes without control characters.
func plainText(s string, limit int) bool {
	return len(s) <= limit && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func lowerHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}

// cleanLine makes one line of printable text of at most limit bytes out of s.
func cleanLine(s string, limit int) string {
	s = strings.ToValidUTF8(s, "?")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	for len(s) > limit {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}
