package api

// metadataCases are about the fields by which a library's files are described.
var metadataCases = []refusable{
	accepted("fields of every type can be declared", `
spec:
  metadata:
    fields:
    - {name: title, title: Titel, type: Text, presence: Required}
    - {name: keywords, type: Keywords}
    - {name: markets, type: Keywords, choices: [DACH, Nordics]}
    - {name: season, type: Choice, choices: [Frühling, Sommer]}
    - {name: channels, type: Choices, choices: [web, print], presence: Optional}
    - {name: takes, type: Number}
    - {name: rights-end, type: Date}
`),
	accepted("the most fields fit", field(`title: `+long(100)+`, type: Text`, 64)),
	accepted("the most choices fit", field(`type: Choices, choices: `+many(256, long(97)+"%03d"), 1)),

	refused("a schema has fields", `spec: {metadata: {}}`, `spec.metadata.fields: Required value`),
	refused("a list of fields has one", `spec: {metadata: {fields: []}}`, `spec.metadata.fields in body should have at least 1 items`),
	refused("there are at most 64 fields", field(`type: Text`, 65), `spec.metadata.fields: Too many`),
	refused("two fields have two names", `spec: {metadata: {fields: [{name: a, type: Text}, {name: a, type: Date}]}}`, `spec.metadata.fields[1]: Duplicate value`),
	refused("a field has a name", `spec: {metadata: {fields: [{type: Text}]}}`, `spec.metadata.fields[0].name: Required value`),
	refused("a field's name is not empty", `spec: {metadata: {fields: [{name: "", type: Text}]}}`, `spec.metadata.fields[0].name in body should be at least 1 chars`),
	refused("a field's name is in lower case", `spec: {metadata: {fields: [{name: Title, type: Text}]}}`, `spec.metadata.fields[0].name in body should match`),
	refused("a field's name is short", `spec: {metadata: {fields: [{name: `+long(33)+`, type: Text}]}}`, `spec.metadata.fields[0].name: Too long`),
	refused("a field's title is not empty", field(`type: Text, title: ""`, 1), `spec.metadata.fields[0].title in body should be at least 1 chars`),
	refused("a field's title is short", field(`type: Text, title: `+long(101), 1), `spec.metadata.fields[0].title: Too long`),
	refused("a field has a type", `spec: {metadata: {fields: [{name: a}]}}`, `spec.metadata.fields[0].type: Required value`),
	refused("a type is one that exists", field(`type: HTML`, 1), `spec.metadata.fields[0].type: Unsupported value`),
	refused("a value is to be there or not", field(`type: Text, presence: Wanted`, 1), `spec.metadata.fields[0].presence: Unsupported value`),
	refused("a choice is of something", field(`type: Choice`, 1), needsChoices),
	refused("choices are of something", field(`type: Choices`, 1), needsChoices),
	refused("a text is free", field(`type: Text, choices: [a]`, 1), noChoices),
	refused("a number is free", field(`type: Number, choices: ["1"]`, 1), noChoices),
	refused("a day is free", field(`type: Date, choices: ["2027-03-31"]`, 1), noChoices),
	refused("a list of choices has one", field(`type: Choice, choices: []`, 1), `spec.metadata.fields[0].choices in body should have at least 1 items`),
	refused("there are at most 256 choices", field(`type: Choice, choices: `+many(257, "c%d"), 1), `spec.metadata.fields[0].choices: Too many`),
	refused("a choice is there once", field(`type: Choice, choices: [a, a]`, 1), `spec.metadata.fields[0].choices[1]: Duplicate value`),
	refused("a choice is not empty", field(`type: Choice, choices: [""]`, 1), `spec.metadata.fields[0].choices[0] in body should be at least 1 chars`),
	refused("a choice is short", field(`type: Choice, choices: [`+long(101)+`]`, 1), `spec.metadata.fields[0].choices[0]: Too long`),
}

const (
	needsChoices = `a field of type Choice or Choices needs choices; name them, or use type Text or Keywords`
	noChoices    = `choices are for fields of type Choice, Choices or Keywords; leave them out, or use another type`
)

// field is a schema of some fields that are alike but for their names.
func field(like string, n int) string {
	return `spec: {metadata: {fields: ` + many(n, `{name: `+long(30)+`%02d, `+like+`}`) + `}}`
}
