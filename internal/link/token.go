package link

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const (
	// tokenBytes is 160 bits: beyond guessing, and exactly 32 characters of base32.
	tokenBytes = 20
	// TokenLength is the length of a token in characters.
	TokenLength = tokenBytes * 8 / 5
	// HashLength is the length of a token's hash in characters: hex SHA-256.
	HashLength = 2 * sha256.Size
	// IDLength is the length of a link's id in characters: 130 bits.
	IDLength = 26

	alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	redacted = "[redacted]"
)

// crockford is Douglas Crockford's base32 in lower case: no i, l, o, u, so that
// a token read aloud or printed is not mistaken.
var crockford = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// ErrToken says that a text is not a token; it never repeats the text.
var ErrToken = errors.New("not a link token")

// Token is the secret in a link's URL. It prints, logs and marshals as a fixed
// word; Reveal is the one way to its text. The zero Token is no token.
type Token struct{ text string }

// NewToken draws a token from a source of randomness (crypto/rand.Reader).
func NewToken(random io.Reader) (Token, error) {
	var raw [tokenBytes]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return Token{}, fmt.Errorf("drawing a link token: %w", err)
	}
	return Token{crockford.EncodeToString(raw[:])}, nil
}

// ParseToken reads a token as NewToken made it. There is one spelling for each
// token: capitals and look-alikes are refused with ErrToken.
func ParseToken(s string) (Token, error) {
	if len(s) != TokenLength || strings.Trim(s, alphabet) != "" {
		return Token{}, ErrToken
	}
	return Token{strings.Clone(s)}, nil
}

// Reveal gives the token's text, for a URL in a Secret and nowhere else.
func (t Token) Reveal() string { return t.text }

// IsZero tells whether t is no token.
func (t Token) IsZero() bool { return t.text == "" }

// Hash is the SHA-256 of the token's text in lower-case hex: what cluster
// state knows of it. 160 random bits make it safe to publish.
func (t Token) Hash() string {
	sum := sha256.Sum256([]byte(t.text))
	return hex.EncodeToString(sum[:])
}

// Format implements fmt.Formatter, so that no verb prints the token.
func (Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String implements fmt.Stringer.
func (Token) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Token) GoString() string { return redacted }

// LogValue implements slog.LogValuer.
func (Token) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler.
func (Token) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON implements json.Marshaler.
func (Token) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// ID names a link in addresses of its assets, given its token's hash. It is no
// secret and opens nothing; from it neither the token nor the hash can be told.
// The same token has the same id in a rebuilt cluster.
func ID(tokenHash string) string {
	sum := sha256.Sum256([]byte("vitrine link id\x00" + tokenHash))
	return crockford.EncodeToString(sum[:])[:IDLength]
}
