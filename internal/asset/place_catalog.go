package asset

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// PlaceCatalog lists the parts that hold what is known of the files of one place, in the order of their paths, so that a folder is in
// parts that follow each other. It is made of the objects of the store and can be made of them anew at any time.
type PlaceCatalog struct {
	// Shape tells what the program that wrote it knows of a file; see PlaceShape.
	Shape string `json:"shape"`
	// Swept is when the look at the store began that it is from. It is not written again for a look that found nothing else.
	Swept time.Time `json:"swept"`
	// Parts in the order of their paths, none of which is in two of them.
	Parts []PlacePart `json:"parts"`
}

// PlacePart names an object with some of the rows; see Part. Such an object never changes.
type PlacePart struct {
	// Name is the last part of its key, and tells what it was made of: see NamePart.
	Name string `json:"name"`
	// First and Last are the paths with which it begins and ends.
	First string `json:"first"`
	Last  string `json:"last"`
	Rows  int    `json:"rows"`
	// Sum is the SHA-256 of the object, in hex.
	Sum string `json:"sum"`
}

// PlaceRow is what is known of one file.
type PlaceRow struct {
	Path string `json:"path"`
	// ETag of the original, without quotes; empty for one that is not there, of which something else still is.
	ETag string `json:"etag,omitempty"`
	// Size of the original in bytes.
	Size     int64     `json:"size,omitempty"`
	Modified time.Time `json:"modified,omitzero"`
	// Held: it is archived, and its original is put aside.
	Held bool `json:"held,omitempty"`
	// Facts without what the file says of itself. They may be of another ETag than the original's.
	Facts     *Noted[Facts]       `json:"facts,omitempty"`
	Metadata  *Noted[Metadata]    `json:"metadata,omitempty"`
	State     *Noted[StateRecord] `json:"state,omitempty"`
	Approvals []Noted[Approval]   `json:"approvals,omitempty"`
}

// Noted is what an object said when it had an ETag, as the store gives that, without quotes.
type Noted[T any] struct {
	ETag string `json:"etag"`
	Says *T     `json:"says"`
}

// PlaceShape names what this program knows of a file. A catalog of another shape may lack what a newer program knows, so it is not taken
// for what the objects say.
var PlaceShape = sync.OnceValue(func() string {
	text := fmt.Sprintf("%d %d ", FactsVersion, DescriptionVersion)
	var add func(t reflect.Type, within []reflect.Type)
	add = func(t reflect.Type, within []reflect.Type) {
		text += t.String() + " "
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			add(t.Elem(), within)
		case reflect.Struct:
			if t == reflect.TypeFor[time.Time]() || slices.Contains(within, t) {
				return
			}
			for i := range t.NumField() {
				text += t.Field(i).Name + " " + string(t.Field(i).Tag) + " "
				add(t.Field(i).Type, append(within, t))
			}
		default:
		}
	}
	add(reflect.TypeFor[PlaceRow](), nil)
	return shortDigest(text)
})

const (
	placeMagic = "vitrine place 1\n"
	// maxPlaceHead bounds an encoded PlaceCatalog, in bytes: what a store lets be read at once.
	maxPlaceHead = 16 << 20
)

// Encode gives the catalog as it is stored: a line that names the format, and a frame. Equal catalogs give equal bytes.
func (c PlaceCatalog) Encode() ([]byte, error) {
	data, _, err := packFrame([]byte(placeMagic), c)
	if err == nil && len(data) > maxPlaceHead {
		return nil, fmt.Errorf("encoding the catalog of a place: %d bytes, at most %d", len(data), maxPlaceHead)
	}
	return data, err
}

// DecodePlaceCatalog reads what Encode wrote; ErrCatalog when it is something else.
func DecodePlaceCatalog(data []byte) (PlaceCatalog, error) {
	frame, ok := bytes.CutPrefix(data, []byte(placeMagic))
	if !ok || len(data) > maxPlaceHead {
		return PlaceCatalog{}, badCatalog("it begins otherwise")
	}
	text, err := unpacker().DecodeAll(frame, nil)
	if err != nil {
		return PlaceCatalog{}, badCatalog("it cannot be unpacked")
	}
	var c PlaceCatalog
	if err := json.Unmarshal(text, &c); err != nil {
		return PlaceCatalog{}, badCatalog("it cannot be read")
	}
	rows := 0
	for i, p := range c.Parts {
		if len(p.Name) != IDLength || strings.Contains(p.Name, "/") || !lowerHex(p.Sum, 64) || p.First == "" || p.Last < p.First || p.Rows <= 0 || p.Rows > maxPartRows {
			return PlaceCatalog{}, badCatalog("part %d is none", i)
		}
		if i > 0 && p.First <= c.Parts[i-1].Last {
			return PlaceCatalog{}, badCatalog("part %d is not in its place", i)
		}
		if rows += p.Rows; rows > MaxCatalogRows {
			return PlaceCatalog{}, badCatalog("it has too many rows")
		}
	}
	return c, nil
}

// Rows is how many there are in some parts.
func Rows(parts []PlacePart) int {
	sum := 0
	for _, p := range parts {
		sum += p.Rows
	}
	return sum
}

// Below gives the parts that may have files whose paths begin with a prefix.
func (c PlaceCatalog) Below(prefix string) []PlacePart {
	first, _ := slices.BinarySearchFunc(c.Parts, prefix, func(p PlacePart, prefix string) int { return cmp.Compare(p.Last, prefix) })
	end := first
	for end < len(c.Parts) && (c.Parts[end].First <= prefix || strings.HasPrefix(c.Parts[end].First, prefix)) {
		end++
	}
	return c.Parts[first:end]
}

// A part has between leastPart and mostPart rows, but for the last: one is read in a moment and is 250 KiB at most. Where parts are cut
// hangs on the names around alone, so that a file that comes or goes leaves other parts as they are.
const (
	leastPart = 128
	mostPart  = 1024
	cutEvery  = 512
	// maxPartRows is more than mostPart, since an original and an archived one of the same path are not parted.
	maxPartRows = 2 * mostPart
)

// CutParts tells where to cut so many rows into parts; path gives the path of each, in ascending order. It gives the end of each part.
func CutParts(rows int, path func(int) string) (ends []int) {
	begun := 0
	for i := 1; i < rows; i++ {
		n := i - begun
		if n < leastPart || path(i) == path(i-1) || n < mostPart && !cutsAt(path(i)) {
			continue
		}
		ends, begun = append(ends, i), i
	}
	if rows > 0 {
		ends = append(ends, rows)
	}
	return ends
}

// cutsAt tells whether a part begins with a path where it may.
func cutsAt(path string) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(path))
	return h.Sum32()%cutEvery == 0
}

// NamePart names a part by what its rows were made of: rows of the same objects with the same ETags have the same name.
func NamePart(rows []PlaceRow) string {
	var text []byte
	add := func(parts ...string) {
		for _, p := range parts {
			text = fmt.Appendf(text, "%d:%s", len(p), p)
		}
	}
	add(PlaceShape())
	for i := range rows {
		r := &rows[i]
		text = fmt.Appendf(text, "|%d %d %t ", r.Size, r.Modified.UnixNano(), r.Held)
		add(r.Path, r.ETag, etagOf(r.Facts), etagOf(r.Metadata), etagOf(r.State))
		for _, a := range r.Approvals {
			add(a.ETag, a.Says.VersionID)
		}
	}
	return shortDigest(string(text))
}

func etagOf[T any](n *Noted[T]) string {
	if n == nil {
		return ""
	}
	return n.ETag
}

// Sane tells whether a row can be in a catalog, and be believed when it comes from one.
func (r *PlaceRow) Sane() bool {
	if r.Path == "" || len(r.Path) > maxFactsText || !utf8.ValidString(r.Path) || !plainText(r.ETag, maxFactsText) || r.Size < 0 {
		return false
	}
	for _, a := range r.Approvals {
		if !saneNote(&a, Approval.validate) {
			return false
		}
	}
	return saneNote(r.Facts, Facts.Validate) && saneNote(r.Metadata, Metadata.validate) && saneNote(r.State, StateRecord.validate)
}

func saneNote[T any](n *Noted[T], validate func(T) error) bool {
	return n == nil || n.ETag != "" && plainText(n.ETag, maxFactsText) && n.Says != nil && validate(*n.Says) == nil
}

// sumOf is the SHA-256 of data, in hex.
func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
