package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Names tells whether a statement of ours names a principal. What others wrote
// is theirs to clean up.
func (d Document) Names(principal string) bool {
	quoted := []byte(`"` + principal + `"`)
	return slices.ContainsFunc(d.statements, func(s Statement) bool { return Ours(s.Sid) && bytes.Contains(s.text, quoted) })
}

// DropDangling takes users who do not exist out of the statements that are not
// ours, and a statement that names nobody else with them. A store refuses a
// document that names such a user as a whole, so that it would hold up every
// change of ours, revocations too. What was taken out is told by the
// statement's name and the user.
func DropDangling(d Document, exists func(principal string) bool) (kept Document, dropped []string) {
	kept = Document{version: d.version, id: d.id}
	absent := func(p string) bool { return strings.Contains(p, ":user/") && !exists(p) }
	for _, s := range d.statements {
		if Ours(s.Sid) || s.parsed.Principal == nil || !slices.ContainsFunc(s.parsed.Principal.AWS, absent) {
			kept.statements = append(kept.statements, s)
			continue
		}
		name := s.Sid
		if name == "" {
			name = "a statement without a name"
		}
		for _, p := range s.parsed.Principal.AWS {
			if absent(p) {
				dropped = append(dropped, fmt.Sprintf("%s: %s", name, p))
			}
		}
		if rest, ok := without(s, absent); ok {
			kept.statements = append(kept.statements, rest)
		}
	}
	return kept, dropped
}

// without takes principals out of a statement; false when it names nobody then.
func without(s Statement, absent func(principal string) bool) (Statement, bool) {
	var fields map[string]any
	if json.Unmarshal(s.text, &fields) != nil {
		return Statement{}, false
	}
	by, ok := fields["Principal"].(map[string]any)
	if !ok {
		return Statement{}, false
	}
	named, _ := list(by["AWS"]).([]string)
	if named = slices.DeleteFunc(named, absent); len(named) > 0 {
		by["AWS"] = named
	} else {
		delete(by, "AWS")
	}
	if len(by) == 0 {
		return Statement{}, false
	}
	rest, err := parseStatement(marshal(fields))
	return rest, err == nil
}
