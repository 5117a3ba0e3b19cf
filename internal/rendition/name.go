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
	return []string{pictureVersion, fmt.Sprint(p.Width), fmt.Sprint(p.Height), string(p.Fit), string(p.Format), fmt.Sprint(quality)}
}

// decoderVersion is part of SetDigest alone. Raise it when workers learn to read files that they failed on before:
// failed originals are then tried again, and good ones are left alone.
const decoderVersion = "1"

// SetDigest tells a set of presets, names included, in 13 characters; their order does not matter. Facts carry it, so that
// an original that failed is tried again when the presets change, and not before.
func SetDigest(presets []Preset) string {
	rows := make([]string, 0, len(presets)+1)
	for _, p := range presets {
		rows = append(rows, p.Name+"/"+p.Digest())
	}
	slices.Sort(rows)
	return digest(append(rows, decoderVersion)...)
}

// ContentTag is the part of a rendition's name that changes whenever the picture would: SHA-256 over the original's ETag
// (without quotes) and the preset's parameters, each length-prefixed, cut to 64 bits, in 13 characters of lower-case
// base32. 64 bits are plenty to tell the versions of one original and one preset apart, which is all it must do.
func ContentTag(p Preset, etag string) string {
	return digest(append([]string{TrimETag(etag)}, p.parameters()...)...)
}

// ObjectName is the last part of the key of the rendition of an original by a preset:
//
//	<preset>-<ContentTag>.<ext>
//
// The ETag itself is not in the name: a name made of both the ETag and the preset's parameters changes with either, so a
// changed preset is rendered anew under another name while pages still use the old one.
func ObjectName(p Preset, etag string) string {
	p = p.Defaulted()
	return p.Name + "-" + ContentTag(p, etag) + "." + p.Format.Ext()
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
