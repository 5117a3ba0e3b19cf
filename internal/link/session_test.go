package link_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/internal/link"
)

func newSigner(t testing.TB, keys map[string][]byte) link.Signer {
	t.Helper()
	s, err := link.ParseSigner(keys)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// bindings that differ from the first in one thing each.
func otherBindings() (link.Binding, map[string]link.Binding) {
	b := link.Binding{LinkID: "id", UID: "uid", Generation: 3, Password: "v1"}
	return b, map[string]link.Binding{
		"another link":                              {LinkID: "id2", UID: "uid", Generation: 3, Password: "v1"},
		"another object of the name":                {LinkID: "id", UID: "uid2", Generation: 3, Password: "v1"},
		"a spec that changed":                       {LinkID: "id", UID: "uid", Generation: 4, Password: "v1"},
		"another password":                          {LinkID: "id", UID: "uid", Generation: 3, Password: "v2"},
		"no password":                               {LinkID: "id", UID: "uid", Generation: 3},
		"the same letters, parted in another way":   {LinkID: "idu", UID: "id", Generation: 3, Password: "v1"},
		"the same letters, parted in a third way":   {LinkID: "i", UID: "duid", Generation: 3, Password: "v1"},
		"the generation's digit in another's place": {LinkID: "id", UID: "uid3", Generation: 0, Password: "v1"},
	}
}

// features: K19
func TestSessions(t *testing.T) {
	_, keys := newRing(t, day)
	signer := newSigner(t, keys)
	b, others := otherBindings()
	value := signer.SealSession(b, link.Session{Since: day, Used: day})
	if s, ok := signer.OpenSession(b, value, day.Add(time.Minute)); !ok || !s.Since.Equal(day) {
		t.Fatalf("a fresh session does not open: %+v", s)
	}
	for reason, other := range others {
		if _, ok := signer.OpenSession(other, value, day); ok {
			t.Errorf("it opens for %s", reason)
		}
	}
	for i := range value {
		for _, c := range "0zA." {
			altered := value[:i] + string(c) + value[i+1:]
			if altered == value {
				continue
			}
			if _, ok := signer.OpenSession(b, altered, day.Add(time.Minute)); ok {
				t.Errorf("it opens with character %d changed to %c", i, c)
			}
		}
	}
	for _, nonsense := range []string{"", ".", "..", "...", "a.b.c", strings.Repeat("a", 1000), strings.Repeat(".", 100)} {
		if _, ok := signer.OpenSession(b, nonsense, day); ok {
			t.Errorf("%.20q opens", nonsense)
		}
	}
	used := signer.SealSession(b, link.Session{Since: day, Used: day.Add(23 * time.Hour)})
	for _, tc := range []struct {
		reason string
		value  string
		now    time.Time
		open   bool
	}{
		{"just before it was idle for too long", value, day.Add(link.UnlockIdle - time.Second), true},
		{"idle for too long", value, day.Add(link.UnlockIdle), false},
		{"used, and not yet a day old", used, day.Add(link.UnlockMax - time.Second), true},
		{"used, and a day old", used, day.Add(link.UnlockMax), false},
		{"from the future", value, day.Add(-time.Hour), false},
		{"from a replica whose clock is a little ahead", value, day.Add(-10 * time.Second), true},
		{"used before it began", signer.SealSession(b, link.Session{Since: day, Used: day.Add(-time.Hour)}), day, false},
	} {
		if _, ok := signer.OpenSession(b, tc.value, tc.now); ok != tc.open {
			t.Errorf("%s: open is %v", tc.reason, ok)
		}
	}
}

func TestSignatures(t *testing.T) {
	_, keys := newRing(t, day)
	signer := newSigner(t, keys)
	b, others := otherBindings()
	expiry := link.Expiry(day, time.Time{})
	signature := signer.SignAsset(b, "asset", "thumb", expiry)
	if !signer.VerifyAsset(b, "asset", "thumb", expiry, signature, day) {
		t.Fatal("a fresh signature does not hold")
	}
	for reason, other := range others {
		if signer.VerifyAsset(other, "asset", "thumb", expiry, signature, day) {
			t.Errorf("it holds for %s", reason)
		}
	}
	for reason, ok := range map[string]bool{
		"another asset":             signer.VerifyAsset(b, "asset2", "thumb", expiry, signature, day),
		"the original":              signer.VerifyAsset(b, "asset", "original", expiry, signature, day),
		"letters parted otherwise":  signer.VerifyAsset(b, "assett", "humb", expiry, signature, day),
		"a later end":               signer.VerifyAsset(b, "asset", "thumb", expiry.Add(time.Second), signature, day),
		"after its end":             signer.VerifyAsset(b, "asset", "thumb", expiry, signature, expiry),
		"no signature":              signer.VerifyAsset(b, "asset", "thumb", expiry, "", day),
		"half a signature":          signer.VerifyAsset(b, "asset", "thumb", expiry, signature[:11], day),
		"an end far away":           signer.VerifyAsset(b, "asset", "thumb", later, signer.SignAsset(b, "asset", "thumb", later), day),
		"a session as a signature":  signer.VerifyAsset(b, "asset", "thumb", expiry, signer.SealSession(b, link.Session{Since: day, Used: day}), day),
		"a Signer that has no keys": link.Signer{}.VerifyAsset(b, "asset", "thumb", expiry, link.Signer{}.SignAsset(b, "asset", "thumb", expiry), day),
	} {
		if ok {
			t.Errorf("it holds for %s", reason)
		}
	}
	if _, ok := (link.Signer{}).OpenSession(b, link.Signer{}.SealSession(b, link.Session{Since: day, Used: day}), day); ok {
		t.Error("a Signer without keys opens sessions")
	}
}

func TestSigningKeysRotate(t *testing.T) {
	_, keys := newRing(t, day, day.Add(time.Hour))
	old := newSigner(t, keys)
	b, _ := otherBindings()
	expiry := link.Expiry(day, time.Time{})
	signature := old.SignAsset(b, "a", "thumb", expiry)
	_, more := newRing(t, later)
	for id, key := range more {
		keys[id] = key
	}
	rotated := newSigner(t, keys)
	if !rotated.VerifyAsset(b, "a", "thumb", expiry, signature, day) {
		t.Error("what an older key signed does not hold after a newer one came")
	}
	if rotated.SignAsset(b, "a", "thumb", expiry) == signature {
		t.Error("the newest key does not sign")
	}
	if newSigner(t, more).VerifyAsset(b, "a", "thumb", expiry, signature, day) {
		t.Error("what a removed key signed still holds")
	}
}

func TestExpiry(t *testing.T) {
	for now := day; now.Before(day.Add(time.Hour)); now = now.Add(7 * time.Second) {
		at := link.Expiry(now, time.Time{})
		if life := at.Sub(now); life > link.SignatureLife || life <= link.SignatureLife-5*time.Minute {
			t.Fatalf("made at %v it lives for %v", now, life)
		}
	}
	if a, b := link.Expiry(day, time.Time{}), link.Expiry(day.Add(4*time.Minute), time.Time{}); !a.Equal(b) {
		t.Error("addresses made minutes apart differ, so browsers fetch anew")
	}
	if at := link.Expiry(day, day.Add(time.Minute)); !at.Equal(day.Add(time.Minute)) {
		t.Errorf("a signature outlives its link: %v", at)
	}
}

func FuzzOpenSession(f *testing.F) {
	_, keys := newRing(f, day)
	signer := newSigner(f, keys)
	b, _ := otherBindings()
	f.Add("a.b.c")
	f.Add("zzzzzzzzzzzz.zzzzzzzzzzzz.AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, value string) {
		if _, ok := signer.OpenSession(b, value, day); ok {
			t.Fatalf("%q opens", value)
		}
		link.PeekSession(value)
	})
}
