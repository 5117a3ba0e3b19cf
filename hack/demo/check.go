package main

import (
	"context"
	"fmt"
)

// tally counts checks.
type tally struct{ passed, failed int }

func (t tally) total() int { return t.passed + t.failed }

// check is one claim about what runs, and the code that proves it.
type check struct {
	// claim is a sentence that is true when prove gives no error.
	claim string
	prove func(context.Context, *demo) error
}

// chapter is some checks under a heading. They run in order, and a later one may rely
// on what an earlier one made.
type chapter struct {
	title  string
	checks []check
}

// chapters are all checks, in the order in which they run. Those that take something
// away come last.
func chapters() []chapter {
	return []chapter{
		{"What is declared", declaredChecks},
	}
}

// check runs all checks. An error says that the demo was interrupted.
func (d *demo) check(ctx context.Context) (tally, error) {
	var t tally
	for _, chapter := range chapters() {
		d.heading(chapter.title)
		for _, c := range chapter.checks {
			err := c.prove(ctx, d)
			if ctx.Err() != nil {
				return t, fmt.Errorf("checking: %w", ctx.Err())
			}
			if err != nil {
				t.failed++
				d.cross(c.claim, err)
				continue
			}
			t.passed++
			d.tick(c.claim)
		}
	}
	return t, nil
}
