package decisions_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

// belowFolder is a resource that is everything in a folder.
var belowFolder = regexp.MustCompile(`(arn:aws:s3:::[^"/]+/[^"]+)/\*"`)

// TestFaultsAreFound brings worlds to a real store with a mistake on the way, each of a kind that a renderer could make, and expects a
// mismatch, told in a world that has little more in it than the mistake needs.
//
// features: U4
func TestFaultsAreFound(t *testing.T) {
	each := func(change func(policy.Allow) policy.Allow) func([]policy.Allow) []policy.Allow {
		return func(allows []policy.Allow) []policy.Allow {
			for _, a := range slices.Clone(allows) {
				allows = append(allows, change(a))
			}
			return allows
		}
	}
	cases := []struct {
		reason string
		fault  fault
		// parts: it is one only where parts of a bucket may be listed.
		parts bool
		// versions: it shows only where old versions are judged apart from the object.
		versions bool
	}{
		{reason: "a right somewhere becomes one everywhere", fault: fault{allows: each(func(a policy.Allow) policy.Allow {
			a.Resource, a.Exact = "", false
			return a
		})}},
		{reason: "a right on a folder reaches the one above", fault: fault{allows: each(func(a policy.Allow) policy.Allow {
			a.Resource, a.Exact = a.Resource[:strings.LastIndexByte(strings.TrimSuffix(a.Resource, "/"), '/')+1], false
			return a
		})}},
		{reason: "whoever may read may write", fault: fault{allows: each(func(a policy.Allow) policy.Allow {
			if a.Verb == policy.Read {
				a.Verb = policy.Write
			}
			return a
		})}},
		{reason: "whoever may see may see what was there before", fault: fault{allows: each(func(a policy.Allow) policy.Allow {
			if a.Verb == policy.ReadCurrent {
				a.Verb = policy.Read
			}
			return a
		})}, versions: true},
		{reason: "listings are forgotten", fault: fault{allows: func(allows []policy.Allow) []policy.Allow {
			return slices.DeleteFunc(allows, func(a policy.Allow) bool { return a.Verb == policy.List })
		}}},
		{reason: "single files are forgotten", fault: fault{allows: func(allows []policy.Allow) []policy.Allow {
			return slices.DeleteFunc(allows, func(a policy.Allow) bool { return a.Exact })
		}}},
		{reason: "a prefix reaches neighbours whose names begin alike", fault: fault{document: func(text []byte) []byte {
			return belowFolder.ReplaceAll(text, []byte(`$1*"`))
		}}},
		{reason: "a policy opens listings to everybody it names", fault: fault{document: func(text []byte) []byte {
			return bytes.ReplaceAll(text, []byte(`"s3:prefix":["`), []byte(`"s3:prefix":["*","`))
		}}, parts: true},
	}
	for _, at := range targets {
		for i, c := range cases {
			if c.parts && !at.prefixes || c.versions && at.habits.forgetsVersions {
				continue
			}
			t.Run(at.name+"/"+c.reason, func(t *testing.T) {
				t.Parallel()
				found(t, at.with(c.fault), fmt.Sprintf("f%d", i))
			})
		}
	}
}

// TestListingsThatAreRefusedWouldLeak gives listings of folders where they are refused, and asks for listings whose header misleads
// until somebody is told of what is not theirs. The same listing without the header is answered as the model does.
//
// features: U16
func TestListingsThatAreRefusedWouldLeak(t *testing.T) {
	for _, at := range targets {
		if at.lifted == nil {
			continue
		}
		t.Run(at.name, func(t *testing.T) {
			at.enforce, at.prefixes = at.lifted, true
			crew, err := takeCrew(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer crew.rest()
			q, sc := crew.misled(t, seed(t))
			q.Operation = "list"
			if wrong, err := sc.mismatch(t.Context(), q); err != nil || wrong != "" {
				t.Errorf("without the header, %s: %s (%v)", q, wrong, err)
			}
		})
	}
}

// misled asks in one world after the other until a header gets somebody a listing that is not theirs.
func (c *crew) misled(t *testing.T, seed uint64) (question, *scene) {
	t.Helper()
	const worlds, questions = 20, 300
	for world := range worlds {
		r := source(seed, world)
		sc, err := c.stage(t.Context(), r, fmt.Sprintf("l-%d", world))
		if err != nil {
			t.Fatal(err)
		}
		sc.operations = []operation{operationNamed("list, misleading")}
		for range questions {
			q := sc.draw(r)
			out, err := sc.ask(t.Context(), q)
			if err != nil {
				t.Fatalf("%s: %v", q, err)
			}
			if out.allowed && !sc.expected(q) {
				return q, sc
			}
		}
	}
	t.Fatalf("no header misled the store in %d worlds; SEED=%d", worlds, seed)
	return question{}, nil
}

// found expects a mismatch, a short report of it, and none when the mistakes are put right.
func found(t *testing.T, at target, label string) {
	t.Helper()
	crew, err := takeCrew(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer crew.rest()
	q, sc := crew.find(t, seed(t), label)
	if err := sc.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	if wrong, err := sc.mismatch(t.Context(), q); err != nil || wrong == "" {
		t.Fatalf("%s: no mismatch, although the documents foretell one; SEED=%d (%v)", q, seed(t), err)
	}
	report, err := sc.explain(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	for _, tenant := range sc.tenants {
		left += count(tenant.world.Declarations)
	}
	// A Library, a Folder or Collection, a User and a RoleBinding; a UserGroup and a Role of their own, when the routes are such.
	if left > 7 {
		t.Errorf("%d objects are left of the world:\n%s", left, report)
	}
	for _, part := range []string{q.Operation, q.Bucket, "kind: User\n", "kind: Library\n"} {
		if !strings.Contains(report, part) {
			t.Errorf("the report does not tell %q:\n%s", part, report)
		}
	}
	t.Log(report)
	sc.at = sc.at.with()
	for _, tenant := range sc.tenants {
		if err := sc.at.enforce(t.Context(), sc.admin, tenant); err != nil {
			t.Fatal(err)
		}
	}
	if wrong, err := sc.mismatch(t.Context(), q); err != nil || wrong != "" {
		t.Errorf("without the mistake, %s: %s (%v)", q, wrong, err)
	}
}

// find draws plain questions in one imagined world after the other, until the documents foretell a mismatch. No store is asked.
func (c *crew) find(t *testing.T, seed uint64, label string) (question, *scene) {
	t.Helper()
	const worlds, questions = 200, 300
	for world := range worlds {
		r := source(seed, world)
		sc := c.imagine(r, fmt.Sprintf("%s-%d", label, world))
		sc.operations = slices.DeleteFunc(sc.operations, func(o operation) bool { return plain[o.name] == "" })
		judges, err := sc.judges()
		if err != nil {
			t.Fatal(err)
		}
		for range questions {
			if q := sc.draw(r); sc.foretold(q, judges) {
				return q, sc
			}
		}
	}
	t.Fatalf("no mismatch in %d worlds; SEED=%d", worlds, seed)
	return question{}, nil
}

func count(d access.Declarations) int {
	return len(d.Libraries) + len(d.Folders) + len(d.Collections) + len(d.Users) + len(d.UserGroups) + len(d.Roles) + len(d.RoleBindings)
}
