package link_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/link"
)

// A cheap hash of "secret" for tests that need no strength: 8 KiB.
const cheap = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$"

// features: K19
func TestPasswords(t *testing.T) {
	phc, err := link.HashPassword("Grüße, 東京 🗼", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Errorf("the hash is not made as agreed: %s", phc)
	}
	for password, want := range map[string]bool{
		"Grüße, 東京 🗼":            true,
		"Gru\u0308ße, 東京 🗼":      true, // ü as two code points, as some systems type it
		"Grüße, 東京":              false,
		"grüße, 東京 🗼":            false,
		"":                       false,
		strings.Repeat("x", 1e4): false,
		"\xff":                   false,
	} {
		if got, err := link.VerifyPassword(phc, password); err != nil || got != want {
			t.Errorf("%.20q: %v, %v; wanted %v", password, got, err, want)
		}
	}
	other, err := link.HashPassword("Grüße, 東京 🗼", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if other == phc || link.PasswordVersion(other) == link.PasswordVersion(phc) || link.PasswordVersion("") != "" {
		t.Error("two hashes of one password cannot be told apart")
	}
}

func TestHashPasswordRefuses(t *testing.T) {
	for reason, password := range map[string]string{"nothing": "", "too much": strings.Repeat("x", link.MaxPasswordBytes+1), "no text": "\xff\xfe"} {
		if _, err := link.HashPassword(password, rand.Reader); !errors.Is(err, link.ErrPassword) {
			t.Errorf("%s: %v, wanted ErrPassword", reason, err)
		}
	}
}

func TestHashesOutOfBoundsAreRefused(t *testing.T) {
	const salt, key = "c2FsdHNhbHQ", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	if err := link.CheckPHC(cheap + key); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	for reason, phc := range map[string]string{
		"nothing":                      "",
		"another function":             "$argon2i$v=19$m=8,t=1,p=1$" + salt + "$" + key,
		"bcrypt":                       "$2b$12$abcdefghijklmnopqrstuv",
		"another version":              "$argon2id$v=16$m=8,t=1,p=1$" + salt + "$" + key,
		"memory to fall over":          "$argon2id$v=19$m=4194304,t=1,p=1$" + salt + "$" + key,
		"time to wait for ever":        "$argon2id$v=19$m=8,t=4294967295,p=1$" + salt + "$" + key,
		"no time":                      "$argon2id$v=19$m=8,t=0,p=1$" + salt + "$" + key,
		"no lanes":                     "$argon2id$v=19$m=8,t=1,p=0$" + salt + "$" + key,
		"too many lanes":               "$argon2id$v=19$m=4096,t=1,p=255$" + salt + "$" + key,
		"too little memory for lanes":  "$argon2id$v=19$m=8,t=1,p=4$" + salt + "$" + key,
		"another order":                "$argon2id$v=19$t=1,m=8,p=1$" + salt + "$" + key,
		"a plus sign":                  "$argon2id$v=19$m=+8,t=1,p=1$" + salt + "$" + key,
		"leading zeros: two spellings": "$argon2id$v=19$m=08,t=1,p=1$" + salt + "$" + key,
		"a short salt":                 "$argon2id$v=19$m=8,t=1,p=1$c2Fs$" + key,
		"a short key":                  cheap + "AAAA",
		"padding":                      cheap + key + "=",
		"a long text":                  cheap + strings.Repeat("A", 1000),
		"a part too many":              cheap + key + "$x",
	} {
		if ok, err := link.VerifyPassword(phc, "secret"); ok || !errors.Is(err, link.ErrPHC) {
			t.Errorf("%s: %v, %v; wanted ErrPHC", reason, ok, err)
		}
	}
}

func FuzzCheckPHC(f *testing.F) {
	f.Add(cheap + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=47104,t=1,p=1$$")
	f.Add("")
	f.Fuzz(func(t *testing.T, phc string) {
		if err := link.CheckPHC(phc); err != nil && !errors.Is(err, link.ErrPHC) {
			t.Fatalf("error %v is not ErrPHC", err)
		}
	})
}
