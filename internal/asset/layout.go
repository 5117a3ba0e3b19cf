package asset

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// The roots of Vitrine's own bucket. People reach only RestrictedRoot,
// RenditionsRoot, RestrictedRenditionsRoot and ChangesRoot, each below what
// they were granted.
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
	// FactsRoot holds what a machine found out about each original.
	FactsRoot = "facts/"
	// CatalogRoot holds the lists of what links show.
	CatalogRoot = "catalog/"
	// LinksRoot holds the sealed records of PublicLinks.
	LinksRoot = "links/"
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

// Renditions is the prefix, in Vitrine's bucket, of everything rendered from an original.
func Renditions(k access.Key) string {
	if k.Restricted == "" {
		return RenditionsRoot + k.Path + "/"
	}
	return RestrictedRenditionsRoot + k.Restricted + "/" + k.Path + "/"
}

// FactsObject is the object, in Vitrine's bucket, that holds an original's Facts.
func FactsObject(k access.Key) string {
	if k.Restricted == "" {
		return FactsRoot + k.Path + ".json"
	}
	return FactsRoot + RestrictedRoot + k.Restricted + "/" + k.Path + ".json"
}

// LinkRecordObject is the object, in Vitrine's bucket, that holds a PublicLink's sealed record.
func LinkRecordObject(link string) string { return LinksRoot + link + ".json" }

// CatalogObject is the object, in Vitrine's bucket, that lists what a link shows.
func CatalogObject(link string) string { return CatalogRoot + link + ".json" }

// ChangesPrefix is where a User may put change records.
func ChangesPrefix(user string) string { return ChangesRoot + user + "/" }

// IDLength is the length of an asset's ID in characters.
const IDLength = 26

// ID gives an original a name for addresses: stable, the same length for all,
// and telling nothing of the path. It is not a secret and gives no access.
func ID(k access.Key) string {
	sum := sha256.Sum256([]byte(k.Library + "\x00" + k.Restricted + "\x00" + k.Path))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]))[:IDLength]
}
