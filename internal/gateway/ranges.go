package gateway

import (
	"net/http"
	"strconv"
	"strings"
)

// part is what a request wants of a sequence of bytes.
type part struct {
	// status to answer with: 200, 206, 304, 412 or 416.
	status int
	// from and length are what to send with 200 and 206.
	from, length int64
}

// selectPart weighs the conditions and the range of a GET or HEAD (RFC 9110,
// 13 and 14) for bytes of this strong ETag (quoted) and size.
func selectPart(h http.Header, etag string, size int64) part {
	if match := h.Get("If-Match"); match != "" && !matches(match, etag, false) {
		return part{status: http.StatusPreconditionFailed}
	}
	if none := h.Get("If-None-Match"); none != "" && matches(none, etag, true) {
		return part{status: http.StatusNotModified}
	}
	whole := part{status: http.StatusOK, length: size}
	value := h.Get("Range")
	// Dates are too coarse to resume by: If-Range counts with the strong ETag only.
	if cond := h.Get("If-Range"); value == "" || cond != "" && cond != etag {
		return whole
	}
	from, length, kind := parseRange(value, size)
	switch kind {
	case rangeOK:
		return part{status: http.StatusPartialContent, from: from, length: length}
	case rangeUnsatisfiable:
		return part{status: http.StatusRequestedRangeNotSatisfiable}
	case rangeIgnored:
	}
	return whole
}

// matches tells whether a list of entity tags holds this one; weak says that W/ does not matter.
func matches(list, etag string, weak bool) bool {
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || tag == etag {
			return true
		}
		if weak && strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}

type rangeKind uint8

const (
	rangeIgnored rangeKind = iota
	rangeOK
	rangeUnsatisfiable
)

// parseRange reads a Range of bytes. What is malformed, in another unit or asks
// for more than one range is ignored, as the standard allows.
func parseRange(value string, size int64) (from, length int64, kind rangeKind) {
	unit, spec, ok := strings.Cut(value, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(unit), "bytes") || strings.Contains(spec, ",") {
		return 0, 0, rangeIgnored
	}
	first, last, ok := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok {
		return 0, 0, rangeIgnored
	}
	if first == "" {
		n, ok := digits(last)
		switch {
		case !ok:
			return 0, 0, rangeIgnored
		case n == 0 || size == 0:
			return 0, 0, rangeUnsatisfiable
		}
		n = min(n, size)
		return size - n, n, rangeOK
	}
	start, ok := digits(first)
	if !ok {
		return 0, 0, rangeIgnored
	}
	end := size - 1
	if last != "" {
		n, ok := digits(last)
		if !ok || n < start {
			return 0, 0, rangeIgnored
		}
		end = min(n, end)
	}
	if start >= size {
		return 0, 0, rangeUnsatisfiable
	}
	return start, end - start + 1, rangeOK
}

// digits reads a number without sign; one too large for any object counts as the largest.
func digits(s string) (int64, bool) {
	if s == "" || len(s) > 64 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 1<<63 - 1, true
	}
	return n, true
}
