package minio

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

// account is a service account: an access key of a user.
type account struct {
	AccessKey string `json:"accessKey"`
	Status    string `json:"accountStatus"` // empty in the list of all users
}

const accountOff = "off"

// accountsFresh is how long a list of access keys serves. Lists come sealed, and opening one takes about 0.1 s of CPU on either side: asked
// about every user by itself, a store of 500 would do nothing else. What we change ourselves is put into the list at once.
const accountsFresh = 3 * time.Second

// accounts remembers the access keys of all users of the store for a moment.
type accounts struct {
	driver *Driver
	// asking has room for one: whoever comes while a list is under way is served by it.
	asking chan struct{}

	mu     sync.Mutex
	byUser map[string][]account // nil when forgotten
	at     time.Time
	noBulk bool // the store lists the keys of one user at a time only
}

func newAccounts(d *Driver) *accounts {
	return &accounts{driver: d, asking: make(chan struct{}, 1)}
}

// of gives a user's access keys, as they were accountsFresh ago at most.
func (a *accounts) of(ctx context.Context, name string) ([]account, error) {
	if list, ok := a.remembered(name); ok {
		return list, nil
	}
	select {
	case a.asking <- struct{}{}:
		defer func() { <-a.asking }()
	case <-ctx.Done():
		return nil, conn.Failure("list access keys of user "+name, ctx.Err())
	}
	if list, ok := a.remembered(name); ok {
		return list, nil
	}
	if a.bulk() {
		all, err := a.driver.allAccounts(ctx)
		if err == nil {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.byUser, a.at = all, a.driver.now()
			return slices.Clone(all[name]), nil
		}
		if !errors.Is(err, conn.ErrNotFound) && !errors.Is(err, conn.ErrInvalid) {
			return nil, err
		}
		a.mu.Lock()
		a.noBulk = true
		a.mu.Unlock()
	}
	return a.driver.accountsOf(ctx, name)
}

func (a *accounts) bulk() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.noBulk
}

func (a *accounts) remembered(name string) ([]account, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byUser == nil || a.driver.now().Sub(a.at) >= accountsFresh {
		return nil, false
	}
	return slices.Clone(a.byUser[name]), true
}

// added and removed are told what we changed ourselves. A list that was under way meanwhile may or may not have it.
func (a *accounts) added(name string, made account) {
	a.change(func() { a.byUser[name] = append(without(a.byUser[name], made.AccessKey), made) })
}

func (a *accounts) removed(name, keyID string) {
	a.change(func() { a.byUser[name] = without(a.byUser[name], keyID) })
}

// left is told that a user went, and the keys with it.
func (a *accounts) left(name string) {
	a.change(func() { delete(a.byUser, name) })
}

// change waits for a list that is under way, so that it is not put in place over the change.
func (a *accounts) change(apply func()) {
	a.asking <- struct{}{}
	defer func() { <-a.asking }()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byUser != nil {
		apply()
	}
}

// forget makes the next question go to the store: a change of ours may or may not have happened.
func (a *accounts) forget() {
	a.change(func() { a.byUser = nil })
}

func without(list []account, keyID string) []account {
	return slices.DeleteFunc(slices.Clone(list), func(a account) bool { return a.AccessKey == keyID })
}

// allAccounts asks for the access keys of all users.
func (d *Driver) allAccounts(ctx context.Context) (map[string][]account, error) {
	var answer map[string]struct {
		ServiceAccounts []account `json:"serviceAccounts"`
	}
	err := d.get(ctx, "list access keys", "list-access-keys-bulk", url.Values{"all": {"true"}, "listType": {"svcacc-only"}}, true, &answer)
	if err != nil {
		return nil, err
	}
	all := make(map[string][]account, len(answer))
	for name, keys := range answer {
		all[name] = keys.ServiceAccounts
	}
	return all, nil
}

// accountsOf asks for the access keys of one user; empty when there is no such user.
func (d *Driver) accountsOf(ctx context.Context, name string) ([]account, error) {
	var answer struct {
		Accounts []account `json:"accounts"`
	}
	err := d.get(ctx, "list access keys of user "+name, "list-service-accounts", url.Values{"user": {name}}, true, &answer)
	return answer.Accounts, err
}
