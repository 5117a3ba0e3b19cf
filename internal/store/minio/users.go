package minio

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// user is what the store tells of one.
type user struct {
	PolicyName string   `json:"policyName"` // with commas between
	Status     string   `json:"status"`
	MemberOf   []string `json:"memberOf"`
}

// The states of users and groups.
const (
	enabled  = "enabled"
	disabled = "disabled"
)

// List implements identity.Driver. MinIO keeps no tags.
func (d *Driver) List(ctx context.Context, pathPrefix string) ([]identity.Identity, error) {
	places, err := d.places(ctx, pathPrefix)
	if err != nil {
		return nil, err
	}
	var list []identity.Identity
	for path, members := range places {
		for _, name := range members {
			list = append(list, identity.Identity{Name: name, Path: path})
		}
	}
	slices.SortFunc(list, func(a, b identity.Identity) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// places gives the users below a path, by their path. It asks for places, which are
// groups, and not for the list of users, which comes sealed and costs a hundred times as much.
func (d *Driver) places(ctx context.Context, pathPrefix string) (map[string][]string, error) {
	var homes []string
	if home, err := groupName(pathPrefix, place); err == nil && strings.Count(pathPrefix, "/") == namespaceSlashes {
		homes = append(homes, home)
	} else {
		var all []string
		if err := d.get(ctx, "list groups", "groups", nil, false, &all); err != nil {
			return nil, err
		}
		for _, full := range all {
			if path, name, ok := splitGroup(full); ok && name == place && strings.HasPrefix(path, pathPrefix) {
				homes = append(homes, full)
			}
		}
	}
	at := map[string][]string{}
	for _, home := range homes {
		found, err := d.group(ctx, home)
		if errors.Is(err, conn.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		path, _, _ := splitGroup(home)
		at[path] = found.Members
	}
	return at, nil
}

// namespaceSlashes tells the path of one namespace from that of an installation.
const namespaceSlashes = 4

// usersAtOnce is up to how many users are asked about one by one: more are found in the sealed list of all.
const usersAtOnce = 24

// usersBelow tells what is attached to each user below a path, and to those beside it that are in their place.
func (d *Driver) usersBelow(ctx context.Context, pathPrefix string, beside []identity.Identity) (map[identity.Holder]user, error) {
	list, err := d.List(ctx, pathPrefix)
	if err != nil {
		return nil, err
	}
	found := make(map[identity.Holder]user, len(list)+len(beside))
	for _, id := range beside {
		u, err := d.user(ctx, id.Name)
		if err != nil && !errors.Is(err, conn.ErrNotFound) {
			return nil, err
		}
		if err == nil && placeOf(u.MemberOf) == id.Path {
			found[holderOf(id)] = u
		}
	}
	if len(list) > usersAtOnce {
		all, err := d.users(ctx)
		if err != nil {
			return nil, err
		}
		for _, id := range list {
			if u, ok := all[id.Name]; ok {
				found[holderOf(id)] = u
			}
		}
		return found, nil
	}
	for _, id := range list {
		u, err := d.user(ctx, id.Name)
		if errors.Is(err, conn.ErrNotFound) {
			continue // went meanwhile
		}
		if err != nil {
			return nil, err
		}
		found[holderOf(id)] = u
	}
	return found, nil
}

func holderOf(id identity.Identity) identity.Holder {
	return identity.Holder{Kind: identity.HolderUser, Path: id.Path, Name: id.Name}
}

// Ensure implements identity.Driver. A user that somebody disabled is enabled again. One without a place is taken for a leftover of a cut
// and put there, when nothing is attached to it; else it is somebody's.
func (d *Driver) Ensure(ctx context.Context, id identity.Identity) (bool, error) {
	home, err := groupName(id.Path, place)
	if err != nil {
		return false, err
	}
	found, err := d.user(ctx, id.Name)
	if errors.Is(err, conn.ErrNotFound) {
		if err := d.create(ctx, id.Name); err != nil {
			return false, err
		}
		return true, d.join(ctx, home, id.Name, user{})
	}
	if err != nil {
		return false, err
	}
	if err := d.checkPlace(ctx, id, found); err != nil {
		return false, err
	}
	if found.Status == disabled {
		if err := d.enable(ctx, "set-user-status", "accessKey", id.Name); err != nil {
			return false, err
		}
	}
	return false, d.join(ctx, home, id.Name, found)
}

// checkPlace keeps us from a user of our name that is somebody's: names are hashes, so a person made it.
func (d *Driver) checkPlace(ctx context.Context, id identity.Identity, found user) error {
	path := placeOf(found.MemberOf)
	if path == id.Path {
		return nil
	}
	if path == "" && found.PolicyName == "" && len(found.MemberOf) == 0 {
		keys, err := d.accountsOf(ctx, id.Name)
		if err != nil || len(keys) == 0 {
			return err
		}
	}
	return fmt.Errorf("user %s has the path %q instead of %s: %w", id.Name, path, id.Path, conn.ErrForeign)
}

// Delete implements identity.Driver. Documents go first, then the user with its access keys, then the place when it was the last.
func (d *Driver) Delete(ctx context.Context, id identity.Identity) error {
	home, err := groupName(id.Path, place)
	if err != nil {
		return err
	}
	found, err := d.user(ctx, id.Name)
	if errors.Is(err, conn.ErrNotFound) {
		return d.leave(ctx, home)
	}
	if err != nil {
		return err
	}
	if err := d.checkPlace(ctx, id, found); err != nil {
		return err
	}
	if err := d.dropDocuments(ctx, target{name: id.Name}, id.Name, found.PolicyName); err != nil {
		return err
	}
	// MinIO takes a user out of the groups that the user tells, and deletes none who is in a group that is not there. After a
	// cut the place may know less than the user, or more.
	if err := d.join(ctx, home, id.Name, found); err != nil {
		return err
	}
	if err := d.deleteUser(ctx, id.Name); err != nil {
		d.accounts.forget()
		return err
	}
	d.accounts.left(id.Name)
	// Delete, then observe: a finalizer hangs on this.
	if _, err = d.user(ctx, id.Name); !errors.Is(err, conn.ErrNotFound) {
		if err == nil {
			err = &conn.Error{Op: "delete user " + id.Name, Kind: conn.ErrUnreachable, Message: "it is still there"}
		}
		return err
	}
	return d.leave(ctx, home)
}

// users gives every user of the store, by name.
func (d *Driver) users(ctx context.Context) (map[string]user, error) {
	var all map[string]user
	asked, changes := d.now(), d.listed.changes.Load()
	if err := d.get(ctx, "list users", "list-users", nil, true, &all); err != nil {
		return nil, err
	}
	d.listed.remember(&list{all, asked, changes}, d.now)
	return all, nil
}

// listFresh is how long the list of all users serves, see accountsFresh.
const listFresh = 3 * time.Second

// listed remembers the list of all users for a moment.
type listed struct {
	last    atomic.Pointer[list]
	changes atomic.Uint64 // how often somebody joined a group, or went, by us: no list of before serves after that
}

// remember keeps a list for as long as it serves: that of a large store is large.
func (l *listed) remember(last *list, now func() time.Time) {
	l.last.Store(last)
	time.AfterFunc(listFresh, func() {
		if now().Sub(last.asked) >= listFresh {
			l.last.CompareAndSwap(last, nil)
		}
	})
}

// list is what the store told, and when it was asked: at what time, and after how many changes.
type list struct {
	users   map[string]user // never written to
	asked   time.Time
	changes uint64
}

// usersOfLate is users as it was listFresh ago at most. Whoever joined a group by us since is in it; who left may still be.
func (d *Driver) usersOfLate(ctx context.Context) (map[string]user, error) {
	if l := d.listed.last.Load(); l != nil && l.changes == d.listed.changes.Load() && d.now().Sub(l.asked) < listFresh {
		return l.users, nil
	}
	return d.users(ctx)
}

func (d *Driver) user(ctx context.Context, name string) (user, error) {
	var found user
	err := d.get(ctx, "look at user "+name, "user-info", url.Values{"accessKey": {name}}, false, &found)
	return found, err
}

// create makes the user with a secret that nobody learns. Of a user that exists it would replace the secret, which does no harm for
// the same reason.
func (d *Driver) create(ctx context.Context, name string) error {
	op := "create user " + name
	body, err := json.Marshal(map[string]string{"secretKey": rand.Text(), "status": enabled})
	if err != nil {
		return &conn.Error{Op: op, Kind: conn.ErrInvalid}
	}
	if body, err = d.seal(body); err != nil {
		return &conn.Error{Op: op, Kind: conn.ErrInvalid, Message: err.Error()}
	}
	_, err = d.call(ctx, op, http.MethodPut, "add-user", url.Values{"accessKey": {name}}, body)
	return err
}

func (d *Driver) deleteUser(ctx context.Context, name string) error {
	_, err := d.call(ctx, "delete user "+name, http.MethodDelete, "remove-user", url.Values{"accessKey": {name}}, nil)
	d.listed.changes.Add(1)
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	return err
}

func (d *Driver) enable(ctx context.Context, operation, key, name string) error {
	_, err := d.call(ctx, "enable "+name, http.MethodPut, operation, url.Values{key: {name}, "status": {enabled}}, nil)
	return err
}
