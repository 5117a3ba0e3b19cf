package change

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Describe changes some of what is said of a file. Everything else stays, also what does not fit the Library's fields.
type Describe struct {
	// Set gives fields these values in the place of those they have.
	Set map[string][]string `json:"set,omitempty"`
	// Add and Remove change the values of fields of type Keywords and Choices one by one. What is there is not added again,
	// and what is not there need not be removed.
	Add    map[string][]string `json:"add,omitempty"`
	Remove map[string][]string `json:"remove,omitempty"`
	// Clear takes all values of these fields away.
	Clear []string `json:"clear,omitempty"`
	// Focus is the part that matters most; ClearFocus takes it away.
	Focus      *asset.Focus `json:"focus,omitempty"`
	ClearFocus bool         `json:"clearFocus,omitempty"`
}

// touched are the fields that it is about, in order, the focus among them.
func (d *Describe) touched() []string {
	names := slices.Concat(slices.Collect(maps.Keys(d.Set)), slices.Collect(maps.Keys(d.Add)), slices.Collect(maps.Keys(d.Remove)), d.Clear)
	if d.Focus != nil || d.ClearFocus {
		names = append(names, focusField)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (d *Describe) check() string {
	touched := d.touched()
	switch {
	case len(touched) == 0:
		return "describe says nothing; use set, add, remove, clear, focus or clearFocus"
	case len(touched) > MaxFields:
		return fmt.Sprintf("describe touches %d fields, at most %d are; use several changes", len(touched), MaxFields)
	case d.Focus != nil && d.ClearFocus:
		return "describe sets the focus and clears it; do one of the two"
	case d.Focus != nil && !d.Focus.Valid():
		return "the focus does not lie within the picture; write x, y, width and height as fractions of it, such as 0.25"
	case len(d.Clear) > MaxFields:
		return "clear names fields twice; name each once"
	}
	for i, name := range d.Clear {
		if _, set := d.Set[name]; set || d.Add[name] != nil || d.Remove[name] != nil || slices.Contains(d.Clear[:i], name) {
			return fmt.Sprintf("field %s is cleared, and named once more; say one thing of it", quote(name))
		}
	}
	for name := range sorted(d.Set) {
		if d.Add[name] != nil || d.Remove[name] != nil {
			return fmt.Sprintf("field %s is set, and added to or removed from as well; say one thing of it", quote(name))
		}
	}
	for _, part := range []map[string][]string{d.Set, d.Add, d.Remove} {
		for name, values := range sorted(part) {
			switch {
			case len(values) == 0:
				return fmt.Sprintf("field %s is given no values; name some, or use clear", quote(name))
			case len(values) > asset.MaxValues:
				return fmt.Sprintf("field %s is given %d values, at most %d are taken; name fewer", quote(name), len(values), asset.MaxValues)
			}
		}
	}
	for name, values := range sorted(d.Add) {
		if i := slices.IndexFunc(values, func(v string) bool { return slices.Contains(d.Remove[name], v) }); i >= 0 {
			return fmt.Sprintf("field %s: %s is added and removed; do one of the two", quote(name), quote(values[i]))
		}
	}
	return ""
}

// sorted goes through fields in order, so that the first thing that is wrong is always the same one.
func sorted(fields map[string][]string) iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if !yield(name, fields[name]) {
				return
			}
		}
	}
}

func (d *Describe) decide(schema asset.Schema, last *asset.Metadata, signature asset.Signature) (Effect, *Refusal) {
	before := asset.Metadata{}
	if last != nil {
		before = *last
	}
	m := merge{schema: schema, fields: map[string][]string{}, again: wrote(before.Signature, signature)}
	maps.Copy(m.fields, before.Fields)
	if refused := m.all(d); refused != nil {
		return Effect{}, refused
	}
	after := asset.Metadata{V: asset.DescriptionVersion, Fields: m.fields, Focus: before.Focus, Signature: signature}
	switch {
	case d.ClearFocus:
		after.Focus = nil
	case d.Focus != nil:
		focus := *d.Focus
		after.Focus = &focus
	}
	if sameWords(before, after) {
		return unchanged(before.Signature, signature), nil
	}
	if _, err := after.Encode(); err != nil { // each value was checked, and what was there is valid: it is their sum
		return Effect{}, refuse(TooLarge, "the file's description cannot be kept: %s; shorten it, or clear fields", err)
	}
	return Effect{Metadata: &after}, nil
}

func sameWords(a, b asset.Metadata) bool {
	sameFocus := a.Focus == b.Focus || a.Focus != nil && b.Focus != nil && *a.Focus == *b.Focus
	return sameFocus && maps.EqualFunc(a.Fields, b.Fields, slices.Equal)
}

// merge makes the fields of a file what a Describe says.
type merge struct {
	schema asset.Schema
	fields map[string][]string
	// again: the file is as this very change left it, so that a field that it took away is not missed.
	again bool
}

func (m merge) all(d *Describe) *Refusal {
	for _, step := range []func(*Describe) *Refusal{m.set, m.remove, m.add, m.clear} {
		if refused := step(d); refused != nil {
			return refused
		}
	}
	return nil
}

func (m merge) set(d *Describe) *Refusal {
	for name, values := range sorted(d.Set) {
		if refused := checkValues(m.schema, name, values); refused != nil {
			return refused
		}
		m.fields[name] = slices.Clone(values)
	}
	return nil
}

// add checks what is added, and not what is there: that may be of another time, when the field took it.
func (m merge) add(d *Describe) *Refusal {
	for name, values := range sorted(d.Add) {
		if refused := checkValues(m.schema, name, values); refused != nil {
			return refused
		}
		if field, _ := fieldOf(m.schema, name); !manyValued(field) {
			return refuse(InvalidValue, "field %s takes one value, so that nothing is added to it; use set", name)
		}
		sum := slices.Clone(m.fields[name])
		for _, v := range values {
			if !slices.Contains(sum, v) {
				sum = append(sum, v)
			}
		}
		if len(sum) > max(asset.MaxValues, len(m.fields[name])) {
			return refuse(InvalidValue, "field %s would have %d values, at most %d are kept; remove some", name, len(sum), asset.MaxValues)
		}
		m.fields[name] = sum
	}
	return nil
}

// remove takes values away that the field may no longer take, from fields that there may no longer be.
func (m merge) remove(d *Describe) *Refusal {
	for name, values := range sorted(d.Remove) {
		field, declared := fieldOf(m.schema, name)
		if declared && !manyValued(field) {
			return refuse(InvalidValue, "field %s takes one value, so that none is removed from it; use clear, or set", name)
		}
		if refused := m.known(name); refused != nil {
			return refused
		}
		left := slices.DeleteFunc(slices.Clone(m.fields[name]), func(v string) bool { return slices.Contains(values, v) })
		if len(left) == 0 {
			delete(m.fields, name)
			continue
		}
		m.fields[name] = left
	}
	return nil
}

func (m merge) clear(d *Describe) *Refusal {
	for _, name := range d.Clear {
		if refused := m.known(name); refused != nil {
			return refused
		}
		delete(m.fields, name)
	}
	return nil
}

// known refuses a name that neither the Library nor the file has a field of.
func (m merge) known(name string) *Refusal {
	if _, declared := fieldOf(m.schema, name); declared || m.again || m.fields[name] != nil {
		return nil
	}
	return unknownField(m.schema, name)
}

func checkValues(schema asset.Schema, name string, values []string) *Refusal {
	if _, declared := fieldOf(schema, name); !declared {
		return unknownField(schema, name)
	}
	if err := schema.Check(name, values); err != nil {
		return refuse(InvalidValue, "%s; correct it, or leave the field out", err)
	}
	return nil
}

func unknownField(schema asset.Schema, name string) *Refusal {
	var names []string
	for i := range schema.Fields() {
		names = append(names, string(schema.Fields()[i].Name))
	}
	return refuse(UnknownField, "there is no field %s in this library; the fields are %s", quote(name), few(names))
}

func fieldOf(schema asset.Schema, name string) (v1alpha1.MetadataField, bool) {
	fields := schema.Fields()
	i := slices.IndexFunc(fields, func(f v1alpha1.MetadataField) bool { return string(f.Name) == name })
	if i < 0 {
		return v1alpha1.MetadataField{}, false
	}
	return fields[i], true
}

func manyValued(f v1alpha1.MetadataField) bool {
	return f.Type == v1alpha1.FieldKeywords || f.Type == v1alpha1.FieldChoices
}
