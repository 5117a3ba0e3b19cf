package rendition

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// ManifestVersion is the version that this package reads and writes. It rises with every field that a worker must not pass
// over: one that does not know watermarks would make pictures without them.
const ManifestVersion = 2

// Bounds of a manifest. A manifest lives in a Secret (1 MiB in all); JSON of signed URLs packs about 4 to 1, so 32 MiB
// unpacked is far beyond any that we write and still harmless to hold.
const (
	maxPackedBytes   = 1 << 20
	maxUnpackedBytes = 32 << 20
	maxItems         = 5000
	maxAssetName     = 2048
	maxURL           = 16 << 10
	maxHeaders       = 32
)

// Manifest is the order for one index of a rendition Job.
type Manifest struct {
	Version int
	Items   []Item
	// Watermarks are the images that presets of the items draw, each once.
	Watermarks []WatermarkImage
}

// WatermarkImage is an image to be drawn on pictures. It is as hostile as any other original.
type WatermarkImage struct {
	// ETag and Size of the image as the manager saw it; the worker makes nothing when it has changed since.
	ETag string
	Size int64
	// Source gets it.
	Source Request
}

// Item is one original and what is to be made from it.
type Item struct {
	// Asset names the original in reports and logs. It is opaque to the worker, and shown to whoever reads the Job's log.
	Asset string
	// ETag, VersionID and Size of the original as the manager saw it. The worker skips an original that has changed since.
	ETag      string
	VersionID string
	Size      int64
	// PresetSet goes into the facts as it is; see SetDigest.
	PresetSet string
	// Focus of the asset, if it has one.
	Focus *Focus
	// Source gets the original.
	Source Request
	// Facts puts the asset.Facts, after everything else.
	Facts Request
	// FactsNow gets the facts that are stored now, if any, and FactsETag is that of those that the manifest was made from; empty when
	// there were none. Others than those are of a run that was cut off or overtaken, and what they tell of is not done again, and
	// stays in the facts that the worker puts. The zero Request when the worker is not to look.
	FactsNow  Request
	FactsETag string
	// Outputs are the renditions to be made; none when only the facts are wanted.
	Outputs []Output
	// Kept are renditions that exist already and stay; the worker copies them into the facts, but for those of presets of which it
	// made new ones.
	Kept []asset.Rendition
	// Unmade is what is known not to come to be; the worker copies it likewise.
	Unmade []asset.Unmade
}

// Output is one rendition to be made.
type Output struct {
	Preset Preset
	Put    Request
}

// ErrManifest is wrapped by every error of Decode and Encode that lies in the manifest itself: trying again is no use.
var ErrManifest = errors.New("manifest is not valid")

// The wire types hold URLs in the clear and never leave this file.
type (
	wireManifest struct {
		Version    int             `json:"version"`
		Items      []wireItem      `json:"items"`
		Watermarks []wireWatermark `json:"watermarks,omitempty"`
	}
	wireWatermark struct {
		ETag   string      `json:"etag"`
		Size   int64       `json:"size"`
		Source wireRequest `json:"source"`
	}
	wireItem struct {
		Asset     string            `json:"asset"`
		ETag      string            `json:"etag"`
		VersionID string            `json:"versionID,omitempty"`
		Size      int64             `json:"size"`
		PresetSet string            `json:"presetSet,omitempty"`
		Focus     *Focus            `json:"focus,omitempty"`
		Source    wireRequest       `json:"source"`
		Facts     wireRequest       `json:"facts"`
		FactsNow  *wireRequest      `json:"factsNow,omitempty"`
		FactsETag string            `json:"factsETag,omitempty"`
		Outputs   []wireOutput      `json:"outputs,omitempty"`
		Kept      []asset.Rendition `json:"kept,omitempty"`
		Unmade    []asset.Unmade    `json:"unmade,omitempty"`
	}
	wireOutput struct {
		Preset Preset      `json:"preset"`
		Put    wireRequest `json:"put"`
	}
	wireRequest struct {
		URL    string            `json:"url"`
		Header map[string]string `json:"header,omitempty"`
	}
)

// Encode validates m and writes it as gzip'd JSON. The same manifest gives the same bytes.
func Encode(m Manifest) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	w := wireManifest{Version: m.Version, Items: make([]wireItem, len(m.Items))}
	for i, it := range m.Items {
		wi := wireItem{
			Asset: it.Asset, ETag: it.ETag, VersionID: it.VersionID, Size: it.Size, PresetSet: it.PresetSet, Focus: it.Focus,
			Source: toWire(it.Source), Facts: toWire(it.Facts), FactsETag: it.FactsETag, Kept: it.Kept, Unmade: it.Unmade,
		}
		if it.looks() {
			now := toWire(it.FactsNow)
			wi.FactsNow = &now
		}
		for _, o := range it.Outputs {
			wi.Outputs = append(wi.Outputs, wireOutput{Preset: o.Preset, Put: toWire(o.Put)})
		}
		w.Items[i] = wi
	}
	for _, mark := range m.Watermarks {
		w.Watermarks = append(w.Watermarks, wireWatermark{ETag: mark.ETag, Size: mark.Size, Source: toWire(mark.Source)})
	}
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("pack manifest: %w", err)
	}
	if err := json.NewEncoder(z).Encode(w); err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack manifest: %w", err)
	}
	return buf.Bytes(), nil
}

// Decode reads a manifest, bounded in bytes before and after unpacking, and validates it.
func Decode(r io.Reader) (Manifest, error) {
	packed, err := io.ReadAll(io.LimitReader(r, maxPackedBytes+1))
	if err != nil {
		return Manifest{}, fmt.Errorf("read manifest: %w", err)
	}
	if len(packed) > maxPackedBytes {
		return Manifest{}, fmt.Errorf("%w: more than %d bytes", ErrManifest, maxPackedBytes)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: not gzip", ErrManifest)
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxUnpackedBytes+1))
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: cannot be unpacked", ErrManifest)
	}
	if len(plain) > maxUnpackedBytes {
		return Manifest{}, fmt.Errorf("%w: more than %d bytes unpacked", ErrManifest, maxUnpackedBytes)
	}
	var w wireManifest
	// The decoder's own message may quote the input, which holds secrets: it is not passed on.
	if json.Unmarshal(plain, &w) != nil {
		return Manifest{}, fmt.Errorf("%w: not JSON of the right shape", ErrManifest)
	}
	m := Manifest{Version: w.Version, Items: make([]Item, len(w.Items))}
	for i, wi := range w.Items {
		it := Item{
			Asset: wi.Asset, ETag: wi.ETag, VersionID: wi.VersionID, Size: wi.Size, PresetSet: wi.PresetSet, Focus: wi.Focus,
			Source: fromWire(wi.Source), Facts: fromWire(wi.Facts), FactsETag: wi.FactsETag, Kept: wi.Kept, Unmade: wi.Unmade,
		}
		if wi.FactsNow != nil {
			it.FactsNow = fromWire(*wi.FactsNow)
		}
		for _, o := range wi.Outputs {
			it.Outputs = append(it.Outputs, Output{Preset: o.Preset, Put: fromWire(o.Put)})
		}
		m.Items[i] = it
	}
	for _, mark := range w.Watermarks {
		m.Watermarks = append(m.Watermarks, WatermarkImage{ETag: mark.ETag, Size: mark.Size, Source: fromWire(mark.Source)})
	}
	if err := m.Validate(); err != nil {
		return Manifest{}, err
	}
	return m, nil
}

// Validate checks everything that a worker relies on. Its messages name items by number: names may be long and odd.
func (m Manifest) Validate() error {
	if m.Version != ManifestVersion {
		return fmt.Errorf("%w: version %d, want %d", ErrManifest, m.Version, ManifestVersion)
	}
	if len(m.Items) > maxItems {
		return fmt.Errorf("%w: %d items, at most %d", ErrManifest, len(m.Items), maxItems)
	}
	if len(m.Watermarks) > MaxPresets {
		return fmt.Errorf("%w: %d watermarks, at most %d", ErrManifest, len(m.Watermarks), MaxPresets)
	}
	marks := make(map[string]bool, len(m.Watermarks))
	for i, mark := range m.Watermarks {
		if mark.ETag == "" || mark.ETag != TrimETag(mark.ETag) || mark.Size < 0 || marks[mark.ETag] || !mark.Source.valid() {
			return fmt.Errorf("%w: watermark %d", ErrManifest, i)
		}
		marks[mark.ETag] = true
	}
	for i, it := range m.Items {
		if why := it.invalid(marks); why != "" {
			return fmt.Errorf("%w: item %d: %s", ErrManifest, i, why)
		}
	}
	return nil
}

// invalid says what is wrong with an item of a manifest that has these watermarks.
func (it Item) invalid(marks map[string]bool) string {
	switch {
	case it.Asset == "" || len(it.Asset) > maxAssetName:
		return "asset name"
	case it.ETag == "" || it.ETag != TrimETag(it.ETag):
		return "etag is empty or quoted"
	case it.Size < 0:
		return "negative size"
	case it.Focus != nil && !it.Focus.Valid():
		return "focus outside the picture"
	case len(it.Outputs) > MaxPresets || len(it.Kept) > MaxPictures || len(it.Unmade) > MaxPictures:
		return "too many outputs"
	case !it.Source.valid():
		return "source request"
	case !it.Facts.valid():
		return "facts request"
	case it.looks() && !it.FactsNow.valid() || it.FactsETag != TrimETag(it.FactsETag):
		return "request of the facts that are stored"
	}
	presets := make([]Preset, 0, len(it.Outputs))
	for _, o := range it.Outputs {
		if !o.Put.valid() {
			return "output request"
		}
		if w := o.Preset.Watermark; w != nil && w.Image != "" && !marks[w.ETag] {
			return "watermark without a source"
		}
		presets = append(presets, o.Preset)
	}
	if err := ValidatePresets(presets); err != nil {
		return err.Error()
	}
	// Whether the facts can be written must be known before any work is done.
	probe := asset.Facts{V: asset.FactsVersion, ETag: it.ETag, VersionID: it.VersionID, PresetSet: it.PresetSet, Renditions: it.Kept, Unmade: it.Unmade}
	if err := probe.Validate(); err != nil {
		return err.Error()
	}
	return ""
}

// looks tells whether the worker is to look at the facts that are stored.
func (it Item) looks() bool { return it.FactsNow.URL.Reveal() != "" || len(it.FactsNow.Header) > 0 }

// DoneBy tells whether facts, stored under an ETag, are of a run that did all that the item asks for, since its manifest was made.
func (it Item) DoneBy(facts asset.Facts, etag string) bool {
	if TrimETag(etag) == it.FactsETag || facts.ETag != it.ETag || facts.PresetSet != it.PresetSet || it.VersionID != "" && facts.VersionID != it.VersionID {
		return false
	}
	for _, o := range it.Outputs {
		name := ObjectName(o.Preset, it.ETag, it.Focus)
		if facts.Error == nil && !slices.ContainsFunc(facts.Renditions, func(r asset.Rendition) bool { return r.Object == name }) &&
			!slices.ContainsFunc(facts.Unmade, func(u asset.Unmade) bool { return u.Object == name }) {
			return false
		}
	}
	return true
}

// valid tells whether the request is an absolute http(s) URL without user info, and its headers are sane.
func (r Request) valid() bool {
	raw := r.URL.Reveal()
	if raw == "" || len(raw) > maxURL || len(r.Header) > maxHeaders {
		return false
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	for k, v := range r.Header {
		if k == "" || strings.ContainsAny(k, " \r\n:") || strings.ContainsAny(v, "\r\n") || len(k)+len(v) > maxURL {
			return false
		}
	}
	return true
}

func toWire(r Request) wireRequest   { return wireRequest{URL: r.URL.Reveal(), Header: r.Header} }
func fromWire(w wireRequest) Request { return Request{URL: NewURL(w.URL), Header: w.Header} }
