package evaluate

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// condition is one key of one operator: it holds when a value fits, or, for
// the negated operators, when none does.
type condition struct {
	key      string // lower case
	fits     func(pattern, value string) bool
	negated  bool
	ifExists bool
	values   []string
}

func equal(pattern, value string) bool { return pattern == value }

var operators = map[string]condition{
	"StringEquals":              {fits: equal},
	"StringNotEquals":           {fits: equal, negated: true},
	"StringEqualsIgnoreCase":    {fits: strings.EqualFold},
	"StringNotEqualsIgnoreCase": {fits: strings.EqualFold, negated: true},
	"StringLike":                {fits: wildcard},
	"StringNotLike":             {fits: wildcard, negated: true},
	"DateLessThan":              {fits: ordered(func(value, limit time.Time) bool { return value.Before(limit) })},
	"DateLessThanEquals":        {fits: ordered(func(value, limit time.Time) bool { return !value.After(limit) })},
	"DateGreaterThan":           {fits: ordered(func(value, limit time.Time) bool { return value.After(limit) })},
	"DateGreaterThanEquals":     {fits: ordered(func(value, limit time.Time) bool { return !value.Before(limit) })},
}

// ordered compares two instants as RFC 3339 writes them; what is none fits nothing.
func ordered(holds func(value, limit time.Time) bool) func(pattern, value string) bool {
	return func(pattern, value string) bool {
		limit, err := time.Parse(time.RFC3339, pattern)
		if err != nil {
			return false
		}
		at, err := time.Parse(time.RFC3339, value)
		return err == nil && holds(at, limit)
	}
}

// known are the condition keys that a request here can carry.
var known = map[string]bool{"s3:prefix": true, "s3:delimiter": true, "s3:max-keys": true, "s3:versionid": true, "aws:currenttime": true}

func conditions(value json.RawMessage) ([]condition, error) {
	blocks, err := object(value)
	if err != nil {
		return nil, err
	}
	var all []condition
	for operator, block := range blocks {
		name, ifExists := strings.CutSuffix(operator, "IfExists")
		form, ok := operators[name]
		if !ok {
			return nil, fmt.Errorf("%w: operator %q", ErrUnsupported, operator)
		}
		keys, err := object(block)
		if err != nil {
			return nil, err
		}
		for key, value := range keys {
			c := form
			c.ifExists = ifExists
			c.key = strings.ToLower(key)
			if !known[c.key] {
				return nil, fmt.Errorf("%w: condition key %q", ErrUnsupported, key)
			}
			if c.values, err = texts(value); err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// holds judges a request. A key that is missing fits nothing: the plain
// operators fail, the negated ones hold, and with IfExists both hold.
func (c *condition) holds(r *Request) bool {
	value, carried := r.Conditions[c.key]
	if c.key == "aws:currenttime" {
		value, carried = r.At.UTC().Format(time.RFC3339), !r.At.IsZero()
	}
	if !carried {
		return c.negated || c.ifExists
	}
	for _, pattern := range c.values {
		if c.fits(pattern, value) {
			return !c.negated
		}
	}
	return c.negated
}
