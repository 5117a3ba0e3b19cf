package controllers

import (
	"crypto/sha256"
	"hash/maphash"
	"sync"

	"github.com/vitrine-dam/vitrine/internal/policy"
)

// memories keep, for each tenant at each store, what need not be worked out again
// when one of ten thousand declarations changes. Losing one costs time and nothing else.
type memories struct {
	mu sync.Mutex
	of map[tenantAt]*memory
}

// memory is that of one tenant at one store. The compiler makes one pass over
// it at a time.
type memory struct {
	// proved is what the last proof covered.
	proved *policy.Memory
	// rendered and read are the policies of buckets, by what they were made from.
	rendered map[string]renderedPolicy
	read     map[string]readPolicy
	// looks are what is known of policies that others attached to users.
	looks looks
}

type renderedPolicy struct {
	from     uint64
	document policy.Document
	err      error
}

type readPolicy struct {
	text     [sha256.Size]byte
	document policy.Document
}

func (m *memories) get(at tenantAt) *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.of[at]
	if known == nil {
		known = &memory{proved: policy.NewMemory(), rendered: map[string]renderedPolicy{}, read: map[string]readPolicy{}, looks: looks{known: map[string]attached{}}}
		if m.of == nil {
			m.of = map[tenantAt]*memory{}
		}
		m.of[at] = known
	}
	return known
}

func (m *memories) forget(at tenantAt) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, at)
}

// render is policy.Render, done once for the same rights in the same order.
func (m *memory) render(bucket string, allows []policy.Allow, o policy.Options) (policy.Document, error) {
	var h maphash.Hash
	h.SetSeed(renderSeed)
	maphash.WriteComparable(&h, o)
	for i := range allows {
		maphash.WriteComparable(&h, allows[i])
	}
	from := h.Sum64()
	if known, ok := m.rendered[bucket]; ok && known.from == from {
		return known.document, known.err
	}
	document, err := policy.Render(bucket, allows, o)
	m.rendered[bucket] = renderedPolicy{from, document, err}
	return document, err
}

// One seed for the life of the process: what is remembered was hashed with it.
var renderSeed = maphash.MakeSeed()

// parse is policy.Parse, done once for the same text.
func (m *memory) parse(bucket string, text []byte) (policy.Document, error) {
	sum := sha256.Sum256(text)
	if known, ok := m.read[bucket]; ok && known.text == sum {
		return known.document, nil
	}
	document, err := policy.Parse(text)
	if err != nil {
		delete(m.read, bucket)
		return document, err
	}
	m.read[bucket] = readPolicy{sum, document}
	return document, nil
}
