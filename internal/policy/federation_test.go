package policy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

// withSessions gives the groups of a world claims and ServiceAccounts.
func withSessions(t *rapid.T, w worldtest.World) worldtest.World {
	for i := range w.UserGroups {
		g := &w.UserGroups[i]
		if rapid.Bool().Draw(t, g.Name+" by claim") {
			g.Spec.Federation = &v1alpha1.Federation{Issuer: "sso", Claim: "groups", Value: g.Name}
		}
		for _, name := range []string{"cms", "app"} {
			if rapid.Bool().Draw(t, name+" in "+g.Name) {
				g.Spec.ServiceAccounts = append(g.Spec.ServiceAccounts, name)
			}
		}
	}
	return w
}

// Sessions have in policies what the model says, and never the right to ask for a change in somebody's name.
//
// features: U4
func TestPoliciesSayOfSessionsWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := withSessions(t, worldtest.Draw(t))
		at := rapid.SampledFrom(w.Instants).Draw(t, "at")
		m := access.New(w.Declarations)
		proof := policy.Proof{Model: m, At: at, Users: map[string]string{}, Buckets: bucketsOf(w.Declarations), Documents: map[string]policy.Document{}, Others: map[string]bool{}}
		var allows []policy.Allow
		for _, subject := range m.Sessions() {
			arn := "arn:aws:iam::000000000000:role/vitrine/x/acme/v-" + strings.ReplaceAll(subject, ":", "-")
			proof.Users[subject] = arn
			allows = append(allows, policy.Allows(subject, arn, m.Grants(subject, at), proof.Buckets)...)
		}
		for _, a := range allows {
			if strings.HasPrefix(a.Resource, asset.ChangesRoot) || strings.HasPrefix(a.Resource, asset.ResultsRoot) {
				t.Fatalf("a session has %s on %s", a.Verb, a.Resource)
			}
		}
		for _, b := range proof.Buckets {
			for _, bucket := range []string{b.Originals, b.Vitrine} {
				doc, err := policy.Render(bucket, allows, policy.Options{})
				if err != nil {
					t.Fatal(err)
				}
				proof.Documents[bucket] = doc
			}
		}
		if err := policy.Prove(proof); err != nil {
			t.Fatal(err)
		}
		// A ServiceAccount has exactly what a User in the same groups has.
		for _, account := range []string{"cms", "app"} {
			twin := w.Declarations
			twin.Users = append([]v1alpha1.User{{}}, twin.Users...)
			twin.Users[0].Name = "twin"
			twin.UserGroups = nil
			for _, g := range w.UserGroups {
				if slices.Contains(g.Spec.ServiceAccounts, account) {
					g.Spec.Members = append([]string{"twin"}, g.Spec.Members...)
				}
				twin.UserGroups = append(twin.UserGroups, g)
			}
			tm := access.New(twin)
			for _, k := range w.Keys {
				for p := range access.AllPermissions.Each() {
					if tm.Decide("twin", p, k, at).Allowed != m.Decide(access.ServiceAccountSubject(account), p, k, at).Allowed {
						t.Fatalf("%s: %s on %v differs from a User in its groups", account, p, k)
					}
				}
			}
		}
	})
}

// Where rights hang on identities a session is nobody's member and has no documents of its own, even if somebody
// takes it for a user: the store would refuse all members of the group for it.
func TestSessionsAreNoMembersOfPlans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := withSessions(t, worldtest.Draw(t))
		at := rapid.SampledFrom(w.Instants).Draw(t, "at")
		_, without := planOf(w, at, func(*policy.PlanInput) {})
		_, plan := planOf(w, at, func(in *policy.PlanInput) {
			for _, subject := range in.Model.Sessions() {
				in.Users[subject] = "arn:aws:iam::000000000000:role/" + subject
			}
		})
		if len(plan) != len(without) {
			t.Fatalf("%d identities with sessions, %d without", len(plan), len(without))
		}
		for i, a := range plan {
			if a.Subject != without[i].Subject || !slices.Equal(a.Members, without[i].Members) || slices.ContainsFunc(a.Members, access.IsSession) {
				t.Fatalf("%v has the members %v, without sessions %v", a.Subject, a.Members, without[i].Members)
			}
		}
	})
}

// A session whose claim names a document has by it what the model says, and one that has the document of another, or none, is found.
//
// features: U4
func TestDocumentsThatClaimsNameSayWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := withSessions(t, worldtest.Draw(t))
		in, plan := planOf(w, rapid.SampledFrom(w.Instants).Draw(t, "at"), func(in *policy.PlanInput) {
			in.Claims, in.ClaimBytes = in.Model.Sessions(), 20<<10
			in.Ends, in.WholeListsOnly = rapid.Bool().Draw(t, "ends"), rapid.Bool().Draw(t, "untrusted")
			for _, subject := range in.Claims {
				in.Users[subject] = "arn:aws:iam::000000000000:claim/" + subject
			}
		})
		if err := policy.Prove(proofOf(in, plan)); err != nil {
			t.Fatal(err)
		}
		for i, a := range plan {
			if a.Session == "" {
				continue
			}
			if len(a.Documents) != 1 || a.Err != nil || a.Subject.Name != "" {
				t.Fatalf("%s has %d documents, %v, %v", a.Session, len(a.Documents), a.Err, a.Subject)
			}
			if err := policy.Prove(proofOf(in, slices.Delete(slices.Clone(plan), i, i+1))); err == nil {
				t.Fatalf("without the document of %s it is proved", a.Session)
			}
		}
	})
}

// A document that a claim names is one, so what does not fit it is refused as a whole.
func TestWhatAClaimNamesFitsOneDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := withSessions(t, worldtest.Draw(t))
		_, plan := planOf(w, rapid.SampledFrom(w.Instants).Draw(t, "at"), func(in *policy.PlanInput) {
			in.Claims, in.ClaimBytes = in.Model.Sessions(), 100 // less than any document that gives something
			for _, subject := range in.Claims {
				in.Users[subject] = "arn:aws:iam::000000000000:claim/" + subject
			}
		})
		for _, a := range plan {
			if a.Session != "" && (!errors.Is(a.Err, policy.ErrTooLarge) || a.Documents != nil) {
				t.Fatalf("%s: %v, and %d documents", a.Session, a.Err, len(a.Documents))
			}
		}
	})
}
