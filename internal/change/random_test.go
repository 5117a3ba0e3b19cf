package change_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
)

// grants are made-up rights: of one user, by file.
type grants struct {
	on     map[access.Key]access.Permissions
	fields []string // nil for all
}

func (g grants) Decide(_ string, p access.Permission, k access.Key, _ time.Time) access.Decision {
	return access.Decision{Allowed: g.on[k].Has(p)}
}

func (g grants) DescribableFields(_ string, k access.Key, _ time.Time) (bool, []string) {
	if !g.on[k].Has(access.Describe) {
		return false, nil
	}
	return g.fields == nil, g.fields
}

func (grants) FolderScope(name string) (access.Scope, bool) {
	switch name {
	case "vault":
		return access.Scope{Library: "brand", Restricted: "vault"}, true
	case "press":
		return access.Scope{Library: "brand", Prefix: "press/"}, true
	}
	return access.Scope{}, false
}

// words are what changes are made up of: likely ones, and ones that only somebody hostile writes.
type words struct {
	paths, folders, versions, fields, values, sums, notes, clear []string
	instants                                                     []*time.Time
	states                                                       []v1alpha1.AssetState
	verdicts                                                     []v1alpha1.AssetApproval
	focuses                                                      []*asset.Focus
	kinds                                                        []int
}

var (
	likely = words{
		paths: []string{"a.jpg", "b/a.jpg", "b/ö.jpg"}, folders: []string{"", "", "vault"}, versions: []string{"v1", "v2", "v2", ""},
		fields: []string{"channels", "keywords", "mood"}, values: []string{"web", "tv"}, sums: []string{heroSHA},
		notes: []string{"", "fine"}, clear: []string{"state", "publishAt", "sunset"},
		instants: []*time.Time{nil, nil, in(1), in(9)}, states: []v1alpha1.AssetState{"", v1alpha1.StateDraft, v1alpha1.StatePublished, v1alpha1.StateArchived},
		verdicts: []v1alpha1.AssetApproval{v1alpha1.ApprovalApproved, v1alpha1.ApprovalRejected, v1alpha1.ApprovalUnreviewed},
		focuses:  []*asset.Focus{nil, {Width: 1, Height: 1}}, kinds: []int{1},
	}
	hostile = words{
		paths:    []string{"a.jpg", "b/a.jpg", "restricted/vault/a.jpg", "../a.jpg", "", "a\x1b[2J\n.jpg", "a\u202e.jpg"},
		folders:  []string{"", "vault", "press", "nothing", "../vault"},
		versions: []string{"", "v1", "v2", "m", "gone", "v2\n"},
		fields:   []string{"title", "usage", "channels", "keywords", "fee", "mood", "focus", "x\x1b[2J"},
		values:   []string{"web", "tv", "radio", "12", "warm", "", " x", "a\x1b[2J", "two\nlines", "\u202e", strings.Repeat("y", 101)},
		sums:     []string{heroSHA, change.Digest(nil), "", "x"},
		notes:    []string{"", "fine", "\x1b[2J"},
		clear:    []string{"state", "publishAt", "sunset", "x"},
		instants: []*time.Time{nil, in(-9), in(-1), in(0), in(1), in(9), new(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))},
		states:   []v1alpha1.AssetState{"", v1alpha1.StateDraft, v1alpha1.StatePublished, v1alpha1.StateArchived, "Public"},
		verdicts: []v1alpha1.AssetApproval{v1alpha1.ApprovalApproved, v1alpha1.ApprovalRejected, v1alpha1.ApprovalUnreviewed, "", "Yes\n"},
		focuses:  []*asset.Focus{nil, {Width: 1, Height: 1}, {X: 0.5, Y: 0.5, Width: 0.5, Height: 0.5}, {X: 2}},
		kinds:    []int{1, 1, 0, 2},
	}
	someIDs = []string{"c1", "c2"}
)

func one[T any](t *rapid.T, what string, from []T) T { return rapid.SampledFrom(from).Draw(t, what) }

func someOf(t *rapid.T, what string, from []string, least, most int) []string {
	return rapid.SliceOfN(rapid.SampledFrom(from), least, most).Draw(t, what)
}

func (w words) fieldsWithValues(t *rapid.T, what string) map[string][]string {
	fields := map[string][]string{}
	for _, name := range someOf(t, what, w.fields, 0, 2) {
		fields[name] = someOf(t, what+" "+name, w.values, 1, 2)
	}
	return fields
}

func someChange(t *rapid.T) change.Change {
	w := likely
	if rapid.IntRange(0, 3).Draw(t, "hostile") == 2 {
		w = hostile
	}
	c := change.Change{Path: one(t, "path", w.paths), Restricted: one(t, "folder", w.folders), VersionID: one(t, "version", w.versions)}
	for range one(t, "kinds", w.kinds) {
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			c.Describe = w.describe(t)
		case 1:
			c.State = &change.State{State: one(t, "state", w.states), PublishAt: one(t, "publishAt", w.instants),
				Sunset: one(t, "sunset", w.instants), Clear: someOf(t, "clear", w.clear, 0, 1)}
		case 2:
			c.Approve = &change.Approve{Verdict: one(t, "verdict", w.verdicts), SHA256: one(t, "sum", w.sums), Note: one(t, "note", w.notes)}
		case 3:
			c.Move = &change.Move{Restricted: one(t, "to", w.folders), Path: one(t, "to path", w.paths)}
		case 4:
			c.Restore = &struct{}{}
		case 5:
			c.Remove = &struct{}{}
		}
	}
	return c
}

func (w words) describe(t *rapid.T) *change.Describe {
	d := &change.Describe{Focus: one(t, "focus", w.focuses), ClearFocus: rapid.IntRange(0, 4).Draw(t, "clear focus") == 3}
	for _, part := range someOf(t, "parts", []string{"set", "add", "remove", "clear"}, 1, 2) {
		switch part {
		case "set":
			d.Set = w.fieldsWithValues(t, part)
		case "add":
			d.Add = w.fieldsWithValues(t, part)
		case "remove":
			d.Remove = w.fieldsWithValues(t, part)
		case "clear":
			d.Clear = someOf(t, part, w.fields, 1, 2)
		}
	}
	return d
}

func someAsset(t *rapid.T, k access.Key) change.Asset {
	a := hero(k.Path)
	a.Key, a.Exists = k, rapid.IntRange(0, 9).Draw(t, "exists") > 0
	a.SHA256 = one(t, "facts", []string{heroSHA, ""})
	a.Occupied = rapid.Bool().Draw(t, "occupied")
	a.Lifecycle = asset.Lifecycle{State: one(t, "folder's state", likely.states[:3])}
	if s := one(t, "folder's sunset", likely.instants); s != nil {
		a.Lifecycle.Sunset = *s
	}
	if rapid.Bool().Draw(t, "bare") {
		a.Metadata = nil
	}
	if rapid.Bool().Draw(t, "decided") {
		a.State = &asset.StateRecord{V: 1, State: one(t, "state before", likely.states), Signature: asset.Signature{By: "eve", Change: one(t, "by", someIDs)}}
		if s := one(t, "sunset before", hostile.instants[:6]); s != nil {
			a.State.Sunset = *s
		}
		a.Approval = &asset.Approval{V: 1, VersionID: "v2", SHA256: heroSHA, Verdict: one(t, "verdict before", likely.verdicts)}
	}
	return a
}

func someGrants(t *rapid.T, keys []access.Key) grants {
	g := grants{on: map[access.Key]access.Permissions{}}
	missing := map[string]access.Permission{}
	for _, k := range keys {
		if _, drawn := missing[k.Restricted]; !drawn {
			missing[k.Restricted] = one(t, "missing in "+k.Restricted, []access.Permission{access.List, access.Describe, access.Publish,
				access.Approve, access.Restricted, access.Upload, access.Delete, access.Comment, access.Preview})
		}
		g.on[k] = access.AllPermissions &^ access.Of(missing[k.Restricted])
	}
	if rapid.IntRange(0, 2).Draw(t, "some fields") == 0 {
		g.fields = someOf(t, "fields", hostile.fields, 0, 4)
		if g.fields == nil {
			g.fields = []string{}
		}
	}
	return g
}

func everyKey() []access.Key {
	var keys []access.Key
	for _, path := range append([]string{"b/ö.jpg"}, hostile.paths...) {
		for _, folder := range hostile.folders {
			keys = append(keys, access.Key{Library: "brand", Restricted: folder, Path: path})
		}
	}
	return keys
}

// questions of one case: most of what is made up is refused at once.
const questions = 20

// Whatever bytes are in a record, no effect comes of it for which the asker has no permission, and every answer is fit to be shown.
func TestNoEffectWithoutPermission(t *testing.T) {
	seen := map[string]int{}
	decide := func(t *rapid.T) {
		data, err := json.Marshal(change.Record{V: 1, Changes: []change.Change{someChange(t)}})
		if err != nil {
			return // there is no such JSON, hence no such record
		}
		for range rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(t, "broken bytes") {
			data[rapid.IntRange(0, len(data)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		record, refused := change.Decode(data)
		if refused != nil {
			if !slices.Contains(change.Reasons(), refused.Reason) {
				t.Fatalf("reason %q", refused.Reason)
			}
			harmless(t, refused.Message)
			return
		}
		g := someGrants(t, everyKey())
		for _, c := range record.Changes {
			a := someAsset(t, c.Key("brand"))
			e, refused := change.Decide(change.Asker{Name: "eve", Rights: g}, brandSchema, c, a, now, one(t, "id", someIDs))
			if refused != nil {
				harmless(t, refused.Message)
				if cmp.Diff(change.Effect{}, e) != "" || !slices.Contains(change.Reasons(), refused.Reason) {
					t.Fatalf("%s, and yet %+v", refused.Reason, e)
				}
				if !g.on[a.Key].Has(access.List) && refused.Reason != change.NotFound {
					t.Fatalf("%s tells that there is a file", refused.Reason)
				}
				continue
			}
			seen[c.Kind()]++
			if wrong := lacking(g, c, a, e); wrong != "" {
				t.Fatalf("%s\n%s\n%+v", wrong, data, e)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range questions {
			decide(t)
		}
	})
	for _, kind := range []string{"describe", "state", "approve", "move", "restore", "remove"} {
		if seen[kind] == 0 {
			t.Errorf("no %s was ever decided for: the test asks for nothing that anybody may", kind)
		}
	}
}

// lacking says which right an effect is without; it is told from the effect alone, and from what differs.
func lacking(g grants, c change.Change, a change.Asset, e change.Effect) string {
	needs := []access.Permission{access.List}
	switch {
	case e.Metadata != nil:
		needs = append(needs, access.Describe)
	case e.State != nil:
		needs = append(needs, access.Publish)
	case e.Approval != nil:
		needs = append(needs, access.Approve)
		if e.Approval.VersionID != a.VersionID || e.Approval.SHA256 != a.SHA256 || c.VersionID != a.VersionID {
			return "an approval of something else"
		}
	case e.Move != nil:
		needs = append(needs, access.Restricted)
		if !g.on[*e.Move].Has(access.Restricted) || !g.on[*e.Move].Has(access.List) || e.Move.Library != a.Key.Library {
			return "a move to where nothing may be moved"
		}
	case e.Restore != "":
		needs = append(needs, access.Upload)
	case e.Remove != "":
		needs = append(needs, access.Delete)
	case !e.Unchanged:
		return "neither an effect nor none"
	}
	for _, p := range needs {
		if !g.on[a.Key].Has(p) {
			return fmt.Sprintf("without %s", p)
		}
	}
	if e.Metadata != nil && g.fields != nil {
		for _, name := range differing(a.Metadata, e.Metadata) {
			if !slices.Contains(g.fields, name) {
				return "a field that is not theirs: " + name
			}
		}
	}
	return ""
}

// differing are the fields that two descriptions differ in, the focus among them.
func differing(before, after *asset.Metadata) []string {
	if before == nil {
		before = &asset.Metadata{}
	}
	var names []string
	if cmp.Diff(before.Focus, after.Focus) != "" {
		names = append(names, "focus")
	}
	for _, fields := range []map[string][]string{before.Fields, after.Fields} {
		for name := range fields {
			if !slices.Equal(before.Fields[name], after.Fields[name]) {
				names = append(names, name)
			}
		}
	}
	return names
}

// The same question has the same answer, and what was done is not done again. A move leaves no file to be asked about.
func TestDecideIsStable(t *testing.T) {
	effects := 0
	decide := func(t *rapid.T) {
		c := someChange(t)
		a := someAsset(t, c.Key("brand"))
		asker := change.Asker{Name: "eve", Platform: rapid.Bool().Draw(t, "platform"), Rights: someGrants(t, everyKey())}
		id := one(t, "id", someIDs)
		e, refused := change.Decide(asker, brandSchema, c, a, now, id)
		again, refusedAgain := change.Decide(asker, brandSchema, c, a, now, id)
		if cmp.Diff(e, again) != "" || cmp.Diff(refused, refusedAgain) != "" {
			t.Fatalf("%+v %+v, then %+v %+v", e, refused, again, refusedAgain)
		}
		if refused != nil || e.Unchanged || e.Move != nil {
			return
		}
		effects++
		if !encodes(e) {
			t.Fatalf("it cannot be kept: %+v", e)
		}
		if repeated, refused := change.Decide(asker, brandSchema, c, applied(a, e), now, id); refused != nil || !repeated.Unchanged {
			t.Fatalf("%+v, then %+v %+v", e, repeated, refused)
		}
		for _, name := range differing(a.Metadata, orSame(e.Metadata, a.Metadata)) {
			d := c.Describe
			_, set := d.Set[name]
			_, add := d.Add[name]
			_, remove := d.Remove[name]
			if name != "focus" && !set && !add && !remove && !slices.Contains(d.Clear, name) {
				t.Fatalf("field %s was not named, and differs: %+v", name, e.Metadata)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range questions {
			decide(t)
		}
	})
	if effects < 50 {
		t.Errorf("%d effects: nothing was asked", effects)
	}
}

func orSame(m, before *asset.Metadata) *asset.Metadata {
	switch {
	case m != nil:
		return m
	case before != nil:
		return before
	}
	return &asset.Metadata{}
}

func encodes(e change.Effect) bool {
	var err error
	switch {
	case e.Metadata != nil:
		_, err = e.Metadata.Encode()
	case e.State != nil:
		_, err = e.State.Encode()
	case e.Approval != nil:
		_, err = e.Approval.Encode()
	}
	return err == nil
}

// What Encode writes Decode reads, and it is the same.
func TestRecordsRoundTrip(t *testing.T) {
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		r := change.Record{V: 1, Author: one(t, "author", []string{"", "eve"}), Changes: []change.Change{someChange(t)}}
		data, refused := r.Encode()
		if refused != nil {
			harmless(t, refused.Message)
			return
		}
		read++
		back, refused := change.Decode(data)
		if refused != nil {
			t.Fatalf("%+v of %s", refused, data)
		}
		again, _ := back.Encode()
		if string(again) != string(data) {
			t.Fatalf("%s\n%s", data, again)
		}
	})
	if read == 0 {
		t.Error("nothing was ever read")
	}
}

// harmless: one line of plain text, bounded, that says something.
func harmless(t interface{ Errorf(string, ...any) }, message string) {
	odd := func(r rune) bool { return !unicode.IsPrint(r) }
	if message == "" || len(message) > 1000 || !utf8.ValidString(message) || strings.ContainsFunc(message, odd) || !strings.ContainsAny(message, ";:,") {
		t.Errorf("not fit to be shown: %q", message)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"", "null", "[]", `{"v":1}`, ask(heroFile + `,"describe":{"set":{"title":["x"]},"focus":{"x":0,"y":0,"width":1,"height":1}}`),
		ask(heroFile + `,"state":{"state":"Draft","publishAt":"2027-04-01T00:00:00Z","clear":["sunset"]}`),
		ask(heroFile + `,"versionID":"v2","approve":{"verdict":"Approved","sha256":"` + heroSHA + `"}`),
		ask(heroFile + `,"move":{"restricted":"embargo","path":"x"}`), ask(heroFile + `,"versionID":"v1","restore":{}`),
		ask(heroFile + `,"versionID":"v1","remove":{"x":1}`), `{"v":1,"v":1}`, `{"v":1e400}`, "{\"v\":1,\"author\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		record, refused := change.Decode(data)
		if refused != nil {
			harmless(t, refused.Message)
			return
		}
		if len(record.Changes) == 0 || len(record.Changes) > change.MaxChanges {
			t.Errorf("%d changes", len(record.Changes))
		}
		asker := change.Asker{Name: "eve", Platform: true}
		for _, c := range record.Changes {
			if _, refused := change.Decide(asker, brandSchema, c, change.Asset{Key: c.Key("brand"), Exists: true}, now, "c1"); refused != nil {
				harmless(t, refused.Message)
				if refused.Reason == change.Malformed {
					t.Errorf("Decode let through what Decide does not: %s", refused.Message)
				}
			}
		}
		again, refused := record.Encode()
		if refused != nil && refused.Reason != change.TooLarge { // what is written out in full may be longer
			t.Fatalf("%+v of %q", refused, data)
		}
		if refused == nil {
			if _, refused := change.Decode(again); refused != nil {
				t.Errorf("%+v of %q", refused, again)
			}
		}
	})
}
