package asset

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// The roots of Vitrine's own bucket. People reach only RestrictedRoot,
// RenditionsRoot and RestrictedRenditionsRoot, each below what they were granted,
// and ChangesRoot and ResultsRoot, each below their own name.
const (
	// RestrictedRoot holds originals of restricted folders, one flat root for each.
	RestrictedRoot = "restricted/"
	// RenditionsRoot holds renditions of files in the bucket of originals.
	RenditionsRoot = "renditions/"
	// RestrictedRenditionsRoot holds renditions of files in restricted folders.
	// It is not below RenditionsRoot, so that a right on all renditions of a
	// library never reaches a restricted one.
	RestrictedRenditionsRoot = "restricted-renditions/"
	// ChangesRoot holds what people ask to change, each below their own name.
	ChangesRoot = "changes/"
	// MetaRoot, StateRoot and ApprovalsRoot hold what people said and decided of each original.
	MetaRoot      = "meta/"
	StateRoot     = "state/"
	ApprovalsRoot = "approvals/"
	// ResultsRoot holds the manager's answers to that, each below the name of who asked.
	ResultsRoot = "results/"
	// FactsRoot holds what a machine found out about each original.
	FactsRoot = "facts/"
	// CatalogRoot holds the lists of what links show.
	CatalogRoot = "catalog/"
	// LinksRoot holds the sealed records of PublicLinks.
	LinksRoot = "links/"
	// HeldRoot holds originals that were archived. Nobody's key reaches it.
	HeldRoot = "held/"
	// MovesRoot holds the journals of originals that are on their way to another place.
	MovesRoot = "moves/"
)

// VitrineBucket is the name of Vitrine's own bucket beside a bucket of originals.
func VitrineBucket(originals string) string { return originals + "-dam" }

// Object is the object that holds an original: whether it is in Vitrine's own
// bucket (else in the bucket of originals), and its name there.
func Object(k access.Key) (vitrine bool, name string) {
	if k.Restricted == "" {
		return false, k.Path
	}
	return true, RestrictedRoot + k.Restricted + "/" + k.Path
}

// HeldObject is the object, in Vitrine's bucket, that holds an original while it is archived. Its key, and with it whatever is
// known of it, stays what it was.
func HeldObject(k access.Key) string { return HeldRoot + beside(k) }

// HeldKey tells of which original an object below HeldRoot is; false when it is of none.
func HeldKey(library, object string) (access.Key, bool) {
	name, ok := strings.CutPrefix(object, HeldRoot)
	if !ok {
		return access.Key{}, false
	}
	return besideOf(library, name)
}

// Renditions is the prefix, in Vitrine's bucket, of everything rendered from an original.
func Renditions(k access.Key) string {
	if k.Restricted == "" {
		return RenditionsRoot + k.Path + "/"
	}
	return RestrictedRenditionsRoot + k.Restricted + "/" + k.Path + "/"
}

// Rendered tells of which original a prefix that Renditions gives is; false when it is of none.
func Rendered(library, prefix string) (access.Key, bool) {
	name, ok := strings.CutSuffix(prefix, "/")
	if !ok {
		return access.Key{}, false
	}
	if below, restricted := strings.CutPrefix(name, RestrictedRenditionsRoot); restricted {
		folder, path, ok := strings.Cut(below, "/")
		return access.Key{Library: library, Restricted: folder, Path: path}, ok && folder != "" && path != ""
	}
	path, ok := strings.CutPrefix(name, RenditionsRoot)
	return access.Key{Library: library, Path: path}, ok && path != "" && !Reserved(path)
}

// FactsObject is the object, in Vitrine's bucket, that holds an original's Facts.
func FactsObject(k access.Key) string { return FactsRoot + beside(k) + ".json" }

// MetaObject is the object, in Vitrine's bucket, that holds an original's Metadata.
func MetaObject(k access.Key) string { return MetaRoot + beside(k) + ".json" }

// StateObject is the object, in Vitrine's bucket, that holds an original's StateRecord.
func StateObject(k access.Key) string { return StateRoot + beside(k) + ".json" }

// ApprovalsPrefix is the prefix, in Vitrine's bucket, of what was decided of an original's versions.
func ApprovalsPrefix(k access.Key) string { return ApprovalsRoot + beside(k) + "/" }

// ApprovalObject is the object, in Vitrine's bucket, that holds the Approval of one version of an original. A version id may be
// any text of any length, so its digest stands there.
func ApprovalObject(k access.Key, versionID string) string {
	return ApprovalsPrefix(k) + shortDigest(versionID) + ".json"
}

// MaxObject is how many bytes S3 lets the name of an object have.
const MaxObject = 1024

// MaxName is how many bytes the name of an original may have, that of its restricted folder in front, so that whatever is said and decided
// of it has a name of its own: approvals have the longest.
const MaxName = MaxObject - len(ApprovalsRoot) - len("/") - IDLength - len(".json")

// Describable tells whether whatever may be said and decided of an original has a name that a store takes.
func Describable(k access.Key) bool { return len(beside(k)) <= MaxName }

// beside is where an original is found in each root that holds something of every original. No file of the bucket of originals has
// RestrictedRoot in front, since that is Reserved.
func beside(k access.Key) string {
	if k.Restricted == "" {
		return k.Path
	}
	return RestrictedRoot + k.Restricted + "/" + k.Path
}

// Described tells of which original an object below FactsRoot, MetaRoot or StateRoot, named with the root, is; false when it is of none.
func Described(library, root, object string) (access.Key, bool) {
	name, ok := strings.CutPrefix(object, root)
	if !ok {
		return access.Key{}, false
	}
	if name, ok = strings.CutSuffix(name, ".json"); !ok {
		return access.Key{}, false
	}
	return besideOf(library, name)
}

// Approved tells of which original an object below ApprovalsRoot is; false when it is of none.
func Approved(library, object string) (access.Key, bool) {
	name, ok := strings.CutPrefix(object, ApprovalsRoot)
	cut := strings.LastIndexByte(name, '/')
	if !ok || cut < 0 || !strings.HasSuffix(name, ".json") {
		return access.Key{}, false
	}
	return besideOf(library, name[:cut])
}

func besideOf(library, name string) (access.Key, bool) {
	k := access.Key{Library: library, Path: name}
	if below, restricted := strings.CutPrefix(name, RestrictedRoot); restricted {
		if k.Restricted, k.Path, restricted = strings.Cut(below, "/"); !restricted || k.Restricted == "" {
			return access.Key{}, false // an empty name would make it one of the open library
		}
	}
	return k, k.Path != ""
}

// LinkRecordObject is the object, in Vitrine's bucket, that holds a PublicLink's sealed record.
func LinkRecordObject(link string) string { return LinksRoot + link + ".json" }

// CatalogObject is the object, in Vitrine's bucket, that lists what a link shows.
func CatalogObject(link string) string { return CatalogRoot + link + ".json" }

// ChangesPrefix is where a User may put change records.
func ChangesPrefix(user string) string { return ChangesRoot + user + "/" }

// ChangeObject is the object, in Vitrine's bucket, that holds a User's change record.
func ChangeObject(user, id string) string { return ChangesPrefix(user) + id + ".json" }

// ResultsPrefix is where a User may read the answers to change records.
func ResultsPrefix(user string) string { return ResultsRoot + user + "/" }

// ResultObject is the object, in Vitrine's bucket, that holds the answer to a User's change record.
func ResultObject(user, id string) string { return ResultsPrefix(user) + id + ".json" }

// IDLength is the length of an asset's ID in characters.
const IDLength = 26

// ID gives an original a name for addresses: stable, the same length for all,
// and telling nothing of the path. It is not a secret and gives no access.
func ID(k access.Key) string {
	return shortDigest(k.Library + "\x00" + k.Restricted + "\x00" + k.Path)
}

func shortDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]))[:IDLength]
}
