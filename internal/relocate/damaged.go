package relocate

import (
	"fmt"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Damaged is an object below moves/ that is no journal that can be read: somebody did something to it, or another version of Vitrine wrote it.
type Damaged struct {
	// Object of Vitrine's bucket.
	Object string
	// ID is that of the file that moves, as the object's name tells. Where it goes to is not known.
	ID string
	// Why it cannot be read. It may quote what stands in it.
	Why error
}

func damaged(object string, why error) Damaged {
	return Damaged{object, strings.TrimSuffix(strings.TrimPrefix(object, asset.MovesRoot), ".json"), why}
}

// DamagedError is the error of Journals when some cannot be read. Whoever moves files, or writes what is known of them, stops at it.
type DamagedError struct {
	// Bucket that they are in.
	Bucket string
	// Journals, at least one.
	Journals []Damaged
}

// Error names the first and tells the remedy. It tells of no file.
func (e *DamagedError) Error() string {
	message := fmt.Sprintf("the journal of a move, %s in bucket %s, cannot be read; restore an older version of it, or run the version of Vitrine that wrote it, and the move goes on; "+
		"or remove it, and delete the file where it is not to be", e.Journals[0].Object, e.Bucket)
	if more := len(e.Journals) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	return message + "; until then no file begins to move, change records wait and nothing is swept"
}

// Copied tells whether a version is one that a move made at the new place of its file.
func Copied(info store.ObjectInfo) bool { return info.Metadata[markName] != "" }
