package controllers

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// maxSessions is as many as a status lists.
const maxSessions = 128

// oneRole is what holders of several claims need to know; no store can tell Vitrine which claims meet in one person.
const oneRole = "; a session has the rights of the one role assumed: who holds the claims of several groups assumes one role after the other"

// byClaims is what they need to know where the store has a policy for each value.
const byClaims = "; a session has the rights of all groups whose value its claim has that gave anything when it was opened, and lasts as long as its token, or the hour at most that it asks for"

// howSessions says what holders of a group's claim need to know of its sessions.
func howSessions(group *v1alpha1.UserGroup) (told string) {
	for _, s := range group.Status.Sessions {
		how := oneRole
		if s.RoleARN == "" {
			how = byClaims
		}
		if s.ServiceAccount == "" && !strings.Contains(told, how) {
			told += how
		}
	}
	return told
}

// describeSessions fills in how a group's holders and ServiceAccounts sign in, and
// gives what keeps them from it. It is false while that is not known yet.
func (d *Deps) describeSessions(tenant *Tenant, group *v1alpha1.UserGroup) (known bool, err error) {
	subjects := access.DeclaredSessions(group)
	if len(subjects) == 0 {
		group.Status.Sessions = nil
		return true, nil
	}
	var list []v1alpha1.GroupSession
	var first error
	live := tenant.Model.Sessions()
	for _, objectStore := range tenant.stores() {
		result, ok := d.Federation.get(tenantAt{tenant.Namespace, objectStore})
		if !ok {
			return false, nil
		}
		for _, subject := range subjects {
			r, looked := result[subject]
			if !looked && slices.Contains(live, subject) {
				return false, nil // the last pass was before it was declared
			}
			if r.err != nil && first == nil {
				first = r.err
			}
			if refused := d.Enforcement.refused(tenantAt{tenant.Namespace, objectStore}, subject); refused != nil {
				first = cmp.Or(first, refused)
				continue
			}
			if r.arn == "" && !r.byClaim || len(list) == maxSessions {
				continue
			}
			_, account, _ := access.ParseSession(subject)
			list = append(list, v1alpha1.GroupSession{
				Store: objectStore, ServiceAccount: account, RoleARN: r.arn, Endpoint: r.endpoint, Issuer: r.role.Trust.Issuer, Audience: r.role.Trust.Audience,
			})
		}
	}
	group.Status.Sessions = list
	return true, first
}
