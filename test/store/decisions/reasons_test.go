package decisions_test

import "testing"

// A question may be odd in two ways at once, and each has refusals of its own that have nothing to do with rights.
func TestReasonsThatAreNoDenials(t *testing.T) {
	sc := &scene{
		names:    map[string][]string{"acme": {"brand/hero.png"}, "acme-dam": {"renditions/brand/f.jpg/web-0123.webp"}},
		versions: map[string]map[string]string{"acme": {"brand/hero.png": "1"}, "acme-dam": {"renditions/brand/f.jpg/web-0123.webp": "2"}},
	}
	const misread, there = "renditions/brand/f.jpg?versionId=null/web-0123.webp", "renditions/brand/f.jpg/web-0123.webp"
	for why, c := range map[string]struct {
		operation, name, source, code string
		want                          bool
	}{
		"the source's name is taken for a version":                   {"copy part", "brand/hero.png", misread, "InvalidArgument", true},
		"that version is not there":                                  {"copy", "brand/hero.png", misread, "NoSuchVersion", true},
		"what is there has no such excuse":                           {"copy", "brand/hero.png", there, "NoSuchKey", false},
		"a file's name is no argument that could be wrong":           {"copy", "brand/hero.png", there, "InvalidArgument", false},
		"a folder's mark has no uploads":                             {"copy part", "brand/hero.png/", there, "NoSuchUpload", true},
		"a folder's mark has none, whatever the source":              {"copy part", "brand/hero-2.png/", misread, "NoSuchUpload", true},
		"an upload that was begun is there":                          {"copy part", "brand/hero-2.png", misread, "NoSuchUpload", false},
		"nothing lies below a file, whatever the source":             {"copy", "brand/hero.png/new.jpg", misread, "ObjectParentIsFile", true},
		"a refusal for want of rights is one, whatever the question": {"copy part", "brand/hero-2.png/", misread, "AccessDenied", false},
	} {
		t.Run(why, func(t *testing.T) {
			q := question{Operation: c.operation, Bucket: "acme", Name: c.name, SourceBucket: "acme-dam", SourceName: c.source}
			if got := sc.letThrough(q, operationNamed(c.operation), answer{status: 404, code: c.code}); got != c.want {
				t.Errorf("%s answered %s: let through is %t", q, c.code, got)
			}
		})
	}
}
