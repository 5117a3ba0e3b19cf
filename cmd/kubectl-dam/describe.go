package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/review/sheet"
)

// describeFlags are what a command line says of a file.
type describeFlags struct {
	set, add, remove, clear []string
	focus                   string
}

// noFocus takes the focus away.
const noFocus = "none"

func (f describeFlags) empty() bool {
	return len(f.set)+len(f.add)+len(f.remove)+len(f.clear) == 0 && f.focus == ""
}

// describe makes a change of them, as far as the Library has such fields and they take such values.
func (f describeFlags) describe(schema asset.Schema) (*change.Describe, error) {
	d := &change.Describe{}
	var err error
	if d.Set, err = assignments(schema, "set", f.set); err != nil {
		return nil, err
	}
	if d.Add, err = assignments(schema, "add", f.add); err != nil {
		return nil, err
	}
	if d.Remove, err = assignments(schema, "remove", f.remove); err != nil {
		return nil, err
	}
	for _, part := range []map[string][]string{d.Set, d.Add} {
		for name, values := range part {
			if err := schema.Check(name, values); err != nil {
				return nil, err
			}
		}
	}
	for _, text := range f.clear {
		d.Clear = append(d.Clear, listed(text)...)
	}
	switch f.focus {
	case "":
	case noFocus:
		d.ClearFocus = true
	default:
		if d.Focus, err = parseFocus(f.focus); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// assignments reads field=value; fields that take many values are given them parted by commas, or one flag after the other.
func assignments(schema asset.Schema, flag string, texts []string) (map[string][]string, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	all := map[string][]string{}
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--%s %q: write field=value, such as --%s keywords=hero,summer", flag, text, flag)
		}
		switch {
		case strings.TrimSpace(value) == "":
			return nil, fmt.Errorf("--%s %s: it has no value; --clear %s takes all values away", flag, text, name)
		case many(schema, name):
			all[name] = append(all[name], listed(value)...)
		case all[name] != nil:
			return nil, fmt.Errorf("--%s %s: the field takes one value, and is given one already", flag, text)
		default:
			all[name] = []string{value}
		}
	}
	return all, nil
}

func many(schema asset.Schema, name string) bool {
	for i := range schema.Fields() {
		if f := &schema.Fields()[i]; string(f.Name) == name {
			return sheet.Many(f.Type)
		}
	}
	return false
}

var errFocus = errors.New("write x,y,width,height as fractions of the upright picture, such as 0.25,0.1,0.5,0.5, or none")

func parseFocus(text string) (*asset.Focus, error) {
	parts := strings.Split(text, ",")
	var figures [4]float64
	if len(parts) != len(figures) {
		return nil, fmt.Errorf("--focus %q: %w", text, errFocus)
	}
	for i, part := range parts {
		var err error
		if figures[i], err = strconv.ParseFloat(strings.TrimSpace(part), 64); err != nil {
			return nil, fmt.Errorf("--focus %q: %w", text, errFocus)
		}
	}
	focus := &asset.Focus{X: figures[0], Y: figures[1], Width: figures[2], Height: figures[3]}
	if !focus.Valid() {
		return nil, fmt.Errorf("--focus %q: it does not lie within the picture; %w", text, errFocus)
	}
	return focus, nil
}

// fieldNames are the names of a Library's fields, in order.
func fieldNames(schema asset.Schema) []string {
	var names []string
	for i := range schema.Fields() {
		names = append(names, string(schema.Fields()[i].Name))
	}
	slices.Sort(names)
	return names
}
