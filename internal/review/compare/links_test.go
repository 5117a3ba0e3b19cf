package compare

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// plink declares a link on the Folder final in a line, with more of its spec.
func plink(more ...string) string {
	return "links: [{metadata: {name: out}, spec: {target: {folder: {name: final}}" + strings.Join(append([]string{""}, more...), ", ") + "}}]\n"
}

// TestCompareLinks has a pair of states for every way in which a link opens wider, or only changes.
//
// features: U1
func TestCompareLinks(t *testing.T) {
	const ttl = "libraries: [{metadata: {name: brand}, spec: {storeRef: {name: default}, bucket: {name: acme-brand}, links: {defaultTTL: 24h}}}]\n"
	cases := []struct {
		reason     string
		base, head string
		verdict    Verdict
		want       []string
	}{
		{"a link that stays", plink(), plink("title: New words"), Same, nil},
		{"a new link", "", plink("originals: Hidden"), Wider, []string{"link/out +list,preview - launch/final/ [now]"}},
		{"a link that goes", plink(), "", Changed, []string{"link/out + -" + views + " launch/final/ [now]"}},
		{"a link that ends later", plink(`notAfter: "` + june + `"`), plink(`notAfter: "` + july + `"`), Wider,
			[]string{"link/out +" + views + " - launch/final/ [from " + june + " until " + july + " (longer than before)]"}},
		{"a link that ends with its library's default", plink(), ttl + plink(), Changed, []string{"link/out + -" + views + " launch/final/ [from 2027-03-02T12:00:00Z]"}},
		{"a library whose default goes", ttl + plink(), plink(), Wider, []string{"link/out +" + views + " - launch/final/ [from 2027-03-02T12:00:00Z (longer than before)]"}},
		{"originals that are given out", plink("originals: Hidden"), plink(), Wider, []string{"link/out +download - launch/final/ [now]"}},
		{"a password that is removed", plink("passwordSecretRef: {name: s, key: k}"), plink(), Wider, []string{"PublicLink out the password is removed WIDER"}},
		{"a password that is removed from a link that is suspended", plink("suspend: true", "passwordSecretRef: {name: s, key: k}"), plink("suspend: true"), Changed, []string{"PublicLink out the password is removed"}},
		{"a password that is added", plink(), plink("passwordSecretRef: {name: s, key: k}"), Changed, []string{"PublicLink out a password is needed from now on"}},
		{"a rendition that is added", plink("renditions: [web]"), plink("renditions: [web, square]"), Wider, []string{"PublicLink out the renditions square can be downloaded too WIDER"}},
		{"a link that is no longer suspended", plink("suspend: true"), plink(), Wider, []string{"link/out +" + views + " - launch/final/ [now]"}},
		{"a link that was over and opens again", plink(`notAfter: "2027-01-01T00:00:00Z"`), plink(`notAfter: "` + june + `"`), Wider,
			[]string{"link/out +" + views + " - launch/final/ [now until " + june + "]"}},
		{"a link by the name of one on another target", plink(), strings.Replace(plink(), "final", "embargo", 1), Wider,
			[]string{"link/out +" + views + " - launch/embargo/ [now]", "link/out + -" + views + " launch/final/ [now]"}},
		{"a collection that a link shows takes a file in", hero + strings.Replace(plink(), "folder: {name: final}", "collection: {name: hero}", 1), heroToo + strings.Replace(plink(), "folder: {name: final}", "collection: {name: hero}", 1), Wider,
			[]string{"link/out +" + views + " - press/logo.png [now]", "Collection hero has press/logo.png"}},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			d := Compare(given(t, c.base), given(t, c.head), noon)
			if diff := cmp.Diff(c.want, rows(d)); diff != "" {
				t.Errorf("other changes (-want +got):\n%s", diff)
			}
			if d.Verdict != c.verdict {
				t.Errorf("it is %s, and should be %s", d.Verdict, c.verdict)
			}
		})
	}
}

// A field that a later version adds to links counts as a widening until it is known better.
func TestFieldsOfLinksAreJudged(t *testing.T) {
	cases := []struct {
		field   string
		was, is any
		wider   bool
	}{
		{"approval", "ApprovedOnly", "Any", true},
		{"approval", "Any", "ApprovedOnly", false},
		{"approval", "ApprovedOnly", nil, true},
		{"drafts", nil, "Shown", true},
		{"maxDownloads", 5.0, 50.0, true},
		{"maxDownloads", 50.0, 5.0, false},
		{"maxDownloads", 50.0, nil, true},
		{"sponsor", map[string]any{"name": "a"}, nil, true},
		{"rotate", "1", "2", false},
	}
	for _, c := range cases {
		if judged[c.field](c.was, c.is) != c.wider {
			t.Errorf("%s from %v to %v: it should be wider=%v", c.field, c.was, c.is, c.wider)
		}
	}
	known := fields(v1alpha1.PublicLinkSpec{Title: "x", Suspend: true})
	if _, ok := known["suspend"]; !ok {
		t.Errorf("the fields were not read: %v", known)
	}
}

// The figures are those of the files in the bucket, each counted once in all.
//
// features: U9
func TestCount(t *testing.T) {
	objects := []Object{
		{"acme-brand", "launch/a.jpg", 10}, {"acme-brand", "launch/final/hero-1.jpg", 100}, {"acme-brand", "launch/final/b.jpg", 1000},
		{"acme-brand", "press/c.jpg", 7}, {"acme-other", "launch/d.jpg", 5}, {"acme-brand-dam", "restricted/embargo/e.jpg", 3}, {"acme-brand-dam", "catalog/x", 9},
	}
	base := hero + "bindings:\n" + binding("h", "viewer", "User/alice", "Collection/hero")
	cases := []struct {
		reason         string
		head           string
		objects, bytes int64
	}{
		{"a folder, less what was seen before", base + binding("a", "viewer", "User/alice", "Folder/launch"), 2, 1010},
		{"a folder, for one who saw nothing", base + binding("a", "viewer", "User/bob", "Folder/launch"), 3, 1110},
		{"a file counts once for two people", base + binding("a", "viewer", "User/bob", "Folder/final") + binding("b", "viewer", "User/alice", "Folder/final"), 2, 1100},
		{"files of a restricted folder are in the other bucket", base + binding("a", "viewer", "User/bob", "Folder/embargo"), 1, 3},
		{"a right that shows nothing exposes nothing", "roles: [{metadata: {name: picker}, spec: {permissions: [comment]}}]\n" + base + binding("a", "picker", "User/bob", "Folder/launch"), 0, 0},
		{"a link exposes too", base + plink(), 2, 1100},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			d := Compare(given(t, base), given(t, c.head), noon)
			d.Count(objects)
			if d.Exposed.Objects != c.objects || d.Exposed.Bytes != c.bytes {
				t.Errorf("%s, and should be %d objects, %d bytes; the rows are %q", d.Exposed, c.objects, c.bytes, rows(d))
			}
		})
	}
}

// What a declaration says can make no markup, no mention and no link in a comment.
//
// features: U1
func TestMarkdownShowsTextAsText(t *testing.T) {
	base := "bindings: []\n"
	head := "collections: [{metadata: {name: hero}, spec: {libraryRef: {name: brand}, items: [{path: \"<img src=x>|@acme/all [x](https://evil.example) `a` **b**\"}]}}]\nbindings:\n" +
		binding("a", "viewer", "User/alice", "Folder/final")
	var b strings.Builder
	if err := NewReport(Compare(given(t, base), given(t, head), noon)).WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	if !strings.Contains(got, "| alice | **list, preview, download** |  | brand: launch/final/ | now |") {
		t.Errorf("there is no row of alice:\n%s", got)
	}
	for _, bad := range []string{"<img", "@acme", "](", "https://", "`a`", "**b**"} {
		if strings.Contains(got, bad) {
			t.Errorf("it has %q:\n%s", bad, got)
		}
	}
}

// A comment has a longest length at code hosts.
func TestMarkdownIsBounded(t *testing.T) {
	var text strings.Builder
	text.WriteString("links:\n")
	for i := range 500 {
		text.WriteString(strings.Replace(strings.TrimSuffix(strings.TrimPrefix(plink("title: x"), "links: ["), "]\n"), "name: out", "name: out-"+strings.Repeat("x", i%40)+string(rune('a'+i%26))+string(rune('a'+i/26)), 1) + "\n")
	}
	head := strings.ReplaceAll(text.String(), "\n{", "\n- {")
	var b strings.Builder
	d := Compare(given(t, ""), given(t, head), noon)
	if len(d.Changes) < 100 {
		t.Fatalf("%d changes", len(d.Changes))
	}
	if err := NewReport(d).WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 65000 || !strings.Contains(b.String(), "more rows") {
		t.Errorf("it is %d bytes long", b.Len())
	}
}
