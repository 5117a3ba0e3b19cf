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
	// requestLife is how long a request waits for its turn after it was last made: as long as a worker may take.
	requestLife = manifestLife
)

// Requests are the renditions that visitors asked for. It is a memory, not a record: after a restart whoever still waits asks again.
type Requests struct {
	mu  sync.Mutex
	all map[types.NamespacedName]map[renditionRequest]asking
}

// renditionRequest is one rendition of a Library.
type renditionRequest struct{ asset, preset string }

// asking is when it was asked for.
type asking struct {
	// at is the last time, by the gateway's clock, and noted when that was heard of.
	at, noted time.Time
	// served: it is there, or cannot be made, and nobody has asked since.
	served bool
}

// NewRequests makes an empty memory.
func NewRequests() *Requests {
	return &Requests{all: map[types.NamespacedName]map[renditionRequest]asking{}}
}

// note remembers what a gateway told, and says whether that is news, to be seen to before the Library's time. What was served and is asked
// for again is none: the next look sees to it.
func (r *Requests) note(library types.NamespacedName, entry demand.Entry, now time.Time) (news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	what := renditionRequest{entry.Asset, entry.Preset}
	before, known := r.all[library][what]
	if known && !entry.At.After(before.at) {
		return false
	}
	if !known {
		r.prune(library, now)
		if len(r.all[library]) >= maxRequests {
			return false
		}
		if r.all[library] == nil {
			r.all[library] = map[renditionRequest]asking{}
		}
	}
	r.all[library][what] = asking{at: entry.At, noted: now}
	return !known
}

// prune forgets requests whose time is over, and served ones when there are too many.
func (r *Requests) prune(library types.NamespacedName, now time.Time) {
	full := len(r.all[library]) >= maxRequests
	for what, a := range r.all[library] {
		if now.Sub(a.noted) > requestLife || full && a.served {
			delete(r.all[library], what)
		}
	}
}

// of gives the presets by which pictures of a Library's assets are asked for, by the asset's ID.
func (r *Requests) of(library types.NamespacedName, now time.Time) map[string][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prune(library, now)
	var asked map[string][]string
	for what, a := range r.all[library] {
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
	if a, known := r.all[library][what]; known {
		a.served = true
		r.all[library][what] = a
	}
}

func (r *Requests) forget(library types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, library)
}
