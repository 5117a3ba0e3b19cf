package policy

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// PlanInput is what a Plan is made from.
type PlanInput struct {
	Model *access.Model
	At    time.Time
	// Users that the store knows, with the principal of each.
	Users map[string]string
	// Groups are the UserGroups that are declared.
	Groups []string
	// Buckets of each Library at the store.
	Buckets map[string]Buckets
	// GroupsPerUser is how many groups the store lets a user be in; 0 for a store without groups.
	GroupsPerUser int
	// In are the groups that users are in at the store now, where that is known.
	In map[string][]string
	// WholeListsOnly leaves out listings of parts of a bucket, see WholeLists.
	WholeListsOnly bool
	// Claims are the sessions, by the model's names, whose rights are a document
	// that their tokens' claim names, of ClaimBytes at most. They are among Users.
	Claims     []string
	ClaimBytes int
	Options
}

// Attachment is what hangs on one identity at a store.
type Attachment struct {
	// Subject is the User or UserGroup whose identity it is.
	Subject v1alpha1.Subject
	// Session is the session, by the model's name, whose claim names the document; there is no Subject then.
	Session string
	// Allows are what the Documents give.
	Allows []Allow
	// Documents by shard; some may be empty.
	Documents []Document
	// Err is why there are none: ErrTooLarge or ErrResource.
	Err error
	// Members of a group, in order.
	Members []string
}

// Plan gives what hangs on the identities of a tenant at a store whose rights
// hang on them, users first, in order. What comes through a group hangs on the group, so that a
// group of hundreds is one set of documents; a user in more groups than the
// store allows is in none, and has all rights by itself; where those do not fit, the user
// stays in the groups that it is in, so that nothing that was in force is lost. Change records and their answers lie
// below places of each user's own, so the rights to put the ones and read the others always hang on the user.
// Identities without rights are left out: the caller takes away what they have. Sessions
// are no users of the store, and no group can have them as members: those whose claim names
// a document have one of their own, last and in order, and others nothing.
func Plan(in PlanInput) []Attachment {
	groups := slices.Sorted(slices.Values(in.Groups))
	of := map[string][]string{} // groups that give something, by user
	given := map[string][]Allow{}
	for _, group := range groups {
		allows := GroupAllows("", in.Model.GrantsTo(v1alpha1.Subject{Kind: v1alpha1.SubjectUserGroup, Name: group}, in.At), in.Buckets)
		if in.WholeListsOnly {
			allows = WholeLists(allows)
		}
		if len(allows) == 0 {
			continue
		}
		given[group] = allows
		for _, user := range in.Model.GroupMembers(group) {
			of[user] = append(of[user], group)
		}
	}
	var plan []Attachment
	stays := map[string][]string{} // groups, by user
	for _, user := range slices.Sorted(maps.Keys(in.Users)) {
		if access.IsSession(user) {
			continue // no identity that anything could hang on
		}
		subject := v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: user}
		allows := Allows(user, "", in.Model.GrantsTo(subject, in.At), in.Buckets)
		allows = append(allows, ChangeAllows(user, "", in.Model.Grants(user, in.At), in.Buckets)...)
		if in.WholeListsOnly {
			allows = WholeLists(allows)
		}
		if len(of[user]) > in.GroupsPerUser {
			for _, group := range of[user] {
				allows = append(allows, given[group]...)
			}
		}
		if len(allows) == 0 {
			continue
		}
		a := attachment(subject, allows, in.Options)
		if errors.Is(a.Err, ErrTooLarge) {
			stays[user] = in.In[user]
		}
		plan = append(plan, a)
	}
	for _, group := range groups {
		var members []string
		for _, user := range in.Model.GroupMembers(group) {
			if in.Users[user] != "" && !access.IsSession(user) && (len(of[user]) <= in.GroupsPerUser || slices.Contains(stays[user], group)) {
				members = append(members, user)
			}
		}
		if len(members) > 0 && len(given[group]) > 0 {
			a := attachment(v1alpha1.Subject{Kind: v1alpha1.SubjectUserGroup, Name: group}, given[group], in.Options)
			a.Members = members
			plan = append(plan, a)
		}
	}
	for _, session := range slices.Sorted(slices.Values(in.Claims)) {
		allows := Allows(session, "", in.Model.Grants(session, in.At), in.Buckets)
		if in.WholeListsOnly {
			allows = WholeLists(allows)
		}
		if len(allows) > 0 {
			a := Attachment{Session: session, Allows: allows}
			a.Documents, a.Err = Attach(session, allows, ClaimOptions(in.Options, in.ClaimBytes))
			plan = append(plan, a)
		}
	}
	return plan
}

// ClaimOptions are a store's for a document that a claim names, of which there is one.
func ClaimOptions(o Options, bytes int) Options {
	o.MaxBytes, o.MaxDocuments = bytes, 1
	return o
}

func attachment(subject v1alpha1.Subject, allows []Allow, o Options) Attachment {
	a := Attachment{Subject: subject, Allows: allows}
	a.Documents, a.Err = Attach(string(subject.Kind)+" "+subject.Name, allows, o)
	return a
}

// AttachedTo gives the documents that each user of a plan has, those of its
// groups among them, by principal, as Proof wants them.
func AttachedTo(plan []Attachment, users map[string]string) map[string][]Document {
	attached := map[string][]Document{}
	for _, a := range plan {
		if a.Session != "" {
			attached[users[a.Session]] = append(attached[users[a.Session]], a.Documents...)
			continue
		}
		if a.Subject.Kind == v1alpha1.SubjectUser {
			principal := users[a.Subject.Name]
			attached[principal] = append(attached[principal], a.Documents...)
			continue
		}
		for _, user := range a.Members {
			attached[users[user]] = append(attached[users[user]], a.Documents...)
		}
	}
	return attached
}
