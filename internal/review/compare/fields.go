package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// otherFields stands for every field that no role names.
const otherFields = "all others"

// fieldChanges tells who may describe more or fewer fields of files than before, where the permission describe does not tell: it
// is the same, and the roles that give it are for other fields.
func fieldChanges(was, is *side, everybody []person) []Declared {
	if !was.bindsFields() && !is.bindsFields() {
		return nil
	}
	told := fieldRows{}
	for _, p := range everybody {
		told.compare(p.name, was, is, describing(was.holdings(p.was...)), describing(is.holdings(p.is...)))
	}
	return told.declared()
}

// bindsFields tells whether any Role is for some fields alone.
func (s *side) bindsFields() bool {
	return slices.ContainsFunc(s.tenant.Declared.Roles, func(r v1alpha1.Role) bool { return r.Spec.MetadataFields != nil })
}

// describing are the rights to describe, and nothing else of them.
func describing(held []holding) []holding {
	var all []holding
	for _, h := range held {
		if h.permissions.Has(access.Describe) {
			h.permissions = access.Of(access.Describe)
			all = append(all, h)
		}
	}
	return all
}

// fieldRow is where and when fields may be described, or no longer.
type fieldRow struct {
	library, where, when string
	gained               bool
}

// fieldRows are the fields by row and by who gains or loses them.
type fieldRows map[fieldRow]map[string][]string

// compare looks for the fields that somebody gains and loses by these rights to describe.
func (all fieldRows) compare(who string, was, is *side, had, has []holding) {
	names := fieldsIn(had, has)
	if names == nil {
		return
	}
	plain := map[string]bool{} // what the permission itself tells
	for _, c := range changes(who, subject(was, is, had, has, is.now), was, is) {
		plain[fieldKey(&c)] = true
	}
	for _, name := range names {
		for _, c := range changes(who, subject(was, is, allowing(had, name), allowing(has, name), is.now), was, is) {
			if plain[fieldKey(&c)] {
				continue
			}
			row := fieldRow{c.Library, c.where(most), c.when(), len(c.Gains) > 0}
			if all[row] == nil {
				all[row] = map[string][]string{}
			}
			all[row][who] = append(all[row][who], name)
		}
	}
}

func fieldKey(c *Change) string {
	return fmt.Sprintf("%s\x00%s\x00%s\x00%q", c.Library, c.where(len(c.Except)), c.when(), c.Gains)
}

// fieldsIn are the fields that rights name, in order, and what stands for all others; none when no right is for some alone.
func fieldsIn(sides ...[]holding) []string {
	var names []string
	for _, held := range sides {
		for i := range held {
			names = append(names, held[i].fields...)
		}
	}
	if names == nil {
		return nil
	}
	slices.Sort(names)
	return append(slices.Compact(names), otherFields)
}

// allowing are the rights that are for a field.
func allowing(held []holding, field string) []holding {
	return slices.DeleteFunc(slices.Clone(held), func(h holding) bool { return h.fields != nil && !slices.Contains(h.fields, field) })
}

// declared tells the rows, with all to whom one fares alike.
func (all fieldRows) declared() []Declared {
	byText := map[string][]string{}
	of := map[string]Declared{}
	for row, people := range all {
		for who, fields := range people {
			verb := "may no longer be changed"
			if row.gained {
				verb = "may be changed"
			}
			text := fmt.Sprintf("the fields %s of files in %s %s, %s, by ", printer.Few(fields, 2*most), row.where, verb, row.when)
			key := row.library + "\x00" + text
			byText[key] = append(byText[key], who)
			of[key] = Declared{"Library", row.library, text, row.gained}
		}
	}
	var told []Declared
	for _, key := range names(of, nil) {
		d := of[key]
		d.What += printer.Few(sorted(byText[key]), most)
		told = append(told, d)
	}
	return told
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// fieldsText says which fields a Role is for.
func fieldsText(r *v1alpha1.Role) string {
	if r.Spec.MetadataFields == nil {
		return "all fields"
	}
	fields := make([]string, len(r.Spec.MetadataFields))
	for i, name := range r.Spec.MetadataFields {
		fields[i] = string(name)
	}
	return "the fields " + strings.Join(sorted(fields), ", ")
}
