package change

import (
	"regexp"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// recordID is what a record may be called.
var recordID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// ValidID tells whether a record may be called so.
func ValidID(id string) bool { return recordID.MatchString(id) }

// ParseObject tells whose record an object below asset.ChangesRoot is, and its id; false when it is none.
func ParseObject(object string) (folder, id string, ok bool) {
	name, ok := strings.CutPrefix(object, asset.ChangesRoot)
	if !ok {
		return "", "", false
	}
	folder, file, ok := strings.Cut(name, "/")
	if !ok || folder == "" {
		return "", "", false
	}
	id, ok = strings.CutSuffix(file, ".json")
	return folder, id, ok && ValidID(id)
}

// AuthorOf tells who asks for a record in somebody's folder, for whom the store vouches: a User in their own, who can be nobody else,
// and in PlatformFolder who the platform team says it is.
func (r Record) AuthorOf(folder string) (name string, platform bool, refused *Refusal) {
	switch {
	case folder != PlatformFolder && (r.Author == "" || r.Author == folder):
		return folder, false, nil
	case folder != PlatformFolder:
		return "", false, refuse(Forged, "the record says that %s wrote it, and it is in the place of %s; leave author out", quote(r.Author), quote(folder))
	case r.Author == "" || !plain(r.Author, maxAuthor):
		return "", false, refuse(Malformed, "the record does not say who asks; name the Kubernetes user in author, in at most %d bytes", maxAuthor)
	}
	return platformPrefix + r.Author, true, nil
}

// FolderOf is the place of the records of somebody who signs so.
func FolderOf(author string) string {
	if strings.HasPrefix(author, platformPrefix) {
		return PlatformFolder
	}
	return author
}
