package decisions_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
)

// TestTenantsNeverMeet asks the same questions about one tenant's buckets over and over, as its own people and as those of another
// tenant, who have the same names: before the other tenant declares anything, then while it declares one random world after the other, and when it has
// taken all back. No answer may change, and nobody of the other tenant may ever get one.
//
// features: D10, U4
func TestTenantsNeverMeet(t *testing.T) {
	const worlds, questions, changes = 3, 60, 3
	seed := freshSeed(t)
	for _, at := range targets {
		t.Run(at.name, func(t *testing.T) {
			c, err := takeCrew(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer c.rest()
			for world := range worlds {
				r := source(seed, world)
				sc, err := c.stage(t.Context(), r, fmt.Sprintf("i%d", world))
				if err != nil {
					t.Fatal(err)
				}
				other, one := sc.tenants[0], sc.tenants[1]
				asked := sc.about(r, one, questions)
				first := map[question]string{}
				declared := []access.Declarations{{}, other.world.Declarations}
				for range changes {
					declared = append(declared, elsewhere(r, other))
				}
				for i, d := range append(declared, access.Declarations{}) {
					other.declare(d)
					if err := at.enforce(t.Context(), sc.admin, other); err != nil {
						t.Fatal(err)
					}
					for _, q := range asked {
						out, err := sc.ask(t.Context(), q)
						if err != nil {
							t.Fatalf("%s: %v", q, err)
						}
						if out.allowed && q.Tenant != one.namespace {
							t.Errorf("%s: allowed (%s), across tenants; SEED=%d", q, out.answer, seed)
						}
						answer := fmt.Sprint(out.allowed, " ", out.answer, " ", out.wrong)
						if i == 0 {
							first[q] = answer
						}
						if answer != first[q] {
							t.Errorf("%s: first %s, then %s, and only the other tenant's declarations had changed; SEED=%d\n%s", q, first[q], answer, seed, declaredText(other))
						}
					}
				}
			}
		})
	}
}

// about draws questions about one tenant's buckets.
func (sc *scene) about(r *rand.Rand, t *tenant, questions int) []question {
	var asked []question
	for len(asked) < questions {
		q := sc.draw(r)
		if home, ok := sc.homes[q.Bucket]; ok && home.tenant == t && (q.SourceBucket == "" || sc.homes[q.SourceBucket].tenant == t) {
			if r.IntN(3) == 0 { // the same, as somebody of the other tenant who has the same name
				q.Tenant = sc.tenants[0].namespace
			}
			asked = append(asked, q)
		}
	}
	return asked
}

// elsewhere makes up other declarations on a tenant's buckets.
func elsewhere(r *rand.Rand, t *tenant) access.Declarations {
	d := worldtest.Random(r, worldtest.Large).Declarations
	d.Libraries = slices.DeleteFunc(d.Libraries, func(l v1alpha1.Library) bool { return t.made[l.Name].Originals == "" })
	for i, l := range d.Libraries {
		d.Libraries[i].Spec.Bucket.Name = t.made[l.Name].Originals
	}
	return d
}

func declaredText(t *tenant) string { return declared(t.namespace, t.world.Declarations) }
