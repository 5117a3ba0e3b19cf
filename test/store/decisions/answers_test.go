package decisions_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
)

// TestChangeRecordsAndAnswers asks, in random worlds, for change records and answers in each way that matters: of one's own, of another's, of
// another tenant's and of names that begin alike. Both are put and read below one's own name, and nowhere else.
//
// features: U4
func TestChangeRecordsAndAnswers(t *testing.T) {
	const fewest, most = 2, 20 // worlds
	seed := freshSeed(t)
	var wanted []string
	for _, operation := range []string{"put changes/", "get changes/", "put results/", "get results/"} {
		wanted = append(wanted, operation+": allows it", operation+": denies it")
	}
	for _, at := range targets {
		t.Run(at.name, func(t *testing.T) {
			c, err := takeCrew(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer c.rest()
			met := map[string]bool{}
			unmet := func(what string) bool { return !met[what] }
			for world := 0; world < fewest || world < most && slices.ContainsFunc(wanted, unmet); world++ {
				sc, err := c.stage(t.Context(), source(seed, world), fmt.Sprintf("a%d", world))
				if err != nil {
					t.Fatal(err)
				}
				for _, q := range sc.aboutAnswers() {
					wrong, err := sc.mismatch(t.Context(), q)
					if err != nil {
						t.Fatalf("%s: %v", q, err)
					}
					if wrong != "" {
						t.Errorf("%s: %s; SEED=%d", q, wrong, seed)
					}
					root := q.Name[:strings.IndexByte(q.Name, '/')+1]
					met[fmt.Sprintf("%s %s: %s", q.Operation, root, says(sc.expected(q)))] = true
				}
			}
			if i := slices.IndexFunc(wanted, unmet); i >= 0 {
				t.Errorf("never met: %s; SEED=%d", wanted[i], seed)
			}
			for _, never := range []string{"delete changes/", "delete results/", "list changes/", "list results/"} {
				if met[never+": allows it"] {
					t.Errorf("expected, and nobody may: %s", never)
				}
			}
		})
	}
}

// aboutAnswers are the questions of three people of each tenant about a bucket of each: about what is their own, the next one's, and neither's.
func (sc *scene) aboutAnswers() []question {
	var asked []question
	for _, home := range sc.tenants {
		bucket := slices.IndexFunc(sc.buckets, func(b string) bool { return sc.homes[b].tenant == home && sc.homes[b].vitrine })
		for _, t := range sc.tenants {
			for i, who := range worldtest.Names[:3] {
				for _, place := range []string{who + "/", worldtest.Names[i+1] + "/", who + "-2/"} {
					asked = append(asked, recordQuestions(question{Tenant: t.namespace, Subject: who, Bucket: sc.buckets[bucket], Name: place})...)
				}
			}
		}
	}
	return asked
}

// recordQuestions are one person's about what is, in a bucket, below somebody's name.
func recordQuestions(q question) []question {
	var asked []question
	for _, root := range []string{"changes/", "results/"} {
		for _, operation := range []string{"get", "get version", "put", "complete upload", "delete", "list"} {
			one := q
			one.Operation, one.Name = operation, root+q.Name
			if operation != "list" {
				one.Name += "1.json"
			}
			asked = append(asked, one)
		}
	}
	return asked
}
