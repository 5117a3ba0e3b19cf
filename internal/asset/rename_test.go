package asset

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func keyAt(path string) access.Key {
	if folder, below, restricted := strings.Cut(path, ":"); restricted {
		return access.Key{Library: "brand", Restricted: folder, Path: below}
	}
	return access.Key{Library: "brand", Path: path}
}

// went is a described file that was there for a year and went at noon, came one that came a minute before.
func went(path, sum string) Content {
	return Content{Key: keyAt(path), SHA256: sum, Size: 10, Came: noon.AddDate(-1, 0, 0), Went: noon, Described: true}
}

func came(path, sum string) Content {
	return Content{Key: keyAt(path), SHA256: sum, Size: 10, Came: noon.Add(-time.Minute)}
}

// features: A1.24, A1.25
func TestRenames(t *testing.T) {
	plain := func(c Content) Content { c.Described = false; return c }
	at := func(c Content, came time.Time) Content { c.Came = came; return c }
	for _, c := range []struct {
		why        string
		gone, came []Content
		certain    string // "from>to", parted by blanks
		unclear    string
	}{
		{"one went and one came", []Content{went("a", "s")}, []Content{came("b", "s")}, "a>b", ""},
		{"two at once, of two contents", []Content{went("a", "s"), went("c", "t")}, []Content{came("d", "t"), came("b", "s")}, "a>b c>d", ""},
		{"another content", []Content{went("a", "s")}, []Content{came("b", "t")}, "", ""},
		{"of which nothing is known", []Content{went("a", "")}, []Content{came("b", "")}, "", ""},
		{"empty files are all alike", []Content{{Key: keyAt("a"), SHA256: "e", Went: noon, Described: true}}, []Content{{Key: keyAt("b"), SHA256: "e", Came: noon}}, "", ""},
		{"the same digest of another size is none of the same content", []Content{went("a", "s")}, []Content{{Key: keyAt("b"), SHA256: "s", Size: 11, Came: noon}}, "", ""},
		{"one became two", []Content{went("a", "s")}, []Content{came("c", "s"), came("b", "s")}, "", "a>b,c"},
		{"two became one", []Content{went("a", "s"), went("b", "s")}, []Content{came("c", "s")}, "", "a,b>c"},
		{"the one that nothing was said of may be it as well", []Content{went("a", "s"), plain(went("b", "s"))}, []Content{came("c", "s")}, "", "a,b>c"},
		{"of which nothing was said, nothing is lost", []Content{plain(went("a", "s"))}, []Content{came("b", "s"), came("c", "s")}, "", ""},
		{"a copy that went again takes no part any more", []Content{went("a", "s"), plain(at(went("c", "s"), noon.Add(-time.Minute)))}, []Content{came("b", "s")}, "a>b", ""},
		{"a duplicate that was there long before is another file", []Content{went("a", "s")}, []Content{at(came("b", "s"), noon.Add(-RenameWindow-time.Second))}, "", ""},
		{"and does not keep the new one from being told", []Content{went("a", "s")}, []Content{at(came("b", "s"), noon.Add(-RenameWindow-time.Second)), came("c", "s")}, "a>c", ""},
		{"what was there before it came is no copy of it", []Content{at(went("a", "s"), noon.Add(-time.Hour))}, []Content{at(came("b", "s"), noon.Add(-time.Hour-time.Second))}, "", ""},
		{"what came after it did may be one", []Content{at(went("a", "s"), noon.Add(-time.Hour))}, []Content{at(came("b", "s"), noon.Add(-time.Hour))}, "a>b", ""},
		{"it was deleted first and uploaded then", []Content{went("a", "s")}, []Content{at(came("b", "s"), noon.Add(20*time.Hour))}, "a>b", ""},
		{"within a restricted folder", []Content{went("embargo:a", "s")}, []Content{came("embargo:b", "s")}, "embargo:a>embargo:b", ""},
		{"out of a restricted folder", []Content{went("embargo:a", "s")}, []Content{came("b", "s")}, "", ""},
		{"into a restricted folder", []Content{went("a", "s")}, []Content{came("embargo:b", "s")}, "", ""},
		{"between restricted folders", []Content{went("embargo:a", "s")}, []Content{came("press:a", "s")}, "", ""},
		{"what happens in another root makes nothing unclear", []Content{went("a", "s")}, []Content{came("b", "s"), came("embargo:b", "s")}, "a>b", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			certain, unclear := Renames(c.gone, c.came)
			var pairs, open []string
			for _, r := range certain {
				pairs = append(pairs, shown(r.From)+">"+shown(r.To))
			}
			for _, u := range unclear {
				open = append(open, shown(u.Gone...)+">"+shown(u.Came...))
			}
			if got := strings.Join(pairs, " "); got != c.certain {
				t.Errorf("certain: %q, want %q", got, c.certain)
			}
			if got := strings.Join(open, " "); got != c.unclear {
				t.Errorf("unclear: %q, want %q", got, c.unclear)
			}
		})
	}
}

func shown(keys ...access.Key) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Path
		if k.Restricted != "" {
			names[i] = k.Restricted + ":" + k.Path
		}
	}
	return strings.Join(names, ",")
}

// Whatever went and came: only files of one content and root are taken for each other, none twice, in whatever order they are listed, and
// never one that another could be as well.
func TestRenamesGuessNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		contents := func(name, prefix string) []Content {
			n := rapid.IntRange(0, 6).Draw(t, name)
			list := make([]Content, n)
			for i := range list {
				list[i] = Content{
					Key:       access.Key{Library: "brand", Restricted: rapid.SampledFrom([]string{"", "embargo"}).Draw(t, "root"), Path: prefix + string(rune('a'+i))},
					SHA256:    rapid.SampledFrom([]string{"", "s", "t"}).Draw(t, "sum"),
					Size:      rapid.Int64Range(0, 1).Draw(t, "size"),
					Came:      noon.Add(-time.Duration(rapid.IntRange(0, 48).Draw(t, "hours")) * time.Hour),
					Went:      noon.Add(-time.Duration(rapid.IntRange(0, 5).Draw(t, "ago")) * time.Hour),
					Described: rapid.Bool().Draw(t, "described"),
				}
			}
			return list
		}
		gone, arrived := contents("gone", "g"), contents("came", "c")
		of := map[access.Key]Content{}
		for _, c := range slices.Concat(gone, arrived) {
			of[c.Key] = c
		}
		certain, unclear := Renames(gone, arrived)
		taken := map[access.Key]bool{}
		for _, r := range certain {
			from, to := of[r.From], of[r.To]
			if from.same() != to.same() || from.Size == 0 || from.SHA256 == "" || !from.Described || taken[r.From] || taken[r.To] {
				t.Fatalf("%+v became %+v", from, to)
			}
			taken[r.From], taken[r.To] = true, true
			twin := to
			twin.Key.Path = "twin"
			again, _ := Renames(gone, append(slices.Clone(arrived), twin))
			if slices.ContainsFunc(again, func(other Rename) bool { return other.From == r.From }) {
				t.Fatalf("%+v is certain though there is a second one like %+v", r, to)
			}
		}
		for _, u := range unclear {
			for _, k := range slices.Concat(u.Gone, u.Came) {
				if taken[k] {
					t.Fatalf("%v is both certain and unclear", k)
				}
			}
		}
		slices.Reverse(gone)
		slices.Reverse(arrived)
		otherCertain, otherUnclear := Renames(gone, arrived)
		if diff := cmp.Diff(certain, otherCertain) + cmp.Diff(unclear, otherUnclear); diff != "" {
			t.Fatalf("it hangs on the order:\n%s", diff)
		}
	})
}

// features: A1.24, P7
func TestDescriptionsAreCarried(t *testing.T) {
	sum, other := strings.Repeat("a", 64), strings.Repeat("b", 64)
	signed := Signature{By: "mona", At: noon, Change: "c1"}
	approval := func(version, sum string) Approval {
		return Approval{V: 1, VersionID: version, SHA256: sum, Verdict: v1alpha1.ApprovalApproved, Note: "fine", Signature: signed}
	}
	from, to := Facts{VersionID: "v2", SHA256: sum}, Facts{VersionID: "w1", SHA256: sum}
	d := Said{
		Metadata:  &Metadata{V: 1, Fields: map[string][]string{"title": {"Hero"}}, Signature: signed},
		State:     &StateRecord{V: 1, State: v1alpha1.StateDraft, Signature: signed},
		Approvals: []Approval{approval("v1", other), approval("v0", sum), approval("v2", sum)},
	}
	got := d.Carried(from, to, Lifecycle{}, Lifecycle{})
	want := Said{Metadata: d.Metadata, State: d.State, Approvals: []Approval{approval("w1", sum)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for why, c := range map[string]struct{ from, to Facts }{
		"other bytes are not approved":                        {from, Facts{VersionID: "w1", SHA256: other}},
		"nor what the facts are not of":                       {Facts{VersionID: "v2", SHA256: other}, Facts{VersionID: "w1", SHA256: other}},
		"an approval is of a version, and here there is none": {from, Facts{SHA256: sum}},
		"nothing is read yet":                                 {Facts{}, Facts{}},
	} {
		if got := d.Carried(c.from, c.to, Lifecycle{}, Lifecycle{}).Approvals; len(got) > 0 {
			t.Errorf("%s: %+v", why, got)
		}
	}

	for _, c := range []struct {
		why  string
		d    Said
		want bool
	}{
		{"nothing", Said{}, true},
		{"a part, cut off", Said{Metadata: got.Metadata}, true},
		{"all of it", got, true},
		{"as it was decoded again", Said{Metadata: &Metadata{Fields: map[string][]string{"title": {"Hero"}}, Signature: signed}}, true},
		{"other words", Said{Metadata: &Metadata{V: 1, Fields: map[string][]string{"title": {"Other"}}, Signature: signed}}, false},
		{"the same words of somebody else", Said{State: &StateRecord{V: 1, State: v1alpha1.StateDraft, Signature: Signature{By: "sam", At: noon}}}, false},
		{"a decision on another version", Said{Approvals: []Approval{approval("w0", sum)}}, false},
	} {
		if c.d.Within(got) != c.want {
			t.Errorf("%s: %t", c.why, !c.want)
		}
	}
	if d.Documents() != 5 || d.Empty() || !(Said{}).Empty() {
		t.Errorf("%d documents", d.Documents())
	}
}

func TestRenderedIsTheOtherWayRound(t *testing.T) {
	for _, k := range []access.Key{{Library: "brand", Path: "a.jpg"}, {Library: "brand", Path: "launch/a/b.jpg"}, {Library: "brand", Restricted: "embargo", Path: "x/b.jpg"}} {
		if got, ok := Rendered("brand", Renditions(k)); !ok || got != k {
			t.Errorf("%v: %v %t", k, got, ok)
		}
	}
	for _, prefix := range []string{"", "renditions/", "renditions/a", "restricted-renditions/embargo/", "restricted-renditions//a/", "facts/a/", "renditions/restricted/embargo/a/"} {
		if got, ok := Rendered("brand", prefix); ok {
			t.Errorf("%q: %v", prefix, got)
		}
	}
}
