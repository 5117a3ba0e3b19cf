package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"maps"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/policy/evaluate"
)

// Memory is what has been proved of a tenant at a store: of each user a digest of
// what is declared and of all that documents say of the user. Whoever has the
// same digest as when it was proved need not be judged again. One proof at a time.
type Memory struct {
	users map[string][sha256.Size]byte
	// compiled are the documents of the last proof by their text, so that of forty buckets only those are compiled
	// again of which something changed.
	compiled map[string]*evaluate.Policy
}

// NewMemory makes one that knows nothing.
func NewMemory() *Memory { return &Memory{users: map[string][sha256.Size]byte{}} }

// unproved gives the digest of each user of a proof, and those that have to be judged.
func (m *Memory) unproved(p *Proof) (digests map[string][sha256.Size]byte, users []string) {
	said := p.statements()
	digests = make(map[string][sha256.Size]byte, len(p.Users))
	for user, principal := range p.Users {
		h := sha256.New()
		_, _ = fmt.Fprintf(h, "%s %t %d\n", principal, p.WholeListsOnly, p.MaxPlaces)
		grants := p.Model.Grants(user, p.At)
		for i := range grants {
			writeGrant(h, &grants[i], p.Buckets)
		}
		for _, digest := range said[principal] {
			_, _ = h.Write(digest)
		}
		digest := [sha256.Size]byte(h.Sum(nil))
		digests[user] = digest
		if known, ok := m.users[user]; !ok || known != digest {
			users = append(users, user)
		}
	}
	slices.Sort(users)
	return digests, users
}

// What a grant is of, in its digest.
const (
	ofKeys byte = iota
	ofFolder
)

// writeGrant writes what of a grant the judge can ask about: not the route, but for when it ends.
func writeGrant(h hash.Hash, g *access.Grant, buckets map[string]Buckets) {
	b := binary.AppendUvarint(nil, uint64(g.Permissions))
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	in := func(library string) {
		text(buckets[library].Originals)
		text(buckets[library].Vitrine)
	}
	// What follows is told apart by a byte of its own, since neither is as long as the other.
	if g.Scope == nil {
		b = append(b, ofKeys)
	} else {
		b = append(b, ofFolder)
		in(g.Scope.Library)
		text(g.Scope.Restricted)
		text(g.Scope.Prefix)
	}
	b = binary.AppendUvarint(b, uint64(len(g.Keys)))
	for _, key := range g.Keys {
		in(key.Library)
		text(key.Restricted)
		text(key.Path)
	}
	if end := endOfGrant(g); !end.IsZero() {
		b = end.AppendFormat(b, time.RFC3339)
	}
	_, _ = h.Write(append(b, '\n'))
}

// statements are the digests of all that concerns each principal: statements
// of buckets' policies, and documents that hang on it. One of a statement for
// everybody would concern all, but none of ours is.
func (p *Proof) statements() map[string][][]byte {
	said := map[string][][]byte{}
	for _, bucket := range slices.Sorted(maps.Keys(p.Documents)) {
		for _, s := range p.Documents[bucket].statements {
			if !Ours(s.Sid) || s.parsed.Principal == nil {
				continue
			}
			digest := sha256.Sum256(append([]byte(bucket+"\n"), s.text...))
			for _, principal := range s.parsed.Principal.AWS {
				said[principal] = append(said[principal], digest[:])
			}
		}
	}
	for principal, documents := range p.Attached {
		for _, d := range documents {
			for _, s := range d.statements {
				if Ours(s.Sid) {
					said[principal] = append(said[principal], s.text)
				}
			}
		}
	}
	return said
}
