package policy

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// MaxLinkPlaces is how many places in one Library the gateway's rights name: at about 100 bytes each in a bucket's policy
// 20 KB of the 64 KiB, so that links of any size leave room for people.
const MaxLinkPlaces = 200

// Cover gives the same links with fewer places, where the files that they show in one Library are more than MaxLinkPlaces: in the
// place of files stand folders that hold them, those with the most files first. The gateway's key then reaches what else is
// there too; what visitors get is bounded by each link's catalog all the same. Files of restricted Folders are never covered.
func Cover(links []LinkRights) []LinkRights {
	paths := map[Buckets]map[string]bool{}
	for _, l := range links {
		for _, k := range l.Keys {
			if k.Restricted != "" {
				continue
			}
			if paths[l.Buckets] == nil {
				paths[l.Buckets] = map[string]bool{}
			}
			paths[l.Buckets][k.Path] = true
		}
	}
	covered := slices.Clone(links)
	for buckets, set := range paths {
		folders := foldersFor(slices.Sorted(maps.Keys(set)), MaxLinkPlaces)
		if len(folders) == 0 {
			continue
		}
		for i := range covered {
			if covered[i].Buckets == buckets {
				covered[i] = coveredBy(covered[i], folders)
			}
		}
	}
	return covered
}

// coveredBy puts folders in the place of the files of a link that lie in them.
func coveredBy(l LinkRights, folders map[string]bool) LinkRights {
	var keys []access.Key
	of := map[access.Scope]bool{}
	for _, k := range l.Keys {
		folder, ok := folderAbove(k.Path, folders)
		if !ok || k.Restricted != "" {
			keys = append(keys, k)
			continue
		}
		of[access.Scope{Library: k.Library, Prefix: folder}] = true
	}
	l.Keys = keys
	l.Scopes = slices.Concat(l.Scopes, slices.SortedFunc(maps.Keys(of), func(a, b access.Scope) int { return cmp.Compare(a.Prefix, b.Prefix) }))
	return l
}

// folderAbove is the folder of a set that a file lies in, the nearest to the root.
func folderAbove(path string, folders map[string]bool) (string, bool) {
	if folders[""] {
		return "", true
	}
	for i, c := range path {
		if c == '/' && folders[path[:i+1]] {
			return path[:i+1], true
		}
	}
	return "", false
}

// foldersFor chooses folders, each with its slash or empty for the root, so that they and the files beside them are at most so many
// places; none when the files are. It goes up from the folders that hold the files, level by level.
func foldersFor(files []string, most int) map[string]bool {
	places, folders := files, map[string]bool{}
	for len(places) > most {
		inside := map[string]int{}
		for _, place := range places {
			inside[above(place)]++
		}
		parents := slices.SortedFunc(maps.Keys(inside), func(a, b string) int {
			return cmp.Or(inside[b]-inside[a], strings.Count(b, "/")-strings.Count(a, "/"), cmp.Compare(a, b))
		})
		left := len(places)
		for _, parent := range parents {
			if left <= most {
				break
			}
			folders[parent] = true
			left -= inside[parent] - 1
		}
		set := map[string]bool{}
		for _, place := range places {
			if folder, ok := folderAbove(place, folders); ok {
				place = folder
			}
			set[place] = true
		}
		places = slices.Collect(maps.Keys(set))
	}
	// A folder below another says nothing more.
	for folder := range folders {
		if nearest, _ := folderAbove(folder, folders); nearest != folder {
			delete(folders, folder)
		}
	}
	return folders
}

// above is the folder that a file or folder lies in; that of what lies at the root, and of the root, is the root.
func above(place string) string {
	return place[:strings.LastIndexByte(strings.TrimSuffix(place, "/"), '/')+1]
}
