package access

import (
	"iter"
	"math/bits"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Permission is one thing that a role allows. The zero value is none.
type Permission uint8

// The permissions; v1alpha1 says what each means and who enforces it.
const (
	List Permission = iota + 1
	Preview
	Download
	Comment
	Upload
	Describe
	Collect
	Publish
	Approve
	Delete
	Moderate
	Curate
	Share
	Link
	Restricted
	Audit
)

// words are the permissions' names in the API, by Permission.
var words = [...]v1alpha1.Permission{
	List:       v1alpha1.PermissionList,
	Preview:    v1alpha1.PermissionPreview,
	Download:   v1alpha1.PermissionDownload,
	Comment:    v1alpha1.PermissionComment,
	Upload:     v1alpha1.PermissionUpload,
	Describe:   v1alpha1.PermissionDescribe,
	Collect:    v1alpha1.PermissionCollect,
	Publish:    v1alpha1.PermissionPublish,
	Approve:    v1alpha1.PermissionApprove,
	Delete:     v1alpha1.PermissionDelete,
	Moderate:   v1alpha1.PermissionModerate,
	Curate:     v1alpha1.PermissionCurate,
	Share:      v1alpha1.PermissionShare,
	Link:       v1alpha1.PermissionLink,
	Restricted: v1alpha1.PermissionRestricted,
	Audit:      v1alpha1.PermissionAudit,
}

// ParsePermission finds a permission by its name in the API.
func ParsePermission(name string) (Permission, bool) {
	for p := List; int(p) < len(words); p++ {
		if string(words[p]) == name {
			return p, true
		}
	}
	return 0, false
}

// String is the permission's name in the API.
func (p Permission) String() string {
	if p == 0 || int(p) >= len(words) {
		return "none"
	}
	return string(words[p])
}

// Permissions is a set of permissions. The zero value is the empty set.
type Permissions uint32

// Of makes a set.
func Of(permissions ...Permission) Permissions {
	var s Permissions
	for _, p := range permissions {
		s |= 1 << p
	}
	return s
}

// AllPermissions is every permission there is.
var AllPermissions = func() Permissions {
	var s Permissions
	for p := List; int(p) < len(words); p++ {
		s |= 1 << p
	}
	return s
}()

// Has tells whether p is in the set.
func (s Permissions) Has(p Permission) bool { return p != 0 && s&(1<<p) != 0 }

// HasAny tells whether the sets have a permission in common.
func (s Permissions) HasAny(t Permissions) bool { return s&t != 0 }

// Union is what either set has.
func (s Permissions) Union(t Permissions) Permissions { return s | t }

// Intersect is what both sets have.
func (s Permissions) Intersect(t Permissions) Permissions { return s & t }

// Each gives the permissions in the order of the API's list.
func (s Permissions) Each() iter.Seq[Permission] {
	return func(yield func(Permission) bool) {
		for s != 0 {
			p := Permission(bits.TrailingZeros32(uint32(s)))
			if !yield(p) {
				return
			}
			s &^= 1 << p
		}
	}
}

// Names are the permissions' names in the order of the API's list.
func (s Permissions) Names() []string {
	names := make([]string, 0, bits.OnesCount32(uint32(s)))
	for p := range s.Each() {
		names = append(names, p.String())
	}
	return names
}

// String lists the names with commas.
func (s Permissions) String() string { return strings.Join(s.Names(), ",") }
