package api

var users = table{
	kind: "User",
	base: `
spec: {displayName: Alice, email: alice@acme.example, credentials: Issue}
`,
	cases: []refusable{
		accepted("a user is declared", ``),
		accepted("a user needs no more than a name", `spec: {displayName: null, email: null, credentials: null}`),
		accepted("a user may be without a key", `spec: {credentials: None}`),

		refused("a user has a spec", `spec: null`, `spec: Required value`),
		refused("a display name is not empty", `spec: {displayName: ""}`, `spec.displayName in body should be at least 1 chars`),
		refused("a display name is short", `spec: {displayName: `+long(201)+`}`, `spec.displayName: Too long`),
		refused("an email address has an at sign", `spec: {email: alice}`, `spec.email in body should match`),
		refused("an email address has two sides", `spec: {email: a@}`, `at least 3 chars`),
		refused("an email address is one address", `spec: {email: "Alice <alice@acme.example>"}`, `spec.email in body should match`),
		refused("an email address has no line break", `spec: {email: "alice@acme.example\nBcc: bob@acme.example"}`, `spec.email in body should match`),
		refused("an email address is not endless", `spec: {email: "`+long(250)+`@a.example"}`, `spec.email: Too long`),
		accepted("keys may be replaced on request and by age", `spec: {keyRotation: {request: "2027-03-01", maxAge: 2160h, overlap: 24h}}`),
		accepted("a key may end with its replacement", `spec: {keyRotation: {request: "1", overlap: 0s}}`),
		refused("a rotation says when", `spec: {keyRotation: {}}`, `spec.keyRotation`),
		refused("a request is not empty", `spec: {keyRotation: {request: ""}}`, `spec.keyRotation.request in body should be at least 1 chars`),
		refused("a request is short", `spec: {keyRotation: {request: `+long(64)+`}}`, `spec.keyRotation.request: Too long`),
		refused("an age has a unit", `spec: {keyRotation: {maxAge: "90"}}`, `write 720h or 1h30m`),
		refused("an age has a size", `spec: {keyRotation: {maxAge: ""}}`, `spec.keyRotation.maxAge in body should be at least 2 chars`),
		refused("an age is not endless", `spec: {keyRotation: {maxAge: `+long(33)+`}}`, `spec.keyRotation.maxAge: Too long`),
		refused("an age is a minute or more", `spec: {keyRotation: {maxAge: 59s, overlap: 0s}}`, `maxAge must be between 1m and 87600h`),
		refused("an overlap has a unit", `spec: {keyRotation: {overlap: "90"}}`, `write 720h or 1h30m`),
		refused("an overlap has a size", `spec: {keyRotation: {overlap: ""}}`, `spec.keyRotation.overlap in body should be at least 2 chars`),
		refused("an overlap is not endless", `spec: {keyRotation: {overlap: `+long(33)+`}}`, `spec.keyRotation.overlap: Too long`),
		refused("an overlap is a week at most", `spec: {keyRotation: {overlap: 169h}}`, `overlap must be at most 168h`),
		refused("an overlap ends before the next replacement", `spec: {keyRotation: {maxAge: 24h, overlap: 24h}}`, `overlap (1h when absent) must be shorter than maxAge`),
		refused("nor does the overlap that is meant when none is said", `spec: {keyRotation: {maxAge: 1h}}`, `overlap (1h when absent) must be shorter than maxAge`),
		accepted("keys of minutes have an overlap of less", `spec: {keyRotation: {maxAge: 30m, overlap: 5m}}`),
		refused("credentials are issued or not", `spec: {credentials: Password}`, `spec.credentials: Unsupported value`),
	},
}

var userGroups = table{
	kind: "UserGroup",
	base: `
spec: {members: [alice, bob]}
`,
	cases: []refusable{
		accepted("a group is declared", ``),
		accepted("a group may wait for its first member", `spec: {members: null}`),
		accepted("the longest list of members fits", `spec: {members: `+many(1024, long(59)+"%04d")+`}`),

		refused("a group has a spec", `spec: null`, `spec: Required value`),
		refused("a list of members has one", `spec: {members: []}`, `spec.members in body should have at least 1 items`),
		refused("there are at most 1024 members", `spec: {members: `+many(1025, "a%d")+`}`, `spec.members: Too many`),
		refused("a member is there once", `spec: {members: [alice, alice]}`, `spec.members[1]: Duplicate value`),
		refused("a member has a name", `spec: {members: [""]}`, `at least 1 chars`),
		refused("everybody is no member", `spec: {members: ["*"]}`, `spec.members[0] in body should match`),
		refused("a member is of this namespace", `spec: {members: [northlight/nora]}`, `spec.members[0] in body should match`),
		refused("a member's name is at most 63 characters long", `spec: {members: [`+long(64)+`]}`, `spec.members[0]: Too long`),
	},
}
