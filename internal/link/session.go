package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// UnlockIdle bounds an unlocked session since it was last used.
	UnlockIdle = 2 * time.Hour
	// UnlockMax is since the password was given.
	UnlockMax = 24 * time.Hour
	// SignatureLife is how long an asset's address works at most.
	SignatureLife = time.Hour
	// signatureStep keeps addresses equal for a while, so that a browser can use its cache.
	signatureStep = 5 * time.Minute
	// skew forgives clocks of replicas that differ.
	skew = time.Minute

	// macBytes is 128 bits: beyond guessing online, and short in a page of 200 pictures.
	macBytes   = 16
	maxSession = 128
)

var b64 = base64.RawURLEncoding

// Signer makes and checks unlock sessions and signatures of assets' addresses,
// with a ring of keys: the newest signs, all verify. It prints as a fixed word.
type Signer struct{ keys [][]byte }

// ParseSigner makes a Signer of keys by id, 32 bytes each, the greatest id being
// the newest. The error is ErrKeyRing.
func ParseSigner(keys map[string][]byte) (Signer, error) {
	if err := checkRing(keys); err != nil {
		return Signer{}, err
	}
	ids := slices.Sorted(maps.Keys(keys))
	slices.Reverse(ids)
	var s Signer
	for _, id := range ids {
		s.keys = append(s.keys, slices.Clone(keys[id]))
	}
	return s, nil
}

// Ready tells whether there are keys.
func (s Signer) Ready() bool { return len(s.keys) > 0 }

// String implements fmt.Stringer.
func (Signer) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Signer) GoString() string { return redacted }

// Format implements fmt.Formatter: no verb prints keys.
func (Signer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements slog.LogValuer.
func (Signer) LogValue() slog.Value { return slog.StringValue(redacted) }

// Binding is what a session or signature holds for, and no longer: a spec that
// changed or another password ends all of them.
type Binding struct {
	// LinkID is the link's id, UID the object's.
	LinkID, UID string
	// Generation of the PublicLink.
	Generation int64
	// Password is the PasswordVersion; empty when the link has none.
	Password string
}

// PasswordVersion tells one stored password hash from another; empty for none.
func PasswordVersion(phc string) string {
	if phc == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("vitrine password version\x00" + phc))
	return hex.EncodeToString(sum[:8])
}

// Session is an unlocked link in one browser.
type Session struct {
	// Since the password was given, and Used when it was last shown; whole seconds.
	Since, Used time.Time
}

// Until is when the session ends if it is not used again.
func (s Session) Until() time.Time {
	idle, end := s.Used.Add(UnlockIdle), s.Since.Add(UnlockMax)
	if end.Before(idle) {
		return end
	}
	return idle
}

// SealSession gives a session as the value of a cookie. It is signed, not secret.
func (s Signer) SealSession(b Binding, session Session) string {
	since, used := session.Since.Unix(), session.Used.Unix()
	body := strconv.FormatInt(since, 36) + "." + strconv.FormatInt(used, 36)
	return body + "." + b64.EncodeToString(s.sign(0, "unlock", b, body))
}

// OpenSession checks a cookie's value; false when it is not ours, for something
// else, from the future or over.
func (s Signer) OpenSession(b Binding, value string, now time.Time) (Session, bool) {
	if len(value) > maxSession {
		return Session{}, false
	}
	at := strings.LastIndexByte(value, '.')
	if at < 0 || !s.verify("unlock", b, value[:at], value[at+1:]) {
		return Session{}, false
	}
	session, ok := PeekSession(value)
	if !ok || session.Since.After(now.Add(skew)) || session.Used.After(now.Add(skew)) || session.Used.Before(session.Since) || !now.Before(session.Until()) {
		return Session{}, false
	}
	return session, true
}

// PeekSession reads the times of a cookie's value without checking anything:
// good for choosing which of many cookies to drop, and for nothing else.
func PeekSession(value string) (Session, bool) {
	parts := strings.Split(value, ".")
	if len(value) > maxSession || len(parts) != 3 {
		return Session{}, false
	}
	since, err1 := strconv.ParseInt(parts[0], 36, 64)
	used, err2 := strconv.ParseInt(parts[1], 36, 64)
	return Session{Since: time.Unix(since, 0), Used: time.Unix(used, 0)}, err1 == nil && err2 == nil
}

// Expiry is the end of signatures made now: at most SignatureLife ahead, and
// the same for all made within five minutes. A link that ends sooner cuts it.
func Expiry(now, linkEnds time.Time) time.Time {
	at := now.Truncate(signatureStep).Add(SignatureLife)
	if !linkEnds.IsZero() && linkEnds.Before(at) {
		return linkEnds.Truncate(time.Second)
	}
	return at
}

// SignAsset signs the address of one thing (what: original, or a rendition's
// preset) of one asset until expiry. The result is fit for a query.
func (s Signer) SignAsset(b Binding, assetID, what string, expiry time.Time) string {
	return b64.EncodeToString(s.sign(0, "asset", b, assetID, what, strconv.FormatInt(expiry.Unix(), 10)))
}

// VerifyAsset checks a signature made by SignAsset.
func (s Signer) VerifyAsset(b Binding, assetID, what string, expiry time.Time, signature string, now time.Time) bool {
	if !now.Before(expiry) || expiry.After(now.Add(SignatureLife+skew)) {
		return false
	}
	return s.verify("asset", b, assetID, what, strconv.FormatInt(expiry.Unix(), 10), signature)
}

// verify takes the parts that were signed and, last, the signature.
func (s Signer) verify(purpose string, b Binding, partsAndSignature ...string) bool {
	last := len(partsAndSignature) - 1
	got, err := b64.Strict().DecodeString(partsAndSignature[last])
	if err != nil || len(got) != macBytes {
		return false
	}
	for i := range s.keys {
		if hmac.Equal(got, s.sign(i, purpose, b, partsAndSignature[:last]...)) {
			return true
		}
	}
	return false
}

// sign is HMAC-SHA-256, cut to macBytes, over length-prefixed parts: no two
// lists of parts give the same text. Without keys it gives nothing that verifies.
func (s Signer) sign(key int, purpose string, b Binding, parts ...string) []byte {
	if key >= len(s.keys) {
		return nil
	}
	mac := hmac.New(sha256.New, s.keys[key])
	write := func(part string) {
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(len(part))) // #nosec G115 -- parts come from addresses and cookies of at most 32 KiB
		_, _ = mac.Write(length[:])
		_, _ = io.WriteString(mac, part)
	}
	for _, part := range []string{purpose, b.LinkID, b.UID, strconv.FormatInt(b.Generation, 10), b.Password} {
		write(part)
	}
	for _, part := range parts {
		write(part)
	}
	return mac.Sum(nil)[:macBytes]
}
