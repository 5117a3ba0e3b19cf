package asset_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

var brandFields = asset.NewSchema(&v1alpha1.MetadataSchema{Fields: []v1alpha1.MetadataField{
	{Name: "title", Type: v1alpha1.FieldText, Presence: v1alpha1.PresenceRequired},
	{Name: "usage", Type: v1alpha1.FieldChoice, Choices: []string{"web", "print"}},
	{Name: "channels", Type: v1alpha1.FieldChoices, Choices: []string{"web", "tv", "poster"}},
	{Name: "keywords", Type: v1alpha1.FieldKeywords},
	{Name: "fee", Type: v1alpha1.FieldNumber},
	{Name: "shot", Type: v1alpha1.FieldDate},
}})

// features: P14
func TestSchemaCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		wrong  string // part of what is said; empty when it fits
	}{
		{"title", []string{"Hero, front"}, ""},
		{"title", []string{"two\nlines"}, ""},
		{"title", nil, ""},
		{"title", []string{"a", "b"}, "one value, not 2"},
		{"title", []string{" a"}, "blank"},
		{"title", []string{"a\x1b[2J"}, "cannot be shown"},
		{"title", []string{"a\u202eb"}, "cannot be shown"},
		{"title", []string{strings.Repeat("x", 9<<10)}, "too long"},
		{"usage", []string{"web"}, ""},
		{"usage", []string{"tv"}, "none of the choices, which are web, print"},
		{"channels", []string{"web", "tv"}, ""},
		{"channels", []string{"web", "web"}, "twice"},
		{"keywords", []string{"hero", "spring"}, ""},
		{"keywords", []string{strings.Repeat("ü", 101)}, "longer than 100"},
		{"keywords", []string{"a\nb"}, "cannot be shown"},
		{"fee", []string{"-12.50"}, ""},
		{"fee", []string{"1e9"}, "not a number"},
		{"fee", []string{"NaN"}, "not a number"},
		{"shot", []string{"2027-02-28"}, ""},
		{"shot", []string{"2027-02-30"}, "not a day"},
		{"colour", []string{"red"}, "there is no field"},
	} {
		err := brandFields.Check(c.name, c.values)
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s %.40q: %v, want %q", c.name, c.values, err, c.wrong)
		}
	}
}

// What does not fit is told and stays.
//
// features: P14
func TestMisfits(t *testing.T) {
	fields := map[string][]string{"usage": {"tv"}, "old": {"x"}}
	wrong := strings.Join(brandFields.Misfits(fields), "\n")
	for _, want := range []string{"title is required", `usage: "tv"`, `no field "old"`} {
		if !strings.Contains(wrong, want) {
			t.Errorf("%s is not told in:\n%s", want, wrong)
		}
	}
	if none := brandFields.Misfits(map[string][]string{"title": {"x"}}); len(none) > 0 {
		t.Errorf("%q", none)
	}
	if len(asset.NewSchema(nil).Misfits(nil)) > 0 || asset.NewSchema(nil).Check("keywords", []string{"a", "b"}) != nil {
		t.Error("a Library without fields of its own has title, description and keywords, and none is required")
	}
}

// features: F14
func TestSelected(t *testing.T) {
	hero := &asset.Metadata{Fields: map[string][]string{"keywords": {"Hero", "spring"}, "title": {"hero"}}}
	of := func(state v1alpha1.AssetState, approval v1alpha1.AssetApproval) asset.Description {
		return asset.Description{Metadata: hero, State: state, Approval: approval}
	}
	ready := of(v1alpha1.StatePublished, v1alpha1.ApprovalApproved)
	for reason, c := range map[string]struct {
		selector v1alpha1.CollectionSelector
		file     asset.Description
		want     bool
	}{
		"all keywords, case aside":             {v1alpha1.CollectionSelector{Keywords: []string{"hero", "SPRING"}}, ready, true},
		"one keyword is missing":               {v1alpha1.CollectionSelector{Keywords: []string{"hero", "autumn"}}, ready, false},
		"a word of another field is none":      {v1alpha1.CollectionSelector{Keywords: []string{"title"}}, ready, false},
		"nobody described the file":            {v1alpha1.CollectionSelector{Keywords: []string{"hero"}}, asset.Description{State: v1alpha1.StatePublished}, false},
		"the state fits":                       {v1alpha1.CollectionSelector{States: []v1alpha1.AssetState{v1alpha1.StatePublished}}, ready, true},
		"the state does not":                   {v1alpha1.CollectionSelector{States: []v1alpha1.AssetState{v1alpha1.StateDraft}}, ready, false},
		"approved":                             {v1alpha1.CollectionSelector{Approval: v1alpha1.ApprovalApproved}, ready, true},
		"a new version is unreviewed":          {v1alpha1.CollectionSelector{Approval: v1alpha1.ApprovalApproved}, of(v1alpha1.StatePublished, v1alpha1.ApprovalUnreviewed), false},
		"all of it has to fit":                 {v1alpha1.CollectionSelector{Keywords: []string{"hero"}, Approval: v1alpha1.ApprovalApproved}, of(v1alpha1.StatePublished, v1alpha1.ApprovalRejected), false},
		"an archived file is never a member":   {v1alpha1.CollectionSelector{Keywords: []string{"hero"}}, of(v1alpha1.StateArchived, v1alpha1.ApprovalApproved), false},
		"a selector that says nothing is none": {v1alpha1.CollectionSelector{}, ready, false},
	} {
		if got := asset.Selected(c.selector, asset.NewSchema(nil), c.file); got != c.want {
			t.Errorf("%s: %t", reason, got)
		}
	}
}

// An approval is of one content: neither of another version, nor of other bytes under the same name.
//
// features: P7, D4
func TestApprovalOf(t *testing.T) {
	sum, other := strings.Repeat("a", 64), strings.Repeat("b", 64)
	decided := []asset.Approval{{VersionID: "v1", SHA256: sum, Verdict: v1alpha1.ApprovalApproved}, {VersionID: "v2", SHA256: other, Verdict: v1alpha1.ApprovalRejected}}
	for reason, c := range map[string]struct {
		facts *asset.Facts
		want  v1alpha1.AssetApproval
	}{
		"the very content":                    {&asset.Facts{VersionID: "v1", SHA256: sum}, v1alpha1.ApprovalApproved},
		"the one that was rejected":           {&asset.Facts{VersionID: "v2", SHA256: other}, v1alpha1.ApprovalRejected},
		"another version of the same bytes":   {&asset.Facts{VersionID: "v3", SHA256: sum}, v1alpha1.ApprovalUnreviewed},
		"other bytes in the same version":     {&asset.Facts{VersionID: "v1", SHA256: other}, v1alpha1.ApprovalUnreviewed},
		"nothing is known of the content yet": {nil, v1alpha1.ApprovalUnreviewed},
		"its bytes were not read":             {&asset.Facts{VersionID: "v1"}, v1alpha1.ApprovalUnreviewed},
	} {
		if got := asset.ApprovalOf(decided, c.facts); got != c.want {
			t.Errorf("%s: %s", reason, got)
		}
	}
}

func TestDescriptionsRoundTripAndAreNotTrusted(t *testing.T) {
	by := asset.Signature{By: "alice", At: day(1), Change: "c-1"}
	meta := asset.Metadata{V: 1, Fields: map[string][]string{"title": {"Hero"}}, Focus: &asset.Focus{X: 0.1, Y: 0.2, Width: 0.5, Height: 0.5}, Signature: by}
	state := asset.StateRecord{V: 1, State: v1alpha1.StateDraft, PublishAt: day(2), Signature: by}
	approval := asset.Approval{V: 1, VersionID: "v", SHA256: strings.Repeat("0", 64), Verdict: v1alpha1.ApprovalApproved, Signature: by}
	data, err := meta.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := asset.DecodeMetadata(data); err != nil || cmp.Diff(meta, got) != "" {
		t.Errorf("%v %s", err, cmp.Diff(meta, got))
	}
	if data, err = state.Encode(); err != nil {
		t.Fatal(err)
	}
	if got, err := asset.DecodeState(data); err != nil || cmp.Diff(state, got) != "" {
		t.Errorf("%v %s", err, cmp.Diff(state, got))
	}
	if data, err = approval.Encode(); err != nil {
		t.Fatal(err)
	}
	if got, err := asset.DecodeApproval(data); err != nil || cmp.Diff(approval, got) != "" {
		t.Errorf("%v %s", err, cmp.Diff(approval, got))
	}
	decode := map[string]func([]byte) error{
		"metadata": func(b []byte) error { _, err := asset.DecodeMetadata(b); return err },
		"state":    func(b []byte) error { _, err := asset.DecodeState(b); return err },
		"approval": func(b []byte) error { _, err := asset.DecodeApproval(b); return err },
	}
	for _, text := range []string{
		``, `{`, `[]`, `{"v":2}`, `{"v":1}{}`, `{"v":1,"state":"Gone","verdict":"Maybe","fields":{"Title":["x"]}}`, `{"v":1,"fields":{"a":[]},"state":7}`,
		`{"v":1,"fields":{"a":["\u0000"]},"state":"draft"}`, `{"v":1,"focus":{"x":0.9,"y":0,"width":0.5,"height":1},"state":"x"}`, strings.Repeat(" ", asset.MaxDescriptionBytes) + `{"v":1}`,
	} {
		for kind, read := range decode {
			if err := read([]byte(text)); !errors.Is(err, asset.ErrDescription) {
				t.Errorf("%.60q passes for %s: %v", text, kind, err)
			}
		}
	}
}

func TestWhereDescriptionsAre(t *testing.T) {
	open := access.Key{Library: "brand", Path: "launch/a.jpg"}
	kept := access.Key{Library: "brand", Restricted: "embargo", Path: "x/a.jpg"}
	var names []string
	for _, k := range []access.Key{open, kept} {
		for root, name := range map[string]string{asset.FactsRoot: asset.FactsObject(k), asset.MetaRoot: asset.MetaObject(k), asset.StateRoot: asset.StateObject(k)} {
			if got, ok := asset.Described("brand", root, name); !ok || got != k {
				t.Errorf("%s is of %+v", name, got)
			}
			names = append(names, name)
		}
		name := asset.ApprovalObject(k, "v/../1")
		if got, ok := asset.Approved("brand", name); !ok || got != k || !strings.HasPrefix(name, asset.ApprovalsPrefix(k)) {
			t.Errorf("%s is of %+v", name, got)
		}
		names = append(names, name)
		name = asset.HeldObject(k)
		if got, ok := asset.HeldKey("brand", name); !ok || got != k || !strings.HasPrefix(name, asset.HeldRoot) {
			t.Errorf("%s is of %+v", name, got)
		}
		names = append(names, name)
	}
	for _, stranger := range []string{"held/", "held", "launch/a.jpg", "held/restricted/x", ""} {
		if k, ok := asset.HeldKey("brand", stranger); ok {
			t.Errorf("%s is of %+v", stranger, k)
		}
	}
	if slices.Sort(names); len(slices.Compact(names)) != 10 {
		t.Errorf("two are in one place: %q", names)
	}
	for _, stranger := range []string{"facts/", "facts/a", "facts/.json", "facts/restricted/x.json", "meta/a.json", ""} {
		if k, ok := asset.Described("brand", asset.FactsRoot, stranger); ok {
			t.Errorf("%s is of %+v", stranger, k)
		}
	}
}
