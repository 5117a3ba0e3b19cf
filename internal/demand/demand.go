// Package demand is how a gateway tells the manager which renditions visitors asked for that are made on request only. The
// gateway keeps a short list and writes nowhere; the manager fetches it, and judges each entry by what is declared before it acts on it.
package demand

import (
	"slices"
	"sync"
	"time"
)

const (
	// MaxItems is how many renditions a gateway keeps on its list. When it is full the one that was asked for least lately goes: whoever
	// still waits for it asks again.
	MaxItems = 1000
	// keep is how long one is on the list after it was last asked for. The page that says it is being made asks every few seconds.
	keep = 2 * time.Minute
)

// Item is one rendition that a visitor of a link asked for.
type Item struct {
	// Namespace and Link name the PublicLink.
	Namespace string `json:"namespace"`
	Link      string `json:"link"`
	// Asset is its ID in addresses.
	Asset string `json:"asset"`
	// Preset that it is to be made by.
	Preset string `json:"preset"`
}

// Entry is an Item on a list.
type Entry struct {
	Item
	// At is when it was last asked for, by the gateway's clock.
	At time.Time `json:"at"`
}

// List is what visitors asked for of late, each once. Its methods may be called at once.
type List struct {
	now func() time.Time

	mu    sync.Mutex
	asked map[Item]time.Time
}

// NewList makes an empty one that goes by a clock.
func NewList(now func() time.Time) *List { return &List{now: now, asked: map[Item]time.Time{}} }

// Note puts a rendition on the list.
func (l *List) Note(item Item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if _, known := l.asked[item]; !known && len(l.asked) >= MaxItems {
		l.drop(now)
	}
	l.asked[item] = now
}

// drop makes room for one.
func (l *List) drop(now time.Time) {
	var oldest Item
	at := now.Add(time.Nanosecond)
	for item, asked := range l.asked {
		if asked.Before(at) {
			oldest, at = item, asked
		}
	}
	delete(l.asked, oldest)
}

// Entries gives what was asked for of late, the one that was asked for last at the end.
func (l *List) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	entries := make([]Entry, 0, len(l.asked))
	for item, asked := range l.asked {
		if now.Sub(asked) > keep {
			delete(l.asked, item)
			continue
		}
		entries = append(entries, Entry{item, asked})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	return entries
}
