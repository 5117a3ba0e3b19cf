package minio

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// MinIO does not tell when an access key was made, so its ID does: `V`, the seconds since 1970 as 7 characters of base32 (35 bits, enough
// for a thousand years), and 60 random bits, 20 characters in all, as AWS's have.
const (
	keyIDMark   = "V"
	timeChars   = 7
	randomChars = 12
)

var keyIDText = base32.StdEncoding.WithPadding(base32.NoPadding)

func newKeyID(at time.Time) string {
	return keyIDMark + encodeTime(at) + rand.Text()[:randomChars]
}

// encodeTime shifts the seconds to the front of 40 bits, which are 8 characters, and leaves the last one out.
func encodeTime(at time.Time) string {
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], uint64(at.Unix())<<5)
	return keyIDText.EncodeToString(raw[3:])[:timeChars]
}

// issuedAt reads the time out of an ID; zero when the ID was not made here.
func issuedAt(id string) time.Time {
	text, ok := strings.CutPrefix(id, keyIDMark)
	if !ok || len(text) != timeChars+randomChars {
		return time.Time{}
	}
	raw, err := keyIDText.DecodeString(text[:timeChars] + "A")
	if err != nil {
		return time.Time{}
	}
	return time.Unix(int64(binary.BigEndian.Uint64(append([]byte{0, 0, 0}, raw...))>>5), 0).UTC()
}
