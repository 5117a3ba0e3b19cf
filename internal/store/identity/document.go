package identity

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// SameDocument tells whether two policy documents say the same. Stores give
// documents back with blanks, with lists in another order, and with a list of
// one where a single value was written or the other way round. The order of
// statements counts. What is no document equals nothing.
func SameDocument(a, b []byte) bool {
	one, errOne := plain(a)
	other, errOther := plain(b)
	return errOne == nil && errOther == nil && reflect.DeepEqual(one, other)
}

// policyDocument has the parts that we write. What else a statement says is kept
// in it, so that a document with more in it is another one.
type policyDocument struct {
	Version   string
	ID        string `json:"Id"`
	Statement []map[string]any
}

func plain(text []byte) (policyDocument, error) {
	var doc policyDocument
	if err := json.Unmarshal(text, &doc); err != nil {
		return policyDocument{}, fmt.Errorf("read a policy document: %w", err)
	}
	for _, statement := range doc.Statement {
		for key, value := range statement {
			switch key {
			case "Effect":
			case "Sid":
				if value == "" {
					delete(statement, key)
				}
			case "Condition":
				statement[key] = conditions(value)
			default:
				statement[key] = list(value)
			}
		}
	}
	return doc, nil
}

// conditions are lists two levels down: operator, key, values.
func conditions(value any) any {
	operators, ok := value.(map[string]any)
	if !ok {
		return value
	}
	for operator, keys := range operators {
		byKey, ok := keys.(map[string]any)
		if !ok {
			continue
		}
		for key, values := range byKey {
			byKey[key] = list(values)
		}
		operators[operator] = byKey
	}
	return operators
}

// list is a set of values, in order. What is neither value nor list stays as it is.
func list(value any) any {
	var words []string
	switch v := value.(type) {
	case map[string]any:
		return v
	case []any:
		for _, item := range v {
			words = append(words, word(item))
		}
	default:
		words = []string{word(v)}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// word writes true and "true" alike, as stores do.
func word(value any) string { return fmt.Sprint(value) }
