package policy

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"maps"
	"slices"

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
		for _, a := range Allows(user, principal, p.Model.Grants(user, p.At), p.Buckets) {
			writeAllow(h, a)
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

func writeAllow(h hash.Hash, a Allow) {
	var b []byte
	b = append(b, a.Bucket...)
	b = append(b, '/')
	b = append(b, a.Resource...)
	b = append(b, 0, byte(a.Verb), 0)
	if a.Exact {
		b = append(b, 1)
	}
	if !a.Until.IsZero() {
		b = a.Until.AppendFormat(b, "20060102150405")
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
