package controllers

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// Inventory is what the Libraries were last seen to hold. It is a memory, not
// a record: after a restart it is empty until the first sweep of each Library.
type Inventory struct {
	mu       sync.RWMutex
	holdings map[types.NamespacedName]*Holding
	tried    map[types.NamespacedName]bool
}

// Holding is what one Library was last seen to hold. It is never changed once stored.
type Holding struct {
	// Files are the paths in the bucket of originals, sorted, and FilesVersion
	// tells one such list from another.
	Files        []string
	FilesVersion uint64
	// Assets are all originals, those of restricted folders included, sorted by key.
	Assets []Asset
	// Bytes of all originals.
	Bytes int64
	// Counts and Problems tell how far rendering is.
	Counts   rendition.Counts
	Problems []rendition.Problem
	// Job that renders now, if any.
	Job string
	// Ignored counts originals that Vitrine does not take in, and the first of them says why.
	Ignored      int
	IgnoredFirst string
}

// Asset is one original with what is known of it.
type Asset struct {
	Key      access.Key
	ETag     string
	Size     int64
	Modified time.Time
	// Facts of this very ETag; nil until a worker has looked.
	Facts *asset.Facts
	// Renditions that exist for this ETag.
	Renditions []asset.CatalogRendition
}

// NewInventory makes an empty one.
func NewInventory() *Inventory {
	return &Inventory{holdings: map[types.NamespacedName]*Holding{}, tried: map[types.NamespacedName]bool{}}
}

// Of gives a Library's holding; nil when it has not been swept yet.
func (i *Inventory) Of(library types.NamespacedName) *Holding {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.holdings[library]
}

// set stores a holding and gives the one before.
func (i *Inventory) set(library types.NamespacedName, h *Holding) (before *Holding) {
	i.mu.Lock()
	defer i.mu.Unlock()
	before = i.holdings[library]
	i.holdings[library] = h
	return before
}

// failed notes that a look at a Library was tried and did not succeed.
func (i *Inventory) failed(library types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.tried[library] = true
}

// awaited tells whether the first look at a Library is still to come. One that
// failed is not waited for: a bucket that is gone must not hold up anybody's revocation.
func (i *Inventory) awaited(library types.NamespacedName) bool {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.holdings[library] == nil && !i.tried[library]
}

func (i *Inventory) forget(library types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.holdings, library)
	delete(i.tried, library)
}
