package link

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// RingKeyBytes is the length of a key: AES-256, and the block HMAC-SHA-256 is safest with.
	RingKeyBytes = 32
	// maxRingKeys bounds what must be tried and kept; rotation needs two or three.
	maxRingKeys = 16
	maxKeyID    = 63
	// maxBox is nonce (12), token (32) and tag (16), with room for later contents.
	maxBox = 256
)

// Errors of rings, to be compared with errors.Is.
var (
	// ErrKeyRing: the keys given are not a usable ring.
	ErrKeyRing = errors.New("not a usable key ring")
	// ErrUnknownKey: the ring no longer holds, or never held, the key that sealed this.
	ErrUnknownKey = errors.New("sealed with a key that the ring does not hold")
	// ErrSealed: the sealed value is damaged, or was sealed for something else.
	ErrSealed = errors.New("the sealed value does not open")
)

// NewRingKey draws a key for a ring. Its id begins with the time in UTC, so that
// the newest key has the greatest id, and is fit for a Secret's data.
func NewRingKey(random io.Reader, now time.Time) (id string, key []byte, err error) {
	var tail [5]byte
	key = make([]byte, RingKeyBytes)
	if _, err := io.ReadFull(random, key); err != nil {
		return "", nil, fmt.Errorf("drawing a ring key: %w", err)
	}
	if _, err := io.ReadFull(random, tail[:]); err != nil {
		return "", nil, fmt.Errorf("drawing the id of a ring key: %w", err)
	}
	return now.UTC().Format("20060102t150405") + "-" + crockford.EncodeToString(tail[:]), key, nil
}

// checkRing says what is wrong with the keys of a ring, naming ids and never contents.
func checkRing(keys map[string][]byte) error {
	if len(keys) == 0 || len(keys) > maxRingKeys {
		return fmt.Errorf("%w: %d keys, a ring has 1 to %d", ErrKeyRing, len(keys), maxRingKeys)
	}
	for id, key := range keys {
		if id == "" || len(id) > maxKeyID || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
			return fmt.Errorf("%w: a key's id is 1 to %d lower-case letters, digits, dots and hyphens", ErrKeyRing, maxKeyID)
		}
		if len(key) != RingKeyBytes {
			return fmt.Errorf("%w: key %s has %d bytes, wanted %d", ErrKeyRing, id, len(key), RingKeyBytes)
		}
	}
	return nil
}

// KeyRing seals tokens. It prints as a fixed word.
type KeyRing struct {
	newest string
	aeads  map[string]cipher.AEAD
}

// ParseKeyRing makes a ring of keys by id, 32 bytes each; the greatest id is the
// newest and seals, all open. The error is ErrKeyRing.
func ParseKeyRing(keys map[string][]byte) (KeyRing, error) {
	if err := checkRing(keys); err != nil {
		return KeyRing{}, err
	}
	ring := KeyRing{newest: slices.Max(slices.Collect(maps.Keys(keys))), aeads: make(map[string]cipher.AEAD, len(keys))}
	for id, key := range keys {
		block, err := aes.NewCipher(key)
		if err != nil {
			return KeyRing{}, fmt.Errorf("%w: key %s", ErrKeyRing, id)
		}
		if ring.aeads[id], err = cipher.NewGCM(block); err != nil {
			return KeyRing{}, fmt.Errorf("%w: key %s", ErrKeyRing, id)
		}
	}
	return ring, nil
}

// Newest is the id of the key that seals; a record sealed with another is worth sealing anew.
func (k KeyRing) Newest() string { return k.newest }

// String implements fmt.Stringer.
func (KeyRing) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (KeyRing) GoString() string { return redacted }

// Format implements fmt.Formatter: the expanded keys must not be printed by any verb.
func (KeyRing) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements slog.LogValuer.
func (KeyRing) LogValue() slog.Value { return slog.StringValue(redacted) }

// Sealed is a token encrypted with a key of a ring (AES-256-GCM, NIST SP 800-38D).
type Sealed struct {
	// Key is the id of the key.
	Key string `json:"key"`
	// Box is the random 96-bit nonce, the ciphertext and the tag.
	Box []byte `json:"box"`
}

// Seal encrypts a token with the newest key. What it is for (aad: the link's
// namespace/name) must be given again to open it, so that a record copied to
// another link's place does not open there.
func (k KeyRing) Seal(t Token, aad string) (Sealed, error) {
	aead, ok := k.aeads[k.newest]
	if !ok {
		return Sealed{}, fmt.Errorf("sealing a link token: %w: it is empty", ErrKeyRing)
	}
	if t.IsZero() {
		return Sealed{}, fmt.Errorf("sealing a link token: %w", ErrToken)
	}
	// A nonce must never repeat under one key, whatever source of randomness
	// the caller tests with: it comes from the system alone.
	nonce := make([]byte, aead.NonceSize(), maxBox)
	if _, err := rand.Read(nonce); err != nil {
		return Sealed{}, fmt.Errorf("sealing a link token: %w", err)
	}
	return Sealed{Key: k.newest, Box: aead.Seal(nonce, nonce, []byte(t.Reveal()), sealedFor(k.newest, aad))}, nil
}

// Open decrypts what Seal made for the same aad. The error is ErrUnknownKey or
// ErrSealed: neither means that the link may get a new token, since the old
// URL is in people's hands.
func (k KeyRing) Open(s Sealed, aad string) (Token, error) {
	aead, ok := k.aeads[s.Key]
	if !ok {
		return Token{}, fmt.Errorf("opening a link token: %w", ErrUnknownKey)
	}
	if len(s.Box) < aead.NonceSize() || len(s.Box) > maxBox {
		return Token{}, fmt.Errorf("opening a link token: %w", ErrSealed)
	}
	nonce, box := s.Box[:aead.NonceSize()], s.Box[aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, box, sealedFor(s.Key, aad))
	if err != nil {
		return Token{}, fmt.Errorf("opening a link token: %w", ErrSealed)
	}
	t, err := ParseToken(string(plain))
	if err != nil {
		return Token{}, fmt.Errorf("opening a link token: %w", ErrSealed)
	}
	return t, nil
}

func sealedFor(key, aad string) []byte {
	return []byte("vitrine link token v1\x00" + key + "\x00" + aad)
}
