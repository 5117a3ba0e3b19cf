package iam

import (
	"testing"

	render "github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// AWS takes no names beyond Latin-1 in policies of identities as they are, so they are escaped; what is read back is the same, nothing is written
// twice, and the renderer counts the bytes as they are sent.
func TestNamesOfAllScripts(t *testing.T) {
	for _, p := range profiles {
		t.Run(p.reason, func(t *testing.T) {
			r, holders, budget := p.open(t)
			alice := ofUser(r.user(t, "alice"))
			places := []render.Allow{
				{Verb: render.Read, Bucket: "acme-brand", Resource: "Grüße & Küsse/"}, {Verb: render.List, Bucket: "acme-brand", Resource: "日本/Весна/"},
				{Verb: render.Read, Bucket: "acme-brand", Resource: `🎨 "art"/x̌/`},
			}
			documents, err := render.Attach("User alice", places, render.Options{MaxBytes: budget.DocumentBytes, Latin1: true})
			if err != nil {
				t.Fatal(err)
			}
			text := documents[0].JSON()
			for range 2 {
				if err := holders.SetDocument(t.Context(), alice, 0, text); err != nil {
					t.Fatal(err)
				}
			}
			if n := len(r.store.policies); n > 0 {
				for _, made := range r.store.policies {
					if len(made.versions) != 1 {
						t.Errorf("%d versions were written", len(made.versions))
					}
				}
			}
			holds(t, holders, map[identity.Holder]identity.Held{alice: {Documents: map[int][]byte{0: text}}})

			sent := len(*latin(text))
			for size, fits := range map[int]bool{sent: true, sent - 1: false} {
				if _, err := render.Attach("User alice", places, render.Options{MaxBytes: size, Latin1: true}); (err == nil) != fits {
					t.Errorf("%d bytes are sent, and %d suffice: %v", sent, size, err)
				}
			}
		})
	}
}
