package api

import "slices"

const oneTarget = `a link has exactly one target: folder, collection or asset`

var publicLinks = table{
	kind: "PublicLink",
	base: `
spec:
  target: {collection: {name: hero-shots}}
`,
	cases: append([]refusable{
		accepted("a link is declared", ``),
		accepted("every field can be set", `
spec:
  title: Spring launch
  message: "For your posts.\nThe square crops are for stories."
  notBefore: "2027-01-01T00:00:00Z"
  notAfter: "2027-03-31T00:00:00Z"
  passwordSecretRef: {name: northlight-password, key: password}
  originals: Hidden
  renditions: [web, square]
  watermark: northlight
  drafts: Shown
  approval: ApprovedOnly
  metadataFields: [title, alt-text-2]
  sponsor: {kind: UserGroup, name: brand-managers}
  suspend: true
`),
		accepted("a link may show a folder", `spec: {target: {collection: null, folder: {name: launch}}}`),
		accepted("a link may show a single file", `spec: {target: {collection: null, asset: {libraryRef: {name: brand}, path: press/logo.png}}}`),
		accepted("the longest texts and lists fit", `spec: {title: `+long(200)+`, message: `+long(2000)+`, renditions: `+many(16, long(30)+"%02d")+`, metadataFields: `+many(64, long(30)+"%02d")+`}`),

		refused("a link has a target", `spec: {target: null}`, `spec.target: Required value`),
		refused("a link's target is something", `spec: {target: {collection: null}}`, oneTarget),
		refused("a link has one target", `spec: {target: {folder: {name: launch}}}`, oneTarget),
		refused("a link does not have all targets", `spec: {target: {folder: {name: launch}, asset: {libraryRef: {name: brand}, path: a}}}`, oneTarget),
		refused("a folder has a name", `spec: {target: {collection: null, folder: {}}}`, `spec.target.folder.name: Required value`),
		refused("a folder's name is not empty", `spec: {target: {collection: null, folder: {name: ""}}}`, `at least 1 chars`),
		refused("a folder is an object, not a path", `spec: {target: {collection: null, folder: {name: launch/final}}}`, `spec.target.folder.name in body should match`),
		refused("a folder's name is at most 63 characters long", `spec: {target: {collection: null, folder: {name: `+long(64)+`}}}`, `spec.target.folder.name: Too long`),
		refused("a collection has a name", `spec: {target: {collection: {name: null}}}`, `spec.target.collection.name: Required value`),
		refused("a collection's name is not empty", `spec: {target: {collection: {name: ""}}}`, `at least 1 chars`),
		refused("a collection is of this namespace", `spec: {target: {collection: {name: northlight/heroes}}}`, `spec.target.collection.name in body should match`),
		refused("a collection's name is at most 63 characters long", `spec: {target: {collection: {name: `+long(64)+`}}}`, `spec.target.collection.name: Too long`),
		refused("a file is in a library", `spec: {target: {collection: null, asset: {path: a}}}`, `spec.target.asset.libraryRef: Required value`),
		refused("a file's library has a name", `spec: {target: {collection: null, asset: {path: a, libraryRef: {}}}}`, `spec.target.asset.libraryRef.name: Required value`),
		refused("a file's library's name is not empty", `spec: {target: {collection: null, asset: {path: a, libraryRef: {name: ""}}}}`, `at least 1 chars`),
		refused("a file's library is of this namespace", `spec: {target: {collection: null, asset: {path: a, libraryRef: {name: northlight/campaign}}}}`, `spec.target.asset.libraryRef.name in body should match`),
		refused("a file's library's name is at most 63 characters long", `spec: {target: {collection: null, asset: {path: a, libraryRef: {name: `+long(64)+`}}}}`, `spec.target.asset.libraryRef.name: Too long`),
		refused("a title is not empty", `spec: {title: ""}`, `spec.title in body should be at least 1 chars`),
		refused("a title is short", `spec: {title: `+long(201)+`}`, `spec.title: Too long`),
		refused("a message is not empty", `spec: {message: ""}`, `spec.message in body should be at least 1 chars`),
		refused("a message is not endless", `spec: {message: `+long(2001)+`}`, `spec.message: Too long`),
		refused("a window is not reversed", `spec: {notBefore: "2027-03-31T00:00:00Z", notAfter: "2027-01-01T00:00:00Z"}`, reversed),
		refused("a window is not empty", `spec: {notBefore: "2027-01-01T00:00:00Z", notAfter: "2027-01-01T00:00:00Z"}`, reversed),
		refused("a password's Secret has a name", `spec: {passwordSecretRef: {key: password}}`, `spec.passwordSecretRef.name: Required value`),
		refused("a password's Secret's name is not empty", `spec: {passwordSecretRef: {name: "", key: password}}`, `at least 1 chars`),
		refused("a password's Secret is of this namespace", `spec: {passwordSecretRef: {name: vitrine-system/store-admin, key: password}}`, `spec.passwordSecretRef.name in body should match`),
		refused("a password's Secret's name is at most 253 characters long", `spec: {passwordSecretRef: {name: `+long(254)+`, key: password}}`, `spec.passwordSecretRef.name: Too long`),
		refused("a password is under a key", `spec: {passwordSecretRef: {name: a}}`, `spec.passwordSecretRef.key: Required value`),
		refused("a password's key is not empty", `spec: {passwordSecretRef: {name: a, key: ""}}`, `at least 1 chars`),
		refused("a password's key is one that a Secret can have", `spec: {passwordSecretRef: {name: a, key: a/b}}`, `spec.passwordSecretRef.key in body should match`),
		refused("a password's key is at most 253 characters long", `spec: {passwordSecretRef: {name: a, key: `+long(254)+`}}`, `spec.passwordSecretRef.key: Too long`),
		refused("originals are given or hidden", `spec: {originals: Watermarked}`, `spec.originals: Unsupported value`),
		refused("a list of presets has one", `spec: {renditions: []}`, `spec.renditions in body should have at least 1 items`),
		refused("there are at most 16 presets", `spec: {renditions: `+many(17, "p%d")+`}`, `spec.renditions: Too many`),
		refused("a preset is there once", `spec: {renditions: [web, web]}`, `spec.renditions[1]: Duplicate value`),
		refused("a preset has a name", `spec: {renditions: [""]}`, `at least 1 chars`),
		refused("a preset's name is a word", `spec: {renditions: ["../web"]}`, `spec.renditions[0] in body should match`),
		refused("a preset's name is short", `spec: {renditions: [`+long(33)+`]}`, `spec.renditions[0]: Too long`),
		accepted("the longest name of a watermark fits", `spec: {originals: Hidden, watermark: `+long(30)+`}`),
		refused("originals bear no watermark", `spec: {originals: Download, watermark: northlight}`, `set originals: Hidden, or take watermark out`),
		refused("originals are handed out by default, and bear none", `spec: {watermark: northlight}`, `set originals: Hidden, or take watermark out`),
		refused("a watermark to be put on all has a name", `spec: {originals: Hidden, watermark: ""}`, `spec.watermark in body should be at least 1 chars`),
		refused("a watermark is named, not declared", `spec: {originals: Hidden, watermark: "Northlight, preview"}`, `spec.watermark in body should match`),
		refused("a watermark's name is short", `spec: {originals: Hidden, watermark: `+long(31)+`}`, `spec.watermark: Too long`),
		refused("drafts are hidden or shown", `spec: {drafts: Only}`, `spec.drafts: Unsupported value`),
		refused("approval matters or not", `spec: {approval: Approved}`, `spec.approval: Unsupported value`),
		refused("no fields is said by leaving them out", `spec: {metadataFields: []}`, `spec.metadataFields in body should have at least 1 items`),
		refused("there are at most 64 fields", `spec: {metadataFields: `+many(65, "f%d")+`}`, `spec.metadataFields: Too many`),
		refused("a field is there once", `spec: {metadataFields: [title, title]}`, `spec.metadataFields[1]: Duplicate value`),
		refused("a field has a name", `spec: {metadataFields: [""]}`, `spec.metadataFields[0] in body should be at least 1 chars`),
		refused("a star is no field", `spec: {metadataFields: ["*"]}`, `spec.metadataFields[0] in body should match`),
		refused("a field's name is short", `spec: {metadataFields: [`+long(33)+`]}`, `spec.metadataFields[0]: Too long`),
		accepted("a user may answer for a link", `spec: {sponsor: {kind: User, name: mona}}`),
		refused("a sponsor has a kind", `spec: {sponsor: {name: mona}}`, `spec.sponsor.kind: Required value`),
		refused("a sponsor is a group or a user", `spec: {sponsor: {kind: Role, name: mona}}`, `spec.sponsor.kind: Unsupported value`),
		refused("a sponsor has a name", `spec: {sponsor: {kind: User}}`, `spec.sponsor.name: Required value`),
		refused("a sponsor's name is not empty", `spec: {sponsor: {kind: User, name: ""}}`, `at least 1 chars`),
		refused("a sponsor is of this namespace", `spec: {sponsor: {kind: User, name: northlight/nora}}`, `spec.sponsor.name in body should match`),
		refused("a sponsor's name is at most 63 characters long", `spec: {sponsor: {kind: User, name: `+long(64)+`}}`, `spec.sponsor.name: Too long`),
		refused("suspend is true or false", `spec: {suspend: "yes"}`, `spec.suspend in body must be of type boolean`),
	}, slices.Concat(assetPaths(), times("notBefore"), times("notAfter"))...),
	updates: []refusable{
		accepted("words, window and presets may change", `spec: {title: New, notAfter: "2027-03-31T00:00:00Z", renditions: [web], suspend: true}`),
		refused("the target stays", `spec: {target: {collection: {name: others}}}`, `target cannot change, since people hold the URL; make a new PublicLink`),
		refused("the target's kind stays", `spec: {target: {collection: null, folder: {name: hero-shots}}}`, `target cannot change, since people hold the URL; make a new PublicLink`),
	},
}

// assetPaths are the refusals of a path, for a link to a single file.
func assetPaths() []refusable {
	cases := paths("spec: {target: {collection: null, asset: {libraryRef: {name: brand}, path: %s}}}", "spec.target.asset.path")
	for i := range cases {
		cases[i].reason = "for a file, " + cases[i].reason
	}
	return cases
}
