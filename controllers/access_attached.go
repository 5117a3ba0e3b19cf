package controllers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// A policy that somebody attached to a user of ours gives what no declaration does, and no freeze takes it away. Vitrine
// touches none, and tells of all. Where rights hang on identities they are seen in every pass; where rights come
// from bucket policies the store has to be asked for each user.
const (
	// usersAsked is of how many users that is asked again in one look, so that no burst of requests delays what a change
	// asks of the store. Who was never asked for is not counted: until then nothing is known.
	usersAsked = 200
	// usersAskedAtOnce is how many requests are under way together.
	usersAskedAtOnce = 8
)

// attached is which policies of others hang on a user, as far as the store told, and when it was asked; never when zero.
type attached struct {
	asked time.Time
	told  bool
	names []string
}

// looks are what was learnt of attached policies of a tenant's users. They are taken beside the passes: a change need
// not wait for hundreds of answers.
type looks struct {
	mu    sync.Mutex
	known map[string]attached // by name at the store
	// failureSaid is when the log was told last that a store does not tell of somebody.
	failureSaid time.Time
	// asking are whom the look under way is for; nil when there is none. A User who goes meanwhile is taken out.
	asking map[string]bool
	// again: somebody came while a look was under way of whom nothing is known.
	again bool
	// under is done when no look is under way.
	under sync.WaitGroup
}

// byOthers is what others attached to one of ours.
type byOthers struct {
	user  string // empty for a group
	said  string
	names []string
}

// noteByOthers tells of every Library which of its people have policies that are not ours, and of every User.
func (made *rendering) noteByOthers(result *compiled, all []byOthers) {
	for _, of := range all {
		if len(of.names) == 0 {
			continue
		}
		for _, p := range made.policies {
			if p.library.gives && p.bucket == p.library.buckets().Originals {
				result.note(p.library.Name, func(told *libraryResult) {
					told.foreign += fmt.Sprintf("%s has %d policies that are not Vitrine's, the first is %s; ", of.said, len(of.names), of.names[0])
				})
			}
		}
		if of.user != "" {
			if result.byOthers == nil {
				result.byOthers = map[string][]string{}
			}
			result.byOthers[of.user] = of.names
			result.shown[object{"User", of.user}] += " " + strings.Join(of.names, " ")
		}
	}
}

// noteUnasked notes that what others attached is not known of everybody.
func (c *compiled) noteUnasked(unasked bool) {
	for name, result := range c.libraries {
		result.unasked = unasked
		c.libraries[name] = result
	}
}

// onIdentities is what others attached where rights hang on identities, which every pass reads.
func onIdentities(all []hanging) []byOthers {
	var list []byOthers
	for i := range all {
		of := byOthers{said: all[i].said(), names: all[i].foreign}
		if name := all[i].called[all[i].holder.Name]; name != "" && all[i].holder.Kind == store.HolderUser {
			of.user, of.said = name, saidOf(name)
		}
		list = append(list, of)
	}
	return list
}

func saidOf(user string) string {
	if user == gatewayMember {
		return user
	}
	return "User " + user
}

// onUsers is what others attached to the tenant's users and the gateway's where rights come from bucket
// policies, as far as it is known: false while somebody has never been asked for. Each is asked for once in a
// drift interval, beside the passes, and whatever is learnt anew makes another; who is frozen is asked for in every pass, of more
// than usersAsked those who waited longest.
func (r *AccessReconciler) onUsers(ctx context.Context, connection Connection, tenant *Tenant, made *rendering) ([]byOthers, bool) {
	called := map[string]string{} // by name at the store
	if made.principals.gateway != "" {
		called[gatewayIdentity(connection.Declared).Name] = gatewayMember
	}
	var frozen []string
	for i := range tenant.Declared.Users {
		user := &tenant.Declared.Users[i]
		if made.principals.users[user.Name] == "" {
			continue
		}
		name := userIdentity(connection.Declared, tenant.Namespace, user.Name).Name
		called[name] = user.Name
		if v1alpha1.FreezeReason(user) != "" {
			frozen = append(frozen, name)
		}
	}
	of, now, interval := &made.memory.looks, r.Clock.Now(), r.Settings.driftInterval(connection.Declared)
	tell := func(err error) {
		if err != nil && ctx.Err() == nil && of.mayTell(now, interval) {
			log.FromContext(ctx).Error(err, "not every user could be looked at for policies of others; trying again")
		}
	}
	before := of.since(called)
	slices.SortFunc(frozen, func(a, b string) int { return before[a].asked.Compare(before[b].asked) })
	answers, err := askAttached(ctx, connection, frozen[:min(len(frozen), usersAsked)], before, now)
	of.learn(answers, func(string) bool { return true })
	tell(err)
	if due, known := of.begin(called, now, interval); len(due) > 0 {
		of.under.Go(func() {
			answers, err := askAttached(ctx, connection, due, known, now)
			if of.end(answers) {
				r.Notices.wake(accessController, types.NamespacedName{Namespace: tenant.Namespace, Name: connection.Declared.Name}, 0)
			}
			tell(err)
		})
	}
	known := of.since(called)
	list, all := make([]byOthers, 0, len(called)), true
	for _, name := range slices.Sorted(maps.Keys(called)) {
		list = append(list, byOthers{called[name], saidOf(called[name]), known[name].names})
		all = all && known[name].told
	}
	return list, all
}

// since is what is known of some users, and forgets all others.
func (l *looks) since(called map[string]string) map[string]attached {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.known, func(name string, _ attached) bool { return called[name] == "" })
	maps.DeleteFunc(l.asking, func(name string, _ bool) bool { return called[name] == "" })
	return maps.Clone(l.known)
}

// begin begins a look, unless one is under way or nobody is due: whom it is for, and what is known of them.
func (l *looks) begin(called map[string]string, now time.Time, interval time.Duration) (due []string, known map[string]attached) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var old []string
	for name := range called {
		switch last := l.known[name].asked; {
		case last.IsZero():
			due = append(due, name)
		case now.Sub(last) >= interval:
			old = append(old, name)
		}
	}
	if l.asking != nil {
		l.again = l.again || slices.ContainsFunc(due, func(name string) bool { return !l.asking[name] })
		return nil, nil
	}
	slices.SortFunc(old, func(a, b string) int { return l.known[a].asked.Compare(l.known[b].asked) })
	due = append(due, old[:min(len(old), usersAsked)]...)
	if len(due) > 0 {
		l.asking = map[string]bool{}
		for _, name := range due {
			l.asking[name] = true
		}
	}
	return due, maps.Clone(l.known)
}

// end ends a look, and tells whether it makes another pass.
func (l *looks) end(answers map[string]attached) (pass bool) {
	other := l.learn(answers, func(name string) bool { return l.asking[name] })
	l.mu.Lock()
	defer l.mu.Unlock()
	pass = other || l.again
	l.asking, l.again = nil, false
	return pass
}

// learn notes answers about those who are still there, and tells whether they say anything else than was known.
func (l *looks) learn(answers map[string]attached, there func(string) bool) (other bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, answer := range answers {
		if !there(name) {
			continue
		}
		known := l.known[name]
		other = other || known.told != answer.told || !slices.Equal(known.names, answer.names)
		l.known[name] = answer
	}
	return other
}

// mayTell tells whether the log is to be told of a failure: once in an interval.
func (l *looks) mayTell(now time.Time, interval time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.failureSaid) < interval {
		return false
	}
	l.failureSaid = now
	return true
}

// askAttached asks a store what hangs on some users, and gives what it tells until it fails. Of whom it does not tell us it is
// asked again when the others are, and what it told before stays.
func askAttached(ctx context.Context, connection Connection, users []string, known map[string]attached, now time.Time) (map[string]attached, error) {
	answers, refusals := make([]attached, len(users)), make([]error, len(users))
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(usersAskedAtOnce)
	for i, name := range users {
		group.Go(func() error {
			if asking.Err() != nil {
				return asking.Err() //nolint:wrapcheck // another failed, or nobody waits any more
			}
			names, err := connection.Attached(asking, name)
			if err != nil {
				err = fmt.Errorf("asking what hangs on user %s: %w", name, err)
			}
			switch {
			case errors.Is(err, store.ErrDenied) || errors.Is(err, store.ErrInvalid):
				answers[i], refusals[i] = attached{now, known[name].told, known[name].names}, err
			case err != nil:
				return err
			default:
				answers[i] = attached{now, true, slices.Sorted(slices.Values(names))}
			}
			return nil
		})
	}
	err := group.Wait()
	told := make(map[string]attached, len(users))
	for i, name := range users {
		if !answers[i].asked.IsZero() {
			told[name] = answers[i]
		}
	}
	if first := slices.IndexFunc(refusals, func(err error) bool { return err != nil }); err == nil && first >= 0 {
		return told, refusals[first]
	}
	return told, err //nolint:wrapcheck // it says whom it is about
}

// attachedByOthers says what others attached to a User at some stores; empty when nothing is known.
func (d *Deps) attachedByOthers(namespace, user string, stores []string) string {
	var said []string
	for _, name := range stores {
		if result := d.Enforcement.get(tenantAt{namespace, name}); result != nil && len(result.byOthers[user]) > 0 {
			names := result.byOthers[user]
			said = append(said, fmt.Sprintf("it has %d policies at ObjectStore %q that are not Vitrine's, the first is %s", len(names), name, names[0]))
		}
	}
	return strings.Join(said, "; ")
}
