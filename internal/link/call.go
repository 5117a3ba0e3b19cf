package link

import (
	"strconv"
	"strings"
	"time"
)

// callLife is how long the proof of a call is good for, either way, as clocks differ.
const callLife = skew

// SignCall proves that a call is from a part of the installation, which alone has the signing keys; what says what it asks for.
func (s Signer) SignCall(what string, now time.Time) string {
	at := strconv.FormatInt(now.Unix(), 36)
	return at + "." + b64.EncodeToString(s.sign(0, "call", Binding{}, what, at))
}

// VerifyCall checks what SignCall gave, for about a minute. Shown again in that time it asks for the same again, so it is for reading only.
func (s Signer) VerifyCall(what, proof string, now time.Time) bool {
	at, signature, ok := strings.Cut(proof, ".")
	if !ok || len(proof) > maxSession {
		return false
	}
	seconds, err := strconv.ParseInt(at, 36, 64)
	return err == nil && now.Sub(time.Unix(seconds, 0)).Abs() <= callLife && s.verify("call", Binding{}, what, at, signature)
}
