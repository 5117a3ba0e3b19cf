package asset

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ErrPath is what every error of CheckPath is.
var ErrPath = errors.New("not a path that Vitrine accepts")

// CheckPath says what is wrong with the path of a file or folder; nil when
// nothing is. It repeats what admission checks, and adds what admission cannot
// see: that the path is UTF-8 in normalisation form C.
func CheckPath(path string) error {
	switch {
	case path == "":
		return fmt.Errorf("%w: it is empty", ErrPath)
	case !utf8.ValidString(path):
		return fmt.Errorf("%w: it is not UTF-8", ErrPath)
	case !norm.NFC.IsNormalString(path):
		return fmt.Errorf("%w: it is not in Unicode normalisation form C; write %q", ErrPath, norm.NFC.String(path))
	case strings.ContainsAny(path, "*?") || strings.Contains(path, "${"):
		return fmt.Errorf("%w: it contains *, ? or ${, which stores read as patterns", ErrPath)
	case strings.IndexFunc(path, unicode.IsControl) >= 0:
		return fmt.Errorf("%w: it contains control characters", ErrPath)
	}
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "":
			return fmt.Errorf("%w: it has a leading, trailing or double slash", ErrPath)
		case ".", "..":
			return fmt.Errorf("%w: it has a . or .. segment", ErrPath)
		}
	}
	return nil
}

// Reserved tells whether a path lies in the top folder that Vitrine keeps for itself.
func Reserved(path string) bool {
	top, _, _ := strings.Cut(path, "/")
	return strings.EqualFold(top, "restricted")
}
