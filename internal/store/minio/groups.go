package minio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// group is what the store tells of one. Of a disabled one it keeps the policies to itself.
type group struct {
	Status  string   `json:"status"`
	Members []string `json:"members"`
	Policy  string   `json:"policy"` // with commas between
}

func (d *Driver) group(ctx context.Context, name string) (group, error) {
	var found group
	err := d.get(ctx, "look at group "+name, "group", url.Values{"group": {name}}, false, &found)
	return found, err
}

// EnsureGroup implements identity.Holders. A group that somebody disabled is enabled again.
func (d *Driver) EnsureGroup(ctx context.Context, id identity.Identity) error {
	name, err := groupName(id.Path, id.Name)
	if err != nil {
		return err
	}
	return d.ensureGroup(ctx, name)
}

func (d *Driver) ensureGroup(ctx context.Context, name string) error {
	found, err := d.group(ctx, name)
	if errors.Is(err, conn.ErrNotFound) {
		return d.updateMembers(ctx, "create group "+name, name, nil, true)
	}
	if err != nil || found.Status != disabled {
		return err
	}
	return d.enable(ctx, "set-group-status", "group", name)
}

// DeleteGroup implements identity.Holders. What gives rights goes first; the group itself goes last, so that it is found again
// after a cut. Nobody stays a member by the user's own word: that would count again for a group of the same name.
func (d *Driver) DeleteGroup(ctx context.Context, id identity.Identity) error {
	name, err := groupName(id.Path, id.Name)
	if err != nil {
		return err
	}
	found, err := d.group(ctx, name)
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if found.Status == disabled {
		found.Policy = "unknown"
	}
	if err := d.dropDocuments(ctx, target{name: name, group: true}, id.Name, found.Policy); err != nil {
		return err
	}
	if err := d.emptyGroup(ctx, name, found.Members); err != nil {
		return err
	}
	if err := d.removeGroup(ctx, name); err != nil {
		return err
	}
	if _, err = d.group(ctx, name); errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = &conn.Error{Op: "delete group " + name, Kind: conn.ErrUnreachable, Message: "it is still there"}
	}
	return err
}

// emptyGroup takes out whom the group tells and who tell it themselves. MinIO takes nobody out who is not there, and leaves in the group
// who went when the group alone told of it: such a user is made for as long as it takes, and goes again however this ends.
func (d *Driver) emptyGroup(ctx context.Context, group string, told []string) error {
	made, err := d.takeOut(ctx, group, told)
	return errors.Join(err, d.unmake(ctx, group, made))
}

// emptyTries is how often it is tried to empty a group: for one user who went meanwhile MinIO refuses all.
const emptyTries = 5

// takeOut is emptyGroup that leaves whom it made.
func (d *Driver) takeOut(ctx context.Context, group string, told []string) (made []string, err error) {
	for try := 1; ; try++ {
		members, lost, err := d.membersAndLost(ctx, group, told)
		if err != nil {
			return made, err
		}
		for _, name := range lost {
			made = append(made, name) // first: what fails may have happened
			if err := d.create(ctx, name); err != nil {
				return made, err
			}
		}
		if len(members) == 0 {
			return made, nil
		}
		err = d.updateMembers(ctx, "empty group "+group, group, members, false)
		if !errors.Is(err, conn.ErrNotFound) || try == emptyTries {
			return made, err
		}
		found, err := d.group(ctx, group)
		if errors.Is(err, conn.ErrNotFound) {
			return made, nil
		}
		if err != nil {
			return made, err
		}
		told = found.Members
	}
}

// membersAndLost gives who is to be taken out of a group, and whom of these the store has lost. What the group told before may be old:
// who is not there is asked for by name, since somebody may have made that user a moment ago, and then the group is asked again, since
// a user that is deleted leaves its groups first.
func (d *Driver) membersAndLost(ctx context.Context, group string, told []string) (members, lost []string, err error) {
	all, err := d.usersOfLate(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range told {
		if _, there := all[name]; there {
			continue
		}
		if _, err := d.user(ctx, name); errors.Is(err, conn.ErrNotFound) {
			lost = append(lost, name)
		} else if err != nil {
			return nil, nil, err
		}
	}
	if len(lost) > 0 {
		found, err := d.group(ctx, group)
		if errors.Is(err, conn.ErrNotFound) {
			return nil, nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
		told = found.Members
		lost = slices.DeleteFunc(lost, func(name string) bool { return !slices.Contains(told, name) })
	}
	members = slices.Clone(told)
	for name, u := range all {
		if slices.Contains(u.MemberOf, group) && !slices.Contains(members, name) {
			members = append(members, name)
		}
	}
	return members, lost, nil
}

// unmakeTimeout is enough for a few users. It begins when the call ends, which may have been cut.
const unmakeTimeout = 15 * time.Second

// unmake deletes users that were made to be taken out of a group. One whom somebody gave something meanwhile is somebody's, and stays.
func (d *Driver) unmake(ctx context.Context, group string, made []string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unmakeTimeout)
	defer cancel()
	var errs []error
	for _, name := range made {
		u, err := d.user(ctx, name)
		if errors.Is(err, conn.ErrNotFound) {
			continue
		}
		others := slices.ContainsFunc(u.MemberOf, func(other string) bool { return other != group })
		if err == nil && !others && u.PolicyName == "" {
			err = d.deleteUser(ctx, name)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// SetMember implements identity.Holders. MinIO keeps a membership twice: with the group, and with the user, whose rights hang on that. A
// call that was cut may have changed what is on disk alone, from where only the group is read anew. So both are asked, and asking
// MinIO for what one of them says already brings the other to it.
func (d *Driver) SetMember(ctx context.Context, id identity.Identity, user string, in bool) error {
	name, err := groupName(id.Path, id.Name)
	if err != nil {
		return err
	}
	found, err := d.group(ctx, name)
	if !in && errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	member, err := d.user(ctx, user)
	if !in && errors.Is(err, conn.ErrNotFound) {
		return nil // the user went, and the membership with it
	}
	if err != nil || slices.Contains(found.Members, user) == in && slices.Contains(member.MemberOf, name) == in {
		return err
	}
	op := "take user " + user + " out of group " + name
	if in {
		op = "put user " + user + " into group " + name
	}
	err = d.updateMembers(ctx, op, name, []string{user}, in)
	if !in && errors.Is(err, conn.ErrNotFound) {
		return nil // it went meanwhile
	}
	return err
}

// join puts a user into its place, unless group and user say that it is there, see SetMember.
func (d *Driver) join(ctx context.Context, home, name string, u user) error {
	found, err := d.group(ctx, home)
	if err != nil && !errors.Is(err, conn.ErrNotFound) {
		return err
	}
	if found.Status == disabled {
		if err := d.enable(ctx, "set-group-status", "group", home); err != nil {
			return err
		}
	}
	if slices.Contains(found.Members, name) && slices.Contains(u.MemberOf, home) {
		return nil
	}
	return d.updateMembers(ctx, "put user "+name+" into its place", home, []string{name}, true)
}

// leave removes a place that is empty. A user that came in meanwhile keeps it: the store refuses.
func (d *Driver) leave(ctx context.Context, home string) error {
	found, err := d.group(ctx, home)
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	if err != nil || len(found.Members) > 0 {
		return err
	}
	err = d.removeGroup(ctx, home)
	if refused, ok := errors.AsType[*conn.Error](err); ok && refused.Code == "XMinioAdminGroupNotEmpty" {
		return nil
	}
	return err
}

// removeGroup removes a group without members, and what is attached to it.
func (d *Driver) removeGroup(ctx context.Context, name string) error {
	err := d.updateMembers(ctx, "delete group "+name, name, nil, false)
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	return err
}

// updateMembers adds users, or takes them out. With no users it makes a group, or removes one without members.
func (d *Driver) updateMembers(ctx context.Context, op, name string, users []string, in bool) error {
	if users == nil {
		users = []string{}
	}
	body, err := json.Marshal(map[string]any{"group": name, "members": users, "isRemove": !in, "groupStatus": enabled})
	if err != nil {
		return &conn.Error{Op: op, Kind: conn.ErrInvalid}
	}
	// The group in the query is for whoever reads requests; the server looks into the body.
	_, err = d.call(ctx, op, http.MethodPut, "update-group-members", url.Values{"group": {name}}, body)
	if in || err != nil { // who was to leave may have gone wholly
		d.listed.changes.Add(1)
	}
	return err
}
