package controllers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// What a file's own state, end and approval say comes before what a link says.
// (What is past its end stays in the catalog, with that end: the gateway counts it among what is over.)
//
// features: B11, D4, D8, F13, K24
func TestALinkShowsWhatStateAndApprovalLetIt(t *testing.T) {
	noon := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	library := &v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Name: "brand"}, Spec: v1alpha1.LibrarySpec{Bucket: v1alpha1.Bucket{Name: "acme-brand"}}}
	sum := strings.Repeat("a", 64)
	file := func(path string, said Said) Asset {
		return Asset{Key: access.Key{Library: "brand", Path: path}, ETag: "e", Modified: noon.Add(-time.Hour), Said: said, Facts: &asset.Facts{VersionID: "v", SHA256: sum}}
	}
	state := func(s v1alpha1.AssetState) Said { return Said{State: &asset.StateRecord{State: s}} }
	verdict := func(v v1alpha1.AssetApproval, version string) Said {
		return Said{Approvals: []asset.Approval{{VersionID: version, SHA256: sum, Verdict: v}}}
	}
	holding := &Holding{Assets: []Asset{
		file("approved.jpg", verdict(v1alpha1.ApprovalApproved, "v")),
		file("archived.jpg", state(v1alpha1.StateArchived)),
		file("draft.jpg", state(v1alpha1.StateDraft)),
		file("plain.jpg", Said{}),
		file("rejected.jpg", verdict(v1alpha1.ApprovalRejected, "v")),
		file("replaced.jpg", verdict(v1alpha1.ApprovalApproved, "older")), // another version was approved
		file("soon.jpg", Said{State: &asset.StateRecord{State: v1alpha1.StateDraft, PublishAt: noon.Add(time.Hour)}}),
		file("sunset.jpg", Said{State: &asset.StateRecord{Sunset: noon.Add(-time.Minute)}}),
		file("unpublished/x.jpg", Said{}),
	}}
	folders := lifecycles{access.Scope{Library: "brand"}: asset.NewLifecycles(map[string]*v1alpha1.Lifecycle{"unpublished": {State: "Draft"}})}
	whole := access.LinkScope{Library: "brand", Scope: &access.Scope{Library: "brand"}}
	for reason, c := range map[string]struct {
		view     view
		at       time.Time
		want     string
		archived int
	}{
		"as links are by themselves":           {view{}, noon, "approved.jpg plain.jpg rejected.jpg replaced.jpg", 1},
		"once a draft's time has come":         {view{}, noon.Add(time.Hour), "approved.jpg plain.jpg rejected.jpg replaced.jpg soon.jpg", 1},
		"with drafts":                          {view{drafts: true}, noon, "approved.jpg draft.jpg plain.jpg rejected.jpg replaced.jpg soon.jpg unpublished/x.jpg", 1},
		"only what was approved, as it is now": {view{approved: true}, noon, "approved.jpg", 0},
	} {
		t.Run(reason, func(t *testing.T) {
			c.view.library, c.view.lifecycles = library, folders
			catalog := c.view.catalog(whole, holding)
			var shown []string
			for i := range catalog.Assets {
				if catalog.Assets[i].Shown(c.at) {
					shown = append(shown, catalog.Assets[i].Path)
				}
			}
			if got := strings.Join(shown, " "); got != c.want || catalog.Archived != c.archived {
				t.Errorf("%s, %d archived; want %s, %d", got, catalog.Archived, c.want, c.archived)
			}
			count, next := countShown(catalog.Assets, c.at)
			if int(count) != len(shown) {
				t.Errorf("counts %d", count)
			}
			if later, _ := countShown(catalog.Assets, next); !next.IsZero() && later == count {
				t.Errorf("nothing changes at %v", next)
			}
		})
	}
}

// A link shows the fields that it names and no other, as the Library orders and calls them.
//
// features: B3, B5, K17
func TestALinkShowsTheFieldsThatItNames(t *testing.T) {
	library := &v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Name: "brand"}, Spec: v1alpha1.LibrarySpec{
		Bucket: v1alpha1.Bucket{Name: "acme-brand"},
		Metadata: &v1alpha1.MetadataSchema{Fields: []v1alpha1.MetadataField{
			{Name: "title", Title: "Title", Type: v1alpha1.FieldText}, {Name: "fee", Type: v1alpha1.FieldNumber}, {Name: "keywords", Type: v1alpha1.FieldKeywords},
		}},
	}}
	said := Said{Metadata: &asset.Metadata{Fields: map[string][]string{"title": {"Hero"}, "fee": {"900"}, "keywords": {"hero", "spring"}, "old": {"x"}}}}
	holding := &Holding{Assets: []Asset{{Key: access.Key{Library: "brand", Path: "a.jpg"}, ETag: "e", Said: said}}}
	scope := access.LinkScope{Library: "brand", Scope: &access.Scope{Library: "brand"}}
	for _, c := range []struct {
		names []v1alpha1.MetadataFieldName
		want  []asset.CatalogField
	}{
		{nil, nil},
		{[]v1alpha1.MetadataFieldName{"keywords", "title", "old", "absent"}, []asset.CatalogField{{Title: "Title", Values: []string{"Hero"}}, {Title: "keywords", Values: []string{"hero", "spring"}}}},
	} {
		obj := &v1alpha1.PublicLink{Spec: v1alpha1.PublicLinkSpec{MetadataFields: c.names}}
		catalog := newView(&Tenant{}, library, obj).catalog(scope, holding)
		if diff := cmp.Diff(c.want, catalog.Assets[0].Fields); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.names, diff)
		}
		if data, err := catalog.Encode(); err != nil || strings.Contains(string(data), "900") {
			t.Errorf("%v: a field that the link does not name is in its catalog: %s", err, data)
		}
	}
}

// What is said while a look is under way is not taken back by it, and what a later look finds counts again.
func TestWhatIsSaidDuringALookStays(t *testing.T) {
	key := access.Key{Library: "brand", Path: "a.jpg"}
	name := types.NamespacedName{Namespace: "acme", Name: "brand"}
	look := func(began time.Time, said Said) *Holding {
		return &Holding{began: began, Assets: []Asset{{Key: key, ETag: "e", Said: said}}}
	}
	draft := Said{State: &asset.StateRecord{State: v1alpha1.StateDraft}}
	inventory := NewInventory()
	stateOf := func() string {
		if s := inventory.Of(name).Assets[0].Said.State; s != nil {
			return string(s.State)
		}
		return "none"
	}
	began := time.Now()
	inventory.set(name, look(began, Said{}))
	slow := look(time.Now(), Said{}) // it reads before the draft is written
	inventory.tell(name, map[access.Key]Said{key: draft})
	if got := stateOf(); got != "Draft" {
		t.Fatalf("it is not told at once: %s", got)
	}
	inventory.set(name, slow)
	if got := stateOf(); got != "Draft" {
		t.Errorf("a look that began earlier takes it back: %s", got)
	}
	inventory.set(name, look(time.Now().Add(time.Millisecond), Said{}))
	if got := stateOf(); got != "none" {
		t.Errorf("a later look does not count: %s", got)
	}
	if fmt.Sprint(inventory.said[name]) != "map[]" {
		t.Errorf("kept for ever: %v", inventory.said[name])
	}
}
