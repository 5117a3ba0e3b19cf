package gateway

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// byteLRU keeps what was used last, up to a number of bytes.
type byteLRU[K comparable, V any] struct {
	mu       sync.Mutex
	all      *simplelru.LRU[K, weighed[V]]
	limit    int64
	weighing int64
}

type weighed[V any] struct {
	value V
	bytes int64
}

// maxEntries bounds what small values cost beside their bytes.
const maxEntries = 1 << 17

func newByteLRU[K comparable, V any](limit int64) *byteLRU[K, V] {
	l := &byteLRU[K, V]{limit: limit}
	all, err := simplelru.NewLRU(maxEntries, func(_ K, v weighed[V]) { l.weighing -= v.bytes })
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	l.all = all
	return l
}

func (l *byteLRU[K, V]) get(key K) (V, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.all.Get(key)
	return v.value, ok
}

// put keeps a value of so many bytes; one above the limit is not kept.
func (l *byteLRU[K, V]) put(key K, value V, bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Remove(key)
	if bytes > l.limit {
		return
	}
	l.all.Add(key, weighed[V]{value, bytes})
	l.weighing += bytes
	for l.weighing > l.limit {
		l.all.RemoveOldest()
	}
}

func (l *byteLRU[K, V]) drop(key K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Remove(key)
}

func (l *byteLRU[K, V]) bytes() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.weighing
}
