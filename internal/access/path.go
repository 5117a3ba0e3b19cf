package access

import (
	"fmt"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// checkPath says in plain words what is wrong with a path, and what to do;
// empty when nothing is. Admission has checked most of it already; form C it
// cannot see, and files come into a bucket without it.
func checkPath(path string) string {
	switch {
	case path == "":
		return "the path is empty; name a folder"
	case !utf8.ValidString(path):
		return "the path is not UTF-8; rename it"
	case !norm.NFC.IsNormalString(path):
		return fmt.Sprintf("the path is not in Unicode normalisation form C; write %q", norm.NFC.String(path))
	case strings.ContainsAny(path, "*?") || strings.Contains(path, "${"):
		return "the path contains *, ? or ${, which stores read as patterns; rename it"
	case strings.ContainsFunc(path, unicode.IsControl):
		return "the path contains control characters; rename it"
	}
	first := true
	for segment := range strings.SplitSeq(path, "/") {
		switch {
		case segment == "":
			return "the path has a leading, trailing or double slash; write launch/final"
		case segment == "." || segment == "..":
			return "the path has a . or .. segment; write the real place"
		case first && strings.EqualFold(segment, "restricted"):
			return "the top folder restricted is reserved; choose another name"
		}
		first = false
	}
	return ""
}

// fold gives paths that differ in case or Unicode form alone one spelling.
func fold(path string) string {
	ascii := true
	for i := range len(path) {
		if path[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(path)
	}
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(path)))
}

// above gives the paths of the folders above a path, the nearest first.
func above(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			i := strings.LastIndexByte(path, '/')
			if i < 0 {
				return
			}
			path = path[:i]
			if !yield(path) {
				return
			}
		}
	}
}
