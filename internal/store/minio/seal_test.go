package minio

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

const secret = "the-administrators-secret"

func driver(secret conn.Secret) *Driver {
	return New(Config{Endpoint: "http://store.example", Credentials: conn.Credentials{AccessKeyID: "admin", SecretAccessKey: secret}})
}

// What MinIO's own client sealed.
func TestBodiesThatAnotherClientSealedAreOpened(t *testing.T) {
	for text, sealed := range map[string]string{
		"":        "c3b8ae8fe67b95d9eea31b0fba2570445171be00497aef1729b1cbf3715c72bf00a3a0d80b81cd5bac44c7cc39caf7535ace0749955afdc2d0",
		"vitrine": "3a172433a548bdc59706e34705fd6cefc6a60ba84bf0dc8883053be62a0932e200ddcfc0270ab4f9bfb97288b9af6ad379383333031351b51f611a19de072a6c",
	} {
		raw, err := hex.DecodeString(sealed)
		if err != nil {
			t.Fatal(err)
		}
		got, err := driver(secret).unseal(raw)
		if err != nil || string(got) != text {
			t.Errorf("got %q, %v; want %q", got, err, text)
		}
	}
}

// The sums are those of what the library behind the servers seals.
func TestBodiesAreSealedAsTheServersSealThem(t *testing.T) {
	cases := []struct {
		algorithm byte
		size      int
		sum       string
	}{
		{argonAES, 0, "c3de23642a9e36ff"},
		{argonAES, 16383, "617e6eb4416b47d9"},
		{argonAES, 16384, "4e7f70135afc0d89"},
		{argonAES, 16385, "21f1c35aab3ec471"},
		{argonAES, 40000, "76f11d80aa23f04c"},
		{argonChaCha, 1, "f1e72d31d9a3ecdf"},
		{argonChaCha, 32768, "ba4ef07a3d781fe3"},
		{pbkdf2AES, 1, "e0355c878e249eb9"},
		{pbkdf2AES, 40000, "e77363ab7f752b15"},
	}
	d := driver(secret)
	for _, c := range cases {
		t.Run(fmt.Sprintf("algorithm %d, %d bytes", c.algorithm, c.size), func(t *testing.T) {
			head := slices.Concat(bytes.Repeat([]byte{7}, saltBytes), []byte{c.algorithm}, []byte{1, 2, 3, 4, 5, 6, 7, 8})
			text := bytes.Repeat([]byte("x"), c.size)
			sealed, err := d.sealAfter(head, text)
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(sealed); hex.EncodeToString(sum[:8]) != c.sum {
				t.Errorf("got %x, want %s", sum[:8], c.sum)
			}
			if back, err := d.unseal(sealed); err != nil || !bytes.Equal(back, text) {
				t.Errorf("opened again: %d bytes, %v", len(back), err)
			}
		})
	}
}

func TestWhatWasTamperedWithIsNotOpened(t *testing.T) {
	d := driver(secret)
	const size = fragmentBytes + 16
	sealed, err := d.seal(bytes.Repeat([]byte("x"), 2*fragmentBytes+5))
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.seal(bytes.Repeat([]byte("x"), 2*fragmentBytes+5))
	if err != nil || bytes.Equal(sealed[:headBytes], again[:headBytes]) || bytes.Contains(again, []byte("xxxxxxxxxxxxxxxx")) {
		t.Fatalf("sealed twice: the same head, or in the open: %v", err)
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)/2] ^= 1
	second, third := sealed[headBytes+size:headBytes+2*size], sealed[headBytes+2*size:]
	cases := map[string][]byte{
		"nothing":                              nil,
		"a head alone":                         sealed[:headBytes],
		"one bit":                              flipped,
		"the last fragment cut off":            sealed[:headBytes+2*size],
		"the last byte cut off":                sealed[:len(sealed)-1],
		"two fragments in the other order":     slices.Concat(sealed[:headBytes], second, sealed[headBytes:headBytes+size], third),
		"a fragment of another message":        slices.Concat(sealed[:headBytes+size], again[headBytes+size:headBytes+2*size], third),
		"something after the end":              slices.Concat(sealed, []byte("more")),
		"an algorithm that nobody knows":       slices.Concat(sealed[:saltBytes], []byte{9}, sealed[saltBytes+1:]),
		"another algorithm than it was sealed": slices.Concat(sealed[:saltBytes], []byte{argonChaCha}, sealed[saltBytes+1:]),
	}
	for reason, text := range cases {
		if _, err := d.unseal(text); !errors.Is(err, errSeal) {
			t.Errorf("%s: got %v, want errSeal", reason, err)
		}
	}
	if _, err := driver("another-secret").unseal(sealed); !errors.Is(err, errSeal) {
		t.Errorf("with another secret: got %v, want errSeal", err)
	}
}

func TestTheDriverPrintsNoSecret(t *testing.T) {
	d := driver(secret)
	if text := fmt.Sprintf("%v %+v %#v", d, d, d); strings.Contains(text, secret) {
		t.Errorf("printed: %s", text)
	}
}
