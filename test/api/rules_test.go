package api

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var tables = []table{objectStores.with(issuerCases), libraries.with(metadataCases).with(watermarkCases()), folders, collections, users, userGroups.with(sessionCases), roles, roleBindings, publicLinks}

// TestRules shows what is accepted and what is refused, and that nothing in a kind's
// schema is without a case: a rule that nobody has seen refuse may refuse nothing.
//
// features: K2, K15, K18, B1, B10, P2, P13, D10, F3, F12, U5
func TestRules(t *testing.T) {
	for _, tb := range tables {
		var seen []metav1.StatusCause
		wanted := 0
		for _, c := range append(append([]refusable{}, tb.cases...), tb.updates...) {
			wanted += len(c.want)
		}
		tb.run(t, &seen)
		if len(seen) < wanted {
			continue // only some cases were asked for, or one has failed above
		}
		t.Run(tb.kind+" has a case for every constraint", func(t *testing.T) {
			spec := server.kinds[tb.kind].Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
			for _, c := range constraints("spec", spec) {
				if !c.in(seen) {
					t.Errorf("no case is refused by %s", c)
				}
			}
		})
	}
}

// constraint is one thing that a schema demands of a field.
type constraint struct {
	field string // as in a cause, with [] for any index
	text  string // part of the message of refusal
}

func (c constraint) String() string { return c.field + ": " + c.text }

var index = regexp.MustCompile(`\[\d+\]`)

func (c constraint) in(seen []metav1.StatusCause) bool {
	for _, cause := range seen {
		if index.ReplaceAllString(cause.Field, "[]") == c.field && strings.Contains(cause.Message, c.text) {
			return true
		}
	}
	return false
}

// constraints are all that a schema demands, the types of its fields aside.
func constraints(field string, s apiextensionsv1.JSONSchemaProps) []constraint {
	var all []constraint
	add := func(present bool, format string, args ...any) {
		if present {
			all = append(all, constraint{field, fmt.Sprintf(format, args...)})
		}
	}
	for _, rule := range s.XValidations {
		add(true, "%s", rule.Message)
	}
	add(len(s.Enum) > 0, "Unsupported value")
	add(s.Pattern != "", "should match")
	add(s.MaxLength != nil, "Too long")
	add(s.MaxItems != nil, "Too many")
	if s.XListType != nil && *s.XListType != "atomic" {
		all = append(all, constraint{field + "[]", "Duplicate value"})
	}
	if s.MinLength != nil {
		add(true, "at least %d chars", *s.MinLength)
	}
	if s.MinItems != nil {
		add(true, "at least %d items", *s.MinItems)
	}
	if s.MinProperties != nil {
		add(true, "at least %d properties", *s.MinProperties)
	}
	if s.Minimum != nil {
		add(true, "greater than or equal to %v", *s.Minimum)
	}
	if s.Maximum != nil {
		add(true, "less than or equal to %v", *s.Maximum)
	}
	for _, name := range s.Required {
		all = append(all, constraint{field + "." + name, "Required value"})
	}
	for _, name := range sortedKeys(s.Properties) {
		all = append(all, constraints(field+"."+name, s.Properties[name])...)
	}
	if s.Items != nil && s.Items.Schema != nil {
		all = append(all, constraints(field+"[]", *s.Items.Schema)...)
	}
	return all
}
