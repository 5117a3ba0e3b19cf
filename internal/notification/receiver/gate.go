package receiver

import (
	"context"
	"net"
	"sync"
	"time"
)

// What whoever has not shown the secret may hold.
const (
	// connections bounds all that are held; a store keeps two that it does not use.
	connections = 256
	// perStranger is how many of them one address holds that never showed a secret.
	perStranger = 16
	// showWithin is how long a connection is left alone that has not shown a secret; from then on it gives way to others when all
	// places are taken. A store sends its header as soon as it is connected.
	showWithin = 500 * time.Millisecond
	// addressesKnown is how many addresses are remembered for having shown a secret, and addressKnown how long.
	addressesKnown = 256
	addressKnown   = 24 * time.Hour
)

// gate holds the connections to a receiver, so that those of strangers keep no store's out. An address that never showed a secret holds
// few; and when all places are taken, the oldest connection on which none was shown gives its own up.
type gate struct {
	net.Listener
	freed  chan struct{} // has one when a place may be free
	closed chan struct{}
	end    sync.Once

	mu    sync.Mutex
	held  map[*gated]struct{}
	known map[string]time.Time // when an address last showed a secret
}

// gated is a connection that came through a gate.
type gated struct {
	net.Conn
	gate  *gate
	from  string // the address without the port
	since time.Time
	shown bool // a secret was shown on it
}

func newGate(l net.Listener) *gate {
	return &gate{
		Listener: l, freed: make(chan struct{}, 1), closed: make(chan struct{}),
		held: map[*gated]struct{}{}, known: map[string]time.Time{},
	}
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err //nolint:wrapcheck // the server tells its own by identity
		}
		from, _, err := net.SplitHostPort(conn.RemoteAddr().String())
		if err != nil {
			from = conn.RemoteAddr().String()
		}
		c := &gated{Conn: conn, gate: g, from: from, since: time.Now()}
		if g.admit(c) {
			return c, nil
		}
		_ = conn.Close() // at the end
	}
}

// Close implements net.Listener.
func (g *gate) Close() error {
	g.end.Do(func() { close(g.closed) })
	return g.Listener.Close() //nolint:wrapcheck // nobody tells of it
}

// admit finds a connection a place, which may take until another one gives its own up; false at the end. Of an address that never showed a secret
// the oldest goes at once: a store's has shown it before as many others can come.
func (g *gate) admit(c *gated) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.isKnown(c.from) {
		if oldest, count := g.oldest(c.from); count >= perStranger {
			g.drop(oldest)
		}
	}
	for len(g.held) >= connections {
		wait := time.Hour // all have shown a secret, and go by themselves
		if oldest, count := g.oldest(""); count > 0 {
			if wait = showWithin - time.Since(oldest.since); wait <= 0 {
				g.drop(oldest)
				break
			}
		}
		if !g.wait(wait) {
			return false
		}
	}
	g.held[c] = struct{}{}
	return true
}

// wait lets go of the lock until a place is free or a time is over; false at the end.
func (g *gate) wait(long time.Duration) bool {
	g.mu.Unlock()
	defer g.mu.Lock()
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-g.freed:
	case <-timer.C:
	case <-g.closed:
		return false
	}
	return true
}

// oldest is the connection that has been the longest without a secret, of an address or of all, and how many there are.
func (g *gate) oldest(from string) (oldest *gated, count int) {
	for c := range g.held {
		if c.shown || from != "" && c.from != from {
			continue
		}
		if count++; oldest == nil || c.since.Before(oldest.since) {
			oldest = c
		}
	}
	return oldest, count
}

// drop ends a connection.
func (g *gate) drop(c *gated) {
	delete(g.held, c)
	_ = c.Conn.Close()
}

func (g *gate) isKnown(from string) bool {
	at, known := g.known[from]
	return known && time.Since(at) < addressKnown
}

// Close implements net.Conn.
func (c *gated) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.held, c)
	c.gate.mu.Unlock()
	select {
	case c.gate.freed <- struct{}{}:
	default:
	}
	return c.Conn.Close() //nolint:wrapcheck // the server's own
}

// show notes that a secret was shown.
func (c *gated) show() {
	g := c.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	c.shown = true
	if _, known := g.known[c.from]; !known && len(g.known) >= addressesKnown {
		longest := ""
		for from, at := range g.known {
			if longest == "" || at.Before(g.known[longest]) {
				longest = from
			}
		}
		delete(g.known, longest)
	}
	g.known[c.from] = time.Now()
}

// connKey is where the context of a request has its connection.
type connKey struct{}

// withConn is what a server makes the contexts of a connection's requests with.
func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// secretShown notes that the connection of a request belongs to somebody who has the secret.
func secretShown(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(*gated); ok {
		c.show()
	}
}
