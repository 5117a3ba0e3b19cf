package iam

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

type action = func(*fake, url.Values) (string, error)

// actions are those that the driver asks for.
var actions = map[string]action{
	"CreateUser": func(f *fake, form url.Values) (string, error) {
		if f.users[form.Get("UserName")] != nil {
			return "", errExists
		}
		f.users[form.Get("UserName")] = newHolder(form)
		return "<User>" + f.userXML(form.Get("UserName")) + "</User>", nil
	},
	"GetUser": func(f *fake, form url.Values) (string, error) {
		if _, err := f.holder(form); err != nil {
			return "", err
		}
		return "<User>" + f.userXML(form.Get("UserName")) + "</User>", nil
	},
	"ListUsers": func(f *fake, form url.Values) (string, error) {
		return page("Users", f.below(f.users, form, f.userXML), form)
	},
	"DeleteUser": func(f *fake, form url.Values) (string, error) {
		h, err := f.holder(form)
		if err != nil {
			return "", err
		}
		if len(h.attached)+len(h.inline)+len(f.groupsOf(form.Get("UserName"))) > 0 {
			return "", errConflict
		}
		delete(f.users, form.Get("UserName"))
		return "", nil
	},
	"ListAccessKeys": func(_ *fake, form url.Values) (string, error) { return page("AccessKeyMetadata", nil, form) },
	"ListGroupsForUser": func(f *fake, form url.Values) (string, error) {
		if _, err := f.holder(form); err != nil {
			return "", err
		}
		var all []string
		for _, name := range f.groupsOf(form.Get("UserName")) {
			all = append(all, f.groupXML(name))
		}
		return page("Groups", all, form)
	},
	"CreateGroup": func(f *fake, form url.Values) (string, error) {
		if f.groups[form.Get("GroupName")] != nil {
			return "", errExists
		}
		f.groups[form.Get("GroupName")] = newHolder(form)
		return "<Group>" + f.groupXML(form.Get("GroupName")) + "</Group>", nil
	},
	"GetGroup": func(f *fake, form url.Values) (string, error) {
		h, err := f.holder(form)
		if err != nil {
			return "", err
		}
		var all []string
		for _, name := range slices.Sorted(maps.Keys(h.members)) {
			all = append(all, f.userXML(name))
		}
		text, err := page("Users", all, form)
		return "<Group>" + f.groupXML(form.Get("GroupName")) + "</Group>" + text, err
	},
	"ListGroups": func(f *fake, form url.Values) (string, error) {
		return page("Groups", f.below(f.groups, form, f.groupXML), form)
	},
	"DeleteGroup": func(f *fake, form url.Values) (string, error) {
		h, err := f.holder(form)
		if err != nil {
			return "", err
		}
		if len(h.attached)+len(h.inline)+len(h.members) > 0 {
			return "", errConflict
		}
		delete(f.groups, form.Get("GroupName"))
		return "", nil
	},
	"AddUserToGroup": func(f *fake, form url.Values) (string, error) {
		h, user := f.groups[form.Get("GroupName")], form.Get("UserName")
		if h == nil || f.users[user] == nil {
			return "", errNoEntity
		}
		if len(f.groupsOf(user)) == 10 {
			return "", limit("GroupsPerUser: 10")
		}
		h.members[user] = true
		return "", nil
	},
	"RemoveUserFromGroup": func(f *fake, form url.Values) (string, error) {
		h := f.groups[form.Get("GroupName")]
		if h == nil || !h.members[form.Get("UserName")] {
			return "", errNoEntity
		}
		delete(h.members, form.Get("UserName"))
		return "", nil
	},

	"ListUserPolicies": inlineNames, "ListGroupPolicies": inlineNames,
	"GetUserPolicy": inlineGet, "GetGroupPolicy": inlineGet,
	"PutUserPolicy": inlinePut(2048), "PutGroupPolicy": inlinePut(5120),
	"DeleteUserPolicy": inlineDelete, "DeleteGroupPolicy": inlineDelete,
	"ListAttachedUserPolicies": attachedList, "ListAttachedGroupPolicies": attachedList,
	"AttachUserPolicy": attach, "AttachGroupPolicy": attach,
	"DetachUserPolicy": detach, "DetachGroupPolicy": detach,

	"CreatePolicy": func(f *fake, form url.Values) (string, error) {
		arn := "arn:aws:iam::" + fakeAccount + ":policy" + form.Get("Path") + form.Get("PolicyName")
		for _, p := range f.policies {
			if p.name == form.Get("PolicyName") {
				return "", errExists
			}
		}
		p := &policyState{name: form.Get("PolicyName"), path: form.Get("Path")}
		if err := f.version(p, form.Get("PolicyDocument")); err != nil {
			return "", err
		}
		f.policies[arn] = p
		return "<Policy>" + p.xml(arn) + "</Policy>", nil
	},
	"GetPolicy": func(f *fake, form url.Values) (string, error) {
		p := f.policies[form.Get("PolicyArn")]
		if p == nil {
			return "", errNoEntity
		}
		return "<Policy>" + p.xml(form.Get("PolicyArn")) + "</Policy>", nil
	},
	"ListPolicies": func(f *fake, form url.Values) (string, error) {
		var all []string
		for _, arn := range slices.Sorted(maps.Keys(f.policies)) {
			if p := f.policies[arn]; strings.HasPrefix(p.path, form.Get("PathPrefix")) {
				all = append(all, p.xml(arn))
			}
		}
		return page("Policies", all, form)
	},
	"DeletePolicy": func(f *fake, form url.Values) (string, error) {
		arn := form.Get("PolicyArn")
		switch p := f.policies[arn]; {
		case p == nil:
			return "", errNoEntity
		case len(p.versions) > 1 || f.isAttached(arn):
			return "", errConflict
		}
		delete(f.policies, arn)
		return "", nil
	},
	"CreatePolicyVersion": func(f *fake, form url.Values) (string, error) {
		p := f.policies[form.Get("PolicyArn")]
		if p == nil {
			return "", errNoEntity
		}
		if form.Get("SetAsDefault") != "true" {
			return "", fmt.Errorf("a version that is not in force")
		}
		if err := f.version(p, form.Get("PolicyDocument")); err != nil {
			return "", err
		}
		return "<PolicyVersion>" + p.inForce().xml() + "</PolicyVersion>", nil
	},
	"GetPolicyVersion": func(f *fake, form url.Values) (string, error) {
		if p := f.policies[form.Get("PolicyArn")]; p != nil {
			for _, v := range p.versions {
				if v.id == form.Get("VersionId") {
					return "<PolicyVersion>" + v.xml() + "</PolicyVersion>", nil
				}
			}
		}
		return "", errNoEntity
	},
	"ListPolicyVersions": func(f *fake, form url.Values) (string, error) {
		p := f.policies[form.Get("PolicyArn")]
		if p == nil {
			return "", errNoEntity
		}
		var all []string
		for _, v := range p.versions {
			all = append(all, v.xml())
		}
		return page("Versions", all, form)
	},
	"DeletePolicyVersion": func(f *fake, form url.Values) (string, error) {
		p := f.policies[form.Get("PolicyArn")]
		if p == nil {
			return "", errNoEntity
		}
		i := slices.IndexFunc(p.versions, func(v versionState) bool { return v.id == form.Get("VersionId") })
		if i < 0 {
			return "", errNoEntity
		}
		if p.versions[i].inForce {
			return "", errConflict
		}
		p.versions = slices.Delete(p.versions, i, i+1)
		return "", nil
	},
	"GetAccountAuthorizationDetails": authorizationDetails,
}

func (f *fake) below(all map[string]*holderState, form url.Values, text func(string) string) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if strings.HasPrefix(all[name].path, form.Get("PathPrefix")) {
			found = append(found, text(name))
		}
	}
	return found
}

func (f *fake) groupsOf(user string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(f.groups)) {
		if f.groups[name].members[user] {
			all = append(all, name)
		}
	}
	return all
}

func inlineNames(f *fake, form url.Values) (string, error) {
	h, err := f.holder(form)
	if err != nil {
		return "", err
	}
	return page("PolicyNames", slices.Sorted(maps.Keys(h.inline)), form)
}

func inlineGet(f *fake, form url.Values) (string, error) {
	h, err := f.holder(form)
	if err != nil {
		return "", err
	}
	doc, ok := h.inline[form.Get("PolicyName")]
	if !ok {
		return "", errNoEntity
	}
	return element("PolicyName", form.Get("PolicyName")) + element("PolicyDocument", encoded(doc)), nil
}

func inlinePut(most int) action {
	return func(f *fake, form url.Values) (string, error) {
		h, err := f.holder(form)
		if err != nil {
			return "", err
		}
		if !isLatin(form.Get("PolicyDocument")) {
			return "", errNotLatin
		}
		total := len(form.Get("PolicyDocument"))
		for name, doc := range h.inline {
			if name != form.Get("PolicyName") {
				total += len(doc)
			}
		}
		if total > most {
			return "", limit(fmt.Sprintf("the sum of inline policies: %d", most))
		}
		h.inline[form.Get("PolicyName")] = form.Get("PolicyDocument")
		return "", nil
	}
}

func inlineDelete(f *fake, form url.Values) (string, error) {
	h, err := f.holder(form)
	if err != nil {
		return "", err
	}
	if _, ok := h.inline[form.Get("PolicyName")]; !ok {
		return "", errNoEntity
	}
	delete(h.inline, form.Get("PolicyName"))
	return "", nil
}

func attachedList(f *fake, form url.Values) (string, error) {
	h, err := f.holder(form)
	if err != nil {
		return "", err
	}
	return page("AttachedPolicies", f.attachedXML(h), form)
}

func attach(f *fake, form url.Values) (string, error) {
	h, err := f.holder(form)
	if err != nil {
		return "", err
	}
	if f.policies[form.Get("PolicyArn")] == nil {
		return "", errNoEntity
	}
	if len(h.attached) == 10 {
		return "", limit("PoliciesPerUser: 10")
	}
	h.attached[form.Get("PolicyArn")] = true
	return "", nil
}

func detach(f *fake, form url.Values) (string, error) {
	h, err := f.holder(form)
	if err != nil {
		return "", err
	}
	if !h.attached[form.Get("PolicyArn")] {
		return "", errNoEntity
	}
	delete(h.attached, form.Get("PolicyArn"))
	return "", nil
}

// authorizationDetails is in one page: what it holds is nested.
func authorizationDetails(f *fake, _ url.Values) (string, error) {
	var users, groups, policies []string
	for _, name := range slices.Sorted(maps.Keys(f.users)) {
		h := f.users[name]
		users = append(users, f.userXML(name)+list("UserPolicyList", inlineXML(h))+list("GroupList", f.groupsOf(name))+list("AttachedManagedPolicies", f.attachedXML(h)))
	}
	for _, name := range slices.Sorted(maps.Keys(f.groups)) {
		h := f.groups[name]
		groups = append(groups, f.groupXML(name)+list("GroupPolicyList", inlineXML(h))+list("AttachedManagedPolicies", f.attachedXML(h)))
	}
	for _, arn := range slices.Sorted(maps.Keys(f.policies)) {
		p := f.policies[arn]
		var versions []string
		for _, v := range p.versions {
			versions = append(versions, v.xml())
		}
		policies = append(policies, p.xml(arn)+list("PolicyVersionList", versions))
	}
	return list("UserDetailList", users) + list("GroupDetailList", groups) + list("RoleDetailList", nil) + list("Policies", policies) + element("IsTruncated", "false"), nil
}
