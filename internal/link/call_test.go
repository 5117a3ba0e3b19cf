package link_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/internal/link"
)

func TestCallsAreProved(t *testing.T) {
	_, keys := newRing(t, day)
	signer := newSigner(t, keys)
	_, strange := newRing(t, day)
	proof := signer.SignCall("wanted", day)
	for reason, c := range map[string]struct {
		signer link.Signer
		what   string
		proof  string
		at     time.Time
		want   bool
	}{
		"at once":                  {signer, "wanted", proof, day, true},
		"by a clock that is ahead": {signer, "wanted", proof, day.Add(-30 * time.Second), true},
		"within a minute":          {signer, "wanted", proof, day.Add(time.Minute), true},
		"later":                    {signer, "wanted", proof, day.Add(time.Minute + time.Second), false},
		"long before":              {signer, "wanted", proof, day.Add(-time.Minute - time.Second), false},
		"for something else":       {signer, "metrics", proof, day, false},
		"of other keys":            {newSigner(t, strange), "wanted", proof, day, false},
		"without keys":             {link.Signer{}, "wanted", link.Signer{}.SignCall("wanted", day), day, false},
		"of another time":          {signer, "wanted", "1" + proof, day, false},
		"without a signature":      {signer, "wanted", strings.Split(proof, ".")[0] + ".", day, false},
		"nothing":                  {signer, "wanted", "", day, false},
		"too long":                 {signer, "wanted", proof + strings.Repeat("A", 200), day, false},
		"a session's signature":    {signer, "wanted", signer.SealSession(link.Binding{}, link.Session{Since: day, Used: day}), day, false},
	} {
		if got := c.signer.VerifyCall(c.what, c.proof, c.at); got != c.want {
			t.Errorf("%s: %v, want %v", reason, got, c.want)
		}
	}
}
