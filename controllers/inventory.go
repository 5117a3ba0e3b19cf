package controllers

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// Inventory is what the Libraries were last seen to hold. It is a memory, not
// a record: after a restart it is empty until the first sweep of each Library.
type Inventory struct {
	mu       sync.RWMutex
	holdings map[types.NamespacedName]*Holding
	files    map[types.NamespacedName]files
	tried    map[types.NamespacedName]bool // a look at it failed
	looks    map[types.NamespacedName]look
	// paces are how fast Libraries are rendered. They change with the clock, so they are no part of what is held.
	paces map[types.NamespacedName]rendition.Pace
	// swept is when the last sweep of each Library began that came to its end.
	swept map[types.NamespacedName]time.Time
	// sweeps is what is to be told of the sweeps of each Library.
	sweeps map[types.NamespacedName]v1alpha1.SweepStatus
	// said is what was said of files since the sweeps began that the holdings are from.
	said map[types.NamespacedName]map[access.Key]saidAt
	// changed numbers the last change of each namespace, of changes in all.
	changed map[string]uint64
	changes uint64
}

// look is the last one at a Library: it has no end while it is under way.
type look struct{ began, ended time.Time }

// saidAt is what was said of a file, as it was known at an instant.
type saidAt struct {
	said Said
	at   time.Time
}

// files are the paths in a Library's bucket of originals, sorted; version tells
// one such list from another.
type files struct {
	paths   []string
	version uint64
}

// Holding is what one Library was last seen to hold. It is never changed once stored.
type Holding struct {
	// Assets are all originals, those of restricted folders included, sorted by key.
	Assets []Asset
	// Archived are originals that were put aside, sorted by key.
	Archived []Asset
	// Bytes of all originals, those that are put aside left out.
	Bytes int64
	// Counts and Problems tell how far rendering is.
	Counts   rendition.Counts
	Problems []rendition.Problem
	// Held are presets by which nothing is rendered now.
	Held []HeldPreset
	// Marks are the watermarks that links can name, by name.
	Marks map[string]Mark
	// Job that renders now, if any; RenderError is why none could be made.
	Job         string
	RenderError string
	// Ignored counts originals that Vitrine does not take in, and the first of them says why.
	Ignored      int
	IgnoredFirst string
	// Descriptions tells how far the files are described.
	Descriptions Descriptions
	// Unclear are files that may have been renamed, of which it is not certain which is which.
	Unclear []asset.Unclear
	// began is when the sweep began that this is from.
	began time.Time
}

// Asset is one original with what is known of it.
type Asset struct {
	Key      access.Key
	ETag     string
	Size     int64
	Modified time.Time
	// Facts of this very ETag; nil until a worker has looked.
	Facts *asset.Facts
	// Said is what people said and decided of it.
	Said Said
	// Focus area of the asset, if it has one.
	Focus *rendition.Focus
	// Unmade names the presets by which no picture of it can be made.
	Unmade []string
	// Version, when this is another version than the current one.
	Version string
	// from and until bound when a link shows it; see asset.Window.
	from, until time.Time
	// Renditions that exist for this ETag.
	Renditions []asset.CatalogRendition
	// Marked are those with the watermarks of links (rendition.MarkedName), and Asked the presets by which links ask for such.
	Marked []asset.CatalogRendition
	Asked  []string
}

// Said is what people said and decided of a file.
type Said = asset.Said

// NewInventory makes an empty one.
func NewInventory() *Inventory {
	return &Inventory{
		holdings: map[types.NamespacedName]*Holding{}, files: map[types.NamespacedName]files{}, tried: map[types.NamespacedName]bool{},
		changed: map[string]uint64{}, looks: map[types.NamespacedName]look{}, said: map[types.NamespacedName]map[access.Key]saidAt{},
		swept: map[types.NamespacedName]time.Time{}, sweeps: map[types.NamespacedName]v1alpha1.SweepStatus{},
		paces: map[types.NamespacedName]rendition.Pace{},
	}
}

// Of gives a Library's holding; nil when it has not been swept yet.
func (i *Inventory) Of(library types.NamespacedName) *Holding {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.holdings[library]
}

// set stores a holding, and tells whether it says anything else than the one before. One look at a Library at a time.
// What was said of files while the look was under way, it may have missed.
func (i *Inventory) set(library types.NamespacedName, h *Holding) (other bool) {
	for {
		before := i.correct(library, h)
		alike := before != nil && before.saysAlike(h) // takes a while for many files
		i.mu.Lock()
		if i.holdings[library] != before { // something was said meanwhile
			i.mu.Unlock()
			continue
		}
		i.swept[library] = h.began
		if !alike {
			i.holdings[library] = h
			i.note(library.Namespace)
		}
		i.mu.Unlock()
		return !alike
	}
}

// sweptSince tells whether a sweep that began after an instant has come to its end.
func (i *Inventory) sweptSince(library types.NamespacedName, instant time.Time) bool {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.swept[library].After(instant)
}

// correct notes in a holding what was said of files after its sweep began, and gives the one that is stored.
func (i *Inventory) correct(library types.NamespacedName, h *Holding) (stored *Holding) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for key, later := range i.said[library] {
		if later.at.Before(h.began) {
			delete(i.said[library], key)
			continue
		}
		h.say(key, later.said)
	}
	return i.holdings[library]
}

// saysAlike compares two holdings but for when they were found. Times in them come from one source, in UTC.
func (h *Holding) saysAlike(other *Holding) bool {
	a, b := *h, *other
	a.began, b.began = time.Time{}, time.Time{}
	return reflect.DeepEqual(a, b)
}

// say notes what was said of a file.
func (h *Holding) say(key access.Key, said Said) {
	for _, list := range [][]Asset{h.Assets, h.Archived} {
		if at, found := find(list, key); found {
			list[at].Said = said
		}
	}
}

// find gives the place of a file in a list.
func find(list []Asset, key access.Key) (int, bool) {
	return slices.BinarySearchFunc(list, key, func(a Asset, key access.Key) int { return compareKeys(a.Key, key) })
}

// compareKeys is the order of a holding's assets: the open library's first, then each restricted folder's, by path.
func compareKeys(a, b access.Key) int {
	return cmp.Or(strings.Compare(a.Restricted, b.Restricted), strings.Compare(a.Path, b.Path))
}

// tell notes what is said of files now, ahead of the next sweep.
func (i *Inventory) tell(library types.NamespacedName, said map[access.Key]Said) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.said[library] == nil {
		i.said[library] = map[access.Key]saidAt{}
	}
	now := time.Now()
	for key, s := range said {
		i.said[library][key] = saidAt{s, now}
	}
	before := i.holdings[library]
	if before == nil {
		return // the first sweep finds it
	}
	changed := *before
	changed.Assets, changed.Archived = slices.Clone(before.Assets), slices.Clone(before.Archived)
	for key, s := range said {
		changed.say(key, s)
	}
	i.holdings[library] = &changed
	i.note(library.Namespace)
}

// setFiles stores what files there are, known well before what is known of them, and tells whether they are others than before.
func (i *Inventory) setFiles(library types.NamespacedName, f files) (other bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if before, known := i.files[library]; known && before.version == f.version {
		return false
	}
	i.files[library] = f
	i.note(library.Namespace)
	return true
}

// note is called with the lock held.
func (i *Inventory) note(namespace string) {
	i.changes++
	i.changed[namespace] = i.changes
}

// lastChange tells one state of what is known of a namespace's Libraries from another.
func (i *Inventory) lastChange(namespace string) uint64 {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.changed[namespace]
}

func (i *Inventory) filesOf(library types.NamespacedName) (f files, known bool) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	f, known = i.files[library]
	return f, known
}

// looking notes that a look at a Library begins, and done that it ends.
func (i *Inventory) looking(library types.NamespacedName) (done func()) {
	began := time.Now()
	note := func(ended time.Time) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.looks[library] = look{began, ended}
	}
	note(time.Time{})
	return func() { note(time.Now()) }
}

// rest is how long nobody needs to look at a Library before its time: while a
// look is under way, and for as long again after one, so that however many
// changes are told, listing it takes half of the time at most.
func (i *Inventory) rest(library types.NamespacedName) time.Duration {
	i.mu.RLock()
	defer i.mu.RUnlock()
	last, looked := i.looks[library]
	switch {
	case !looked:
		return 0
	case last.ended.IsZero():
		return hintInterval
	}
	return last.ended.Sub(last.began) - time.Since(last.ended)
}

// sweepOf gives what is to be told of a Library's sweeps; nil before there was anything.
func (i *Inventory) sweepOf(library types.NamespacedName) *v1alpha1.SweepStatus {
	i.mu.RLock()
	defer i.mu.RUnlock()
	if told, known := i.sweeps[library]; known {
		return &told
	}
	return nil
}

// setSweep notes what is to be told of a Library's sweeps, and tells whether that is something else than before. What it points to never changes.
func (i *Inventory) setSweep(library types.NamespacedName, told v1alpha1.SweepStatus) (other bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	before, known := i.sweeps[library]
	i.sweeps[library] = told
	return !known || !reflect.DeepEqual(before, told)
}

// setPace notes how fast a Library is rendered, and tells whether that is another pace than before.
func (i *Inventory) setPace(library types.NamespacedName, p rendition.Pace) (other bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.paces[library] == p {
		return false
	}
	i.paces[library] = p
	return true
}

func (i *Inventory) paceOf(library types.NamespacedName) rendition.Pace {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.paces[library]
}

// failed notes that a look at a Library was tried and did not succeed.
func (i *Inventory) failed(library types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.tried[library] = true
}

// gaveUp tells whether the first look at a Library was tried in vain.
func (i *Inventory) gaveUp(library types.NamespacedName) bool {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.holdings[library] == nil && i.tried[library]
}

func (i *Inventory) forget(library types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.holdings, library)
	delete(i.files, library)
	delete(i.tried, library)
	delete(i.looks, library)
	delete(i.said, library)
	delete(i.swept, library)
	delete(i.sweeps, library)
	delete(i.paces, library)
	i.note(library.Namespace)
	if !hasNamespace(i.holdings, library.Namespace) && !hasNamespace(i.files, library.Namespace) {
		delete(i.changed, library.Namespace) // as before anything was known of it
	}
}

func hasNamespace[T any](libraries map[types.NamespacedName]T, namespace string) bool {
	for library := range libraries {
		if library.Namespace == namespace {
			return true
		}
	}
	return false
}
