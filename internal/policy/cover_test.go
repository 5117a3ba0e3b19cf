package policy_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

var brand = policy.Buckets{Originals: "acme-brand", Vitrine: "acme-brand-dam"}

func filesNamed(format string, n int) []access.Key {
	keys := make([]access.Key, n)
	for i := range keys {
		keys[i] = access.Key{Library: "brand", Path: fmt.Sprintf(format, i)}
	}
	return keys
}

func scopes(prefixes ...string) []access.Scope {
	list := make([]access.Scope, len(prefixes))
	for i, prefix := range prefixes {
		list[i] = access.Scope{Library: "brand", Prefix: prefix}
	}
	return list
}

// features: U15
func TestCover(t *testing.T) {
	few, many, apart := filesNamed("press/%03d.jpg", 5), filesNamed("launch/final/%03d.jpg", policy.MaxLinkPlaces), filesNamed("a/%03d/hero.jpg", 2*policy.MaxLinkPlaces)
	secret := []access.Key{{Library: "brand", Restricted: "embargo", Path: "x.jpg"}}
	for _, test := range []struct {
		reason string
		links  []policy.LinkRights
		want   []policy.LinkRights
	}{
		{
			"as many files as there are places are named one by one",
			[]policy.LinkRights{{Buckets: brand, Keys: many}},
			[]policy.LinkRights{{Buckets: brand, Keys: many}},
		},
		{
			"the folder with the most files stands for them, and files beside stay as they are",
			[]policy.LinkRights{{Buckets: brand, Originals: true, Keys: slices.Concat(few, many)}},
			[]policy.LinkRights{{Buckets: brand, Originals: true, Keys: few, Scopes: scopes("launch/final/")}},
		},
		{
			"what all links show together counts, and each gets folders of its own files alone",
			[]policy.LinkRights{{Buckets: brand, Keys: few}, {Buckets: brand, Keys: many[:1]}, {Buckets: brand, Keys: many[1:]}},
			[]policy.LinkRights{{Buckets: brand, Keys: few}, {Buckets: brand, Scopes: scopes("launch/final/")}, {Buckets: brand, Scopes: scopes("launch/final/")}},
		},
		{
			"a folder for each file saves nothing, so the one above stands for all",
			[]policy.LinkRights{{Buckets: brand, Keys: apart}},
			[]policy.LinkRights{{Buckets: brand, Scopes: scopes("a/")}},
		},
		{
			"files at the root have the root above them",
			[]policy.LinkRights{{Buckets: brand, Keys: filesNamed("%03d.jpg", policy.MaxLinkPlaces+1)}},
			[]policy.LinkRights{{Buckets: brand, Scopes: scopes("")}},
		},
		{
			"another Library has places of its own",
			[]policy.LinkRights{{Buckets: brand, Keys: many}, {Buckets: policy.Buckets{Originals: "acme-press"}, Keys: few}},
			[]policy.LinkRights{{Buckets: brand, Keys: many}, {Buckets: policy.Buckets{Originals: "acme-press"}, Keys: few}},
		},
		{
			"a file of a restricted Folder is never covered, and scopes stay",
			[]policy.LinkRights{{Buckets: brand, Keys: slices.Concat(secret, few, many), Scopes: scopes("open/")}},
			[]policy.LinkRights{{Buckets: brand, Keys: slices.Concat(secret, few), Scopes: scopes("open/", "launch/final/")}},
		},
	} {
		if diff := cmp.Diff(test.want, policy.Cover(test.links)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
}

// Whatever the files are, they are all within reach, and in few places.
func TestCoverReachesEverythingInFewPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		segment := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"})
		var links []policy.LinkRights
		for range rapid.IntRange(1, 3).Draw(t, "links") {
			paths := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string {
				return strings.Join(rapid.SliceOfN(segment, 0, 4).Draw(t, "folders"), "/") + "/" + rapid.StringMatching(`[a-z]{3}`).Draw(t, "name")
			}), 0, 300, rapid.ID).Draw(t, "paths")
			var keys []access.Key
			for _, path := range paths {
				keys = append(keys, access.Key{Library: "brand", Path: strings.TrimPrefix(path, "/")})
			}
			links = append(links, policy.LinkRights{Buckets: brand, Keys: keys})
		}
		places := map[string]bool{}
		for i, covered := range policy.Cover(links) {
			for _, k := range links[i].Keys {
				in := func(s access.Scope) bool { return strings.HasPrefix(k.Path, s.Prefix) }
				if !slices.Contains(covered.Keys, k) && !slices.ContainsFunc(covered.Scopes, in) {
					t.Fatalf("%s is out of reach", k.Path)
				}
			}
			for _, k := range covered.Keys {
				places[k.Path] = true
			}
			for _, s := range covered.Scopes {
				places[s.Prefix+"/"] = true
			}
		}
		if len(places) > policy.MaxLinkPlaces {
			t.Fatalf("%d places: %v", len(places), slices.Sorted(maps.Keys(places)))
		}
	})
}
