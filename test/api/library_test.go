package api

var libraries = table{
	kind: "Library",
	base: `
spec:
  storeRef: {name: default}
  bucket: {name: acme-brand}
`,
	cases: []refusable{
		accepted("a library is declared", ``),
		accepted("every field can be set", `
spec:
  bucket: {management: Adopt}
  deletionPolicy: Delete
  driftPolicy: Report
  versions: {keep: 100, grace: 720h}
  links: {defaultTTL: 720h, maxTTL: 2160h, sponsor: Required, sponsors: [brand-managers], contact: brand@acme.example}
  renditions:
  - {name: web, width: 1600, fit: Inside, format: WebP, quality: 80}
  - {name: square, width: 1080, height: 1080, fit: Cover, format: JPEG}
  - {name: strip, height: 200, format: PNG}
`),
		accepted("a cap on versions needs no grace", `spec: {versions: {keep: 1}}`),
		accepted("the largest cap fits", `spec: {versions: {keep: 10000, grace: 87600h}}`),
		accepted("versions may go without a grace", `spec: {versions: {keep: 2, grace: 0s}}`),
		refused("a cap on versions is a number", `spec: {versions: {}}`, `spec.versions.keep: Required value`),
		refused("the current version stays", `spec: {versions: {keep: 0}}`, `spec.versions.keep in body should be greater than or equal to 1`),
		refused("a cap is a cap", `spec: {versions: {keep: 10001}}`, `spec.versions.keep in body should be less than or equal to 10000`),
		refused("a grace is in hours, minutes and seconds", `spec: {versions: {keep: 2, grace: 7d}}`, `write 720h or 1h30m`),
		refused("a grace is ten years or less", `spec: {versions: {keep: 2, grace: 87601h}}`, `grace must be at most 87600h`),
		accepted("a default without a ceiling is a default", `spec: {links: {defaultTTL: 1h30m}}`),
		accepted("a ceiling without a default is a ceiling", `spec: {links: {maxTTL: 87600h}}`),
		accepted("the default may be the ceiling", `spec: {links: {defaultTTL: 60m, maxTTL: 1h}}`),
		accepted("a bucket's name may have dots", `spec: {bucket: {name: brand.acme.example}}`),
		accepted("the longest bucket's name leaves room for its companion's", `spec: {bucket: {name: `+long(59)+`}}`),
		accepted("the longest list of presets fits", `spec: {renditions: `+many(16, `{name: `+long(30)+`%02d, width: 8192, height: 16, fit: Cover, format: JPEG, quality: 100}`)+`}`),

		refused("a store is named", `spec: {storeRef: null}`, `spec.storeRef: Required value`),
		refused("a store has a name", `spec: {storeRef: {name: null}}`, `spec.storeRef.name: Required value`),
		refused("a store's name is not empty", `spec: {storeRef: {name: ""}}`, `at least 1 chars`),
		refused("a store's name is a DNS label", `spec: {storeRef: {name: a.b}}`, `spec.storeRef.name in body should match`),
		refused("a store's name is at most 63 characters long", `spec: {storeRef: {name: `+long(64)+`}}`, `spec.storeRef.name: Too long`),
		refused("a bucket is declared", `spec: {bucket: null}`, `spec.bucket: Required value`),
		refused("a bucket has a name", `spec: {bucket: {name: null}}`, `spec.bucket.name: Required value`),
		refused("a bucket's name has at least three characters", `spec: {bucket: {name: ab}}`, `at least 3 chars`),
		refused("a bucket's name leaves room for its companion's", `spec: {bucket: {name: `+long(60)+`}}`, `spec.bucket.name: Too long`),
		refused("a bucket's name has no capitals", `spec: {bucket: {name: Acme}}`, `begins and ends with a letter or digit`),
		refused("a bucket's name ends in a letter or digit", `spec: {bucket: {name: acme-}}`, `begins and ends with a letter or digit`),
		refused("a bucket's name has no two dots together", `spec: {bucket: {name: acme..brand}}`, `begins and ends with a letter or digit`),
		refused("a bucket's name is no pattern", `spec: {bucket: {name: "acme*"}}`, `begins and ends with a letter or digit`),
		refused("a bucket is not called like Vitrine's own", `spec: {bucket: {name: acme-brand-dam}}`, `choose another ending`),
		refused("a bucket is created or adopted", `spec: {bucket: {management: Steal}}`, `spec.bucket.management: Unsupported value`),
		refused("a deletion policy is one that exists", `spec: {deletionPolicy: Shred}`, `spec.deletionPolicy: Unsupported value`),
		refused("a drift policy is one that exists", `spec: {driftPolicy: Ignore}`, `spec.driftPolicy: Unsupported value`),
		refused("a default has a unit", `spec: {links: {defaultTTL: "720"}}`, `write 720h or 1h30m`),
		refused("a default is in hours, minutes and seconds", `spec: {links: {defaultTTL: 30d}}`, `write 720h or 1h30m`),
		refused("a default is whole", `spec: {links: {defaultTTL: 1.5h}}`, `write 720h or 1h30m`),
		refused("a default has a size", `spec: {links: {defaultTTL: ""}}`, `spec.links.defaultTTL in body should be at least 2 chars`, `defaultTTL must be between 1m and 87600h`),
		refused("a default is not endless", `spec: {links: {defaultTTL: `+long(33)+`}}`, `spec.links.defaultTTL: Too long`),
		refused("a default is a minute or more", `spec: {links: {defaultTTL: 59s}}`, `defaultTTL must be between 1m and 87600h`),
		refused("a default is ten years or less", `spec: {links: {defaultTTL: 87601h}}`, `defaultTTL must be between 1m and 87600h`),
		refused("a default beyond all reckoning is refused in the same words", `spec: {links: {defaultTTL: 999999h9999999m}}`, `defaultTTL must be between 1m and 87600h`),
		refused("a ceiling has a unit", `spec: {links: {defaultTTL: 1h, maxTTL: "720"}}`, `write 720h or 1h30m`),
		refused("a ceiling has a size", `spec: {links: {maxTTL: ""}}`, `spec.links.maxTTL in body should be at least 2 chars`, `maxTTL must be between 1m and 87600h`),
		refused("a ceiling is not endless", `spec: {links: {maxTTL: `+long(33)+`}}`, `spec.links.maxTTL: Too long`),
		refused("a ceiling is a minute or more", `spec: {links: {maxTTL: 1s}}`, `maxTTL must be between 1m and 87600h`),
		refused("a default is not above its ceiling", `spec: {links: {defaultTTL: 61m, maxTTL: 1h}}`, `defaultTTL must not be longer than maxTTL`),
		refused("a contact is an address", `spec: {links: {contact: brand team}}`, `spec.links.contact in body should match`),
		refused("a contact is an address that can be", `spec: {links: {contact: a@}}`, `at least 3 chars`),
		refused("a contact is not endless", `spec: {links: {contact: "`+long(250)+`@a.example"}}`, `spec.links.contact: Too long`),
		accepted("the longest list of sponsors fits", `spec: {links: {sponsors: `+many(32, long(61)+"%02d")+`}}`),
		refused("a sponsor is needed or not", `spec: {links: {sponsor: Maybe}}`, `spec.links.sponsor: Unsupported value`),
		refused("a list of sponsors has one", `spec: {links: {sponsors: []}}`, `spec.links.sponsors in body should have at least 1 items`),
		refused("there are at most 32 sponsors", `spec: {links: {sponsors: `+many(33, "s%d")+`}}`, `spec.links.sponsors: Too many`),
		refused("a sponsor is there once", `spec: {links: {sponsors: [press, press]}}`, `spec.links.sponsors[1]: Duplicate value`),
		refused("a sponsor has a name", `spec: {links: {sponsors: [""]}}`, `at least 1 chars`),
		refused("everybody is no sponsor", `spec: {links: {sponsors: ["*"]}}`, `spec.links.sponsors[0] in body should match`),
		refused("a sponsor's name is at most 63 characters long", `spec: {links: {sponsors: [`+long(64)+`]}}`, `spec.links.sponsors[0]: Too long`),
		refused("a list of presets has one", `spec: {renditions: []}`, `spec.renditions in body should have at least 1 items`),
		refused("there are at most 16 presets", `spec: {renditions: `+many(17, `{name: p%d, width: 16, format: PNG}`)+`}`, `spec.renditions: Too many`),
		refused("two presets have two names", `spec: {renditions: [{name: web, width: 16, format: PNG}, {name: web, width: 32, format: PNG}]}`, `spec.renditions[1]: Duplicate value`),
		refused("a preset has a name", `spec: {renditions: [{width: 16, format: PNG}]}`, `spec.renditions[0].name: Required value`),
		refused("a preset's name is not empty", `spec: {renditions: [{name: "", width: 16, format: PNG}]}`, `at least 1 chars`),
		refused("a preset's name is a word", `spec: {renditions: [{name: "Web 1", width: 16, format: PNG}]}`, `spec.renditions[0].name in body should match`),
		refused("a preset's name is short", `spec: {renditions: [{name: `+long(33)+`, width: 16, format: PNG}]}`, `spec.renditions[0].name: Too long`),
		refused("the built-in presets stay as they are", `spec: {renditions: [{name: thumb, width: 16, format: PNG}]}`, `thumb, preview and original are built in; choose another name`),
		refused("an original is no preset", `spec: {renditions: [{name: original, width: 16, format: PNG}]}`, `thumb, preview and original are built in; choose another name`),
		refused("a preset has a size", `spec: {renditions: [{name: web, format: PNG}]}`, `a preset needs a width, a height or both`),
		refused("a preset is not too narrow", `spec: {renditions: [{name: web, width: 15, format: PNG}]}`, `spec.renditions[0].width in body should be greater than or equal to 16`),
		refused("a preset is not too wide", `spec: {renditions: [{name: web, width: 8193, format: PNG}]}`, `spec.renditions[0].width in body should be less than or equal to 8192`),
		refused("a preset is not too low", `spec: {renditions: [{name: web, height: 15, format: PNG}]}`, `spec.renditions[0].height in body should be greater than or equal to 16`),
		refused("a preset is not too high", `spec: {renditions: [{name: web, height: 8193, format: PNG}]}`, `spec.renditions[0].height in body should be less than or equal to 8192`),
		refused("a cover has both sides", `spec: {renditions: [{name: web, width: 100, fit: Cover, format: PNG}]}`, `set both or use fit Inside`),
		refused("a fit is one that exists", `spec: {renditions: [{name: web, width: 100, fit: Stretch, format: PNG}]}`, `spec.renditions[0].fit: Unsupported value`),
		refused("a preset has a format", `spec: {renditions: [{name: web, width: 100}]}`, `spec.renditions[0].format: Required value`),
		refused("a format is one that exists", `spec: {renditions: [{name: web, width: 100, format: SVG}]}`, `spec.renditions[0].format: Unsupported value`),
		refused("a quality is at least 1", `spec: {renditions: [{name: web, width: 100, format: PNG, quality: 0}]}`, `spec.renditions[0].quality in body should be greater than or equal to 1`),
		refused("a quality is at most 100", `spec: {renditions: [{name: web, width: 100, format: PNG, quality: 101}]}`, `spec.renditions[0].quality in body should be less than or equal to 100`),
	},
	updates: []refusable{
		accepted("presets and policies may change", `spec: {deletionPolicy: Delete, driftPolicy: Report, renditions: [{name: web, width: 16, format: PNG}]}`),
		accepted("a bucket that was created may be called adopted", `spec: {bucket: {management: Adopt}}`),
		refused("the store stays", `spec: {storeRef: {name: other}}`, `storeRef cannot change, since nothing is ever copied between stores; make a new Library`),
		refused("the bucket stays", `spec: {bucket: {name: acme-other}}`, `the bucket's name cannot change, since nothing is ever copied between buckets; make a new Library`),
	},
}
