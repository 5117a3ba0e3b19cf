package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Parse reads a policy as a store gives it back; no bytes are an empty
// document. Statements of ours come into canonical form, whatever a store or a hand did to
// their order; others keep their text. Errors are ErrMalformed.
func Parse(data []byte) (Document, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return Document{}, nil
	}
	var top struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := json.Unmarshal(data, &top); err != nil {
		return Document{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	d := Document{version: top.Version, id: top.ID}
	if d.version == "" {
		d.version = "2008-10-17" // what its absence means
	}
	var raw []json.RawMessage
	switch text := bytes.TrimSpace(top.Statement); {
	case len(text) == 0 || bytes.Equal(text, []byte("null")):
		return Document{}, fmt.Errorf("%w: it has no Statement", ErrMalformed)
	case text[0] == '{':
		raw = []json.RawMessage{text}
	default:
		if err := json.Unmarshal(text, &raw); err != nil {
			return Document{}, fmt.Errorf("%w: Statement: %w", ErrMalformed, err)
		}
	}
	var ours, others []Statement
	for i, text := range raw {
		s, err := parseStatement(text)
		if err != nil {
			return Document{}, fmt.Errorf("%w: statement %d: %w", ErrMalformed, i, err)
		}
		if Ours(s.Sid) {
			ours = append(ours, s)
		} else {
			others = append(others, s)
		}
	}
	slices.SortStableFunc(ours, func(a, b Statement) int {
		if a.Sid != b.Sid {
			return strings.Compare(a.Sid, b.Sid)
		}
		return bytes.Compare(a.text, b.text)
	})
	d.statements = append(ours, others...)
	return d, nil
}

func parseStatement(text json.RawMessage) (Statement, error) {
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return Statement{}, err
	}
	if fields == nil {
		return Statement{}, fmt.Errorf("it is null")
	}
	sid, _ := fields["Sid"].(string)
	s := Statement{Sid: sid}
	if !Ours(sid) {
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil {
			return Statement{}, err
		}
		s.text = compact.Bytes()
	}
	canonical := normalise(fields)
	if s.text == nil {
		s.text = marshal(canonical)
	}
	// What does not fit, a hand wrote; the text tells the difference all the same.
	if err := json.Unmarshal(marshal(canonical), &s.parsed); err != nil {
		effect, _ := fields["Effect"].(string)
		s.parsed = content{Sid: sid, Effect: effect}
	}
	for name := range fields {
		if name != "Effect" && strings.EqualFold(name, "Effect") {
			s.parsed.Effect = "" // parsers differ in which of two spellings they heed
		}
	}
	return s, nil
}

// normalise puts the lists of a statement into order and makes lists of
// single values, leaving everything that it does not know.
func normalise(fields map[string]any) map[string]any {
	out := make(map[string]any, len(fields))
	for name, value := range fields {
		switch name {
		case "Action", "Resource":
			value = list(value)
		case "Principal":
			if by, ok := value.(map[string]any); ok {
				value = lists(by)
			}
		case "Condition":
			if operators, ok := value.(map[string]any); ok {
				sorted := make(map[string]any, len(operators))
				for operator, keys := range operators {
					if m, ok := keys.(map[string]any); ok {
						keys = lists(m)
					}
					sorted[operator] = keys
				}
				value = sorted
			}
		}
		out[name] = value
	}
	return out
}

func lists(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = list(v)
	}
	return out
}

// list is a value as a sorted list of strings; the value itself when it is none.
func list(value any) any {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		texts := make([]string, 0, len(v))
		for _, e := range v {
			text, ok := e.(string)
			if !ok {
				return value
			}
			texts = append(texts, text)
		}
		slices.Sort(texts)
		return slices.Compact(texts)
	}
	return value
}

// Merge puts our statements in the place of ours in an existing document, and
// keeps everything else of it as it is.
func Merge(existing, ours Document) Document {
	kept := Foreign(existing)
	if len(kept) == 0 {
		return ours
	}
	merged := Document{version: existing.version, id: existing.id}
	merged.statements = append(slices.Clone(ours.statements), kept...)
	return merged
}

// Foreign are the statements that are not ours, as they were found.
func Foreign(d Document) []Statement {
	var others []Statement
	for _, s := range d.statements {
		if !Ours(s.Sid) {
			others = append(others, s)
		}
	}
	return others
}

// ForeignAccess tells whether a statement that is not ours gives access. What
// is not plainly a Deny counts, since stores differ in how they read what is odd.
func ForeignAccess(d Document) bool {
	return slices.ContainsFunc(Foreign(d), func(s Statement) bool { return s.parsed.Effect != "Deny" })
}
