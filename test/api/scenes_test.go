package api

// frozen is the freeze annotation, in YAML.
const frozen = `metadata: {annotations: {dam.vitrine.dev/freeze: "leak, INC-7"}}`

// openLink is a PublicLink that declares no limit.
const openLink = `
spec: {target: {folder: {name: launch}}}
`

// onlyMetadata changes nothing that gives anybody anything.
var onlyMetadata = needs("labels, annotations and owners are free", `
metadata:
  labels: {team: brand}
  annotations: {acme.example/ticket: BR-112}
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: plan, uid: 5f0c9a52-7f52-4a2f-9d0c-3f0a9f3b1a77}]
`)

// scenes are all that authors try, by kind. What only takes away names no verb.
var scenes = append([]scene{
	{
		kind: "RoleBinding",
		base: `
spec:
  roleRef: {kind: BuiltIn, name: contributor}
  subjects: [{kind: UserGroup, name: marketing}, {kind: User, name: alice}]
  targets: [{kind: Folder, name: launch}, {kind: Collection, name: heroes}]
  notBefore: "2027-01-01T00:00:00Z"
  notAfter: "2027-03-31T00:00:00Z"
`,
		creates: []attempt{
			needs("access to a folder and a collection is given with both", ``, "bind builtinroles/contributor", "share folders/launch", "share collections/heroes"),
			needs("access to a library is given with that library", `spec: {roleRef: {name: library-viewer}, targets: [{kind: Library, name: brand}]}`, "bind builtinroles/library-viewer", "share libraries/brand"),
			needs("a role of one's own is not the built-in one of its name", `spec: {roleRef: {kind: Role, name: viewer}, targets: [{kind: Folder, name: launch}]}`, "bind roles/viewer", "share folders/launch"),
			needs("a name that the API server completes is asked about alike", `metadata: {name: null, generateName: launch-}`, "bind builtinroles/contributor", "share folders/launch", "share collections/heroes"),
			needs("every place in the list is asked about", `spec: {targets: `+many(8, `{kind: Folder, name: f%d}`)+`}`, "bind builtinroles/contributor",
				"share folders/f0", "share folders/f1", "share folders/f2", "share folders/f3", "share folders/f4", "share folders/f5", "share folders/f6", "share folders/f7"),
		},
		updates: []attempt{
			needs("nothing changes", ``),
			onlyMetadata,
			needs("a reason is free", `spec: {reason: BR-112}`),
			needs("a subject may be taken out", `spec: {subjects: [{kind: User, name: alice}]}`),
			needs("a target may be taken out", `spec: {targets: [{kind: Folder, name: launch}]}`),
			needs("the end may come nearer", `spec: {notAfter: "2027-02-01T00:00:00Z"}`),
			needs("the beginning may be put off", `spec: {notBefore: "2027-02-01T00:00:00Z"}`),
			needs("the same instant in another time zone is the same", `spec: {notAfter: "2027-03-31T02:00:00+02:00"}`),
			needs("the end is put off", `spec: {notAfter: "2027-04-01T00:00:00Z"}`, "bind builtinroles/contributor", "share folders/launch", "share collections/heroes"),
			needs("the end is taken away", `spec: {notAfter: null}`, "bind builtinroles/contributor", "share folders/launch", "share collections/heroes"),
			needs("the beginning comes nearer", `spec: {notBefore: "2026-12-01T00:00:00Z"}`, "bind builtinroles/contributor", "share folders/launch", "share collections/heroes"),
			needs("the beginning is taken away", `spec: {notBefore: null}`, "bind builtinroles/contributor", "share folders/launch", "share collections/heroes"),
			needs("a subject is added", `spec: {subjects: [{kind: UserGroup, name: marketing}, {kind: User, name: mallory}]}`, "bind builtinroles/contributor", "share folders/launch", "share collections/heroes"),
			needs("a group is not the user of its name", `spec: {subjects: [{kind: User, name: marketing}]}`, "bind builtinroles/contributor", "share folders/launch", "share collections/heroes"),
			needs("it is pointed elsewhere", `spec: {targets: [{kind: Folder, name: board}]}`, "bind builtinroles/contributor", "share folders/board"),
			needs("a lower role is another role", `spec: {roleRef: {name: viewer}}`, "bind builtinroles/viewer", "share folders/launch", "share collections/heroes"),
			needs("a higher role is another role", `spec: {roleRef: {name: manager}}`, "bind builtinroles/manager", "share folders/launch", "share collections/heroes"),
		},
		deletes: []attempt{needs("access may be taken away", ``)},
	},
	{
		kind: "Role",
		base: `
spec: {description: Picks and approves, permissions: [list, preview, download, approve]}
`,
		creates: []attempt{needs("a role is made, which may be bound already", `metadata: {name: curator}`, "escalate roles/curator")},
		updates: []attempt{
			onlyMetadata,
			needs("permissions may be taken out", `spec: {permissions: [list, preview]}`),
			needs("a description is free", `spec: {description: Picks}`),
			needs("a permission is added", `spec: {permissions: [list, preview, download, approve, upload]}`, "escalate roles/case"),
			needs("a permission is put in another's place", `spec: {permissions: [list, share]}`, "escalate roles/case"),
		},
		deletes: []attempt{needs("a role may be taken away", ``)},
	},
	{
		kind: "UserGroup",
		base: `
spec: {members: [alice, bob]}
`,
		creates: []attempt{
			needs("a group with members is made", `metadata: {name: marketing}`, "assign usergroups/marketing"),
			needs("a group of a mail domain is made", `{metadata: {name: marketing}, spec: {members: null, memberDomains: [acme.example]}}`, "assign usergroups/marketing"),
			needs("a group by claim is made", `{metadata: {name: marketing}, spec: {members: null, federation: {issuer: workforce, claim: groups, value: marketing}}}`, "assign usergroups/marketing"),
			needs("a group of machines is made", `{metadata: {name: marketing}, spec: {members: null, serviceAccounts: [cms]}}`, "assign usergroups/marketing"),
			needs("a group may wait for its first member", `spec: {members: null}`),
		},
		updates: []attempt{
			onlyMetadata,
			needs("a member may be taken out", `spec: {members: [bob]}`),
			needs("all may be taken out", `spec: {members: null}`),
			needs("the order is free", `spec: {members: [bob, alice]}`),
			needs("somebody joins", `spec: {members: [alice, bob, mallory]}`, "assign usergroups/case"),
			needs("somebody takes another's place", `spec: {members: [alice, mallory]}`, "assign usergroups/case"),
			needs("a mail domain joins", `spec: {memberDomains: [acme.example]}`, "assign usergroups/case"),
			needs("the holders of a claim join", `spec: {federation: {issuer: workforce, claim: groups, value: marketing}}`, "assign usergroups/case"),
			needs("a machine joins", `spec: {serviceAccounts: [cms]}`, "assign usergroups/case"),
			needs("a machine takes everybody's place", `spec: {members: null, serviceAccounts: [cms]}`, "assign usergroups/case"),
		},
		deletes: []attempt{
			needs("a group may be taken away", ``),
			needs("a frozen group is taken away, and might come back without its freeze", frozen, "unfreeze usergroups/doomed"),
		},
	},
	{
		// It has no member by name.
		kind: "UserGroup",
		base: `
spec:
  memberDomains: [acme.example, northlight.example]
  federation: {issuer: workforce, claim: groups, value: marketing}
  serviceAccounts: [cms, shop]
`,
		updates: []attempt{
			needs("a mail domain may be taken out", `spec: {memberDomains: [northlight.example]}`),
			needs("a machine may be taken out", `spec: {serviceAccounts: [shop]}`),
			needs("the claim may be taken away", `spec: {federation: null}`),
			needs("all may be taken out", `spec: {memberDomains: null, federation: null, serviceAccounts: null}`),
			needs("the order is free", `spec: {memberDomains: [northlight.example, acme.example], serviceAccounts: [shop, cms]}`),
			needs("another mail domain joins", `spec: {memberDomains: [acme.example, northlight.example, freelance.example]}`, "assign usergroups/case"),
			needs("a mail domain takes another's place", `spec: {memberDomains: [acme.example, freelance.example]}`, "assign usergroups/case"),
			needs("another machine joins", `spec: {serviceAccounts: [cms, shop, default]}`, "assign usergroups/case"),
			needs("a machine takes another's place", `spec: {serviceAccounts: [default]}`, "assign usergroups/case"),
			needs("the holders of another value join", `spec: {federation: {value: everybody}}`, "assign usergroups/case"),
			needs("the holders of another claim join", `spec: {federation: {claim: roles}}`, "assign usergroups/case"),
			needs("the holders of another issuer's claim join", `spec: {federation: {issuer: partners}}`, "assign usergroups/case"),
			needs("somebody joins by name", `spec: {members: [mallory]}`, "assign usergroups/case"),
		},
	},
	{
		kind: "Folder",
		base: `
spec: {libraryRef: {name: brand}, path: launch/final}
`,
		creates: []attempt{
			needs("a folder is made, which grants and links may name already", ``, "share libraries/brand", "share folders/case", "link folders/case"),
			needs("a restricted folder is made", `spec: {access: Restricted}`, "share libraries/brand", "share folders/case", "link folders/case"),
		},
		updates: []attempt{
			onlyMetadata,
			needs("it gets a title, which visitors of its links read", `spec: {title: Finals}`, "share libraries/brand"),
			needs("its files are kept back", `spec: {lifecycle: {state: Draft}}`, "share libraries/brand"),
		},
		deletes: []attempt{
			needs("a folder may be taken away", ``),
			needs("a folder whose files are kept back is taken away", `spec: {lifecycle: {state: Draft}}`, "share libraries/brand"),
		},
	},
	{
		// What comes to its path when it is gone falls to the grants above.
		kind: "Folder",
		base: `
metadata:
  name: case
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: campaign, uid: 3b0e5f0e-9a55-4f2c-8e55-0d4b8f6f1c21}]
spec: {libraryRef: {name: brand}, path: launch/board, access: Restricted}
`,
		updates: []attempt{
			needs("labels are free", `metadata: {labels: {team: brand}}`),
			needs("it gets a title, which visitors of its links read", `spec: {title: The board's}`, "share libraries/brand"),
			needs("its owner may be taken off", `metadata: {ownerReferences: null}`),
			needs("it would go with another owner", onlyMetadata.change, "share libraries/brand"),
			needs("its owner is pointed at something that is gone", `metadata: {ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: gone, uid: 3b0e5f0e-9a55-4f2c-8e55-0d4b8f6f1c21}]}`, "share libraries/brand"),
		},
		deletes: []attempt{needs("a restricted folder is taken away", ``, "share libraries/brand")},
	},
	{
		kind: "Collection",
		base: `
spec:
  libraryRef: {name: brand}
  title: Heroes
  items: [{path: launch/hero-1.jpg}, {path: launch/hero-2.jpg}]
`,
		creates: []attempt{needs("a collection is made of a library's files, which grants and links may name already", ``, "collect libraries/brand", "collect collections/case")},
		updates: []attempt{
			onlyMetadata,
			needs("a file is added", `spec: {items: [{path: launch/hero-1.jpg}, {path: launch/hero-2.jpg}, {path: board/plan.pdf}]}`, "collect libraries/brand", "collect collections/case"),
			needs("all files are added", `spec: {items: [{path: launch/hero-1.jpg}, {path: launch/hero-2.jpg}, {path: "**"}]}`, "collect libraries/brand", "collect collections/case"),
			needs("a file takes another's place", `spec: {items: [{path: launch/hero-1.jpg}, {path: board/plan.pdf}]}`, "collect libraries/brand", "collect collections/case", "curate collections/case"),
			needs("a file is taken out", `spec: {items: [{path: launch/hero-1.jpg}]}`, "curate collections/case"),
			needs("it is renamed", `spec: {title: Stars}`, "curate collections/case"),
			needs("its title is taken away", `spec: {title: null}`, "curate collections/case"),
		},
		deletes: []attempt{needs("a collection is deleted", ``, "curate collections/doomed")},
	},
	{
		// It shows one version of a file.
		kind: "Collection",
		base: `
spec:
  libraryRef: {name: brand}
  items: [{path: launch/hero-1.jpg, version: "3"}]
`,
		updates: []attempt{
			needs("the file is shown as it is now", `spec: {items: [{path: launch/hero-1.jpg}]}`, "collect libraries/brand", "collect collections/case"),
			needs("another version is shown", `spec: {items: [{path: launch/hero-1.jpg, version: "1"}]}`, "collect libraries/brand", "collect collections/case"),
		},
	},
	{
		kind: "PublicLink",
		base: `
spec:
  target: {folder: {name: launch}}
  title: Launch
  notBefore: "2027-01-01T00:00:00Z"
  notAfter: "2027-03-31T00:00:00Z"
  passwordSecretRef: {name: words, key: password}
  originals: Hidden
  renditions: [web]
  suspend: true
`,
		creates: []attempt{
			needs("a link on a folder is made", ``, "link folders/launch"),
			needs("a link on a collection is made", `spec: {target: {folder: null, collection: {name: heroes}}}`, "link collections/heroes"),
			needs("a link on a file is made", `spec: {target: {folder: null, asset: {libraryRef: {name: brand}, path: press/logo.svg}}}`, "link libraries/brand"),
			needs("a group answers for it", `spec: {sponsor: {kind: UserGroup, name: managers}}`, "link folders/launch", "sponsor usergroups/managers"),
			needs("a user answers for it", `spec: {sponsor: {kind: User, name: mona}}`, "link folders/launch", "sponsor users/mona"),
		},
		updates: []attempt{
			onlyMetadata,
			needs("the end may come nearer", `spec: {notAfter: "2027-02-01T00:00:00Z"}`),
			needs("the beginning may be put off", `spec: {notBefore: "2027-02-01T00:00:00Z"}`),
			needs("a preset may be taken out", `spec: {renditions: null}`),
			needs("the end is put off", `spec: {notAfter: "2027-04-01T00:00:00Z"}`, "link folders/launch"),
			needs("the end is left to the library", `spec: {notAfter: null}`, "link folders/launch"),
			needs("the beginning comes nearer", `spec: {notBefore: null}`, "link folders/launch"),
			needs("the password is taken away", `spec: {passwordSecretRef: null}`, "link folders/launch"),
			needs("the password is another one", `spec: {passwordSecretRef: {name: others}}`, "link folders/launch"),
			needs("originals are handed out", `spec: {originals: Download}`, "link folders/launch"),
			needs("originals are handed out by default", `spec: {originals: null}`, "link folders/launch"),
			needs("a preset is added", `spec: {renditions: [web, print]}`, "link folders/launch"),
			needs("its pictures bear a watermark", `spec: {watermark: northlight}`),
			needs("it is in service again", `spec: {suspend: false}`, "link folders/launch"),
			needs("it is in service again by default", `spec: {suspend: null}`, "link folders/launch"),
			needs("it says something else", `spec: {title: Buy now}`, "link folders/launch"),
			needs("it shows drafts", `spec: {drafts: Shown}`, "link folders/launch"),
			needs("it shows approved versions alone", `spec: {approval: ApprovedOnly}`),
			needs("it shows what files are called", `spec: {metadataFields: [title]}`, "link folders/launch"),
			needs("somebody answers for it now", `spec: {sponsor: {kind: UserGroup, name: managers}}`, "link folders/launch", "sponsor usergroups/managers"),
		},
		deletes: []attempt{
			needs("a link may be taken away", ``),
			needs("a frozen link may be taken away, since its URL never comes back", frozen),
		},
	},
	{
		// Its pictures bear a watermark.
		kind: "PublicLink",
		base: `
spec: {target: {folder: {name: launch}}, originals: Hidden, watermark: northlight}
`,
		updates: []attempt{
			needs("they bear none any more", `spec: {watermark: null}`, "link folders/launch"),
			needs("they bear another", `spec: {watermark: faint}`, "link folders/launch"),
		},
	},
	{
		// It has a default end from its Library.
		kind:   "PublicLink",
		base:   openLink,
		status: `{phase: Active, firstSeen: "2026-12-15T00:00:00Z", expiresAt: "2027-03-31T00:00:00Z"}`,
		updates: []attempt{
			needs("it is protected", `spec: {passwordSecretRef: {name: words, key: password}}`),
			needs("originals are hidden", `spec: {originals: Hidden}`),
			needs("it is suspended", `spec: {suspend: true}`),
			needs("it ends before its library's default", `spec: {notAfter: "2027-03-30T00:00:00Z"}`),
			needs("it outlives its library's default", `spec: {notAfter: "2027-04-01T00:00:00Z"}`, "link folders/launch"),
			needs("it offers presets", `spec: {renditions: [web]}`, "link folders/launch"),
		},
	},
	{
		// It has no end.
		kind:    "PublicLink",
		base:    openLink,
		status:  `{phase: Active, firstSeen: "2026-12-15T00:00:00Z"}`,
		updates: []attempt{needs("it gets an end", `spec: {notAfter: "2027-04-01T00:00:00Z"}`)},
	},
	{
		// Nobody has looked yet when it ends.
		kind:    "PublicLink",
		base:    openLink,
		updates: []attempt{needs("it gets an end, which may be later than its library's default", `spec: {notAfter: "2027-04-01T00:00:00Z"}`, "link folders/launch")},
	},
	{
		// What it shows was never there, so nobody knows when it ends.
		kind:    "PublicLink",
		base:    openLink,
		status:  `{phase: Unavailable}`,
		updates: []attempt{needs("it gets an end, which may be later than its library's default", `spec: {notAfter: "2027-04-01T00:00:00Z"}`, "link folders/launch")},
	},
	{
		// Somebody answers for it, and it ends when they no longer may.
		kind: "PublicLink",
		base: `
spec: {target: {folder: {name: launch}}, sponsor: {kind: UserGroup, name: managers}}
`,
		updates: []attempt{
			needs("nobody answers for it any more", `spec: {sponsor: null}`, "link folders/launch"),
			needs("somebody else answers for it", `spec: {sponsor: {kind: User, name: mona}}`, "link folders/launch", "sponsor users/mona"),
		},
	},
	{
		kind: "Library",
		base: `
spec:
  storeRef: {name: default}
  bucket: {name: acme-brand}
  links: {maxTTL: 720h, sponsors: [managers]}
  renditions: [{name: web, width: 200, format: WebP}, {name: print, width: 4096, format: JPEG}]
  watermarks: [{name: agency, text: Northlight}, {name: logo, image: brand/logo.png}]
`,
		creates: []attempt{
			needs("a library is made, which grants and links may name already", ``, "share libraries/case", "link libraries/case"),
			needs("a library without limits is made again with the content that was there", `spec: {bucket: {management: Adopt}, links: null, renditions: null}`, "share libraries/case", "link libraries/case"),
		},
		updates: []attempt{
			needs("labels are free", `metadata: {labels: {team: brand}}`),
			needs("it would go with an owner", onlyMetadata.change, "share libraries/case"),
			needs("policies of drift and deletion are free", `spec: {driftPolicy: Report, deletionPolicy: Delete}`),
			needs("a bucket is taken over with its content, which existing grants reach", `spec: {bucket: {management: Adopt}}`, "share libraries/case"),
			needs("files are described otherwise", `spec: {metadata: {fields: [{name: title, type: Text}]}}`, "share libraries/case"),
			needs("a preset may be taken out", `spec: {renditions: [{name: web, width: 200, format: WebP}]}`),
			needs("all presets may be taken out", `spec: {renditions: null}`),
			needs("the order of presets is free", `spec: {renditions: [{name: print, width: 4096, format: JPEG}, {name: web, width: 200, format: WebP}]}`),
			needs("a preset that links show comes near the original", `spec: {renditions: [{name: web, width: 8192, format: WebP}, {name: print, width: 4096, format: JPEG}]}`, "link libraries/case"),
			needs("a preset is added, which links may name already", `spec: {renditions: [{name: web, width: 200, format: WebP}, {name: print, width: 4096, format: JPEG}, {name: full, width: 8192, format: PNG}]}`, "link libraries/case"),
			needs("a preset bears a watermark, which may be any image", `spec: {renditions: [{name: web, width: 200, format: WebP, watermark: {image: press/secret.png}}, {name: print, width: 4096, format: JPEG}]}`, "link libraries/case"),
			needs("a preset takes another's name", `spec: {renditions: [{name: web, width: 4096, format: JPEG}]}`, "link libraries/case"),
			needs("a watermark may be taken out", `spec: {watermarks: [{name: agency, text: Northlight}]}`),
			needs("all watermarks may be taken out", `spec: {watermarks: null}`),
			needs("the order of watermarks is free", `spec: {watermarks: [{name: logo, image: brand/logo.png}, {name: agency, text: Northlight}]}`),
			needs("a watermark is fainter", `spec: {watermarks: [{name: agency, text: Northlight, opacity: 1}, {name: logo, image: brand/logo.png}]}`, "link libraries/case"),
			needs("a watermark is any image", `spec: {watermarks: [{name: agency, image: press/secret.png}, {name: logo, image: brand/logo.png}]}`, "link libraries/case"),
			needs("a watermark is added, which links may name already", `spec: {watermarks: [{name: agency, text: Northlight}, {name: logo, image: brand/logo.png}, {name: new, text: New}]}`, "link libraries/case"),
			needs("links may live longer", `spec: {links: {maxTTL: 2160h}}`, "link libraries/case"),
			needs("links have no limits", `spec: {links: null}`, "link libraries/case"),
			needs("interns may sponsor links", `spec: {links: {sponsors: [managers, interns]}}`, "link libraries/case"),
		},
		deletes: []attempt{
			needs("a library may be taken away", ``),
			needs("a frozen library is taken away, and might come back without its freeze", frozen, "unfreeze libraries/doomed"),
		},
	},
	{
		kind: "User",
		base: `
spec: {displayName: Alice, email: alice@acme.example}
`,
		creates: []attempt{needs("a user is made, whom somebody may have named already", `spec: {email: null}`, "assign users/case")},
		updates: []attempt{
			needs("a displayed name is free", `spec: {displayName: Alice A.}`),
			onlyMetadata,
			needs("another rotation of keys is free", `spec: {keyRotation: {request: after the leak, maxAge: 720h, overlap: 1h}}`),
			needs("a user gets a key", `spec: {credentials: Issue}`, "assign users/case"),
			needs("a user gets a key that is replaced now and then", `spec: {credentials: Issue, keyRotation: {maxAge: 720h}}`, "assign users/case"),
			needs("an address may be taken away", `spec: {email: null}`),
			needs("another address may make them a member of other groups", `spec: {email: alice@northlight.example}`, "assign users/case"),
		},
		deletes: []attempt{
			needs("a leaver goes", ``),
			needs("a frozen user is taken away, and might come back without the freeze", frozen, "unfreeze users/doomed"),
		},
	},
	{
		// Somebody has a key, which is replaced now and then.
		kind: "User",
		base: `
spec: {credentials: Issue, keyRotation: {maxAge: 720h, overlap: 30m}}
`,
		updates: []attempt{
			needs("keys may be replaced at once", `spec: {keyRotation: {request: after the leak}}`),
			needs("keys may be replaced sooner", `spec: {keyRotation: {maxAge: 24h, overlap: 1m}}`),
			needs("the same age in other words is the same", `spec: {keyRotation: {maxAge: 719h60m, overlap: 1800s}}`),
			needs("the key may be taken away, and its rotation", `spec: {credentials: None, keyRotation: null}`),
			needs("keys are replaced later", `spec: {keyRotation: {maxAge: 721h}}`, "assign users/case"),
			needs("keys are replaced no more", `spec: {keyRotation: {maxAge: null}}`, "assign users/case"),
			needs("keys are neither replaced nor ended soon", `spec: {keyRotation: null}`, "assign users/case"),
			needs("a replaced key lives on for longer", `spec: {keyRotation: {overlap: 31m}}`, "assign users/case"),
			needs("a replaced key lives on for the hour that is usual", `spec: {keyRotation: {overlap: null}}`, "assign users/case"),
		},
	},
}, describedScenes...)
