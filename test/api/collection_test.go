package api

var collections = table{
	kind: "Collection",
	base: `
spec:
  libraryRef: {name: brand}
  title: Hero shots
  items:
  - {path: launch/final/hero-*.jpg}
  - {path: press/logo.png}
`,
	cases: []refusable{
		accepted("a collection is declared", ``),
		accepted("two stars stand for whole segments", `spec: {items: [{path: "**"}, {path: "press/**"}, {path: "launch/**/hero-*.jpg"}, {path: "**/logo.*"}]}`),
		accepted("the longest list of the longest paths fits", `spec: {items: `+many(256, `{path: "`+long(508)+`/%03d"}`)+`}`),
		accepted("the longest list of the wildest patterns fits", `spec: {items: `+many(256, `{path: "`+wild()+`%03d"}`)+`}`),

		accepted("an item may be of one version", `spec: {items: [{path: press/logo.png, version: "01JZ4N.a~b+c/d="}]}`),
		refused("a version is of one file", `spec: {items: [{path: "press/*", version: "01JZ4N"}]}`, `version is of one file; name the file instead of a pattern, or leave version out`),
		refused("a version is not empty", `spec: {items: [{path: a, version: ""}]}`, `spec.items[0].version in body should be at least 1 chars`),
		refused("a version is what a store would say", `spec: {items: [{path: a, version: "a b"}]}`, `spec.items[0].version in body should match`),
		refused("a version is at most 256 characters long", `spec: {items: [{path: a, version: `+long(257)+`}]}`, `spec.items[0].version: Too long`),

		refused("a library is named", `spec: {libraryRef: null}`, `spec.libraryRef: Required value`),
		refused("a library has a name", `spec: {libraryRef: {name: null}}`, `spec.libraryRef.name: Required value`),
		refused("a library's name is not empty", `spec: {libraryRef: {name: ""}}`, `at least 1 chars`),
		refused("a library is in this namespace", `spec: {libraryRef: {name: northlight.campaign}}`, `spec.libraryRef.name in body should match`),
		refused("a library's name is at most 63 characters long", `spec: {libraryRef: {name: `+long(64)+`}}`, `spec.libraryRef.name: Too long`),
		refused("a title is not empty", `spec: {title: ""}`, `spec.title in body should be at least 1 chars`),
		refused("a title is short", `spec: {title: `+long(201)+`}`, `spec.title: Too long`),
		refused("a collection has members", `spec: {items: null}`, `a Collection without items and selector has no members`),
		refused("a collection of nothing is not everything", `spec: {items: []}`, `spec.items in body should have at least 1 items`),
		refused("there are at most 256 items", `spec: {items: `+many(257, "{path: a%d}")+`}`, `spec.items: Too many`),
		refused("an item is there once", `spec: {items: [{path: a}, {path: a}]}`, `spec.items[1]: Duplicate value`),
		refused("an item has a path", `spec: {items: [{}]}`, `spec.items[0].path: Required value`),
		refused("an item's path is not empty", `spec: {items: [{path: ""}]}`, `spec.items[0].path in body should be at least 1 chars`),
		refused("an item's path is at most 512 characters long", `spec: {items: [{path: `+long(513)+`}]}`, `spec.items[0].path: Too long`),
		refused("an item's path has no leading slash", `spec: {items: [{path: /a}]}`, `write launch/hero.jpg`),
		refused("an item's path has no trailing slash", `spec: {items: [{path: "press/**/"}]}`, `write launch/hero.jpg`),
		refused("an item's path has no double slash", `spec: {items: [{path: a//b}]}`, `write launch/hero.jpg`),
		refused("an item's path does not climb", `spec: {items: [{path: "launch/../secret/*"}]}`, `write the file's real place`),
		refused("an item's path does not stand still", `spec: {items: [{path: ./a}]}`, `write the file's real place`),
		refused("a question mark is no pattern here", `spec: {items: [{path: "a?.jpg"}]}`, `use * within a segment or ** across segments`),
		refused("an item's path has no policy variable", `spec: {items: [{path: "${aws:username}/*"}]}`, `use * within a segment or ** across segments`),
		refused("an item's path has no control characters", `spec: {items: [{path: "a\nb"}]}`, `a path must not contain control characters`),
		refused("two stars do not begin a segment", `spec: {items: [{path: "launch/**.jpg"}]}`, `write launch/**/hero-*.jpg`),
		refused("two stars do not end a segment", `spec: {items: [{path: "launch/hero**"}]}`, `write launch/**/hero-*.jpg`),
		refused("three stars mean nothing", `spec: {items: [{path: "launch/***"}]}`, `write launch/**/hero-*.jpg`),
		refused("the reserved folder has no members to give", `spec: {items: [{path: "restricted/**"}]}`, `files of restricted folders are never members of a Collection`),

		accepted("members may be picked by all that is known of them", `spec: {items: null, selector: {keywords: [hero, Frühling], states: [Draft, Published], approval: Approved}}`),
		accepted("members may be named and picked", `spec: {selector: {approval: Unreviewed}}`),
		accepted("the longest list of the longest keywords fits", `spec: {selector: {keywords: `+many(16, long(98)+"%02d")+`}}`),
		refused("an empty selector is not everything", `spec: {items: null, selector: {}}`, `an empty selector would pick every file; say keywords, states or approval`),
		refused("no keywords are not all files", `spec: {selector: {keywords: []}}`, `spec.selector.keywords in body should have at least 1 items`),
		refused("there are at most 16 keywords", `spec: {selector: {keywords: `+many(17, "k%d")+`}}`, `spec.selector.keywords: Too many`),
		refused("a keyword is there once", `spec: {selector: {keywords: [hero, hero]}}`, `spec.selector.keywords[1]: Duplicate value`),
		refused("a keyword is not empty", `spec: {selector: {keywords: [""]}}`, `spec.selector.keywords[0] in body should be at least 1 chars`),
		refused("a keyword is short", `spec: {selector: {keywords: [`+long(101)+`]}}`, `spec.selector.keywords[0]: Too long`),
		refused("no states are not all files", `spec: {selector: {states: []}}`, `spec.selector.states in body should have at least 1 items`),
		refused("there are two states of members", `spec: {selector: {states: [Draft, Published, Archived]}}`, `spec.selector.states: Too many`),
		refused("a state is there once", `spec: {selector: {states: [Draft, Draft]}}`, `spec.selector.states[1]: Duplicate value`),
		refused("archived files are no members", `spec: {selector: {states: [Archived]}}`, `archived files are never members; name Draft, Published or both`),
		refused("a state is one that exists", `spec: {selector: {states: [Gone]}}`, `spec.selector.states[0]: Unsupported value`),
		refused("an approval is one that exists", `spec: {selector: {approval: Pending}}`, `spec.selector.approval: Unsupported value`),
	},
	updates: []refusable{
		accepted("a selector may take the place of items", `spec: {items: null, selector: {states: [Published]}}`),
		accepted("items may change", `spec: {items: [{path: "press/**"}]}`),
		refused("the library stays", `spec: {libraryRef: {name: other}}`, `libraryRef cannot change; make a new Collection`),
	},
}

// wild is a pattern of 507 characters that is as hard to check as they come.
func wild() string {
	pattern := ""
	for range 169 {
		pattern += "**/"
	}
	return pattern
}
