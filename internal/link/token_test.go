package link_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/link"
)

func newToken(t testing.TB) link.Token {
	t.Helper()
	token, err := link.NewToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokenIsReadBack(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		token := newToken(t)
		again, err := link.ParseToken(token.Reveal())
		if err != nil || again != token {
			t.Fatalf("ParseToken of a new token: %v", err)
		}
		if len(token.Reveal()) != link.TokenLength || seen[token.Reveal()] {
			t.Fatalf("a token of %d characters, or one drawn twice", len(token.Reveal()))
		}
		seen[token.Reveal()] = true
	}
}

func TestNewTokenWithoutRandomnessFails(t *testing.T) {
	if _, err := link.NewToken(strings.NewReader("too short")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, wanted the reader's error", err)
	}
}

func TestParseTokenRefuses(t *testing.T) {
	good := strings.Repeat("0", link.TokenLength)
	for reason, text := range map[string]string{
		"nothing":                         "",
		"one character too few":           good[1:],
		"one too many":                    good + "0",
		"capitals: one spelling each":     strings.Repeat("A", link.TokenLength),
		"i looks like 1":                  "i" + good[1:],
		"l looks like 1":                  "l" + good[1:],
		"o looks like 0":                  "o" + good[1:],
		"u is not in the alphabet":        "u" + good[1:],
		"a blank":                         " " + good[1:],
		"a slash":                         "/" + good[1:],
		"a letter of two bytes":           "é" + good[2:],
		"the right length, not in base32": strings.Repeat("-", link.TokenLength),
	} {
		if _, err := link.ParseToken(text); !errors.Is(err, link.ErrToken) {
			t.Errorf("%s: got %v, wanted ErrToken", reason, err)
		}
	}
}

// Whatever prints a token, or anything that holds one, must not show it.
func TestSecretsDoNotPrint(t *testing.T) {
	token := newToken(t)
	key := bytes.Repeat([]byte("k3y!"), 8)
	ring, err := link.ParseKeyRing(map[string][]byte{"a": key})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := link.ParseSigner(map[string][]byte{"a": key})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	holder := struct {
		T *link.Token
		V link.Token
		K link.KeyRing
		S link.Signer
	}{&token, token, ring, signer}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		fmt.Fprintf(&out, verb+verb+verb+verb, token, &token, ring, signer)
		fmt.Fprintf(&out, verb, holder)
	}
	text, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "t", token, "k", ring, "s", signer, "h", holder)
	for name, secret := range map[string]string{"token": token.Reveal(), "hex token": fmt.Sprintf("%x", token.Reveal()), "key": "k3y!", "hex key": fmt.Sprintf("%x", "k3y!"), "key as numbers": "107 51 121 33"} {
		if strings.Contains(strings.ToLower(out.String()), secret) {
			t.Errorf("the %s was printed:\n%s", name, out.String())
		}
	}
}

func TestID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, err := link.NewToken(bytes.NewReader(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "a")))
		if err != nil {
			t.Fatal(err)
		}
		id := link.ID(a.Hash())
		if len(id) != link.IDLength || id != link.ID(a.Hash()) {
			t.Fatalf("id %q is not valid or not stable", id)
		}
		if strings.Contains(a.Hash(), id) || strings.Contains(a.Reveal(), id[:8]) {
			t.Fatalf("id %q tells something of the token or its hash", id)
		}
	})
}

func FuzzParseToken(f *testing.F) {
	f.Add("0123456789abcdefghjkmnpqrstvwxyz")
	f.Add("")
	f.Add("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
	f.Fuzz(func(t *testing.T, s string) {
		token, err := link.ParseToken(s)
		if err != nil {
			if !errors.Is(err, link.ErrToken) || !token.IsZero() {
				t.Fatalf("refused with %v and a token", err)
			}
			return
		}
		if token.Reveal() != s || len(s) != link.TokenLength {
			t.Fatalf("accepted %q as another text", s)
		}
	})
}

// FuzzKeyRings makes rings of any key: it is refused as no ring, or opens what it seals, and another does not.
func FuzzKeyRings(f *testing.F) {
	f.Add("2027-03-01", bytes.Repeat([]byte{7}, link.RingKeyBytes))
	f.Add("", []byte{})
	f.Add("x\n", bytes.Repeat([]byte{7}, link.RingKeyBytes+1))
	f.Fuzz(func(t *testing.T, id string, key []byte) {
		ring, err := link.ParseKeyRing(map[string][]byte{id: key})
		_, other := link.ParseSigner(map[string][]byte{id: key})
		if (err == nil) != (other == nil) || err != nil && (!errors.Is(err, link.ErrKeyRing) || !errors.Is(other, link.ErrKeyRing)) {
			t.Fatalf("the errors are %v and %v", err, other)
		}
		if err != nil {
			return
		}
		if len(key) != link.RingKeyBytes || ring.Newest() != id {
			t.Fatalf("a ring of %d bytes, the newest being %q", len(key), ring.Newest())
		}
		token := newToken(t)
		sealed, err := ring.Seal(token, "acme/press")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ring.Open(sealed, "acme/press"); err != nil || again != token {
			t.Errorf("what was sealed does not open: %v", err)
		}
		if _, err := ring.Open(sealed, "acme/other"); err == nil {
			t.Error("it opens in the place of another link")
		}
	})
}
