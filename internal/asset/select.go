package asset

import (
	"slices"

	"golang.org/x/text/cases"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Description is what is known of a file beside its content, at one instant.
type Description struct {
	// Metadata, nil when nobody described the file.
	Metadata *Metadata
	// State the file is in.
	State v1alpha1.AssetState
	// Approval of its current version.
	Approval v1alpha1.AssetApproval
}

// Keywords of the file: those in fields of type Keywords.
func (d Description) Keywords(s Schema) []string {
	if d.Metadata == nil {
		return nil
	}
	var words []string
	for i := range s.fields {
		if s.fields[i].Type == v1alpha1.FieldKeywords {
			words = append(words, d.Metadata.Fields[string(s.fields[i].Name)]...)
		}
	}
	return words
}

// Selected tells whether a selector picks a file. An archived file is never picked.
func Selected(selector v1alpha1.CollectionSelector, s Schema, d Description) bool {
	switch {
	case d.State == v1alpha1.StateArchived,
		len(selector.States) > 0 && !slices.Contains(selector.States, d.State),
		selector.Approval != "" && selector.Approval != d.Approval:
		return false
	case len(selector.Keywords) == 0:
		return len(selector.States) > 0 || selector.Approval != ""
	}
	has, fold := folded(d.Keywords(s)), cases.Fold()
	return !slices.ContainsFunc(selector.Keywords, func(wanted string) bool { return !has[fold.String(wanted)] })
}
