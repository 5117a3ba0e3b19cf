package access

import "strings"

// The built-in roles: the three levels, each holding the one before, and the
// account roles. Only finance gives nothing at a store.
var (
	viewer      = Of(List, Preview, Download)
	contributor = viewer.Union(Of(Comment, Upload, Describe, Collect))
	manager     = contributor.Union(Of(Delete, Moderate, Curate, Share, Link))

	builtInRoles = map[string]Permissions{
		"viewer":         viewer,
		"contributor":    contributor,
		"manager":        manager,
		"library-viewer": viewer,
		"library-editor": manager.Union(Of(Publish)),
		"library-admin":  AllPermissions,
		"auditor":        Of(List, Audit),
		"finance":        0,
	}

	// ofMembers is the most that a grant on a Collection gives on its members.
	// Listing is missing on purpose: a store lists by prefix, and the members
	// have none in common.
	ofMembers = Of(Preview, Download)
)

// role is what the model keeps of a role.
type role struct {
	permissions Permissions
	// fields are the only ones that describe is for, in order; nil for all.
	fields []string
}

// BuiltInRole gives the permissions of a role that needs no object.
func BuiltInRole(name string) (Permissions, bool) {
	p, ok := builtInRoles[name]
	return p, ok
}

// forLibraries tells whether a role may be given on a whole Library. It
// repeats what admission checks.
func forLibraries(builtIn bool, name string) bool {
	return strings.HasPrefix(name, "library-") || builtIn && (name == "auditor" || name == "finance")
}

// onlyForLibraries tells whether a role may be given on nothing but whole Libraries.
func onlyForLibraries(builtIn bool, name string) bool {
	return builtIn && (strings.HasPrefix(name, "library-") || name == "finance")
}
