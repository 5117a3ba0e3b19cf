package link_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/link"
)

var (
	day   = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	later = day.Add(40 * 24 * time.Hour)
)

func newRing(t testing.TB, at ...time.Time) (link.KeyRing, map[string][]byte) {
	t.Helper()
	keys := map[string][]byte{}
	for _, at := range at {
		id, key, err := link.NewRingKey(rand.Reader, at)
		if err != nil {
			t.Fatal(err)
		}
		keys[id] = key
	}
	ring, err := link.ParseKeyRing(keys)
	if err != nil {
		t.Fatal(err)
	}
	return ring, keys
}

func issued(t testing.TB, ring link.KeyRing, plan link.Plan) (link.Token, link.Record) {
	t.Helper()
	token := newToken(t)
	rec, err := plan.Issue(ring, token, "acme/launch")
	if err != nil {
		t.Fatal(err)
	}
	return token, rec
}

func TestSealedTokensOpenOnlyForTheirLink(t *testing.T) {
	ring, keys := newRing(t, day)
	token := newToken(t)
	sealed, err := ring.Seal(token, "acme/launch")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ring.Open(sealed, "acme/launch"); err != nil || got != token {
		t.Errorf("Open for the same link: %v", err)
	}
	if _, err := ring.Open(sealed, "acme/other"); !errors.Is(err, link.ErrSealed) {
		t.Errorf("Open for another link: %v, wanted ErrSealed", err)
	}
	damaged := link.Sealed{Key: sealed.Key, Box: bytes.Clone(sealed.Box)}
	for i := range damaged.Box {
		damaged.Box[i] ^= 1
		if _, err := ring.Open(damaged, "acme/launch"); !errors.Is(err, link.ErrSealed) {
			t.Fatalf("Open with byte %d changed: %v, wanted ErrSealed", i, err)
		}
		damaged.Box[i] ^= 1
	}
	for _, box := range [][]byte{nil, sealed.Box[:11], sealed.Box[:len(sealed.Box)-1], bytes.Repeat([]byte{0}, 5000)} {
		if _, err := ring.Open(link.Sealed{Key: sealed.Key, Box: box}, "acme/launch"); !errors.Is(err, link.ErrSealed) {
			t.Errorf("Open of %d bytes: %v, wanted ErrSealed", len(box), err)
		}
	}
	stranger, _ := newRing(t, day.Add(time.Second))
	if _, err := stranger.Open(sealed, "acme/launch"); !errors.Is(err, link.ErrUnknownKey) {
		t.Errorf("Open with another ring: %v, wanted ErrUnknownKey", err)
	}
	// Rotation: a newer key seals, the old one still opens.
	id, key, err := link.NewRingKey(rand.Reader, later)
	if err != nil {
		t.Fatal(err)
	}
	keys[id] = key
	rotated, err := link.ParseKeyRing(keys)
	if err != nil {
		t.Fatal(err)
	}
	if rotated.Newest() != id {
		t.Errorf("the newest key is %s, wanted %s", rotated.Newest(), id)
	}
	if got, err := rotated.Open(sealed, "acme/launch"); err != nil || got != token {
		t.Errorf("Open after rotation: %v", err)
	}
}

func TestParseKeyRingRefuses(t *testing.T) {
	key := bytes.Repeat([]byte{1}, link.RingKeyBytes)
	many := map[string][]byte{}
	for _, r := range "abcdefghijklmnopq" {
		many[string(r)] = key
	}
	for reason, keys := range map[string]map[string][]byte{
		"no key":              {},
		"a short key":         {"a": key[1:]},
		"a long key":          {"a": append(key, 1)},
		"an empty id":         {"": key},
		"an id with capitals": {"A": key},
		"a very long id":      {strings.Repeat("a", 64): key},
		"seventeen keys":      many,
	} {
		if _, err := link.ParseKeyRing(keys); !errors.Is(err, link.ErrKeyRing) {
			t.Errorf("key ring with %s: %v, wanted ErrKeyRing", reason, err)
		}
		if s, err := link.ParseSigner(keys); !errors.Is(err, link.ErrKeyRing) || s.Ready() {
			t.Errorf("signer with %s: %v, wanted ErrKeyRing", reason, err)
		}
	}
	if _, err := (link.KeyRing{}).Seal(newToken(t), "x"); !errors.Is(err, link.ErrKeyRing) {
		t.Errorf("sealing with an empty ring: %v, wanted ErrKeyRing", err)
	}
}

// features: K18, U13, U14
func TestRecover(t *testing.T) {
	ring, _ := newRing(t, day)
	token, first := issued(t, ring, link.Recover(nil, "cluster-1", "uid-1", day))
	if first.FirstSeen != day || first.Hash != token.Hash() {
		t.Fatalf("the first record: %+v", first)
	}
	retired := first.Retire(later)
	for _, tc := range []struct {
		reason       string
		rec          link.Record
		cluster, uid string
		action       link.Action
		firstSeen    time.Time
		ended        string
	}{
		{"nothing happened: the same token", first, "cluster-1", "uid-1", link.Keep, day, ""},
		{"the cluster was rebuilt: the same token, and the life goes on where it was", first, "cluster-2", "uid-9", link.Rebind, day, ""},
		{"the link was deleted and made again while nobody watched: the old URL must end", first, "cluster-1", "uid-2", link.Issue, later, token.Hash()},
		{"it was deleted for good and made again: another URL", retired, "cluster-1", "uid-2", link.Issue, later, token.Hash()},
		{"it was deleted for good, then the cluster was rebuilt: another URL all the same", retired, "cluster-2", "uid-2", link.Issue, later, token.Hash()},
		{"a retired record never serves even its own object", retired, "cluster-1", "uid-1", link.Issue, later, token.Hash()},
	} {
		plan := link.Recover(&tc.rec, tc.cluster, tc.uid, later)
		if plan.Action != tc.action || plan.Ended != tc.ended || !plan.Record.FirstSeen.Equal(tc.firstSeen) ||
			plan.Record.Cluster != tc.cluster || plan.Record.UID != tc.uid {
			t.Errorf("%s: got %+v", tc.reason, plan)
			continue
		}
		if tc.action != link.Issue {
			if got, err := ring.Open(plan.Record.Token, "acme/launch"); err != nil || got != token {
				t.Errorf("%s: the token does not open: %v", tc.reason, err)
			}
			continue
		}
		next, rec := issued(t, ring, plan)
		if rec.Hash == token.Hash() || next == token || rec.RetiredAt != nil || !cmp.Equal(rec.Retired, []string{token.Hash()}) {
			t.Errorf("%s: the new record is %+v", tc.reason, rec)
		}
		// A crash between writing the record and the object's status draws no second token.
		if again := link.Recover(&rec, tc.cluster, tc.uid, later); again.Action != link.Keep {
			t.Errorf("%s: the second look says %s", tc.reason, again.Action)
		}
	}
}

func TestRetireKeepsTheFirstInstant(t *testing.T) {
	ring, _ := newRing(t, day)
	_, rec := issued(t, ring, link.Recover(nil, "c", "u", day))
	if got := rec.Retire(day).Retire(later); !got.RetiredAt.Equal(day) {
		t.Errorf("retired at %v, wanted %v", got.RetiredAt, day)
	}
	if rec.RetiredAt != nil {
		t.Error("Retire changed its receiver")
	}
}

func TestRecordsStayBounded(t *testing.T) {
	ring, _ := newRing(t, day)
	_, rec := issued(t, ring, link.Recover(nil, "c", "u", day))
	var hashes []string
	for range 200 {
		hashes = append(hashes, rec.Hash)
		gone := rec.Retire(later)
		_, rec = issued(t, ring, link.Recover(&gone, "c", "u", later))
	}
	data, err := rec.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > link.MaxRecordBytes {
		t.Errorf("the record has %d bytes", len(data))
	}
	if !cmp.Equal(rec.Retired, hashes[len(hashes)-len(rec.Retired):]) {
		t.Error("the newest retired hashes are not those kept")
	}
	again, err := link.DecodeRecord(data)
	if err != nil || !cmp.Equal(again, rec) {
		t.Errorf("read back with %v:\n%s", err, cmp.Diff(rec, again))
	}
}

func TestDecodeRecordRefuses(t *testing.T) {
	ring, _ := newRing(t, day)
	_, rec := issued(t, ring, link.Recover(nil, "c", "u", day))
	data, err := rec.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for reason, text := range map[string]string{
		"nothing":                    "",
		"no JSON":                    "links",
		"something behind it":        string(data) + "{}",
		"another version":            strings.Replace(string(data), `"v":1`, `"v":2`, 1),
		"a hash that is none":        strings.Replace(string(data), rec.Hash, "zz"+rec.Hash[2:], 1),
		"no first day":               strings.Replace(string(data), `"firstSeen"`, `"other"`, 1),
		"no object":                  strings.Replace(string(data), `"uid":"u"`, `"uid":""`, 1),
		"more than any record holds": string(data) + strings.Repeat(" ", link.MaxRecordBytes),
	} {
		if _, err := link.DecodeRecord([]byte(text)); !errors.Is(err, link.ErrRecord) {
			t.Errorf("%s: got %v, wanted ErrRecord", reason, err)
		}
	}
	if _, err := (link.Record{}).Encode(); !errors.Is(err, link.ErrRecord) {
		t.Errorf("encoding an empty record: %v, wanted ErrRecord", err)
	}
}

func FuzzDecodeRecord(f *testing.F) {
	ring, _ := newRing(f, day)
	_, rec := issued(f, ring, link.Recover(nil, "c", "u", day))
	data, err := rec.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"v":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := link.DecodeRecord(data)
		if err != nil {
			if !errors.Is(err, link.ErrRecord) {
				t.Fatalf("error %v is not ErrRecord", err)
			}
			return
		}
		again, err := rec.Encode()
		if err != nil {
			t.Fatalf("decoded, and does not encode: %v", err)
		}
		if _, err := link.DecodeRecord(again); err != nil && len(again) <= link.MaxRecordBytes {
			t.Fatalf("encoded, and does not decode: %v", err)
		}
	})
}
