package gateway

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// freeTries may be wrong without a wait; each further one doubles it, from 2 s up to maxWait.
	freeTries = 5
	maxWait   = 15 * time.Minute
	// forgiveAfter without a try takes one wrong try off.
	forgiveAfter = 15 * time.Minute
	// maxTries is where the wait stops growing: 2^10 s is above maxWait.
	maxTries = freeTries + 10
	// maxThrottled bounds the memory: 65,536 entries of some 200 bytes.
	maxThrottled = 1 << 16
)

// throttled is one client at one link. A link is never shut for everybody.
type throttled struct {
	link   string
	client netip.Prefix
}

type tries struct {
	count   int
	last    time.Time
	blocked time.Time
}

// throttle slows down wrong passwords. It is in memory: replicas count for themselves.
type throttle struct {
	mu  sync.Mutex
	all *simplelru.LRU[throttled, tries]
}

func newThrottle() *throttle {
	all, err := simplelru.NewLRU[throttled, tries](maxThrottled, nil)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &throttle{all: all}
}

// begin counts a try as wrong before it is looked at, so that many at once
// gain nothing. It gives how long to wait instead, when that is not over.
func (t *throttle) begin(who throttled, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, _ := t.all.Get(who)
	if now.Before(s.blocked) {
		return s.blocked.Sub(now)
	}
	if s.count > 0 {
		s.count = max(0, s.count-int(now.Sub(s.last)/forgiveAfter))
	}
	s.count = min(s.count+1, maxTries)
	s.last = now
	s.blocked = now.Add(waitAfter(s.count))
	t.all.Add(who, s)
	return 0
}

// left is how long a client has to wait before its next try.
func (t *throttle) left(who throttled, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, _ := t.all.Peek(who)
	return max(0, s.blocked.Sub(now))
}

// passed forgets the client's wrong tries: the password was right.
func (t *throttle) passed(who throttled) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all.Remove(who)
}

// undo takes back a try that was never looked at.
func (t *throttle) undo(who throttled) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s, ok := t.all.Peek(who); ok && s.count > 0 {
		s.count--
		s.blocked = time.Time{}
		t.all.Add(who, s)
	}
}

// waitAfter n wrong tries: none for fewer than freeTries, then 2, 4, 8 … seconds.
func waitAfter(n int) time.Duration {
	if n < freeTries {
		return 0
	}
	return min(maxWait, time.Second<<(n-freeTries+1))
}
