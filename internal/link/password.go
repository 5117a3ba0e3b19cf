package link

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Argon2id as the OWASP password storage cheat sheet has it for one pass: 46 MiB,
// t=1, p=1 (RFC 9106).
const (
	argonMemory  = 46 << 10 // KiB
	argonTime    = 1
	argonThreads = 1
	saltBytes    = 16
	keyBytes     = 32

	// MaxPasswordBytes bounds what is hashed; a longer password is refused, never cut.
	MaxPasswordBytes = 1024
	// maxPHC, and the limits below, bound what a verification may cost, whoever wrote the hash.
	maxPHC           = 256
	maxArgonMemory   = 128 << 10 // KiB
	maxArgonTime     = 8
	maxArgonThreads  = 4
	minSalt, maxSalt = 8, 64
	minKey, maxKey   = 16, 64
)

// Errors of passwords, to be compared with errors.Is.
var (
	// ErrPassword: the password is empty, too long or not text.
	ErrPassword = errors.New("a password has 1 to 1024 bytes of UTF-8")
	// ErrPHC: the stored hash is not one that this program makes or accepts.
	ErrPHC = errors.New("not an Argon2id hash within the limits")
)

// HashPassword gives the password's Argon2id hash as a PHC string with a salt
// of its own. The password is brought into Unicode form KC first (NIST SP 800-63B), so that it
// can be typed on any keyboard. It takes 46 MiB for some tens of milliseconds.
func HashPassword(password string, random io.Reader) (phc string, err error) {
	password, err = normal(password)
	if err != nil {
		return "", err
	}
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("drawing a salt: %w", err)
	}
	h := hash{memory: argonMemory, time: argonTime, threads: argonThreads, salt: salt}
	h.key = argon2.IDKey([]byte(password), salt, h.time, h.memory, h.threads, keyBytes)
	return h.String(), nil
}

// VerifyPassword tells whether the password is the one that was hashed. A wrong
// or unusable password is false without an error; ErrPHC says that nobody could enter.
func VerifyPassword(phc, password string) (bool, error) {
	h, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	// An unusable password costs as much as a wrong one.
	text, unusable := normal(password)
	got := argon2.IDKey([]byte(text), h.salt, h.time, h.memory, h.threads, uint32(len(h.key))) // #nosec G115 -- at most maxKey
	return subtle.ConstantTimeCompare(got, h.key) == 1 && unusable == nil, nil
}

func normal(password string) (string, error) {
	if password == "" || len(password) > MaxPasswordBytes || strings.ToValidUTF8(password, "") != password {
		return "", ErrPassword
	}
	return norm.NFKC.String(password), nil
}

type hash struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

// String is the PHC string format.
func (h hash) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads,
		b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

// parsePHC accepts exactly the spelling that String gives.
func parsePHC(s string) (hash, error) {
	if len(s) > maxPHC {
		return hash{}, ErrPHC
	}
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return hash{}, ErrPHC
	}
	params := strings.Split(parts[3], ",")
	if len(params) != 3 {
		return hash{}, ErrPHC
	}
	m, okM := parameter(params[0], "m=", maxArgonMemory)
	t, okT := parameter(params[1], "t=", maxArgonTime)
	p, okP := parameter(params[2], "p=", maxArgonThreads)
	salt, errSalt := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	key, errKey := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	// RFC 9106: at least 8 KiB for each lane.
	if !okM || !okT || !okP || errSalt != nil || errKey != nil || m < 8*p {
		return hash{}, ErrPHC
	}
	h := hash{memory: m, time: t, threads: uint8(p), salt: salt, key: key} // #nosec G115 -- at most maxArgonThreads
	if len(salt) < minSalt || len(salt) > maxSalt || len(key) < minKey || len(key) > maxKey || h.String() != s {
		return hash{}, ErrPHC
	}
	return h, nil
}

func parameter(s, name string, limit uint64) (uint32, bool) {
	digits, ok := strings.CutPrefix(s, name)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseUint(digits, 10, 32)
	return uint32(v), err == nil && v >= 1 && v <= limit // #nosec G115 -- parsed as 32 bits
}
