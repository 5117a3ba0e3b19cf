package api

import "strings"

// watermarkCases are about the watermarks that links can name: what goes for one of a preset goes for these, and they have names.
func watermarkCases() []refusable {
	const ofPreset = `spec: {renditions: [{name: web, width: 100, format: PNG, watermark: {`
	cases := []refusable{
		accepted("watermarks can be declared", `
spec:
  watermarks:
  - {name: northlight, text: "Northlight, preview", position: Tile, opacity: 25, size: 20}
  - {name: logo, image: brand/logo.png}
`),
		accepted("the longest list of watermarks fits", `spec: {watermarks: `+many(6, `{name: `+long(28)+`%02d, image: `+long(512)+`}`)+`}`),
		refused("no watermarks is said by leaving them out", `spec: {watermarks: []}`, `spec.watermarks in body should have at least 1 items`),
		refused("there are at most 6 watermarks", `spec: {watermarks: `+many(7, `{name: m%d, text: Acme}`)+`}`, `spec.watermarks: Too many`),
		refused("a watermark for links has a name", `spec: {watermarks: [{text: Acme}]}`, `spec.watermarks[0].name: Required value`),
		refused("a watermark's name is not empty", `spec: {watermarks: [{name: "", text: Acme}]}`, `spec.watermarks[0].name in body should be at least 1 chars`),
		refused("a watermark's name is a word", `spec: {watermarks: [{name: thumb_acme, text: Acme}]}`, `spec.watermarks[0].name in body should match`),
		refused("a watermark's name is short", `spec: {watermarks: [{name: `+long(31)+`, text: Acme}]}`, `spec.watermarks[0].name: Too long`),
		refused("a watermark is declared once", `spec: {watermarks: [{name: acme, text: Acme}, {name: acme, text: Northlight}]}`, `spec.watermarks[1]: Duplicate value`),
	}
	for _, c := range libraries.cases {
		rest, ok := strings.CutPrefix(c.change, ofPreset)
		if !ok {
			continue
		}
		likewise := refusable{"for links, " + c.reason, `spec: {watermarks: [{name: web, ` + strings.TrimSuffix(rest, "}}]}") + "}]}", nil}
		for _, words := range c.want {
			likewise.want = append(likewise.want, strings.Replace(words, "spec.renditions[0].watermark", "spec.watermarks[0]", 1))
		}
		cases = append(cases, likewise)
	}
	return cases
}
