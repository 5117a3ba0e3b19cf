package access

import (
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// fieldsOf are the only fields that a Role's describe is for, in order; nil for all.
func fieldsOf(r *v1alpha1.Role) []string {
	if r.Spec.MetadataFields == nil {
		return nil
	}
	fields := make([]string, len(r.Spec.MetadataFields))
	for i, name := range r.Spec.MetadataFields {
		fields[i] = string(name)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// DescribableFields tells which fields of a file a user may change at an instant: all of them, or those named, in order; none
// without the permission describe on the file. It is the union over all routes, so that a role for some fields takes nothing
// from another that is for all.
func (m *Model) DescribableFields(user string, k Key, at time.Time) (all bool, fields []string) {
	for _, ms := range m.byUser[user] {
		if !ms.binding.live(at) {
			continue
		}
		describes := func(r right) bool { return r.permissions.Has(Describe) && r.covers(k) }
		if !slices.ContainsFunc(ms.binding.gives, describes) {
			continue
		}
		if ms.binding.fields == nil {
			return true, nil
		}
		fields = append(fields, ms.binding.fields...)
	}
	slices.Sort(fields)
	return false, slices.Compact(fields)
}
