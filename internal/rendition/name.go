package rendition

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// Digest tells p's parameters (not its name) in 13 characters of lower-case base32: equal parameters, equal digest.
func (p Preset) Digest() string {
	return digest(p.parameters()...)
}

// pictureVersion is part of every digest. Raise it when workers make visibly better pictures of the same parameters and
// everything is to be rendered anew.
const pictureVersion = "1"

func (p Preset) parameters() []string {
	p = p.Defaulted()
	quality := p.Quality
	if p.Format == PNG {
		quality = 0
	}
	list := []string{pictureVersion, fmt.Sprint(p.Width), fmt.Sprint(p.Height), string(p.Fit), string(p.Format), fmt.Sprint(quality)}
	// What came later is told only where it differs from what was before, so that no library is rendered anew for its sake.
	if p.Position != "" && p.Position != Centre {
		list = append(list, "position", string(p.Position))
	}
	if p.Effort != nil {
		list = append(list, "effort", fmt.Sprint(*p.Effort))
	}
	if p.Background != "" {
		list = append(list, "background", strings.ToLower(p.Background))
	}
	if p.Sharpen != "" && p.Sharpen != SharpenNone {
		list = append(list, "sharpen", string(p.Sharpen))
	}
	if p.Strip != "" && p.Strip != StripAll {
		list = append(list, "strip", string(p.Strip))
	}
	if p.Page > 1 {
		list = append(list, "page", fmt.Sprint(p.Page))
	}
	if p.Watermark != nil {
		list = append(list, p.Watermark.parameters()...)
	}
	return list
}

// decoderVersion is part of SetDigest alone. Raise it when workers learn to read files that they failed on before:
// failed originals are then tried again, and good ones are left alone.
const decoderVersion = "1"

// SetDigest tells a set of presets, names included, in 13 characters; their order does not matter. Facts carry it, so that
// an original that failed is tried again when the presets change, and not before. Watermarks are left out: none of them makes an
// original unreadable, so what failed is not read again with each new one, nor while one is looked at.
func SetDigest(presets []Preset) string {
	rows := make([]string, 0, len(presets)+1)
	for _, p := range presets {
		p.Watermark = nil
		rows = append(rows, p.Name+"/"+p.Digest())
	}
	slices.Sort(rows)
	return digest(append(rows, decoderVersion)...)
}

// ContentTag is the part of a rendition's name that changes whenever the picture would: SHA-256 over the original's ETag
// (without quotes), the preset's parameters and, for a preset that goes by it, the asset's focus, each length-prefixed, cut to
// 64 bits, in 13 characters of lower-case base32. 64 bits are plenty to tell the versions of one original and one preset apart,
// which is all it must do.
func ContentTag(p Preset, etag string, focus *Focus) string {
	parts := append([]string{TrimETag(etag)}, p.parameters()...)
	if p.Position == FocusArea && focus != nil {
		parts = append(parts, focusParameter(*focus))
	}
	return digest(parts...)
}

// markedSuffix is how names say that a picture bears a watermark. No tag looks like it.
const markedSuffix = "-marked"

// ObjectName is the last part of the key of the rendition of an original by a preset:
//
//	<preset>-<ContentTag>.<ext>
//	<preset>-<ContentTag>-marked.<ext>, with a watermark
//
// The ETag itself is not in the name: a name made of both the ETag and the preset's parameters changes with either, so a
// changed preset is rendered anew under another name while pages still use the old one.
func ObjectName(p Preset, etag string, focus *Focus) string {
	p = p.Defaulted()
	marked := ""
	if p.Watermark != nil {
		marked = markedSuffix
	}
	return p.Name + "-" + ContentTag(p, etag, focus) + marked + "." + p.Format.Ext()
}

// markOf is between a preset's name and that of the watermark that links put on its pictures. Neither has it in it, so that no
// preset that somebody declares has such a name.
const markOf = "_"

// MarkedName is what the preset is called whose pictures bear a watermark that links name.
func MarkedName(preset, watermark string) string { return preset + markOf + watermark }

// Marked gives p with the watermark that links name so: another preset, whose pictures are beside p's and never in their place.
func (p Preset) Marked(name string, w Watermark) Preset {
	p.Name, p.Watermark = MarkedName(p.Name, name), &w
	p.OnRequest = false // the link that names it has asked
	return p
}

// Bears tells whether a rendition, by its object's name, is one by a preset that bears the watermark that links name so.
func Bears(object, preset, watermark string) bool {
	rest, ok := strings.CutPrefix(object, MarkedName(preset, watermark)+"-")
	tag, format, parts := strings.Cut(rest, markedSuffix+".")
	return ok && parts && len(tag) == tagLength && FormatOf("."+format) != "" && IsObjectName(object)
}

// Serves tells whether the rendition called object, which an earlier form of p made of the same original, may be shown until
// p's own is there. A picture without a watermark never stands for one with.
func (p Preset) Serves(object string) bool {
	name := strings.TrimSuffix(object, "."+FormatOf(object).Ext())
	return FormatOf(object) != "" && (p.Watermark == nil || strings.HasSuffix(name, markedSuffix))
}

// FormatOf gives the format of a rendition by its object's name; empty for a name of ours that is not.
func FormatOf(object string) Format {
	for _, f := range []Format{JPEG, PNG, WebP, AVIF} {
		if strings.HasSuffix(object, "."+f.Ext()) {
			return f
		}
	}
	return ""
}

// TrimETag gives an ETag without its quotes and weakness mark, as we store and compare it.
func TrimETag(etag string) string {
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(etag), "W/"), `"`)
}

const (
	tagAlphabet = "abcdefghijklmnopqrstuvwxyz234567"
	tagLength   = 13 // 64 bits in base32
)

func digest(parts ...string) string {
	h := sha256.New()
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return base32.NewEncoding(tagAlphabet).WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:8])
}
