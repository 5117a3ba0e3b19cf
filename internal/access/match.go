package access

import "strings"

// IsPattern tells whether a Collection's item is a pattern rather than a file's path.
func IsPattern(item string) bool { return strings.Contains(item, "*") }

// Match tells whether a pattern matches a path. A * stands for anything within
// one segment, nothing included; a segment ** stands for any number of whole
// segments, none included. Everything else stands for itself.
func Match(pattern, path string) bool {
	// Where a match fails, the latest ** takes one segment more: going back
	// further is never needed, since what an earlier one took more would be missing for the rest.
	p, s := segmentsOf(pattern), segmentsOf(path)
	var star, taken segmentsLeft // the pattern after the latest **, the path after what it has taken
	starred := false
	for {
		wanted, restP, more := p.next()
		switch {
		case more && wanted == "**":
			p = restP
			star, taken, starred = restP, s, true
			continue
		case more:
			if have, restS, left := s.next(); left && matchSegment(wanted, have) {
				p, s = restP, restS
				continue
			}
		case s.over:
			return true
		}
		if !starred {
			return false
		}
		_, rest, left := taken.next()
		if !left {
			return false
		}
		p, s, taken = star, rest, rest
	}
}

// MatchBelow tells whether a pattern, or a file's path, may match something in a folder; the empty one is the root.
func MatchBelow(pattern, folder string) bool {
	if folder == "" {
		return true
	}
	p, f := segmentsOf(pattern), segmentsOf(folder)
	for {
		wanted, restP, more := p.next()
		if wanted == "**" {
			return true // it takes the rest of the folder, and whatever the pattern goes on with may be in there
		}
		have, restF, left := f.next()
		switch {
		case !more:
			return false
		case !left:
			return true
		case !matchSegment(wanted, have):
			return false
		}
		p, f = restP, restF
	}
}

// segmentsLeft is what is left of a path; a path has one segment at least, which may be empty.
type segmentsLeft struct {
	text string
	over bool
}

func segmentsOf(path string) segmentsLeft { return segmentsLeft{text: path} }

// next gives the first segment and the rest; false when there is none.
func (l segmentsLeft) next() (first string, rest segmentsLeft, ok bool) {
	if l.over {
		return "", l, false
	}
	first, after, more := strings.Cut(l.text, "/")
	return first, segmentsLeft{text: after, over: !more}, true
}

// matchSegment matches one segment, in which * stands for anything.
func matchSegment(pattern, segment string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(segment) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case i < len(pattern) && pattern[i] == segment[j]:
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}

// LiteralPrefix is the part of a pattern that stands for itself at its beginning.
func LiteralPrefix(pattern string) string {
	before, _, _ := strings.Cut(pattern, "*")
	return before
}
