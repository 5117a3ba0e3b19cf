package asset

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// features: D12
func TestLeftover(t *testing.T) {
	for _, c := range []struct{ reason, path, by string }{
		{"the Finder's notes on a folder are no asset", "launch/.DS_Store", "macOS"},
		{"nor are they at the top", ".DS_Store", "macOS"},
		{"Windows' small pictures are none", "launch/Thumbs.db", "Windows"},
		{"nor are they in another case, which Windows takes for the same", "launch/THUMBS.DB", "Windows"},
		{"the Explorer's notes on a folder are none", "launch/desktop.ini", "Windows"},
		{"an AppleDouble file is none, though it ends as the picture beside it", "launch/._hero.jpg", "macOS"},
		{"all that an archive from a Mac has beside its content is none", "launch/__MACOSX/hero.jpg", "macOS"},
		{"nor is what lies deeper in it", "__MACOSX/launch/final/hero.jpg", "macOS"},
		{"a Synology's small pictures are none", "launch/@eaDir/hero.jpg/SYNOPHOTO_THUMB_M.jpg", "a Synology server"},
		{"a disk's bin is none", "$RECYCLE.BIN/S-1-5-21/hero.jpg", "Windows"},
		{"Bridge's cache is none", "launch/.BridgeCacheT", "Adobe Bridge"},
		{"LibreOffice's lock is none", "launch/.~lock.brief.odt#", "LibreOffice"},
		{"Office's lock is none", "launch/~$brief.docx", "Microsoft Office"},
		{"half a download is none", "launch/film.mp4.crdownload", "an unfinished transfer"},
		{"half an upload is none", "launch/film.mp4.filepart", "an unfinished transfer"},
		{"nor with the ending that most use", "launch/film.mp4.part", "an unfinished transfer"},
		{"nor with the ending in capitals", "launch/FILM.MP4.PART", "an unfinished transfer"},
		{"nor mc's", "launch/film.mp4.part.minio", "an unfinished transfer"},
		{"what is written before it gets its name is none", "launch/~WRD0001.tmp", "an unfinished change"},

		{"a picture is an asset", "launch/hero.jpg", ""},
		{"a name with the words in it is an asset's", "launch/DS_Store.jpg", ""},
		{"a volume of an archive is an asset, unlike half a file", "launch/raw.part1.rar", ""},
		{"an asset with such an ending is taken for half a file: it has to be renamed", "launch/film.part", "an unfinished transfer"},
		{"a file whose name begins with a dot is an asset", "launch/.htaccess", ""},
		{"a name that begins with a tilde is an asset's", "launch/~hero.jpg", ""},
		{"something like a lock without its end is an asset", "launch/.~lock.brief.odt", ""},
		{"a folder called like a leftover file is a folder", "launch/thumbs.db/hero.jpg", ""},
		{"a folder called like half a file is a folder", "v1.part/hero.jpg", ""},
		{"a file called like a leftover folder is a file", "launch/__MACOSX", ""},
		{"letters of other scripts are left alone", "launch/ÜBERBLICK.pdf", ""},
	} {
		t.Run(c.reason, func(t *testing.T) {
			if by := Leftover(c.path); by != c.by {
				t.Errorf("%q is left behind by %q, want %q", c.path, by, c.by)
			}
		})
	}
}

// features: D12
func TestNoAsset(t *testing.T) {
	for _, c := range []struct {
		reason, path, why string
		marker            bool
	}{
		{reason: "a file is an asset", path: "launch/hero.jpg"},
		{reason: "the marker of an empty folder is none, and nobody needs to be told", path: "launch/", marker: true},
		{reason: "who left a file behind is told", path: "launch/.DS_Store", why: "left behind by macOS"},
		{reason: "what is left behind is that first, whatever else is wrong with its name", path: "launch/._u\u0308ber.jpg", why: "left behind by macOS"},
		{reason: "a name that no policy can carry is none", path: "launch/a*.jpg", why: "not a path that Vitrine accepts: it contains *, ? or ${, which stores read as patterns"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			if why, marker := NoAsset(c.path); why != c.why || marker != c.marker {
				t.Errorf("%q: %q, marker %t; want %q, %t", c.path, why, marker, c.why, c.marker)
			}
		})
	}
}

func TestLeftoverTakesNoNoticeOfCase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.StringMatching(`([a-z@$_. ~-]{1,9}/){0,2}(\._|~\$|)[a-z#.~_]{1,12}(\.part|\.tmp|)`).Draw(t, "path")
		if lower, upper := Leftover(path), Leftover(strings.ToUpper(path)); lower != upper {
			t.Fatalf("%q: %q in small letters, %q in capitals", path, lower, upper)
		}
	})
}

// docs/library.md names what this package passes over, and nothing else.
func TestThePageOfTheLibraryNamesEveryLeftover(t *testing.T) {
	page, err := os.ReadFile("../../docs/library.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## What is no asset\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var said []string
	for i, word := range strings.Split(strings.ToLower(section), "`") {
		if i%2 == 1 && word != "/" && word != "restricted" {
			said = append(said, word)
		}
	}
	var want []string
	for _, l := range slices.Concat(leftoverNames, leftoverFolders) {
		want = append(want, l.name)
	}
	for _, l := range leftoverBeginnings {
		pattern := l.name + "*"
		if l.name == libreOfficeLock {
			pattern += "#"
		}
		want = append(want, pattern)
	}
	for _, l := range leftoverEndings {
		want = append(want, "*"+l.name)
	}
	slices.Sort(said)
	slices.Sort(want)
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("(-code +page):\n%s", diff)
	}
}
