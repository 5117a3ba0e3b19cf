package api

// describedScenes are what authors try on what is known of files, and on who may change it.
var describedScenes = []scene{
	{
		// It is for some fields.
		kind: "Role",
		base: `
spec: {permissions: [list, download, describe], metadataFields: [title, keywords]}
`,
		creates: []attempt{needs("a role for some fields is made, which may be bound already", `metadata: {name: curator}`, "escalate roles/curator")},
		updates: []attempt{
			needs("a field may be taken out", `spec: {metadataFields: [keywords]}`),
			needs("the order of fields is free", `spec: {metadataFields: [keywords, title]}`),
			needs("describing may be taken out with its fields", `spec: {permissions: [list, download], metadataFields: null}`),
			needs("a field is added", `spec: {metadataFields: [title, keywords, rights]}`, "escalate roles/case"),
			needs("a field takes another's place", `spec: {metadataFields: [title, rights]}`, "escalate roles/case"),
			needs("all fields are allowed", `spec: {metadataFields: null}`, "escalate roles/case"),
		},
	},
	{
		// It is for all fields.
		kind: "Role",
		base: `
spec: {permissions: [list, describe]}
`,
		updates: []attempt{
			needs("it may be bound to some fields", `spec: {metadataFields: [title]}`),
			needs("a permission is added as fields are taken out", `spec: {permissions: [list, download, describe], metadataFields: [title]}`, "escalate roles/case"),
		},
	},
	{
		// Its files are shown for a time.
		kind: "Folder",
		base: `
metadata:
  name: case
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: campaign, uid: 3b0e5f0e-9a55-4f2c-8e55-0d4b8f6f1c21}]
spec:
  libraryRef: {name: brand}
  path: launch/final
  lifecycle: {state: Draft, publishAt: "2027-02-01T00:00:00Z", sunset: "2028-02-01T00:00:00Z", archiveAfter: 8760h}
`,
		updates: []attempt{
			needs("labels are free", `metadata: {labels: {team: brand}}`),
			needs("its owner may be taken off", `metadata: {ownerReferences: null}`),
			needs("it would go with another owner", onlyMetadata.change, "share libraries/brand"),
			needs("its files are published", `spec: {lifecycle: {state: Published}}`, "share libraries/brand"),
			needs("its files are published earlier", `spec: {lifecycle: {publishAt: "2027-01-01T00:00:00Z"}}`, "share libraries/brand"),
			needs("its files are shown for longer", `spec: {lifecycle: {sunset: "2029-02-01T00:00:00Z"}}`, "share libraries/brand"),
			needs("its files are shown for ever", `spec: {lifecycle: {sunset: null}}`, "share libraries/brand"),
			needs("its files are archived later", `spec: {lifecycle: {archiveAfter: 8761h}}`, "share libraries/brand"),
			needs("its files are archived by hand alone", `spec: {lifecycle: {archiveAfter: null}}`, "share libraries/brand"),
			needs("its files are put aside earlier, which takes them from everybody", `spec: {lifecycle: {sunset: "2027-03-01T00:00:00Z"}}`, "share libraries/brand"),
			needs("its lifecycle goes", `spec: {lifecycle: null}`, "share libraries/brand"),
		},
	},
	{
		// Some members are picked.
		kind: "Collection",
		base: `
spec:
  libraryRef: {name: brand}
  items: [{path: launch/hero-1.jpg}]
  selector: {keywords: [hero, spring], states: [Published], approval: Approved}
`,
		creates: []attempt{needs("a collection is made of what has something in common", `spec: {items: null}`, "collect libraries/brand", "collect collections/case")},
		updates: []attempt{
			needs("the order of keywords is free", `spec: {selector: {keywords: [spring, hero]}}`),
			needs("a keyword is no longer needed", `spec: {selector: {keywords: [hero]}}`, "collect libraries/brand", "collect collections/case"),
			needs("no keyword is needed", `spec: {selector: {keywords: null}}`, "collect libraries/brand", "collect collections/case"),
			needs("drafts are picked too", `spec: {selector: {states: [Draft, Published]}}`, "collect libraries/brand", "collect collections/case"),
			needs("files in all states are picked", `spec: {selector: {states: null}}`, "collect libraries/brand", "collect collections/case"),
			needs("what nobody approved is picked too", `spec: {selector: {approval: null}}`, "collect libraries/brand", "collect collections/case"),
			needs("other files are picked", `spec: {selector: {keywords: [hero, autumn]}}`, "collect libraries/brand", "collect collections/case", "curate collections/case"),
			needs("what was rejected is picked instead", `spec: {selector: {approval: Rejected}}`, "collect libraries/brand", "collect collections/case", "curate collections/case"),
			needs("a keyword more is needed", `spec: {selector: {keywords: [hero, spring, web]}}`, "curate collections/case"),
			needs("nothing is picked any more", `spec: {selector: null}`, "curate collections/case"),
			needs("what is named is taken out", `spec: {items: null}`, "curate collections/case"),
		},
	},
	{
		// All members are named.
		kind: "Collection",
		base: `
spec: {libraryRef: {name: brand}, items: [{path: launch/hero-1.jpg}]}
`,
		updates: []attempt{
			needs("files are picked", `spec: {selector: {keywords: [hero]}}`, "collect libraries/brand", "collect collections/case"),
			needs("files are picked instead", `spec: {items: null, selector: {keywords: [hero]}}`, "collect libraries/brand", "collect collections/case", "curate collections/case"),
		},
	},
	{
		// It shows drafts that were approved, with what is said of them.
		kind: "PublicLink",
		base: `
spec: {target: {folder: {name: launch}}, drafts: Shown, approval: ApprovedOnly, metadataFields: [title, keywords]}
`,
		updates: []attempt{
			needs("drafts are hidden", `spec: {drafts: Hidden}`),
			needs("drafts are hidden by default", `spec: {drafts: null}`),
			needs("a field is hidden", `spec: {metadataFields: [title]}`),
			needs("all fields are hidden", `spec: {metadataFields: null}`),
			needs("the order of fields is free", `spec: {metadataFields: [keywords, title]}`),
			needs("what nobody approved is shown", `spec: {approval: Any}`, "link folders/launch"),
			needs("what nobody approved is shown by default", `spec: {approval: null}`, "link folders/launch"),
			needs("a field is shown", `spec: {metadataFields: [title, keywords, rights]}`, "link folders/launch"),
			needs("a field takes another's place", `spec: {metadataFields: [title, rights]}`, "link folders/launch"),
		},
	},
}
