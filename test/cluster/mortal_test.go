package cluster

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"k8s.io/client-go/rest"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

var errDead = errors.New("the manager is dead")

// mortal is a manager that dies as if it were killed at a very point: after so many writes nothing of it gets anywhere, neither to the
// store nor to Kubernetes. It may go on in memory; nobody hears of it.
type mortal struct {
	// left is how many writes are let through; or at is the write that is not, whenever it comes first.
	left int64
	at   string
	// storeOnly counts writes to the store alone. Otherwise writes to Kubernetes count, too: all but Jobs that render and what only tells,
	// which are events and statuses. Whatever becomes of a status is the same as if it were wiped, and that is tested for itself.
	storeOnly bool
	// before is called with each write that counts; nil for nothing.
	before func(what string)

	mu   sync.Mutex
	gone chan struct{}
	last string
}

// startMortal starts a manager; the channel is closed when it is dead.
func (w *world) startMortal(m *mortal) (died <-chan struct{}) {
	w.Helper()
	m.gone = make(chan struct{})
	defer func(alive *rest.Config) { w.config = alive }(w.config)
	w.config = rest.CopyConfig(w.config)
	w.config.Wrap(func(rt http.RoundTripper) http.RoundTripper { return perishing{rt, m} })
	w.startManager(func(c store.Call) error {
		catalog := strings.Contains(c.Resource, "/"+asset.PlacesRoot) // which only tells, too
		return m.goesOn(fmt.Sprintf("%s %s", c.Service, c.Operation), c.Mutates && !catalog)
	})
	return m.gone
}

// goesOn lets a call through, or fails as soon as there was one write too many.
func (m *mortal) goesOn(what string, writes bool) error {
	if writes && m.before != nil {
		m.before(what)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last != "" {
		return errDead
	}
	if !writes {
		return nil
	}
	if m.left--; m.at == "" && m.left < 0 || m.at == what {
		m.last = what
		close(m.gone)
		return errDead
	}
	return nil
}

// cut is the write at which it died; empty when it lives.
func (m *mortal) cut() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// perishing is a mortal's way to Kubernetes.
type perishing struct {
	http.RoundTripper
	*mortal
}

// RoundTrip implements http.RoundTripper.
func (p perishing) RoundTrip(req *http.Request) (*http.Response, error) {
	resource, tells := resourceOf(req.URL.Path)
	writes := req.Method != http.MethodGet && !tells && !p.storeOnly
	if err := p.goesOn(req.Method+" "+resource, writes); err != nil {
		return nil, err
	}
	return p.RoundTripper.RoundTrip(req)
}

// resourceOf reads a resource from an address of the API server, and whether writing it only tells.
func resourceOf(address string) (resource string, tells bool) {
	parts := strings.Split(strings.Trim(address, "/"), "/")
	at := 2 // api/v1/resource
	if parts[0] == "apis" {
		at = 3 // apis/group/version/resource
	}
	if len(parts) > at+2 && parts[at] == "namespaces" {
		if parts[at+1] == settings.JobsNamespace {
			tells = true // it renders, and gives nobody anything
		}
		at += 2
	}
	if len(parts) <= at {
		return "", tells
	}
	return parts[at], tells || parts[at] == "events" || parts[len(parts)-1] == "status"
}
