package api

// frozen is the freeze annotation, in YAML.
const frozen = `metadata: {annotations: {dam.vitrine.dev/freeze: "leak, INC-7"}}`

// openLink is a PublicLink that declares no limit.
const openLink = `
spec: {target: {folder: {name: launch}}}
`

// scenes are all that authors try, by kind. What only takes away names no verb.
var scenes = []scene{
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
			needs("every place in the list is asked about", `spec: {targets: `+many(8, `{kind: Folder, name: f%d}`)+`}`, "bind builtinroles/contributor",
				"share folders/f0", "share folders/f1", "share folders/f2", "share folders/f3", "share folders/f4", "share folders/f5", "share folders/f6", "share folders/f7"),
		},
		updates: []attempt{
			needs("nothing changes", ``),
			needs("labels are free", `metadata: {labels: {team: brand}}`),
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
			needs("a group may wait for its first member", `spec: {members: null}`),
		},
		updates: []attempt{
			needs("a member may be taken out", `spec: {members: [bob]}`),
			needs("all may be taken out", `spec: {members: null}`),
			needs("the order is free", `spec: {members: [bob, alice]}`),
			needs("somebody joins", `spec: {members: [alice, bob, mallory]}`, "assign usergroups/case"),
			needs("somebody takes another's place", `spec: {members: [alice, mallory]}`, "assign usergroups/case"),
		},
		deletes: []attempt{
			needs("a group may be taken away", ``),
			needs("a frozen group is taken away, and might come back without its freeze", frozen, "unfreeze usergroups/doomed"),
		},
	},
	{
		kind: "Folder",
		base: `
spec: {libraryRef: {name: brand}, path: launch/final}
`,
		creates: []attempt{
			needs("a folder is made", ``, "share libraries/brand"),
			needs("a restricted folder is made", `spec: {access: Restricted}`, "share libraries/brand"),
		},
		updates: []attempt{needs("a title is free", `spec: {title: Finals}`)},
		deletes: []attempt{needs("a folder may be taken away", ``)},
	},
	{
		kind: "Collection",
		base: `
spec:
  libraryRef: {name: brand}
  title: Heroes
  items: [{path: launch/hero-1.jpg}, {path: launch/hero-2.jpg}]
`,
		creates: []attempt{needs("a collection is made of a library's files", ``, "collect libraries/brand")},
		updates: []attempt{
			needs("labels are free", `metadata: {labels: {team: brand}}`),
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
			needs("labels are free", `metadata: {labels: {team: brand}}`),
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
			needs("it is in service again", `spec: {suspend: false}`, "link folders/launch"),
			needs("it is in service again by default", `spec: {suspend: null}`, "link folders/launch"),
			needs("it says something else", `spec: {title: Buy now}`, "link folders/launch"),
			needs("somebody answers for it now", `spec: {sponsor: {kind: UserGroup, name: managers}}`, "link folders/launch", "sponsor usergroups/managers"),
		},
		deletes: []attempt{
			needs("a link may be taken away", ``),
			needs("a frozen link may be taken away, since its URL never comes back", frozen),
		},
	},
	{
		// It has a default end from its Library.
		kind:   "PublicLink",
		base:   openLink,
		status: `{phase: Active, expiresAt: "2027-03-31T00:00:00Z"}`,
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
		status:  `{phase: Active}`,
		updates: []attempt{needs("it gets an end", `spec: {notAfter: "2027-04-01T00:00:00Z"}`)},
	},
	{
		// Nobody has looked yet when it ends.
		kind:    "PublicLink",
		base:    openLink,
		updates: []attempt{needs("it gets an end, which may be later than its library's default", `spec: {notAfter: "2027-04-01T00:00:00Z"}`, "link folders/launch")},
	},
	{
		kind: "Library",
		base: `
spec:
  storeRef: {name: default}
  bucket: {name: acme-brand}
  links: {maxTTL: 720h, sponsors: [managers]}
`,
		creates: []attempt{needs("a library is made, which grants may name already", ``, "share libraries/case")},
		updates: []attempt{
			needs("presets and policies are free", `spec: {driftPolicy: Report, renditions: [{name: web, width: 16, format: PNG}]}`),
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
			needs("a user gets a key", `spec: {credentials: Issue}`, "assign users/case"),
			needs("an address may be taken away", `spec: {email: null}`),
			needs("another address may make them a member of other groups", `spec: {email: alice@northlight.example}`, "assign users/case"),
		},
		deletes: []attempt{
			needs("a leaver goes", ``),
			needs("a frozen user is taken away, and might come back without the freeze", frozen, "unfreeze users/doomed"),
		},
	},
}
