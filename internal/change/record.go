package change

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	kjson "sigs.k8s.io/json"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Version of the format of records, answers and audit lines.
const Version = 1

// Bounds of a record. MaxChanges of MaxFields with values would not fit in MaxRecordBytes: what is reached first counts.
const (
	// MaxRecordBytes is the largest record that is read.
	MaxRecordBytes = 1 << 20
	// MaxChanges is how many changes one record may ask for.
	MaxChanges = 500
	// MaxFields is how many fields of a file one change may touch.
	MaxFields = 64

	maxVersionID = 1024 // bytes: likewise
	maxAuthor    = 512  // bytes: names that come from an issuer of tokens are long
)

// PlatformFolder stands in the place of a User's name in the path of what the platform team asks for. No User can be called so.
const PlatformFolder = "@platform"

// platformPrefix tells the platform team's people from Users.
const platformPrefix = "platform:"

// Record is what somebody asks for at once: changes/<user>/<id>.json.
type Record struct {
	V int `json:"v"`
	// Author may be left out by a User; the platform team says there who asks.
	Author  string   `json:"author,omitempty"`
	Changes []Change `json:"changes"`
}

// Change is one thing to be done with one file. Exactly one of its last six fields is set.
type Change struct {
	// Path of the file in its library, or in the restricted Folder.
	Path string `json:"path"`
	// Restricted is the name of the restricted Folder whose root holds the file; empty for the open library.
	Restricted string `json:"restricted,omitempty"`
	// VersionID is the version that is decided on, restored or removed. Elsewhere it may say of which version the asker
	// thinks, so that nothing is done when it is no longer the current one.
	VersionID string `json:"versionID,omitempty"`

	Describe *Describe `json:"describe,omitempty"`
	State    *State    `json:"state,omitempty"`
	Approve  *Approve  `json:"approve,omitempty"`
	Move     *Move     `json:"move,omitempty"`
	// Restore makes an old version the current one again.
	Restore *struct{} `json:"restore,omitempty"`
	// Remove deletes an old version for good.
	Remove *struct{} `json:"remove,omitempty"`
}

// Kind names what a change asks for, in the word of its field; empty when it is not exactly one thing.
func (c Change) Kind() string {
	var kinds []string
	for _, k := range []struct {
		name string
		set  bool
	}{
		{"describe", c.Describe != nil}, {"state", c.State != nil}, {"approve", c.Approve != nil},
		{"move", c.Move != nil}, {"restore", c.Restore != nil}, {"remove", c.Remove != nil},
	} {
		if k.set {
			kinds = append(kinds, k.name)
		}
	}
	if len(kinds) != 1 {
		return ""
	}
	return kinds[0]
}

// Key is the file that a change is about.
func (c Change) Key(library string) access.Key {
	return access.Key{Library: library, Restricted: c.Restricted, Path: c.Path}
}

// OfVersions tells whether Decide needs the versions of the file.
func (c Change) OfVersions() bool { return c.Restore != nil || c.Remove != nil }

// Digest is the SHA-256 of a record's bytes, in hex.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Encode gives a record as JSON, and what Decode would say of it.
func (r Record) Encode() ([]byte, *Refusal) {
	r.V = Version
	data, err := json.Marshal(r)
	if err != nil { // a number or an instant that JSON does not have
		return nil, refuse(Malformed, "the record cannot be written as JSON: %s", err)
	}
	if _, refused := Decode(data); refused != nil {
		return nil, refused
	}
	return data, nil
}

// Decode reads a record, which may be hostile. Whatever it does not know it refuses, since what somebody asked for
// must not be done in part; of a field that stands there twice nobody can tell what was meant.
func Decode(data []byte) (Record, *Refusal) {
	if len(data) > MaxRecordBytes {
		return Record{}, refuse(TooLarge, "a record has at most %d bytes; split it into several", MaxRecordBytes)
	}
	if !utf8.Valid(data) {
		return Record{}, refuse(Malformed, "the record is not UTF-8; write it as JSON in UTF-8")
	}
	var r Record
	unknown, err := kjson.UnmarshalStrict(data, &r)
	switch {
	case err != nil:
		return Record{}, refuse(Malformed, "%s; write it as the page on changes says", inPlainWords(data, err))
	case r.V != Version:
		return Record{}, refuse(Malformed, "v is %d, and only %d is known; write \"v\": %d", r.V, Version, Version)
	case len(unknown) > 0:
		return Record{}, refuse(Malformed, "%s; take it out, or correct its spelling", unknown[0])
	case len(r.Changes) == 0:
		return Record{}, refuse(Malformed, "the record asks for nothing; name at least one change in changes")
	case len(r.Changes) > MaxChanges:
		return Record{}, refuse(TooLarge, "a record has at most %d changes, not %d; split it into several", MaxChanges, len(r.Changes))
	}
	for i, c := range r.Changes {
		if wrong := c.check(); wrong != "" {
			return Record{}, refuse(Malformed, "change %d: %s", i, wrong)
		}
	}
	return r, nil
}

// inPlainWords says what is wrong with a record that does not decode, in words that know nothing of Go.
func inPlainWords(data []byte, err error) string {
	var wrongType *json.UnmarshalTypeError
	var wrongSyntax *json.SyntaxError
	switch again := json.NewDecoder(bytes.NewReader(data)).Decode(&Record{}); {
	case errors.As(again, &wrongType):
		return fmt.Sprintf("%s does not take a %s", orRecord(wrongType.Field), wrongType.Value)
	case errors.As(again, &wrongSyntax):
		return fmt.Sprintf("the record is not JSON from byte %d on", wrongSyntax.Offset)
	}
	return "the record does not read: " + strings.TrimPrefix(err.Error(), "json: ")
}

func orRecord(field string) string {
	if field == "" {
		return "the record"
	}
	return field
}

// folderName is what a Folder can be called.
var folderName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)

// check says what is wrong with a change whatever file it is about and whoever asks; empty when nothing is.
func (c Change) check() string {
	kind := c.Kind()
	if kind == "" {
		return "ask for exactly one of describe, state, approve, move, restore and remove"
	}
	if wrong := wrongPlace(c.Restricted, c.Path); wrong != "" {
		return wrong
	}
	if wrong := c.tooLong(); wrong != "" {
		return wrong
	}
	switch {
	case !plain(c.VersionID, maxVersionID):
		return "versionID is not one that a store gives; copy it from a listing of versions"
	case c.VersionID == "" && (c.Approve != nil || c.OfVersions()):
		return kind + " needs versionID: name the version that it is about"
	case c.Describe != nil:
		return c.Describe.check()
	case c.State != nil:
		return c.State.check()
	case c.Approve != nil:
		return c.Approve.check()
	case c.Move != nil:
		return c.Move.check(c)
	}
	return ""
}

// wrongPlace says what is wrong with where a file is, or goes; empty when nothing is.
func wrongPlace(restricted, path string) string {
	if err := asset.CheckPath(path); err != nil {
		return fmt.Sprintf("path %s is %s; rename the file, or correct the path", quote(path), err)
	}
	switch {
	case len(path) > asset.MaxObject:
		return fmt.Sprintf("path %s is longer than %d bytes; no store has such a file", quote(path), asset.MaxObject)
	case restricted == "" && asset.Reserved(path):
		return "no file of the open library is below restricted/; name the restricted Folder in restricted, and the path within it"
	case restricted != "" && !folderName.MatchString(restricted):
		return fmt.Sprintf("restricted %s is no name of a Folder; write the name of the object, not its path", quote(restricted))
	}
	return ""
}

// tooLong says that a file is called so that what the change says of it has no name that a store takes; empty when it has.
func (c Change) tooLong() string {
	key, object := c.Key(""), ""
	switch {
	case c.Describe != nil:
		object = asset.MetaObject(key)
	case c.State != nil:
		object = asset.StateObject(key)
	case c.Approve != nil:
		object = asset.ApprovalObject(key, c.VersionID)
	case c.Move != nil: // all that is known of the file goes along
		key = access.Key{Restricted: c.Move.Restricted, Path: c.Move.Path}
		object = asset.ApprovalObject(key, "")
	}
	over := len(object) - asset.MaxObject
	if over <= 0 {
		return ""
	}
	return fmt.Sprintf("path %s is too long for what is kept of the file under its name; shorten the name, or one of a folder above it, by %d bytes", quote(key.Path), over)
}

// The instants that the API takes.
var (
	firstInstant = time.Unix(0, 0).UTC()
	lastInstant  = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

func validState(s v1alpha1.AssetState) bool {
	return s == v1alpha1.StateDraft || s == v1alpha1.StatePublished || s == v1alpha1.StateArchived
}
