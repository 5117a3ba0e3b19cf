package api

import (
	"fmt"
	"slices"
)

const archiving = `archiveAfter must be between 1h and 876000h (a hundred years)`

var folders = table{
	kind: "Folder",
	base: `
spec:
  libraryRef: {name: brand}
  path: launch/final
`,
	cases: append([]refusable{
		accepted("a folder is declared", ``),
		accepted("a folder may be restricted", `spec: {access: Restricted, title: Under embargo}`),
		accepted("a path may have blanks, dots and other scripts", `spec: {path: "Frühling 2027/v1.2/最終 (neu) & co, ok"}`),
		accepted("a path may begin like the reserved folder", `spec: {path: restricted-2/a}`),
		accepted("the reserved name may stand deeper", `spec: {path: launch/restricted}`),
		accepted("a dollar sign is no pattern", `spec: {path: "launch/$5"}`),
		accepted("the longest path fits", `spec: {path: `+long(512)+`}`),

		refused("a library is named", `spec: {libraryRef: null}`, `spec.libraryRef: Required value`),
		refused("a library has a name", `spec: {libraryRef: {name: null}}`, `spec.libraryRef.name: Required value`),
		refused("a library's name is not empty", `spec: {libraryRef: {name: ""}}`, `at least 1 chars`),
		refused("a library is in this namespace", `spec: {libraryRef: {name: northlight/campaign}}`, `spec.libraryRef.name in body should match`),
		refused("a library's name is at most 63 characters long", `spec: {libraryRef: {name: `+long(64)+`}}`, `spec.libraryRef.name: Too long`),
		refused("a title is not empty", `spec: {title: ""}`, `spec.title in body should be at least 1 chars`),
		refused("a title is short", `spec: {title: `+long(201)+`}`, `spec.title: Too long`),
		refused("access is inherited or restricted", `spec: {access: Open}`, `spec.access: Unsupported value`),

		accepted("a lifecycle may say all that there is", `spec: {lifecycle: {state: Draft, publishAt: "2027-03-01T00:00:00Z", sunset: "2028-03-01T00:00:00Z", archiveAfter: 8760h}}`),
		accepted("a lifecycle may be short", `spec: {lifecycle: {state: Published, archiveAfter: 60m}}`),
		accepted("a lifecycle may be a hundred years", `spec: {lifecycle: {archiveAfter: 876000h}}`),
		refused("a lifecycle says something", `spec: {lifecycle: {}}`, `spec.lifecycle in body should have at least 1 properties`),
		refused("nothing begins archived", `spec: {lifecycle: {state: Archived}}`, `spec.lifecycle.state: Unsupported value`),
		refused("nothing is archived at once", `spec: {lifecycle: {archiveAfter: 59m}}`, archiving),
		refused("nothing is archived after more than a hundred years", `spec: {lifecycle: {archiveAfter: 876001h}}`, archiving),
		refused("archiving is in hours, minutes and seconds", `spec: {lifecycle: {archiveAfter: 1y}}`, `write 720h or 1h30m`),
		refused("archiving has a length", `spec: {lifecycle: {archiveAfter: ""}}`, `spec.lifecycle.archiveAfter in body should be at least 2 chars`, archiving),
		refused("archiving is not endless", `spec: {lifecycle: {archiveAfter: `+long(33)+`}}`, `spec.lifecycle.archiveAfter: Too long`),
	}, slices.Concat(paths("spec: {path: %s}", "spec.path"), times("lifecycle.publishAt"), times("lifecycle.sunset"))...),
	updates: []refusable{
		accepted("a lifecycle may begin", `spec: {lifecycle: {state: Draft}}`),
		accepted("a title may change", `spec: {title: Finals}`),
		refused("the library stays", `spec: {libraryRef: {name: other}}`, `libraryRef cannot change; make a new Folder`),
		refused("the path stays", `spec: {path: launch/finals}`, `path cannot change, since files are not moved by changing a declaration; make a new Folder`),
		refused("an open folder does not become restricted", `spec: {access: Restricted}`, `access cannot change, since the files of restricted folders live elsewhere; make a new Folder and move them`),
	},
}

// paths are the refusals that every path of a folder or file meets: declared by the
// change, a format with one %s for the path, and reported at the field.
func paths(change, field string) []refusable {
	at := func(path string) string { return fmt.Sprintf(change, path) }
	const (
		slashes  = `a path has no leading, trailing or double slash; write launch/final`
		dots     = `a path has no . or .. segments; write the folder's real place`
		patterns = `a path must not contain *, ? or ${, which stores read as patterns; rename the folder or file`
		controls = `a path must not contain control characters; rename the folder or file`
		reserved = `the top folder restricted is reserved; choose another name, and set access: Restricted on the Folder instead`
	)
	return []refusable{
		refused("a path is given", at(`null`), field+`: Required value`),
		refused("a path is not empty", at(`""`), field+` in body should be at least 1 chars`),
		refused("a path is at most 512 characters long", at(long(513)), field+`: Too long`),
		refused("a path has no leading slash", at(`/launch`), slashes),
		refused("a path has no trailing slash", at(`launch/`), slashes),
		refused("a path has no double slash", at(`launch//final`), slashes),
		refused("a path is not the root", at(`/`), slashes),
		refused("a path does not climb", at(`launch/../secret`), dots),
		refused("a path does not begin by climbing", at(`../secret`), dots),
		refused("a path does not end by climbing", at(`launch/..`), dots),
		refused("a path is not its parent", at(`".."`), dots),
		refused("a path does not stand still", at(`launch/./final`), dots),
		refused("a path is not the place one is at", at(`"."`), dots),
		refused("a path has no star", at(`"launch/*"`), patterns),
		refused("a path has no question mark", at(`"launch/final?"`), patterns),
		refused("a path has no policy variable", at(`"home/${aws:username}"`), patterns),
		refused("a path has no NUL", at(`"launch\0final"`), controls),
		refused("a path has no line feed, at the end neither", at(`"launch/final\n"`), controls),
		refused("a path has no tabulator", at(`"launch\tfinal"`), controls),
		refused("a path has no delete character", at(`"launch\x7ffinal"`), controls),
		refused("a path has no control character of the upper half", at(`"launch\x85final"`), controls),
		refused("a path is not the reserved folder", at(`restricted`), reserved),
		refused("a path is not below the reserved folder", at(`restricted/embargo`), reserved),
		refused("a path is not the reserved folder in capitals", at(`Restricted/embargo`), reserved),
		refused("a path is not the reserved folder in letters that fold to it", at(`reſtricted`), reserved),
	}
}
