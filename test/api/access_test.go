package api

import "slices"

var roles = table{
	kind: "Role",
	base: `
spec: {description: Picks and approves, permissions: [list, preview, download, comment, approve]}
`,
	cases: []refusable{
		accepted("a role is declared", ``),
		accepted("a role may have every permission", `spec: {permissions: [list, preview, download, comment, upload, describe, collect, publish, approve, delete, moderate, curate, share, link, restricted, audit]}`),

		refused("a description is not empty", `spec: {description: ""}`, `spec.description in body should be at least 1 chars`),
		refused("a description is short", `spec: {description: `+long(501)+`}`, `spec.description: Too long`),
		refused("a role has permissions", `spec: {permissions: null}`, `spec.permissions: Required value`),
		refused("a role of nothing is not everything", `spec: {permissions: []}`, `spec.permissions in body should have at least 1 items`),
		refused("a permission is one that exists", `spec: {permissions: [list, write]}`, `spec.permissions[1]: Unsupported value: "write"`),
		refused("a star is no permission", `spec: {permissions: ["*"]}`, `spec.permissions[0]: Unsupported value: "*"`),
		refused("a permission is there once", `spec: {permissions: [list, list]}`, `spec.permissions[1]: Duplicate value`),
		accepted("audit needs nothing beside it", `spec: {permissions: [audit]}`),
		refused("preview does not go without list", `spec: {permissions: [preview]}`, `preview needs list: give list too, or leave preview out`),
		refused("download does not go without list", `spec: {permissions: [download]}`, `download needs list: give list too, or leave download out`),
		refused("comment does not go without preview", `spec: {permissions: [list, comment]}`, `comment needs preview: give preview too, or leave comment out`),
		refused("upload does not go without list", `spec: {permissions: [upload]}`, `upload needs list: give list too, or leave upload out`),
		refused("describe does not go without list", `spec: {permissions: [describe]}`, `describe needs list: give list too, or leave describe out`),
		refused("collect does not go without list", `spec: {permissions: [collect]}`, `collect needs list: give list too, or leave collect out`),
		refused("publish does not go without list", `spec: {permissions: [publish]}`, `publish needs list: give list too, or leave publish out`),
		refused("approve does not go without list", `spec: {permissions: [approve]}`, `approve needs list: give list too, or leave approve out`),
		refused("delete does not go without upload", `spec: {permissions: [list, delete]}`, `delete needs upload: give upload too, or leave delete out`),
		refused("moderate does not go without comment", `spec: {permissions: [list, preview, moderate]}`, `moderate needs comment: give comment too, or leave moderate out`),
		refused("curate does not go without collect", `spec: {permissions: [list, curate]}`, `curate needs collect: give collect too, or leave curate out`),
		refused("share does not go without list", `spec: {permissions: [share]}`, `share needs list: give list too, or leave share out`),
		refused("link does not go without share", `spec: {permissions: [list, link]}`, `link needs share: give share too, or leave link out`),
		refused("restricted does not go without list", `spec: {permissions: [restricted]}`, `restricted needs list: give list too, or leave restricted out`),
		accepted("describe may be for some fields", `spec: {permissions: [list, describe], metadataFields: [title, keywords, alt-text-2]}`),
		accepted("the longest list of the longest fields fits", `spec: {permissions: [list, describe], metadataFields: `+many(64, long(30)+"%02d")+`}`),
		refused("fields are for those who describe", `spec: {metadataFields: [title]}`, `metadataFields says which fields describe is for: give describe too, or leave metadataFields out`),
		refused("no fields are not all fields", `spec: {permissions: [list, describe], metadataFields: []}`, `spec.metadataFields in body should have at least 1 items`),
		refused("there are at most 64 fields", `spec: {permissions: [list, describe], metadataFields: `+many(65, "f%d")+`}`, `spec.metadataFields: Too many`),
		refused("a field is there once", `spec: {permissions: [list, describe], metadataFields: [title, title]}`, `spec.metadataFields[1]: Duplicate value`),
		refused("a field has a name", `spec: {permissions: [list, describe], metadataFields: [""]}`, `spec.metadataFields[0] in body should be at least 1 chars`),
		refused("a star is no field", `spec: {permissions: [list, describe], metadataFields: ["*"]}`, `spec.metadataFields[0] in body should match`),
		refused("a field's name is short", `spec: {permissions: [list, describe], metadataFields: [`+long(33)+`]}`, `spec.metadataFields[0]: Too long`),
		refused("there are at most as many as exist", `spec: {permissions: `+many(17, "p%d")+`}`, append(slices.Repeat([]string{`Unsupported value: "p`}, 17), `spec.permissions: Too many`)...),
	},
}

const (
	levelOnLibrary   = `a level cannot be given on a whole Library; target a Folder or a Collection, or use a role whose name begins with library-`
	libraryElsewhere = `this built-in role is for whole Libraries; target a Library, or use viewer, contributor or manager on a Folder or Collection`
	reversed         = `notAfter must be later than notBefore`
	unknownBuiltIn   = `a Role of your own needs kind: Role`
)

var roleBindings = table{
	kind: "RoleBinding",
	base: `
spec:
  roleRef: {kind: BuiltIn, name: contributor}
  subjects: [{kind: UserGroup, name: marketing}, {kind: User, name: alice}]
  targets: [{kind: Folder, name: launch}]
`,
	cases: append([]refusable{
		accepted("a binding is declared", ``),
		accepted("a level may be given on a collection", `spec: {targets: [{kind: Collection, name: hero-shots}]}`),
		accepted("a binding may have a window and a reason", `spec: {notBefore: "2027-01-01T00:00:00Z", notAfter: "2027-03-31T00:00:00Z", reason: "Spring launch, BR-112"}`),
		accepted("a binding may end", `spec: {notAfter: "2027-03-31T00:00:00Z"}`),
		accepted("a window is compared as times, not as text", `spec: {notBefore: "2027-01-01T00:00:00Z", notAfter: "2026-12-31T23:00:00-02:00"}`),
		accepted("a library role covers a library", `spec: {roleRef: {name: library-admin}, targets: [{kind: Library, name: brand}]}`),
		accepted("an auditor audits a library", `spec: {roleRef: {name: auditor}, targets: [{kind: Library, name: brand}]}`),
		accepted("an auditor audits a folder", `spec: {roleRef: {name: auditor}}`),
		accepted("finance sees a library's figures", `spec: {roleRef: {name: finance}, targets: [{kind: Library, name: brand}]}`),
		accepted("a role of one's own covers a folder", `spec: {roleRef: {kind: Role, name: picker}}`),
		accepted("a role of one's own may be called like a built-in one", `spec: {roleRef: {kind: Role, name: viewer}}`),
		accepted("a role of one's own for libraries says so in its name", `spec: {roleRef: {kind: Role, name: library-pickers}, targets: [{kind: Library, name: brand}]}`),
		accepted("a role of one's own for libraries may be used on a folder", `spec: {roleRef: {kind: Role, name: library-pickers}}`),
		accepted("subjects of two kinds may share a name", `spec: {subjects: [{kind: User, name: alice}, {kind: UserGroup, name: alice}]}`),
		accepted("the longest lists fit", `spec: {reason: `+long(500)+`, subjects: `+many(64, `{kind: User, name: `+long(60)+`%03d}`)+`, targets: `+many(8, `{kind: Folder, name: `+long(62)+`%d}`)+`}`),

		refused("a role is named", `spec: {roleRef: null}`, `spec.roleRef: Required value`),
		refused("a role has a kind", `spec: {roleRef: {kind: null}}`, `spec.roleRef.kind: Required value`),
		refused("a role is of Vitrine's kinds", `spec: {roleRef: {kind: ClusterRole}}`, `spec.roleRef.kind: Unsupported value`),
		refused("a role has a name", `spec: {roleRef: {name: null}}`, `spec.roleRef.name: Required value`),
		refused("a role's name is not empty", `spec: {roleRef: {name: ""}}`, `at least 1 chars`, unknownBuiltIn),
		refused("a role's name is a DNS label", `spec: {roleRef: {kind: Role, name: a.b}}`, `spec.roleRef.name in body should match`),
		refused("a role's name is at most 63 characters long", `spec: {roleRef: {name: `+long(64)+`}}`, `spec.roleRef.name: Too long`),
		refused("a built-in role is one that exists", `spec: {roleRef: {name: owner}}`, unknownBuiltIn),
		refused("a built-in role is not in capitals", `spec: {roleRef: {name: Viewer}}`, `should match`, unknownBuiltIn),
		refused("a level does not cover a library", `spec: {targets: [{kind: Library, name: brand}]}`, levelOnLibrary),
		refused("a level does not cover a library among other targets", `spec: {roleRef: {name: viewer}, targets: [{kind: Folder, name: launch}, {kind: Library, name: brand}]}`, levelOnLibrary),
		refused("a role of one's own for libraries is called so", `spec: {roleRef: {kind: Role, name: picker}, targets: [{kind: Library, name: brand}]}`, levelOnLibrary),
		refused("a library role is not for a folder", `spec: {roleRef: {name: library-viewer}}`, libraryElsewhere),
		refused("a library role is not for a collection", `spec: {roleRef: {name: library-editor}, targets: [{kind: Collection, name: hero-shots}]}`, libraryElsewhere),
		refused("finance is not for a folder", `spec: {roleRef: {name: finance}}`, libraryElsewhere),
		refused("there are subjects", `spec: {subjects: null}`, `spec.subjects: Required value`),
		refused("nobody is not everybody", `spec: {subjects: []}`, `spec.subjects in body should have at least 1 items`),
		refused("there are at most 64 subjects", `spec: {subjects: `+many(65, "{kind: User, name: a%d}")+`}`, `spec.subjects: Too many`),
		refused("a subject is there once", `spec: {subjects: [{kind: User, name: a}, {kind: User, name: a}]}`, `spec.subjects[1]: Duplicate value`),
		refused("a subject has a kind", `spec: {subjects: [{name: a}]}`, `spec.subjects[0].kind: Required value`),
		refused("a subject is of Vitrine's kinds", `spec: {subjects: [{kind: Group, name: a}]}`, `spec.subjects[0].kind: Unsupported value`),
		refused("a subject has a name", `spec: {subjects: [{kind: User}]}`, `spec.subjects[0].name: Required value`),
		refused("a subject's name is not empty", `spec: {subjects: [{kind: User, name: ""}]}`, `at least 1 chars`),
		refused("everybody is no subject", `spec: {subjects: [{kind: User, name: "*"}]}`, `spec.subjects[0].name in body should match`),
		refused("a subject's name is at most 63 characters long", `spec: {subjects: [{kind: User, name: `+long(64)+`}]}`, `spec.subjects[0].name: Too long`),
		refused("there are targets", `spec: {targets: null}`, `spec.targets: Required value`),
		refused("no target is not every target", `spec: {targets: []}`, `spec.targets in body should have at least 1 items`),
		refused("there are at most 8 targets", `spec: {targets: `+many(9, "{kind: Folder, name: a%d}")+`}`, `spec.targets: Too many`),
		refused("a target is there once", `spec: {targets: [{kind: Folder, name: a}, {kind: Folder, name: a}]}`, `spec.targets[1]: Duplicate value`),
		refused("a target has a kind", `spec: {targets: [{name: a}]}`, `spec.targets[0].kind: Required value`),
		refused("a target is of Vitrine's kinds", `spec: {targets: [{kind: Bucket, name: a}]}`, `spec.targets[0].kind: Unsupported value`),
		refused("a target has a name", `spec: {targets: [{kind: Folder}]}`, `spec.targets[0].name: Required value`),
		refused("a target's name is not empty", `spec: {targets: [{kind: Folder, name: ""}]}`, `at least 1 chars`),
		refused("a target is an object, not a path", `spec: {targets: [{kind: Folder, name: launch/final}]}`, `spec.targets[0].name in body should match`),
		refused("a target's name is at most 63 characters long", `spec: {targets: [{kind: Folder, name: `+long(64)+`}]}`, `spec.targets[0].name: Too long`),
		refused("a window is not reversed", `spec: {notBefore: "2027-03-31T00:00:00Z", notAfter: "2027-01-01T00:00:00Z"}`, reversed),
		refused("a window is not empty", `spec: {notBefore: "2027-01-01T00:00:00Z", notAfter: "2027-01-01T00:00:00Z"}`, reversed),
		refused("a reason is not empty", `spec: {reason: ""}`, `spec.reason in body should be at least 1 chars`),
		refused("a reason is short", `spec: {reason: `+long(501)+`}`, `spec.reason: Too long`),
	}, slices.Concat(times("notBefore"), times("notAfter"))...),
}
