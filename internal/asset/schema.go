package asset

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Bounds of what one field of a file may hold.
const (
	// MaxValues is how many values one field has.
	MaxValues = 256

	maxText = 8 << 10 // bytes
	maxWord = 100     // characters of a keyword or choice
)

var (
	fieldName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	number    = regexp.MustCompile(`^[+-]?[0-9]{1,15}([.][0-9]{1,15})?$`)
)

// Schema is a Library's fields.
type Schema struct {
	fields []v1alpha1.MetadataField
	byName map[string]*v1alpha1.MetadataField
}

// plainFields are those of a Library that declares none.
var plainFields = []v1alpha1.MetadataField{
	{Name: "title", Title: "Title", Type: v1alpha1.FieldText},
	{Name: "description", Title: "Description", Type: v1alpha1.FieldText},
	{Name: "keywords", Title: "Keywords", Type: v1alpha1.FieldKeywords},
}

// NewSchema makes a schema of what a Library declares; of title, description and keywords when that is nil.
func NewSchema(declared *v1alpha1.MetadataSchema) Schema {
	s := Schema{fields: plainFields}
	if declared != nil {
		s.fields = declared.Fields
	}
	s.byName = make(map[string]*v1alpha1.MetadataField, len(s.fields))
	for i := range s.fields {
		s.byName[string(s.fields[i].Name)] = &s.fields[i]
	}
	return s
}

// Fields in the order in which people see them. Not to be changed.
func (s Schema) Fields() []v1alpha1.MetadataField { return s.fields }

// Check tells in plain words why a field does not take some values; nil when it does. No values are always taken.
func (s Schema) Check(name string, values []string) error {
	if len(values) == 0 {
		return nil
	}
	field := s.byName[name]
	if field == nil {
		return fmt.Errorf("there is no field %q; the fields are %s", shorten(name), s.names())
	}
	if len(values) > MaxValues {
		return fmt.Errorf("field %s has %d values, at most %d are kept", name, len(values), MaxValues)
	}
	if one := field.Type != v1alpha1.FieldKeywords && field.Type != v1alpha1.FieldChoices; one && len(values) > 1 {
		return fmt.Errorf("field %s takes one value, not %d", name, len(values))
	}
	for i, value := range values {
		if wrong := wrongWith(field, value); wrong != "" {
			return fmt.Errorf("field %s: %q %s", name, shorten(value), wrong)
		}
		if slices.Contains(values[:i], value) {
			return fmt.Errorf("field %s has %q twice", name, shorten(value))
		}
	}
	return nil
}

func wrongWith(field *v1alpha1.MetadataField, value string) string {
	word := field.Type != v1alpha1.FieldText
	switch {
	case value == "" || strings.TrimSpace(value) != value:
		return "is empty, or begins or ends with a blank"
	case !legible(value, maxText) || word && strings.ContainsAny(value, "\n\t"):
		return "is too long, or has characters that cannot be shown"
	case word && utf8.RuneCountInString(value) > maxWord:
		return fmt.Sprintf("is longer than %d characters", maxWord)
	}
	switch field.Type {
	case v1alpha1.FieldNumber:
		if !number.MatchString(value) {
			return "is not a number; write one like 12 or 0.5"
		}
	case v1alpha1.FieldDate:
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return "is not a day; write one like 2027-03-31"
		}
	case v1alpha1.FieldText, v1alpha1.FieldKeywords, v1alpha1.FieldChoice, v1alpha1.FieldChoices:
	}
	if len(field.Choices) > 0 && !slices.Contains(field.Choices, value) {
		return "is none of the choices, which are " + few(field.Choices)
	}
	return ""
}

// Misfits tells in plain words what of some fields does not fit, in a stable order. Nothing is dropped for that.
func (s Schema) Misfits(fields map[string][]string) []string {
	var wrong []string
	for i := range s.fields {
		if f := &s.fields[i]; f.Presence == v1alpha1.PresenceRequired && len(fields[string(f.Name)]) == 0 {
			wrong = append(wrong, fmt.Sprintf("field %s is required and has no value", f.Name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if err := s.Check(name, fields[name]); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	return wrong
}

func (s Schema) names() string {
	names := make([]string, len(s.fields))
	for i := range s.fields {
		names[i] = string(s.fields[i].Name)
	}
	return few(names)
}

// few names some of a list.
func few(words []string) string {
	const most = 10
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return strings.Join(words[:most], ", ") + " and " + strconv.Itoa(len(words)-most) + " more"
}

// shorten keeps a message readable whatever somebody wrote.
func shorten(s string) string { return cleanLine(s, 60) }

// legible tells whether a text is valid, within bounds, and has no characters but line breaks and tabs that are not shown or that
// turn the text around.
func legible(s string, limit int) bool {
	return len(s) <= limit && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
	})
}

// folded are words as people compare them: case aside.
func folded(words []string) map[string]bool {
	fold := cases.Fold()
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[fold.String(w)] = true
	}
	return set
}
