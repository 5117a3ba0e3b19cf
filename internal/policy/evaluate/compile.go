package evaluate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Compile reads a bucket's policy. Errors are ErrInvalid and ErrUnsupported.
func Compile(document []byte) (*Policy, error) { return compile(document, false) }

// CompileAttached reads a document that hangs on an identity: no statement
// names a principal, and all speak of whoever asks. Errors are ErrInvalid and ErrUnsupported.
func CompileAttached(document []byte) (*Policy, error) { return compile(document, true) }

func compile(document []byte, attached bool) (*Policy, error) {
	top, err := object(document)
	if err != nil {
		return nil, err
	}
	p := &Policy{byPrincipal: map[string][]int{}}
	var body json.RawMessage
	for name, value := range top {
		switch name {
		case "Version", "Id":
			if _, err := texts(value); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		case "Statement":
			body = value
		default:
			return nil, fmt.Errorf("%w: %q", ErrUnsupported, name)
		}
	}
	if len(body) == 0 {
		return nil, fmt.Errorf("%w: no Statement", ErrInvalid)
	}
	list := []json.RawMessage{body}
	if body[0] == '[' {
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, fmt.Errorf("%w: Statement: %w", ErrInvalid, err)
		}
	}
	for i, text := range list {
		s, err := compileStatement(text)
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", i, err)
		}
		if attached != (len(s.principals) == 0) {
			return nil, fmt.Errorf("statement %d: %w: a bucket's policy names principals and an identity's does not", i, ErrInvalid)
		}
		if attached {
			p.everybody = append(p.everybody, i)
		}
		p.statements = append(p.statements, s)
		for _, name := range s.principals {
			if name == "*" {
				p.everybody = append(p.everybody, i)
				continue
			}
			p.byPrincipal[name] = append(p.byPrincipal[name], i)
		}
	}
	return p, nil
}

func compileStatement(text []byte) (statement, error) {
	fields, err := object(text)
	if err != nil {
		return statement{}, err
	}
	var s statement
	effect := ""
	for name, value := range fields {
		switch name {
		case "Sid":
			_, err = texts(value)
		case "Effect":
			err = json.Unmarshal(value, &effect)
		case "Principal":
			s.principals, err = principals(value)
		case "Action":
			s.actions, err = texts(value)
		case "Resource":
			var all []string
			all, err = texts(value)
			s.resources = newResourceSet(all)
		case "Condition":
			s.conditions, err = conditions(value)
		default:
			err = fmt.Errorf("%w: element %q", ErrUnsupported, name)
		}
		if err != nil {
			return statement{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	switch effect {
	case "Allow":
	case "Deny":
		s.deny = true
	default:
		return statement{}, fmt.Errorf("%w: Effect %q", ErrInvalid, effect)
	}
	if len(s.actions) == 0 || len(s.resources.all) == 0 {
		return statement{}, fmt.Errorf("%w: a statement needs Action and Resource", ErrInvalid)
	}
	for i, a := range s.actions {
		if !strings.HasPrefix(a, "s3:") && a != "*" {
			return statement{}, fmt.Errorf("%w: action %q", ErrUnsupported, a)
		}
		s.actions[i] = strings.ToLower(a)
	}
	for _, r := range s.resources.all {
		if !strings.HasPrefix(r, resourcePrefix) && r != "*" {
			return statement{}, fmt.Errorf("%w: resource %q", ErrUnsupported, r)
		}
	}
	return s, nil
}

func principals(value json.RawMessage) ([]string, error) {
	if bytes.Equal(value, []byte(`"*"`)) {
		return []string{"*"}, nil
	}
	kinds, err := object(value)
	if err != nil {
		return nil, err
	}
	if len(kinds) != 1 || kinds["AWS"] == nil {
		return nil, fmt.Errorf("%w: a principal that is not AWS", ErrUnsupported)
	}
	names, err := texts(kinds["AWS"])
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		// An account, or a pattern within a name, stands for people not named here.
		if name != "*" && (!strings.HasPrefix(name, "arn:") || strings.ContainsAny(name, "*?") || strings.HasSuffix(name, ":root")) {
			return nil, fmt.Errorf("%w: principal %q", ErrUnsupported, name)
		}
	}
	return names, nil
}

// texts reads one string or a list of strings, none of them with a variable.
func texts(value json.RawMessage) ([]string, error) {
	var one string
	var many []string
	switch {
	case json.Unmarshal(value, &one) == nil && len(value) > 0 && value[0] == '"':
		many = []string{one}
	case len(value) > 0 && value[0] == '[':
		var items []any
		if err := json.Unmarshal(value, &items); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		for _, item := range items {
			text, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("%w: not a string", ErrInvalid)
			}
			many = append(many, text)
		}
	default:
		return nil, fmt.Errorf("%w: neither a string nor a list", ErrInvalid)
	}
	for _, text := range many {
		if strings.Contains(text, "${") {
			return nil, fmt.Errorf("%w: variable in %q", ErrUnsupported, text)
		}
	}
	return many, nil
}

// object reads a JSON object. Two fields of one name, or of names that differ
// in case alone, are refused, because parsers differ in which of them they heed.
func object(data []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, fmt.Errorf("%w: not an object", ErrInvalid)
	}
	fields := map[string]json.RawMessage{}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		name, _ := token.(string)
		lower := strings.ToLower(name)
		if seen[lower] {
			return nil, fmt.Errorf("%w: %q stands there twice", ErrInvalid, name)
		}
		seen[lower] = true
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		fields[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows", ErrInvalid)
	}
	return fields, nil
}
