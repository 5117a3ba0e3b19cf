package asset

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/text/cases"
)

// ShownPaths gives the paths under which a link shows files, in their order:
// below a prefix, what is left of the path; elsewhere the file's name alone, so
// that a Collection tells nothing of the library's folders. Names that would
// meet, case aside, get a number: hero.jpg, hero (2).jpg.
func ShownPaths(paths []string, prefix string) []string {
	fold := cases.Fold()
	taken := make(map[string]bool, len(paths))
	shown := make([]string, len(paths))
	for i, full := range paths {
		name, below := strings.CutPrefix(full, prefix)
		if prefix == "" || !below {
			name = path.Base(full)
		}
		ext := path.Ext(name)
		stem := strings.TrimSuffix(name, ext)
		for n := 2; taken[fold.String(name)]; n++ {
			name = fmt.Sprintf("%s (%d)%s", stem, n, ext)
		}
		taken[fold.String(name)] = true
		shown[i] = name
	}
	return shown
}
