package policy

import (
	"bytes"
	"slices"
	"strings"
)

// Names tells whether a statement of ours names a principal. What others wrote
// is theirs to clean up.
func (d Document) Names(principal string) bool {
	quoted := []byte(`"` + principal + `"`)
	return slices.ContainsFunc(d.statements, func(s Statement) bool { return Ours(s.Sid) && bytes.Contains(s.text, quoted) })
}

// DropDangling takes out the statements that are not ours and name a user who
// does not exist. A store refuses a document with such a statement as a whole,
// so that it would hold up every change of ours, revocations too; it gives
// nobody anything. The names of what was dropped are given, or its place where
// it has none.
func DropDangling(d Document, exists func(principal string) bool) (kept Document, dropped []string) {
	kept = Document{version: d.version, id: d.id}
	for _, s := range d.statements {
		if Ours(s.Sid) || s.parsed.Principal == nil || !slices.ContainsFunc(s.parsed.Principal.AWS, func(p string) bool {
			return strings.Contains(p, ":user/") && !exists(p)
		}) {
			kept.statements = append(kept.statements, s)
			continue
		}
		name := s.Sid
		if name == "" {
			name = "a statement without a name"
		}
		dropped = append(dropped, name)
	}
	return kept, dropped
}
