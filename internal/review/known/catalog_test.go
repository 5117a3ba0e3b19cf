package known_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/review/known"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// shelf holds objects in memory, and counts how they are asked for.
type shelf struct {
	mu           sync.Mutex
	objects      map[string][]byte // by bucket/key
	reads, lists int
	// before is called ahead of each read.
	before func(object string) error
	// failsAt is the request that fails, counted from 1, and with it all that follow; none when zero.
	failsAt int
}

var errAway = errors.New("the store is away")

// ask counts a request, which fails once the store is away.
func (s *shelf) ask(count *int) error {
	*count++
	if s.failsAt > 0 && s.reads+s.lists >= s.failsAt {
		return errAway
	}
	return nil
}

func etag(data []byte) string {
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}

func (s *shelf) GetObject(_ context.Context, bucket, key string) ([]byte, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.before != nil {
		if err := s.before(key); err != nil {
			return nil, "", err
		}
	}
	if err := s.ask(&s.reads); err != nil {
		return nil, "", err
	}
	data, ok := s.objects[bucket+"/"+key]
	if !ok {
		return nil, "", store.ErrNotFound
	}
	return data, etag(data), nil
}

func (s *shelf) ListObjects(_ context.Context, bucket, prefix string, visit func(store.ObjectInfo) error) error {
	s.mu.Lock()
	if err := s.ask(&s.lists); err != nil {
		s.mu.Unlock()
		return err
	}
	var all []store.ObjectInfo
	for name, data := range s.objects {
		if key, in := strings.CutPrefix(name, bucket+"/"); in && strings.HasPrefix(key, prefix) {
			all = append(all, store.ObjectInfo{Key: key, ETag: etag(data), Size: int64(len(data)), LastModified: noon})
		}
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b store.ObjectInfo) int { return strings.Compare(a.Key, b.Key) })
	for _, o := range all {
		if err := visit(o); err != nil {
			return err
		}
	}
	return nil
}

var (
	noon    = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	signed  = asset.Signature{By: "mona", At: noon}
	library = known.Library{Name: "brand", Originals: "b", Vitrine: "b-dam", Lifecycle: func(access.Key) asset.Lifecycle { return asset.Lifecycle{} }}
)

// newShelf has so many files in two folders of the open library, and three in a restricted one; every seventh is described.
func newShelf(t *testing.T, n int) *shelf {
	t.Helper()
	s := &shelf{objects: map[string][]byte{}}
	for i := range n {
		s.file(t, access.Key{Path: fmt.Sprintf("f%d/%05d.txt", i%2, i)}, i)
	}
	for i := range 3 {
		s.file(t, access.Key{Restricted: "embargo", Path: fmt.Sprintf("%d.txt", i)}, i)
	}
	return s
}

func (s *shelf) file(t *testing.T, key access.Key, i int) {
	t.Helper()
	content := fmt.Appendf(nil, "content of %v", key)
	vitrine, object := asset.Object(key)
	s.objects[map[bool]string{false: "b/", true: "b-dam/"}[vitrine]+object] = content
	version := fmt.Sprintf("V%d", i)
	sum := strings.Repeat("0123abcd", 8)
	facts, err := asset.EncodeFacts(asset.Facts{V: asset.FactsVersion, ETag: etag(content), VersionID: version, SHA256: sum, ContentType: "text/plain"})
	s.keep(t, asset.FactsObject(key), facts, err)
	if i%7 != 0 {
		return
	}
	data, err := asset.Metadata{Fields: map[string][]string{"title": {"Title of " + key.Path}}, Signature: signed}.Encode()
	s.keep(t, asset.MetaObject(key), data, err)
	data, err = asset.StateRecord{State: v1alpha1.StateDraft, Signature: signed}.Encode()
	s.keep(t, asset.StateObject(key), data, err)
	data, err = asset.Approval{VersionID: version, SHA256: sum, Verdict: v1alpha1.ApprovalApproved, Signature: signed}.Encode()
	s.keep(t, asset.ApprovalObject(key, version), data, err)
}

func (s *shelf) keep(t *testing.T, object string, data []byte, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	s.objects["b-dam/"+object] = data
}

func noted[T any](s *shelf, object string, decode func([]byte) (T, error)) *asset.Noted[T] {
	data, ok := s.objects["b-dam/"+object]
	says, err := decode(data)
	if !ok || err != nil {
		return nil
	}
	return &asset.Noted[T]{ETag: etag(data), Says: &says}
}

// catalogue writes the catalogs as the manager does.
func (s *shelf) catalogue(t *testing.T) {
	t.Helper()
	byPlace := map[string][]asset.PlaceRow{}
	for name, data := range s.objects {
		key := access.Key{}
		if below, in := strings.CutPrefix(name, "b-dam/"+asset.RestrictedRoot); in {
			key.Restricted, key.Path, _ = strings.Cut(below, "/")
		} else if key.Path, in = strings.CutPrefix(name, "b/"); !in {
			continue
		}
		row := asset.PlaceRow{Path: key.Path, ETag: etag(data), Size: int64(len(data)), Modified: noon}
		row.Facts = noted(s, asset.FactsObject(key), func(b []byte) (asset.Facts, error) { return asset.DecodeFacts(strings.NewReader(string(b))) })
		row.Metadata = noted(s, asset.MetaObject(key), asset.DecodeMetadata)
		row.State = noted(s, asset.StateObject(key), asset.DecodeState)
		if a := noted(s, asset.ApprovalObject(key, row.Facts.Says.VersionID), asset.DecodeApproval); a != nil {
			row.Approvals = append(row.Approvals, *a)
		}
		byPlace[key.Restricted] = append(byPlace[key.Restricted], row)
	}
	for place, rows := range byPlace {
		slices.SortFunc(rows, func(a, b asset.PlaceRow) int { return strings.Compare(a.Path, b.Path) })
		c, begin := asset.PlaceCatalog{Shape: asset.PlaceShape(), Swept: noon}, 0
		for _, end := range asset.CutParts(len(rows), func(i int) string { return rows[i].Path }) {
			data, part, err := asset.EncodePart(rows[begin:end])
			s.keep(t, asset.PartObject(place, part.Name), data, err)
			c.Parts, begin = append(c.Parts, part), end
		}
		data, err := c.Encode()
		s.keep(t, asset.PlaceObject(place), data, err)
	}
}

var everywhere = []access.Scope{{Library: "brand", Restricted: "embargo"}, {Library: "brand"}}

// see gives what is said of each file, one line each.
func see(t *testing.T, s *shelf, places []access.Scope, fresh bool) (lines []string, since time.Time) {
	t.Helper()
	since, err := known.Visit(t.Context(), s, library, places, noon, fresh, func(f *known.File) error {
		line := fmt.Sprint(f.Key.Restricted, ":", f.Key.Path, " ", f.Size, " ", f.State, " ", f.Approval, " ", f.Facts.ContentType)
		if f.Metadata != nil {
			line += fmt.Sprint(" ", f.Metadata.Fields)
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines, since
}

// Whatever there is of a catalog, the answer is the same; only how it is come by differs.
//
// features: A1.1, A1.2
func TestTheAnswerIsTheSameWithAndWithoutCatalog(t *testing.T) {
	s := newShelf(t, 11_000)
	want, since := see(t, s, everywhere, false)
	if len(want) != 11_003 || !since.IsZero() || s.reads < 11_000 {
		t.Fatalf("%d files as of %s after %d reads", len(want), since, s.reads)
	}
	s.catalogue(t)
	check := func(what string, fresh bool, most int, catalog bool) {
		t.Helper()
		s.reads = 0
		got, since := see(t, s, everywhere, fresh)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", what, diff)
		}
		if s.reads > most || catalog == since.IsZero() {
			t.Errorf("%s: it took %d reads, and is of %s", what, s.reads, since)
		}
	}
	check("by the catalog", false, 100, true)
	check("by the objects that changed", true, 100, false)
	head := s.objects["b-dam/"+asset.PlaceObject("")]
	c, err := asset.DecodePlaceCatalog(head)
	if err != nil {
		t.Fatal(err)
	}
	last := "b-dam/" + asset.PartObject("", c.Parts[len(c.Parts)-1].Name)
	part := s.objects[last]
	delete(s.objects, last)
	check("without its last part", false, 9000, true) // what came before it is as of the catalog
	s.objects[last] = part[:len(part)-1]
	check("with a part cut off", false, 9000, true)
	s.objects["b-dam/"+asset.PlaceObject("")] = []byte("vitrine place 9\n")
	check("by one of another version", false, 20_000, false)

	// Replaced while it is read: the second goes on where the first ended.
	s.objects["b-dam/"+asset.PlaceObject("")], s.objects[last] = head, part
	s.before = func(object string) error {
		if strings.HasSuffix(last, object) {
			s.before = nil
			delete(s.objects, last)
			row := "b-dam/" + asset.MetaObject(access.Key{Path: "f1/10999.txt"})
			data, err := asset.Metadata{Fields: map[string][]string{"title": {"New"}}, Signature: signed}.Encode()
			s.keep(t, strings.TrimPrefix(row, "b-dam/"), data, err)
			s.catalogue(t)
		}
		return nil
	}
	want[len(want)-4] += " map[title:[New]]"
	check("replaced while it is read", false, 200, true)
}

// Of what a catalog said before it was replaced, or could not be read any more, the answer tells how old it is.
//
// features: A1.1, A1.2
func TestAnAnswerIsAsOldAsTheOldestOfIt(t *testing.T) {
	s := newShelf(t, 6000)
	s.catalogue(t)
	head := "b-dam/" + asset.PlaceObject("")
	c, err := asset.DecodePlaceCatalog(s.objects[head])
	if err != nil {
		t.Fatal(err)
	}
	newer := c
	newer.Swept = noon.Add(time.Hour)
	replaced, err := newer.Encode()
	if err != nil {
		t.Fatal(err)
	}
	const first, none = 0, -1
	last := len(c.Parts) - 1
	for reason, test := range map[string]struct {
		lacks    int  // the part that is not there when it is read first
		stays    bool // nor later
		replaced bool // the catalog, by then
		want     time.Time
	}{
		"it is read to its end":                                 {none, false, false, noon},
		"its first part is not there for a moment":              {first, false, false, noon},
		"its first part is not there":                           {first, true, false, time.Time{}},
		"its last part is not there for a moment":               {last, false, false, noon},
		"its last part is not there":                            {last, true, false, noon},
		"it is replaced before it said anything":                {first, false, true, newer.Swept},
		"it is replaced when it said something":                 {last, false, true, noon},
		"it is replaced by one that cannot be read to its end":  {last, true, true, noon},
		"it is replaced by one of which nothing at all is read": {first, true, true, time.Time{}},
	} {
		t.Run(reason, func(t *testing.T) {
			here, lacked := &shelf{objects: maps.Clone(s.objects)}, false
			here.before = func(object string) error {
				if test.lacks == none || object != asset.PartObject("", c.Parts[test.lacks].Name) || lacked && !test.stays {
					return nil
				}
				lacked = true
				if test.replaced {
					here.objects[head] = replaced
				}
				return store.ErrNotFound
			}
			lines, since := see(t, here, everywhere, false)
			if len(lines) != 6003 || !since.Equal(test.want) || lacked != (test.lacks != none) {
				t.Errorf("%d files as of %s, want %s; a part was lacked: %t", len(lines), since, test.want, lacked)
			}
		})
	}
}

// Whichever request fails, with all that follow, there is an error and no answer that tells of some of the files only.
func TestAFailureIsNoAnswer(t *testing.T) {
	many, few := newShelf(t, 6000), newShelf(t, 20)
	many.catalogue(t)
	for reason, test := range map[string]struct {
		shelf *shelf
		fresh bool
	}{
		"by the catalog":              {many, false},
		"by the objects that changed": {many, true},
		"by the objects":              {few, false},
	} {
		t.Run(reason, func(t *testing.T) {
			s := &shelf{objects: test.shelf.objects}
			see(t, s, everywhere, test.fresh)
			all := s.reads + s.lists
			if all < 10 {
				t.Fatalf("it took %d requests", all)
			}
			for n := range all {
				s := &shelf{objects: test.shelf.objects, failsAt: n + 1}
				since, err := known.Visit(t.Context(), s, library, everywhere, noon, test.fresh, func(*known.File) error { return nil })
				if !errors.Is(err, errAway) || !since.IsZero() {
					t.Errorf("with request %d of %d failing: %v, as of %s", n+1, all, err, since)
				}
			}
		})
	}
}

// Where there are not many files, what changed since the catalog was written is in the answer.
//
// features: A1.1, A1.2
func TestFewFilesAreAsTheyAreNow(t *testing.T) {
	s := newShelf(t, 50)
	s.catalogue(t)
	s.file(t, access.Key{Path: "f0/new.txt"}, 1)
	delete(s.objects, "b-dam/"+asset.MetaObject(access.Key{Path: "f0/00000.txt"}))
	delete(s.objects, "b/f1/00001.txt")
	s.reads = 0
	lines, since := see(t, s, []access.Scope{{Library: "brand"}}, false)
	if len(lines) != 50 || !since.IsZero() || s.reads > 5 {
		t.Errorf("%d files as of %s after %d reads", len(lines), since, s.reads)
	}
	if !strings.HasSuffix(lines[0], " Draft Approved text/plain") {
		t.Errorf("the first is %s", lines[0])
	}
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, ":f0/new.txt") }) || slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, ":f1/00001.txt") }) {
		t.Errorf("it says %v", lines)
	}
}

// Whoever visits may end it.
func TestAVisitEndsWithTheVisitorsError(t *testing.T) {
	s := newShelf(t, 6000)
	s.catalogue(t)
	enough := errors.New("enough")
	for _, fresh := range []bool{false, true} {
		visits := 0
		_, err := known.Visit(t.Context(), s, library, everywhere, noon, fresh, func(*known.File) error { visits++; return enough })
		if !errors.Is(err, enough) || visits != 1 {
			t.Errorf("after %d visits it is %v", visits, err)
		}
	}
}
