// Package evaluate judges policy documents as a store does. It is the second
// pair of eyes on what package policy renders, so it shares no code and no type with
// it: it reads the document's JSON and nothing else.
//
// It knows the part of the policy language that decides about buckets and
// objects, and refuses a document with anything else in it rather than guess: an
// unknown element, operator or condition key means ErrUnsupported, because to ignore
// it is wrong for an Allow in one direction and for a Deny in the other.
package evaluate

import (
	"errors"
	"strings"
	"time"
)

var (
	// ErrUnsupported says that the document uses something that this package does not judge.
	ErrUnsupported = errors.New("policy element not supported")
	// ErrInvalid says that the document is not a policy.
	ErrInvalid = errors.New("not a policy document")
)

const resourcePrefix = "arn:aws:s3:::"

// Request is one thing that somebody wants to do.
type Request struct {
	// Principal is the ARN of who asks.
	Principal string
	// Action is an S3 action, such as s3:GetObject.
	Action string
	// Bucket, and Object for an action on an object; empty for one on the bucket.
	Bucket, Object string
	// Conditions are the condition keys that the request carries, such as
	// s3:prefix. A key that is missing differs from one that is empty.
	Conditions map[string]string
	// At is the store's clock, aws:CurrentTime; zero when a request carries none.
	At time.Time
}

// Policy is a document ready to be asked.
type Policy struct {
	statements []statement
	// byPrincipal holds the indexes of the statements that name a principal.
	byPrincipal map[string][]int
	// everybody holds those of statements for everybody.
	everybody []int
}

type statement struct {
	deny       bool
	principals []string
	actions    []string // lower case
	resources  resourceSet
	conditions []condition
}

// Allowed tells whether the document lets the request through: some statement
// allows it and none denies it.
func (p *Policy) Allowed(r Request) bool {
	return p.AllowedOf(r, NewActions(r.Action))&1 == 1
}

// Actions are up to 64 actions, ready to be asked about together.
type Actions []string

// NewActions takes S3 actions, such as s3:GetObject.
func NewActions(names ...string) Actions {
	lower := make(Actions, len(names))
	for i, name := range names {
		lower[i] = strings.ToLower(name)
	}
	return lower
}

// AllowedOf answers for several actions at once; the request's own is not looked
// at. The bit of an action in the answer is set when the document lets it through.
func (p *Policy) AllowedOf(r Request, actions Actions) uint64 {
	resource := resourcePrefix + r.Bucket
	if r.Object != "" {
		resource += "/" + r.Object
	}
	var allowed, denied uint64
	for _, list := range [2][]int{p.byPrincipal[r.Principal], p.everybody} {
		for _, i := range list {
			s := &p.statements[i]
			if !s.resources.has(resource) || !s.holds(&r) {
				continue
			}
			for bit, action := range actions {
				if s.names(action) {
					if s.deny {
						denied |= 1 << bit
					} else {
						allowed |= 1 << bit
					}
				}
			}
		}
	}
	return allowed &^ denied
}

func (s *statement) names(action string) bool {
	for _, a := range s.actions {
		if a == action || wildcard(a, action) {
			return true
		}
	}
	return false
}

func (s *statement) holds(r *Request) bool {
	for _, c := range s.conditions {
		if !c.holds(r) {
			return false
		}
	}
	return true
}

// Concerns tells whether some statement speaks of a principal, or of everybody.
func (p *Policy) Concerns(principal string) bool {
	return len(p.byPrincipal[principal]) > 0 || len(p.everybody) > 0
}

// AllowOnly tells whether no statement denies anything.
func (p *Policy) AllowOnly() bool {
	for _, s := range p.statements {
		if s.deny {
			return false
		}
	}
	return true
}

// Principals are those that the document names, in the document's order.
func (p *Policy) Principals() []string {
	var names []string
	seen := map[string]bool{}
	for _, s := range p.statements {
		for _, name := range s.principals {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// Places are the resources, without the ARN's beginning, and the values of
// s3:prefix conditions, after the bucket and a slash, of all Allow statements
// that concern a principal: where a proof has to look.
func (p *Policy) Places(principal string) []string {
	var places []string
	for _, list := range [][]int{p.byPrincipal[principal], p.everybody} {
		for _, i := range list {
			s := &p.statements[i]
			if s.deny {
				continue
			}
			for _, r := range s.resources.all {
				place := strings.TrimPrefix(r, resourcePrefix)
				prefixed := false
				for _, c := range s.conditions {
					if c.key != "s3:prefix" {
						continue
					}
					prefixed = true
					for _, v := range c.values {
						places = append(places, place+"/"+v)
					}
				}
				if strings.Contains(place, "/") || !prefixed {
					places = append(places, place)
				}
			}
		}
	}
	return places
}

// wildcard matches a text with a pattern in which * stands for anything and ?
// for one byte, slashes included.
func wildcard(pattern, text string) bool {
	if !strings.Contains(pattern, "*") {
		return len(pattern) == len(text) && pieceAt(pattern, text, 0)
	}
	// The pieces between stars must come one after the other; the first at the beginning, the last at the end.
	pieces := strings.Split(pattern, "*")
	first, last := pieces[0], pieces[len(pieces)-1]
	if len(text) < len(first)+len(last) || !pieceAt(first, text, 0) || !pieceAt(last, text, len(text)-len(last)) {
		return false
	}
	at, end := len(first), len(text)-len(last)
	for _, piece := range pieces[1 : len(pieces)-1] {
		for at+len(piece) <= end && !pieceAt(piece, text, at) {
			at++
		}
		if at+len(piece) > end {
			return false
		}
		at += len(piece)
	}
	return true
}

func pieceAt(piece, text string, at int) bool {
	if at+len(piece) > len(text) {
		return false
	}
	for i := range len(piece) {
		if piece[i] != '?' && piece[i] != text[at+i] {
			return false
		}
	}
	return true
}

// resourceSet answers quickly for the usual forms: whole names, and names with
// one star at the end.
type resourceSet struct {
	all     []string
	exact   map[string]struct{}
	prefix  map[string]struct{}
	lengths []int // of the prefixes, each once
	other   []string
}

func newResourceSet(all []string) resourceSet {
	s := resourceSet{all: all, exact: map[string]struct{}{}, prefix: map[string]struct{}{}}
	lengths := map[int]bool{}
	for _, r := range all {
		body := strings.TrimSuffix(r, "*")
		switch {
		case strings.ContainsAny(body, "*?"):
			s.other = append(s.other, r)
		case body == r:
			s.exact[r] = struct{}{}
		default:
			s.prefix[body] = struct{}{}
			if !lengths[len(body)] {
				lengths[len(body)] = true
				s.lengths = append(s.lengths, len(body))
			}
		}
	}
	return s
}

func (s *resourceSet) has(resource string) bool {
	if _, ok := s.exact[resource]; ok {
		return true
	}
	for _, n := range s.lengths {
		if n <= len(resource) {
			if _, ok := s.prefix[resource[:n]]; ok {
				return true
			}
		}
	}
	for _, pattern := range s.other {
		if wildcard(pattern, resource) {
			return true
		}
	}
	return false
}
