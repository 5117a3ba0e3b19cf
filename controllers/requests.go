package controllers

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/internal/demand"
)

const (
	// maxRequests bounds what is remembered of one Library. Who is not remembered asks again.
	maxRequests = 10_000
	// maxLinkRequests bounds what waits of one link, so that its visitors keep out nobody else's.
	maxLinkRequests = 500
	// requestLife is how long a request waits for its turn after it was last made: as long as a worker may take.
	requestLife = manifestLife
)

// Requests are the renditions that visitors asked for. It is a memory, not a record: after a restart whoever still waits asks again.
type Requests struct {
	mu  sync.Mutex
	all map[types.NamespacedName]*libraryRequests
}

// libraryRequests are those of one Library.
type libraryRequests struct {
	asked map[renditionRequest]asking
	// waiting counts those that are not served, and ofLink the same by link.
	waiting int
	ofLink  map[string]int
}

// renditionRequest is one rendition of a Library.
type renditionRequest struct{ asset, preset string }

// asking is when and where it was asked for.
type asking struct {
	// at is the last time, by the gateway's clock, and noted when that was heard of.
	at, noted time.Time
	// link whose visitor asked for it first; it is in the Library's namespace.
	link string
	// served: it is there, or cannot be made, and nobody has asked since.
	served bool
}

// NewRequests makes an empty memory.
func NewRequests() *Requests {
	return &Requests{all: map[types.NamespacedName]*libraryRequests{}}
}

// note remembers what a gateway told, and says whether that is news, to be seen to before the Library's time. What was served and is asked
// for again is none: the next look sees to it.
func (r *Requests) note(library types.NamespacedName, entry demand.Entry, now time.Time) (news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.all[library]
	if l == nil {
		l = &libraryRequests{asked: map[renditionRequest]asking{}, ofLink: map[string]int{}}
		r.all[library] = l
	}
	what := renditionRequest{entry.Asset, entry.Preset}
	before, known := l.asked[what]
	switch {
	case known && !entry.At.After(before.at):
		return false
	case known && !before.served:
		before.at, before.noted = entry.At, now
		l.asked[what] = before
		return false
	case l.ofLink[entry.Link] >= maxLinkRequests || !known && !l.room():
		return false
	}
	l.asked[what] = asking{at: entry.At, noted: now, link: entry.Link}
	l.waiting++
	l.ofLink[entry.Link]++
	return !known
}

// room tells whether there is room for one more, and makes it by forgetting what is served.
func (l *libraryRequests) room() bool {
	if len(l.asked) < maxRequests {
		return true
	}
	if l.waiting >= len(l.asked) {
		return false
	}
	for what, a := range l.asked {
		if a.served {
			delete(l.asked, what)
		}
	}
	return true
}

// settle takes a request out of those that wait.
func (l *libraryRequests) settle(a asking) {
	if a.served {
		return
	}
	l.waiting--
	if l.ofLink[a.link]--; l.ofLink[a.link] <= 0 {
		delete(l.ofLink, a.link)
	}
}

// of gives the presets by which pictures of a Library's assets are asked for, by the asset's ID. It forgets requests whose time is over, and
// those of links that do not offer the preset any more, as live tells: whoever asks at another link asks again.
func (r *Requests) of(library types.NamespacedName, now time.Time, live func(link, preset string) bool) map[string][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.all[library]
	if l == nil {
		return nil
	}
	var asked map[string][]string
	for what, a := range l.asked {
		if now.Sub(a.noted) > requestLife || !a.served && !live(a.link, what.preset) {
			l.settle(a)
			delete(l.asked, what)
			continue
		}
		if a.served {
			continue
		}
		if asked == nil {
			asked = map[string][]string{}
		}
		asked[what.asset] = append(asked[what.asset], what.preset)
	}
	return asked
}

// serve notes that a request is settled.
func (r *Requests) serve(library types.NamespacedName, what renditionRequest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.all[library]
	if l == nil {
		return
	}
	if a, known := l.asked[what]; known {
		l.settle(a)
		a.served = true
		l.asked[what] = a
	}
}

func (r *Requests) forget(library types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, library)
}
