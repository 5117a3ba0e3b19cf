package compare

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// picker declares a Role with describe for some fields, or for all where none is said, and gives it to alice on a Folder.
func picker(fields, folder string) string {
	if fields != "" {
		fields = ", metadataFields: [" + fields + "]"
	}
	return "roles: [{metadata: {name: picker}, spec: {permissions: [list, describe]" + fields + "}}]\nbindings:\n" + binding("a", "picker", "User/alice", "Folder/"+folder)
}

// selecting declares the Collection hero with a selector, and what else is said of it.
func selecting(selector string, more ...string) string {
	return "collections: [{metadata: {name: hero}, spec: {" + strings.Join(append([]string{"libraryRef: {name: brand}", "selector: {" + selector + "}"}, more...), ", ") + "}}]\n"
}

// living declares the Folders launch and launch/final with lifecycles; an empty one is none.
func living(launch, final string) string {
	of := func(lifecycle string) string {
		if lifecycle == "" {
			return ""
		}
		return ", lifecycle: {" + lifecycle + "}"
	}
	return "folders:\n- {metadata: {name: launch}, spec: {libraryRef: {name: brand}, path: launch" + of(launch) + "}}\n" +
		"- {metadata: {name: final}, spec: {libraryRef: {name: brand}, path: launch/final" + of(final) + "}}\n"
}

// describedBy declares the library with these fields.
func describedBy(fields string) string {
	return "libraries: [{metadata: {name: brand}, spec: {storeRef: {name: default}, bucket: {name: acme-brand}, metadata: {fields: [" + fields + "]}}}]\n"
}

// TestCompareDescriptions has a pair of states for every way in which what is known of files, and who may change it, opens more
// or only changes.
//
// features: U1, P5
func TestCompareDescriptions(t *testing.T) {
	viewHero := "bindings:\n" + binding("a", "viewer", "User/alice", "Collection/hero")
	linkHero := strings.Replace(plink(), "folder: {name: final}", "collection: {name: hero}", 1)
	const (
		text = "{name: title, type: Text}"
		tags = "{name: tags, type: Keywords}"
	)
	cases := []struct {
		reason     string
		base, head string
		verdict    Verdict
		want       []string
	}{
		{"a field more for a role", picker("title", "final"), picker("title, rights", "final"), Wider,
			[]string{"Role picker lets those who may describe change the fields rights, title instead of the fields title",
				"Library brand the fields rights of files in launch/final/ may be changed, now, by alice WIDER"}},
		{"a field less for a role", picker("title, rights", "final"), picker("title", "final"), Changed,
			[]string{"Role picker lets those who may describe change the fields title instead of the fields rights, title",
				"Library brand the fields rights of files in launch/final/ may no longer be changed, now, by alice"}},
		{"all fields for a role", picker("title", "final"), picker("", "final"), Wider,
			[]string{"Role picker lets those who may describe change all fields instead of the fields title",
				"Library brand the fields all others of files in launch/final/ may be changed, now, by alice WIDER"}},
		{"some fields of all", picker("", "final"), picker("title", "final"), Changed,
			[]string{"Role picker lets those who may describe change the fields title instead of all fields",
				"Library brand the fields all others of files in launch/final/ may no longer be changed, now, by alice"}},
		{"a field in another's place is both", picker("title", "final"), picker("rights", "final"), Wider,
			[]string{"Role picker lets those who may describe change the fields rights instead of the fields title",
				"Library brand the fields rights of files in launch/final/ may be changed, now, by alice WIDER",
				"Library brand the fields title of files in launch/final/ may no longer be changed, now, by alice"}},
		{"another order is the same", picker("title, rights", "final"), picker("rights, title", "final"), Same, nil},
		{"a role for fields that is nobody's", strings.Split(picker("title", "final"), "bindings:")[0], strings.Split(picker("rights", "final"), "bindings:")[0], Changed,
			[]string{"Role picker lets those who may describe change the fields rights instead of the fields title"}},
		{"who has another role for all fields gains nothing", picker("title", "final") + binding("b", "contributor", "User/alice", "Folder/launch"),
			picker("title, rights", "final") + binding("b", "contributor", "User/alice", "Folder/launch"), Changed,
			[]string{"Role picker lets those who may describe change the fields rights, title instead of the fields title"}},
		{"a built-in role in the place of one for some fields, where describing is no news", picker("title", "launch"), picker("title", "launch") + binding("b", "contributor", "User/alice", "Folder/final", `notAfter: "`+june+`"`), Wider,
			[]string{"alice +preview,download,comment,upload,collect - launch/final/ [now until " + june + "]",
				"Library brand the fields all others of files in launch/final/ may be changed, now until " + june + ", by alice WIDER"}},
		{"whoever describes for the first time is told by the permission", strings.Split(picker("title", "final"), "bindings:")[0], picker("title", "final"), Wider,
			[]string{"alice +list,describe - launch/final/ [now]"}},

		{"drafts that a link shows", plink(), plink("drafts: Shown"), Wider, []string{"PublicLink out drafts are shown too WIDER"}},
		{"drafts that a link hides", plink("drafts: Shown"), plink(), Changed, []string{"PublicLink out drafts are hidden from now on"}},
		{"what is hidden by default may be said", plink(), plink("drafts: Hidden", "approval: Any"), Same, nil},
		{"what a link shows unapproved", plink("approval: ApprovedOnly"), plink(), Wider, []string{"PublicLink out what nobody approved is shown too WIDER"}},
		{"what a link shows approved", plink(), plink("approval: ApprovedOnly"), Changed, []string{"PublicLink out only approved versions are shown from now on"}},
		{"a field that a link shows", plink("metadataFields: [title]"), plink("metadataFields: [rights, title]"), Wider, []string{"PublicLink out the fields rights of files are shown too WIDER"}},
		{"a field that a link hides", plink("metadataFields: [title, rights]"), plink("metadataFields: [rights]"), Changed, []string{"PublicLink out the fields title of files are no longer shown"}},
		{"a link that does not open shows nobody drafts", plink("suspend: true"), plink("suspend: true", "drafts: Shown", "metadataFields: [title]"), Changed,
			[]string{"PublicLink out drafts are shown too", "PublicLink out the fields title of files are shown too"}},

		{"files that are published", living("state: Draft", ""), living("", ""), Wider, []string{"Folder launch its lifecycle is that of the Folders above instead of (state Draft) WIDER"}},
		{"files that are kept back", living("", ""), living("state: Draft", ""), Changed, []string{"Folder launch its lifecycle is (state Draft) instead of that of the Folders above"}},
		{"files that are published by a folder below", living("state: Draft", ""), living("state: Draft", "state: Published"), Wider,
			[]string{"Folder final its lifecycle is (state Published) instead of that of the Folders above WIDER"}},
		{"a folder that kept files back goes", living("", "state: Draft"), strings.Split(living("", ""), "- {metadata: {name: final}")[0], Wider,
			[]string{"Folder final its lifecycle is that of the Folders above instead of (state Draft) WIDER"}},
		{"what a folder above says anyway is nothing wider", living("state: Draft", "state: Draft"), living("state: Draft", "archiveAfter: 720h"), Changed,
			[]string{"Folder final its lifecycle is (archived 720h0m0s after the last change) instead of (state Draft)"}},
		{"a publication that comes nearer", living(`state: Draft, publishAt: "`+july+`"`, ""), living(`state: Draft, publishAt: "`+june+`"`, ""), Wider,
			[]string{"Folder launch its lifecycle is (state Draft, published at " + june + ") instead of (state Draft, published at " + july + ") WIDER"}},
		{"a publication that is put off", living(`state: Draft, publishAt: "`+june+`"`, ""), living(`state: Draft, publishAt: "`+july+`"`, ""), Changed,
			[]string{"Folder launch its lifecycle is (state Draft, published at " + july + ") instead of (state Draft, published at " + june + ")"}},
		{"a publication without an instant comes when somebody publishes", living(`state: Draft, publishAt: "`+june+`"`, ""), living(`state: Draft`, ""), Changed,
			[]string{"Folder launch its lifecycle is (state Draft) instead of (state Draft, published at " + june + ")"}},
		{"a publication for files that are published already", living(`publishAt: "`+july+`"`, ""), living(`publishAt: "`+june+`"`, ""), Changed,
			[]string{"Folder launch its lifecycle is (published at " + june + ") instead of (published at " + july + ")"}},
		{"files that are shown for longer", living(`sunset: "`+june+`"`, ""), living(`sunset: "`+july+`"`, ""), Wider,
			[]string{"Folder launch its lifecycle is (archived at " + july + ") instead of (archived at " + june + ") WIDER"}},
		{"files that are shown for ever", living(`sunset: "`+june+`", state: Published`, ""), living(`state: Published`, ""), Wider,
			[]string{"Folder launch its lifecycle is (state Published) instead of (state Published, archived at " + june + ") WIDER"}},
		{"files that are shown for less long", living(`sunset: "`+july+`"`, ""), living(`sunset: "`+june+`"`, ""), Changed,
			[]string{"Folder launch its lifecycle is (archived at " + june + ") instead of (archived at " + july + ")"}},
		{"a later end than that of a folder above is none", living(`sunset: "`+june+`"`, `sunset: "`+june+`"`), living(`sunset: "`+june+`"`, `sunset: "`+july+`"`), Changed,
			[]string{"Folder final its lifecycle is (archived at " + july + ") instead of (archived at " + june + ")"}},
		{"two ends in the past are one", living(`sunset: "2026-01-01T00:00:00Z"`, ""), living(`sunset: "2027-01-01T00:00:00Z"`, ""), Changed,
			[]string{"Folder launch its lifecycle is (archived at 2027-01-01T00:00:00Z) instead of (archived at 2026-01-01T00:00:00Z)"}},
		{"files that are archived later", living("archiveAfter: 720h", ""), living("archiveAfter: 721h", ""), Wider,
			[]string{"Folder launch its lifecycle is (archived 721h0m0s after the last change) instead of (archived 720h0m0s after the last change) WIDER"}},
		{"the same time in other words", living("archiveAfter: 720h", ""), living("archiveAfter: 719h60m", ""), Same, nil},

		{"a keyword more is needed", selecting("keywords: [hero]") + viewHero, selecting("keywords: [web, HERO]") + viewHero, Changed,
			[]string{`alice + -preview,download (files with the keywords ["hero"]) [now]`,
				`Collection hero has (files with the keywords ["hero" "web"]); no longer has (files with the keywords ["hero"])`}},
		{"a keyword less is needed", selecting("keywords: [web, hero]") + viewHero, selecting("keywords: [hero]") + viewHero, Wider,
			[]string{`alice +preview,download - (files with the keywords ["hero"]) [now]`,
				`Collection hero has (files with the keywords ["hero"]); no longer has (files with the keywords ["hero" "web"])`}},
		{"other keywords, by a link", selecting("keywords: ['a/*']") + linkHero, selecting("keywords: ['a/**']") + linkHero, Wider,
			[]string{`link/out + -` + views + ` (files with the keywords ["a/*"]) [now]`, `link/out +` + views + ` - (files with the keywords ["a/**"]) [now]`,
				`Collection hero has (files with the keywords ["a/**"]); no longer has (files with the keywords ["a/*"])`}},
		{"case, order and both states make no other selector", selecting("keywords: [Web, hero], states: [Draft, Published]") + viewHero, selecting("keywords: [HERO, web]") + viewHero, Same, nil},
		{"drafts are picked too", selecting("states: [Published], approval: Approved") + viewHero, selecting("approval: Approved") + viewHero, Wider,
			[]string{"alice +preview,download - (files that are Approved) [now]",
				"Collection hero has (files that are Approved); no longer has (files in state Published, that are Approved)"}},
		{"what nobody approved is picked too", selecting("states: [Published], approval: Approved") + viewHero, selecting("states: [Published]") + viewHero, Wider,
			[]string{"alice +preview,download - (files in state Published) [now]",
				"Collection hero has (files in state Published); no longer has (files in state Published, that are Approved)"}},
		{"a selector beside items", hero + viewHero, selecting("approval: Approved", "items: [{path: launch/final/hero-*.jpg}]") + viewHero, Wider,
			[]string{"alice +preview,download - (files that are Approved) [now]", "Collection hero has (files that are Approved)"}},
		{"a selector that goes", selecting("approval: Approved", "items: [{path: launch/final/hero-*.jpg}]") + viewHero, hero + viewHero, Changed,
			[]string{"alice + -preview,download (files that are Approved) [now]", "Collection hero no longer has (files that are Approved)"}},
		{"a grant on what a selector picks", selecting("approval: Approved"), selecting("approval: Approved") + viewHero, Wider,
			[]string{"alice +preview,download - (files that are Approved) [now]"}},
		{"a grant on what a selector picks gives nothing to whoever has the whole library", selecting("approval: Approved") + "bindings:\n" + binding("b", "library-viewer", "User/alice", "Library/brand"),
			selecting("approval: Approved") + viewHero + binding("b", "library-viewer", "User/alice", "Library/brand"), Same, nil},
		{"a folder is not where all that is picked is", selecting("approval: Approved") + "bindings:\n" + binding("b", "viewer", "User/alice", "Folder/launch"),
			selecting("approval: Approved") + viewHero + binding("b", "viewer", "User/alice", "Folder/launch"), Wider,
			[]string{"alice +preview,download - (files that are Approved) [now]"}},
		{"all files are all that is picked, and the top folder's are not", selecting("approval: Approved", "items: [{path: '**'}]") + viewHero, selecting("states: [Draft]", "items: [{path: '**'}]") + viewHero, Changed,
			[]string{"Collection hero has (files in state Draft); no longer has (files that are Approved)"}},
		{"the files of one level are not all that is picked", selecting("approval: Approved", "items: [{path: '*'}]") + viewHero, selecting("states: [Draft]", "items: [{path: '*'}]") + viewHero, Wider,
			[]string{"alice +preview,download - (files in state Draft) [now]", "alice + -preview,download (files that are Approved) [now]",
				"Collection hero has (files in state Draft); no longer has (files that are Approved)"}},
		{"a version that is dropped may be picked as it is now", selecting("approval: Approved", "items: [{path: a.jpg, version: v1}]") + viewHero, selecting("approval: Approved") + viewHero, Wider,
			[]string{"alice +preview,download - (files that are Approved) [now]", "Collection hero no longer has a.jpg at version v1"}},
		{"whoever may make links may show what is picked", selecting("keywords: [hero, web]") + "roles: [{metadata: {name: picker}, spec: {permissions: [list, share, link]}}]\nbindings:\n" + binding("p", "picker", "User/bob", "Collection/hero"),
			selecting("keywords: [hero]") + "roles: [{metadata: {name: picker}, spec: {permissions: [list, share, link]}}]\nbindings:\n" + binding("p", "picker", "User/bob", "Collection/hero"), Wider,
			[]string{`Collection hero has (files with the keywords ["hero"]); no longer has (files with the keywords ["hero" "web"])`,
				"Collection hero links on it may show what no link could before that was made or sponsored by bob WIDER"}},

		{"other fields change nobody's access", describedBy(text), describedBy(text + ", {name: season, type: Choice, choices: [spring], presence: Required}, " + tags), Changed,
			[]string{`Library brand describes files by the field season too: Choice of ["spring"], required`, "Library brand describes files by the field tags too: Keywords"}},
		{"a field that goes", describedBy(text + ", " + tags), describedBy(text), Changed, []string{"Library brand describes files no more by the field tags"}},
		{"a title for people is no change", describedBy(text), describedBy("{name: title, title: Titel, type: Text}"), Same, nil},
		{"the fields that there are without any", "", describedBy("{name: title, type: Text}, {name: description, type: Text}, {name: keywords, type: Keywords}"), Same, nil},
		{"a field that comes to hold keywords may let a selector pick more", describedBy("{name: tags, type: Text}") + selecting("keywords: [hero]"), describedBy(tags) + selecting("keywords: [hero]"), Wider,
			[]string{"Library brand describes files by the field tags as Keywords instead of Text WIDER"}},
		{"a field of keywords more may too", describedBy(text) + selecting("keywords: [hero]"), describedBy(text+", "+tags) + selecting("keywords: [hero]"), Wider,
			[]string{"Library brand describes files by the field tags too: Keywords WIDER"}},
		{"a field that holds keywords no more lets it pick less", describedBy(tags) + selecting("keywords: [hero]"), describedBy("{name: tags, type: Text}") + selecting("keywords: [hero]"), Changed,
			[]string{"Library brand describes files by the field tags as Text instead of Keywords"}},
		{"a selector without keywords picks by none", describedBy(text) + selecting("approval: Approved"), describedBy(text+", "+tags) + selecting("approval: Approved"), Changed,
			[]string{"Library brand describes files by the field tags too: Keywords"}},
		{"a field that a link names comes to be", describedBy(text) + plink("metadataFields: [rights]"), describedBy(text+", {name: rights, type: Text}") + plink("metadataFields: [rights]"), Wider,
			[]string{"Library brand describes files by the field rights too: Text; links that name it show what is in it WIDER"}},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			d := Compare(given(t, c.base), given(t, c.head), noon)
			if diff := cmp.Diff(c.want, withoutEmbargo(rows(d))); diff != "" {
				t.Errorf("other changes (-want +got):\n%s", diff)
			}
			if d.Verdict != c.verdict {
				t.Errorf("it is %s, and should be %s", d.Verdict, c.verdict)
			}
			gains := slices.ContainsFunc(d.Changes, func(c Change) bool { return len(c.Gains) > 0 && strings.HasPrefix(c.Path, "(files ") })
			if slices.Contains(d.Notes, pickedUnknown) != gains {
				t.Errorf("the notes are %q", d.Notes)
			}
		})
	}
}

// withoutEmbargo leaves out of rows that no selector picks in the restricted Folder that there always is.
func withoutEmbargo(rows []string) []string {
	for i := range rows {
		rows[i] = strings.Replace(rows[i], ", but not launch/embargo/)", ")", 1)
	}
	return rows
}

// TestSelectorsThatPickLess draws two selectors and a file: what is called within another picks no file that the other does not.
//
// features: U1
func TestSelectorsThatPickLess(t *testing.T) {
	words := []string{"hero", "web", "a*b", "c/d", "Straße", "STRASSE"}
	draw := func(t *rapid.T, what string) *v1alpha1.CollectionSelector {
		s := &v1alpha1.CollectionSelector{
			Keywords: rapid.SliceOfNDistinct(rapid.SampledFrom(words), 0, 3, rapid.ID).Draw(t, what+" keywords"),
			States:   rapid.SliceOfNDistinct(rapid.SampledFrom([]v1alpha1.AssetState{v1alpha1.StateDraft, v1alpha1.StatePublished}), 0, 2, rapid.ID).Draw(t, what+" states"),
			Approval: rapid.SampledFrom([]v1alpha1.AssetApproval{"", v1alpha1.ApprovalApproved, v1alpha1.ApprovalRejected, v1alpha1.ApprovalUnreviewed}).Draw(t, what+" approval"),
		}
		if len(s.Keywords)+len(s.States) == 0 && s.Approval == "" {
			s.Approval = v1alpha1.ApprovalApproved // the API refuses an empty one
		}
		return s
	}
	files := describedFiles(words)
	rapid.Check(t, func(t *rapid.T) {
		wide, narrow := draw(t, "wide"), draw(t, "narrow")
		within := matches(pickedBy(wide, nil, nil), pickedBy(narrow, nil, nil))
		counterexample := false
		for _, f := range files {
			if schema := asset.NewSchema(nil); asset.Selected(*narrow, schema, f) && !asset.Selected(*wide, schema, f) {
				counterexample = true
			}
		}
		if within == counterexample {
			t.Fatalf("%+v within %+v is %t, and a file that only the first picks is %t", narrow, wide, within, counterexample)
		}
	})
}

// describedFiles have every set of some keywords, in every state with every approval.
func describedFiles(words []string) []asset.Description {
	var all []asset.Description
	for set := range 1 << len(words) {
		var has []string
		for i, word := range words {
			if set&(1<<i) != 0 {
				has = append(has, word)
			}
		}
		for _, state := range []v1alpha1.AssetState{v1alpha1.StateDraft, v1alpha1.StatePublished, v1alpha1.StateArchived} {
			for _, approval := range []v1alpha1.AssetApproval{v1alpha1.ApprovalApproved, v1alpha1.ApprovalRejected, v1alpha1.ApprovalUnreviewed} {
				all = append(all, asset.Description{Metadata: &asset.Metadata{Fields: map[string][]string{"keywords": has}}, State: state, Approval: approval})
			}
		}
	}
	return all
}

// TestWhoeverGainsAFieldIsTold changes the fields of a random world's Role, and asks the model about everybody and every file:
// it is wider whenever somebody may change a field that they could not, and never when the Role is for fewer fields.
//
// features: U1, P5
func TestWhoeverGainsAFieldIsTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		now := rapid.SampledFrom(w.Instants).Draw(t, "now")
		head := w.Declarations
		head.Roles = slices.Clone(head.Roles)
		role := &head.Roles[rapid.IntRange(0, len(head.Roles)-1).Draw(t, "role")]
		before := role.Spec.MetadataFields
		role.Spec.MetadataFields = nil
		if rapid.Bool().Draw(t, "for some") {
			some := []v1alpha1.MetadataFieldName{"title", "keywords", "rights", "more"}
			role.Spec.MetadataFields = rapid.SliceOfNDistinct(rapid.SampledFrom(some), 1, 4, rapid.ID).Draw(t, "fields")
		}
		after := role.Spec.MetadataFields
		d := Compare(review.Tenant{Declared: w.Declarations}, review.Tenant{Declared: head}, now)
		fewer := after != nil && (before == nil || len(lacking(after, before)) == 0)
		if fewer && d.Verdict == Wider {
			t.Fatalf("from %v to %v it is wider: %q", before, after, rows(d))
		}
		was, is := access.New(w.Declarations), access.New(head)
		for _, u := range w.Users {
			for _, at := range w.Instants {
				for _, k := range w.Keys {
					had, fieldsHad := was.DescribableFields(u.Name, k, at)
					has, fieldsHas := is.DescribableFields(u.Name, k, at)
					gains := !had && (has || len(lacking(fieldsHas, fieldsHad)) > 0)
					if gains && !at.Before(now) && d.Verdict != Wider {
						t.Fatalf("%s gains of %+v from %v to %v (%t), and it is %s: %q", u.Name, k, fieldsHad, fieldsHas, has, d.Verdict, rows(d))
					}
				}
			}
		}
	})
}
