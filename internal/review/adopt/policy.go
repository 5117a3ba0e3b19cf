package adopt

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

// right is what one user may do below one prefix, which ends in a slash or is empty.
type right struct {
	principal, prefix string
	permissions       access.Permissions
}

// principals reads "*" or {"AWS": …}.
type principals struct{ aws, others policy.Texts }

// UnmarshalJSON reads either form.
func (p *principals) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		p.aws = policy.Texts{one}
		return nil
	}
	var by map[string]policy.Texts
	if err := json.Unmarshal(data, &by); err != nil {
		return err
	}
	for kind, names := range by {
		if kind == "AWS" {
			p.aws = append(p.aws, names...)
			continue
		}
		for _, name := range names {
			p.others = append(p.others, kind+" "+name)
		}
	}
	return nil
}

// statement is one of a policy. A pointer tells what is absent from what is empty.
type statement struct {
	Sid          string
	Effect       string
	Principal    *principals
	NotPrincipal json.RawMessage
	Action       policy.Texts
	NotAction    json.RawMessage
	Resource     policy.Texts
	NotResource  json.RawMessage
	Condition    map[string]map[string]policy.Texts
}

func statements(document []byte) ([]statement, error) {
	var top struct{ Statement json.RawMessage }
	if err := json.Unmarshal(document, &top); err != nil {
		return nil, err
	}
	var one statement
	if len(top.Statement) > 0 && top.Statement[0] == '{' {
		err := json.Unmarshal(top.Statement, &one)
		return []statement{one}, err
	}
	var all []statement
	err := json.Unmarshal(top.Statement, &all)
	return all, err
}

// actions are what a permission is at a store.
var actions = map[string]access.Permission{
	"s3:ListBucket": access.List, "s3:ListBucketVersions": access.List,
	"s3:GetObject": access.Download, "s3:GetObjectVersion": access.Download,
	"s3:PutObject": access.Upload, "s3:AbortMultipartUpload": access.Upload, "s3:ListMultipartUploadParts": access.Upload,
	"s3:DeleteObject": access.Delete,
}

// harmless are actions that tell nothing of what a bucket holds, and that every client asks for.
var harmless = map[string]bool{"s3:GetBucketLocation": true, "s3:ListAllMyBuckets": true, "s3:ListBucketMultipartUploads": true}

// read finds the rights that the policies give in the bucket, and tells what it cannot express.
func (x *export) read(found Found) []right {
	all := map[[2]string]access.Permissions{} // by principal and prefix
	take := func(where string, document []byte, of ...string) {
		parsed, err := statements(document)
		if err != nil {
			x.skip("%s cannot be read: %v", where, err)
			return
		}
		for i, s := range parsed {
			if concerns(s, found.Bucket) {
				x.statement(found, fmt.Sprintf("%s, statement %s", where, label(s, i)), s, of, all)
			}
		}
	}
	if len(found.Policy) > 0 {
		take("the bucket policy", found.Policy)
	}
	for _, u := range found.Users {
		for _, name := range slices.Sorted(maps.Keys(u.Policies)) {
			take("the policy "+name+" of user "+u.Name, u.Policies[name], u.Principal)
		}
	}
	for _, g := range found.Groups {
		x.group(found, g, take)
	}
	rights := make([]right, 0, len(all))
	for at, permissions := range all {
		rights = append(rights, right{at[0], at[1], permissions})
	}
	return rights
}

// group takes what a group has as its members': each of them has it.
func (x *export) group(found Found, g Group, take func(where string, document []byte, of ...string)) {
	var members []string
	for _, name := range g.Members {
		i := slices.IndexFunc(found.Users, func(u User) bool { return u.Name == name })
		if i < 0 {
			x.skip("the group %s has the member %s, who is no user of this store", g.Name, name)
			continue
		}
		members = append(members, found.Users[i].Principal)
	}
	if len(members) == 0 {
		return // nobody has what it gives
	}
	for _, name := range slices.Sorted(maps.Keys(g.Policies)) {
		take("the policy "+name+" of group "+g.Name, g.Policies[name], members...)
	}
}

// anything are the resources that are every bucket and every object.
var anything = []string{"*", "arn:aws:s3:::*"}

// concerns tells whether a statement may be about the bucket: policies of users say much about other things.
func concerns(s statement, bucket string) bool {
	if s.NotAction == nil && !slices.ContainsFunc(s.Action, func(action string) bool { return mayBegin(strings.ToLower(action), "s3:") }) {
		return false
	}
	arn := "arn:aws:s3:::" + bucket
	return s.NotResource != nil || slices.ContainsFunc(s.Resource, func(resource string) bool { return resource == arn || mayBegin(resource, arn+"/") })
}

// mayBegin tells whether a pattern may match what begins so.
func mayBegin(pattern, prefix string) bool {
	if open := strings.IndexAny(pattern, "*?$"); open >= 0 && strings.HasPrefix(prefix, pattern[:open]) {
		return true
	}
	return strings.HasPrefix(pattern, prefix)
}

func label(s statement, i int) string {
	if s.Sid != "" {
		return s.Sid
	}
	return fmt.Sprint(i + 1)
}

// statement adds what one statement allows. of are those whose it is; none when it names them itself.
func (x *export) statement(found Found, where string, s statement, of []string, all map[[2]string]access.Permissions) {
	switch {
	case policy.Ours(s.Sid):
		x.skip("%s is Vitrine's own", where)
		return
	case s.Effect != "Allow":
		x.skip("%s says %s, which nothing here does: what it keeps away may be given by what follows, LOOK AT IT", where, s.Effect)
		return
	case s.NotAction != nil || s.NotResource != nil || s.NotPrincipal != nil:
		x.skip("%s allows all but something", where)
		return
	}
	who := of
	if who == nil {
		who = x.known(found, where, s.Principal)
	}
	prefixes, listing, ok := x.condition(where, s)
	if !ok {
		return
	}
	permissions, listed := x.permissions(where, s.Action)
	arn := "arn:aws:s3:::" + found.Bucket
	resources := s.Resource
	if slices.ContainsFunc(resources, func(resource string) bool { return slices.Contains(anything, resource) }) {
		resources = policy.Texts{arn, arn + "/*"}
	}
	for _, resource := range resources {
		path, inBucket := strings.CutPrefix(resource, arn)
		var add map[string]access.Permissions
		switch {
		case !concerns(statement{Action: s.Action, Resource: policy.Texts{resource}}, found.Bucket):
			continue // another bucket's
		case path == "":
			add = map[string]access.Permissions{}
			for _, prefix := range listing {
				add[prefix] = listed
			}
		case !inBucket || path[0] != '/':
			x.skip("%s is about %s, which may be this bucket", where, resource)
			continue
		default:
			prefix, folder := folderOf(path[1:])
			if !folder {
				x.skip("%s is about %s, which is no folder: a file by itself goes into a Collection", where, resource)
				continue
			}
			if prefixes {
				continue // the condition is about listing
			}
			add = map[string]access.Permissions{prefix: permissions}
		}
		for prefix, p := range add {
			for _, principal := range who {
				if p != 0 {
					all[[2]string{principal, prefix}] |= p
				}
			}
		}
	}
}

// known are the principals that are users of the store.
func (x *export) known(found Found, where string, p *principals) []string {
	if p == nil {
		x.skip("%s names nobody", where)
		return nil
	}
	var all []string
	for _, name := range p.aws {
		if slices.ContainsFunc(found.Users, func(u User) bool { return u.Principal == name }) {
			all = append(all, name)
			continue
		}
		if name == "*" {
			x.skip("%s is for EVERYBODY: use a PublicLink", where)
			continue
		}
		x.skip("%s names %s, who is no user of this store", where, name)
	}
	for _, name := range p.others {
		x.skip("%s names %s", where, name)
	}
	return all
}

// condition reads a condition on listing, the only one that can be said otherwise. listing are the
// prefixes that may be listed; bounded tells whether there is a condition.
func (x *export) condition(where string, s statement) (bounded bool, listing []string, ok bool) {
	if len(s.Condition) == 0 {
		return false, []string{""}, true
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			if operator != "StringLike" && operator != "StringEquals" || key != "s3:prefix" {
				x.skip("%s holds only on the condition %s %s %s", where, operator, key, strings.Join(values, ", "))
				return false, nil, false
			}
			for _, value := range values {
				if prefix, folder := folderOf(value); folder {
					listing = append(listing, prefix)
					continue
				}
				if value != "" && !strings.HasSuffix(value, "/") {
					x.skip("%s allows to list what begins with %q, which is no folder", where, value)
				}
			}
		}
	}
	return true, listing, true
}

// permissions are what actions come to: on objects, and on listing.
func (x *export) permissions(where string, all policy.Texts) (objects, listing access.Permissions) {
	for _, action := range all {
		p, known := actions[action]
		switch {
		case action == "s3:*" || action == "*":
			x.skip("%s allows every action: what goes beyond listing, reading, writing and deleting is left out", where)
			objects = objects.Union(access.Of(access.List, access.Download, access.Upload, access.Delete))
			listing = listing.Union(access.Of(access.List))
		case known && p == access.List:
			listing = listing.Union(access.Of(p))
		case known:
			objects = objects.Union(access.Of(p))
		case !harmless[action]:
			x.skip("%s allows %s, which no permission is", where, action)
		}
	}
	return objects.Intersect(access.Of(access.Download, access.Upload, access.Delete)), listing
}

// folderOf reads launch/* as launch/, and * as all; anything else is no folder.
func folderOf(pattern string) (string, bool) {
	prefix, open := strings.CutSuffix(pattern, "*")
	if !open || strings.ContainsAny(prefix, "*?") || strings.Contains(prefix, "${") || prefix != "" && !strings.HasSuffix(prefix, "/") {
		return "", false
	}
	return prefix, true
}
