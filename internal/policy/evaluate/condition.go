package evaluate

import (
	"encoding/json"
	"fmt"
	"strings"
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
}

// known are the condition keys that a request here can carry.
var known = map[string]bool{"s3:prefix": true, "s3:delimiter": true, "s3:max-keys": true, "s3:versionid": true}

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
func (c *condition) holds(with map[string]string) bool {
	value, carried := with[c.key]
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
