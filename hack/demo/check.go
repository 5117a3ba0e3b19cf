package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
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
	// needsNetwork says that they are left out where no network namespace can be made.
	needsNetwork bool
}

// chapters are all checks, in the order in which they run. What they make, they take
// away again, so that the demo can be shown afterwards; those that stop the manager or
// delete namespaces come last.
func chapters() []chapter {
	return []chapter{
		{title: "What is up", checks: upChecks()},
		{title: "What is declared", checks: declaredChecks()},
		{title: "What a viewer may", checks: viewerChecks()},
		{title: "What contributors and managers may", checks: levelChecks()},
		{title: "What Vitrine's own bucket keeps to itself", checks: ownBucketChecks()},
		{title: "A role of one's own, and a restricted folder", checks: roleChecks()},
		{title: "A group by claim", checks: claimChecks(), needsNetwork: true},
		{title: "Who may declare", checks: authorChecks()},
		{title: "Reviewing a change", checks: reviewChecks()},
		{title: "Tenants", checks: tenantChecks()},
		{title: "Access in time", checks: timeChecks()},
		{title: "People who leave", checks: leaverChecks()},
		{title: "Renditions", checks: renditionChecks()},
		{title: "From draft to archive", checks: storyChecks()},
		{title: "An open link", checks: linkChecks()},
		{title: "A link with a password", checks: passwordChecks()},
		{title: "Links that are shut", checks: shutChecks()},
		{title: "The gateway's own key", checks: gatewayKeyChecks()},
		{title: "A policy changed by hand", checks: driftChecks()},
		{title: "The manager is killed", checks: restartChecks()},
		{title: "Tenants that end", checks: endChecks()},
		{title: "Secrets", checks: secretChecks()},
	}
}

// count tells how many checks there are.
func count(all []chapter) int {
	n := 0
	for _, c := range all {
		n += len(c.checks)
	}
	return n
}

// check runs the checks until all are through or it is interrupted. One that was under
// way then counts by what it gave.
func (d *demo) check(ctx context.Context, todo []chapter) tally {
	var t tally
	for _, chapter := range todo {
		for i, c := range chapter.checks {
			if ctx.Err() != nil {
				return t
			}
			if i == 0 {
				d.heading(chapter.title)
			}
			d.notes = nil
			if err := c.prove(ctx, d); err != nil {
				t.failed++
				d.cross(c.claim, err)
				continue
			}
			t.passed++
			d.tick(c.claim, strings.Join(d.notes, ", "))
		}
	}
	return t
}

// note is shown beside the tick of the check that runs.
func (d *demo) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

// promise is how soon access follows what is declared.
const promise = 2 * time.Second

// promptly wants something to be so within what is promised, and notes how long it took.
func (d *demo) promptly(ctx context.Context, what string, try func(context.Context) error) error {
	took, err := within(ctx, promise, try)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	d.note("%s %.2f s", what, took.Seconds())
	return nil
}

// eventually wants something to be so before long.
func (d *demo) eventually(ctx context.Context, limit time.Duration, what string, try func(context.Context) error) error {
	if _, err := within(ctx, limit, try); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// within tries until there is no error and gives how long that took. A try that
// succeeds when the time is over is none.
func within(ctx context.Context, limit time.Duration, try func(context.Context) error) (time.Duration, error) {
	began := time.Now()
	var last error
	err := wait.PollUntilContextTimeout(ctx, 25*time.Millisecond, limit, true, func(context.Context) (bool, error) {
		last = try(ctx) // not the poll's own context: a try that is cut short tells nothing
		return last == nil, nil
	})
	took := time.Since(began)
	switch {
	case last != nil:
		return took, fmt.Errorf("not within %s: %w", limit, last)
	case err == nil && took > limit:
		return took, fmt.Errorf("only after %s", took.Round(10*time.Millisecond))
	}
	return took, err
}
