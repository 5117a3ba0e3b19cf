package lint

import (
	"slices"
	"strings"

	"golang.org/x/text/cases"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// focusField is how a Role names the focus area of pictures, which is no field of a Library.
const focusField = "focus"

// selectors finds Collections whose selector can pick nothing, since no field takes a keyword that it asks for.
func (l *linter) selectors() {
	for i := range l.tenant.Declared.Collections {
		c := &l.tenant.Declared.Collections[i]
		library := l.library(c.Spec.LibraryRef.Name)
		if c.Spec.Selector == nil || library == nil {
			continue
		}
		for _, word := range c.Spec.Selector.Keywords {
			if !takesKeyword(asset.NewSchema(library.Spec.Metadata), word) {
				l.add(Warning, "SelectsNothing", "Collection", c.Name, "its selector asks for the keyword "+word+", which no field of the Library "+library.Name+" takes",
					"add the word to the choices of a field of type Keywords, or correct spec.selector.keywords")
			}
		}
	}
}

// takesKeyword tells whether some field may hold a keyword, case aside.
func takesKeyword(schema asset.Schema, word string) bool {
	fold := cases.Fold()
	word = fold.String(word)
	return slices.ContainsFunc(schema.Fields(), func(f v1alpha1.MetadataField) bool {
		return f.Type == v1alpha1.FieldKeywords && (len(f.Choices) == 0 || slices.ContainsFunc(f.Choices, func(choice string) bool { return fold.String(choice) == word }))
	})
}

// fields finds Roles that are for fields which no Library has, and links that show such as theirs has not.
func (l *linter) fields() {
	known := []v1alpha1.MetadataFieldName{focusField}
	for i := range l.tenant.Declared.Libraries {
		known = append(known, namesOf(&l.tenant.Declared.Libraries[i])...)
	}
	for i := range l.tenant.Declared.Roles {
		if r := &l.tenant.Declared.Roles[i]; len(l.tenant.Declared.Libraries) > 0 {
			l.unknownFields("Role", r.Name, "no Library has", r.Spec.MetadataFields, known)
		}
	}
	for i := range l.tenant.Links {
		p := &l.tenant.Links[i]
		scope, err := l.model.LinkScope(p.Spec.Target)
		if library := l.library(scope.Library); err == nil && library != nil {
			l.unknownFields("PublicLink", p.Name, "the Library "+library.Name+" does not have", p.Spec.MetadataFields, namesOf(library))
		}
	}
}

func (l *linter) unknownFields(kind, name, whose string, fields, known []v1alpha1.MetadataFieldName) {
	var unknown []string
	for _, field := range fields {
		if !slices.Contains(known, field) {
			unknown = append(unknown, string(field))
		}
	}
	if len(unknown) > 0 {
		l.add(Warning, "UnknownField", kind, name, "it names the fields "+printer.Few(unknown, 8)+", which "+whose, "add them to spec.metadata of a Library, or correct spec.metadataFields")
	}
}

func namesOf(library *v1alpha1.Library) []v1alpha1.MetadataFieldName {
	var names []v1alpha1.MetadataFieldName
	for _, f := range asset.NewSchema(library.Spec.Metadata).Fields() {
		names = append(names, f.Name)
	}
	return names
}

func (l *linter) library(name string) *v1alpha1.Library {
	for i := range l.tenant.Declared.Libraries {
		if library := &l.tenant.Declared.Libraries[i]; library.Name == name {
			return library
		}
	}
	return nil
}

// lifecycles finds Folders whose files are archived before they are published, and such as would publish what is published anyway.
func (l *linter) lifecycles() {
	type root struct{ library, restricted string }
	said := map[root]map[string]*v1alpha1.Lifecycle{}
	visit := func(each func(f *v1alpha1.Folder, at root, path string)) {
		for i := range l.tenant.Declared.Folders {
			f := &l.tenant.Declared.Folders[i]
			if scope, placed := l.model.FolderScope(f.Name); placed && f.Spec.Lifecycle != nil {
				each(f, root{scope.Library, scope.Restricted}, strings.TrimSuffix(scope.Prefix, "/"))
			}
		}
	}
	visit(func(f *v1alpha1.Folder, at root, path string) {
		if said[at] == nil {
			said[at] = map[string]*v1alpha1.Lifecycle{}
		}
		said[at][path] = f.Spec.Lifecycle
	})
	visit(func(f *v1alpha1.Folder, at root, path string) {
		of := asset.NewLifecycles(said[at]).Of(strings.TrimPrefix(path+"/file", "/"))
		own := f.Spec.Lifecycle
		switch {
		case (own.PublishAt != nil || own.Sunset != nil) && !of.PublishAt.IsZero() && !of.Sunset.IsZero() && !of.PublishAt.Before(of.Sunset):
			l.add(Error, "NeverPublished", "Folder", f.Name, "its files are to be published at "+printer.Stamp(of.PublishAt)+", and are archived at "+printer.Stamp(of.Sunset)+" already",
				"correct publishAt or sunset in spec.lifecycle, of this Folder or one above")
		case own.PublishAt != nil && of.State != v1alpha1.StateDraft:
			l.add(Warning, "Ineffective", "Folder", f.Name, "its publishAt is for files in Draft, and without state: Draft here or above its files are published from the beginning",
				"add state: Draft to spec.lifecycle, or take publishAt out")
		}
	})
}
