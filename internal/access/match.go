package access

import "strings"

// IsPattern tells whether a Collection's item is a pattern rather than a file's path.
func IsPattern(item string) bool { return strings.Contains(item, "*") }

// Match tells whether a pattern matches a path. A * stands for anything within
// one segment, nothing included; a segment ** stands for any number of whole
// segments, none included. Everything else stands for itself.
func Match(pattern, path string) bool {
	// Going back to the latest ** is enough, as with * in a single
	// segment: what earlier ones took can only leave less for the rest.
	var (
		p, s       = pattern, path
		more       = true // whether p, s are segments yet to match, "" being a segment too
		left       = true
		backP      string
		backS      string
		backMore   bool
		backLeft   bool
		canGoBack  bool
		segP, segS string
	)
	for {
		if more {
			restP, restMore := "", false
			segP, restP, restMore = strings.Cut(p, "/")
			if segP == "**" {
				p, more = restP, restMore
				if !more {
					return true
				}
				backP, backS, backMore, backLeft, canGoBack = p, s, more, left, true
				continue
			}
			if left {
				restS, restLeft := "", false
				segS, restS, restLeft = strings.Cut(s, "/")
				if matchSegment(segP, segS) {
					p, more, s, left = restP, restMore, restS, restLeft
					continue
				}
			}
		} else if !left {
			return true
		}
		if !canGoBack || !backLeft {
			return false
		}
		_, backS, backLeft = strings.Cut(backS, "/")
		p, more, s, left = backP, backMore, backS, backLeft
	}
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

// literal is the part of a pattern that stands for itself at its beginning.
func literal(pattern string) string {
	before, _, _ := strings.Cut(pattern, "*")
	return before
}
