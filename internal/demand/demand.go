// Package demand is how a gateway tells the manager which renditions visitors asked for that are made on request only. The
// gateway keeps a short list and writes nowhere; the manager fetches it, and judges each entry by what is declared before it acts on it.
package demand

import (
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// MaxItems is how many renditions a gateway keeps on its list. When it is full the one that was asked for least lately goes: whoever
	// still waits for it asks again.
	MaxItems = 1000
	// MaxLinkItems is how many of them may be of one link, so that its visitors push nobody else's out.
	MaxLinkItems = 50
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
	asked map[link]map[Item]time.Time
	total int
}

// link is the one at which something was asked for.
type link struct{ namespace, name string }

func (i Item) at() link { return link{i.Namespace, i.Link} }

// NewList makes an empty one that goes by a clock.
func NewList(now func() time.Time) *List {
	return &List{now: now, asked: map[link]map[Item]time.Time{}}
}

// Note puts a rendition on the list.
func (l *List) Note(item Item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, at := l.now(), item.at()
	if _, known := l.asked[at][item]; known {
		l.asked[at][item] = now
		return
	}
	switch {
	case len(l.asked[at]) >= MaxLinkItems:
		oldest, _ := oldestOf(l.asked[at])
		l.drop(oldest)
	case l.total >= MaxItems:
		l.dropOldest()
	}
	item = item.clone()
	at = item.at()
	if l.asked[at] == nil {
		l.asked[at] = map[Item]time.Time{}
	}
	l.asked[at][item] = now
	l.total++
}

// clone gives an Item that holds nothing else: names come from the path of a request, which may be long.
func (i Item) clone() Item {
	return Item{strings.Clone(i.Namespace), strings.Clone(i.Link), strings.Clone(i.Asset), strings.Clone(i.Preset)}
}

// dropOldest makes room for one.
func (l *List) dropOldest() {
	var oldest Item
	var at time.Time
	for _, asked := range l.asked {
		if item, when := oldestOf(asked); at.IsZero() || when.Before(at) {
			oldest, at = item, when
		}
	}
	l.drop(oldest)
}

// oldestOf gives the one of a link that was asked for least lately.
func oldestOf(asked map[Item]time.Time) (oldest Item, at time.Time) {
	for item, when := range asked {
		if at.IsZero() || when.Before(at) {
			oldest, at = item, when
		}
	}
	return oldest, at
}

func (l *List) drop(item Item) {
	at := item.at()
	if _, known := l.asked[at][item]; !known {
		return
	}
	delete(l.asked[at], item)
	l.total--
	if len(l.asked[at]) == 0 {
		delete(l.asked, at)
	}
}

// Entries gives what was asked for of late, the one that was asked for last at the end.
func (l *List) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	entries := make([]Entry, 0, l.total)
	for _, asked := range l.asked {
		for item, at := range asked {
			if now.Sub(at) > keep {
				l.drop(item)
				continue
			}
			entries = append(entries, Entry{item, at})
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	return entries
}
