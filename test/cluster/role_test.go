package cluster

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// courier puts files and gets none: alice has it on launch, which has one file of others.
const courier = `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Role
metadata: {name: courier}
spec: {permissions: [list, upload]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice-views}
spec:
  roleRef: {kind: Role, name: courier}
  subjects: [{kind: User, name: alice}]
  targets: [{kind: Folder, name: launch}]
`

// withRoleOf is the first User's binding with another role.
func withRoleOf(kind, name string) string {
	return strings.Replace(courier[strings.LastIndex(courier, "---"):], "{kind: Role, name: courier}", fmt.Sprintf("{kind: %s, name: %s}", kind, name), 1)
}

// startCourier declares it and gives alice's client and what she may.
func startCourier(w *world) (alice *minio.Client, may func() string) {
	w.Helper()
	w.apply(w.named(launch + courier))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.must(put(w.ctx, w.root(), w.name+"-brand", "launch/theirs.txt", "theirs"))
	alice = w.as("alice")
	return alice, func() string {
		w.Helper()
		return w.mayInLaunch(alice)
	}
}

// mayInLaunch tries everything in launch, and names what succeeds.
func (w *world) mayInLaunch(c *minio.Client) string {
	w.Helper()
	bucket := w.name + "-brand"
	var may []string
	try := func(what string, err error) {
		w.Helper()
		switch {
		case err == nil:
			may = append(may, what)
		case minio.ToErrorResponse(err).Code != "AccessDenied":
			w.Fatalf("%s: %v", what, err)
		}
	}
	_, err := list(w.ctx, c, bucket, "launch/")
	try("list", err)
	_, err = fetch(w.ctx, c, bucket, "launch/theirs.txt")
	try("get", err)
	try("put", put(w.ctx, c, bucket, "launch/tried.txt", "tried"))
	try("delete", c.RemoveObject(w.ctx, bucket, "launch/tried.txt", minio.RemoveObjectOptions{}))
	return strings.Join(may, ", ")
}

// becomes waits until somebody may exactly this; how soon that is, other tests tell.
func (w *world) becomes(what, want string, may func() string) {
	w.Helper()
	w.eventually(what, 20*time.Second, func() error {
		if got := may(); got != want {
			return fmt.Errorf("may %q, wanted %q", got, want)
		}
		return nil
	})
}

// Who uploads owns nothing: without download what one uploaded cannot be read back, in
// any way, and nothing else is gained by it.
//
// features: K11, P4, P9
func TestWhoUploadsOwnsNothing(t *testing.T) {
	onEachStore(t, "uploads", func(w *world) {
		alice, may := startCourier(w)
		bucket := w.name + "-brand"
		w.becomes("alice puts files", "list, put", may)
		info, err := alice.PutObject(w.ctx, bucket, "launch/mine.txt", strings.NewReader("mine"), 4, minio.PutObjectOptions{})
		w.must(err)
		_, err = fetch(w.ctx, alice, bucket, "launch/mine.txt")
		w.must(denied(err))
		for _, version := range []string{"", info.VersionID} {
			o, err := alice.GetObject(w.ctx, bucket, "launch/mine.txt", minio.GetObjectOptions{VersionID: version})
			w.must(err)
			_, err = o.Read(make([]byte, 1))
			w.must(denied(err))
			_, err = alice.CopyObject(w.ctx, minio.CopyDestOptions{Bucket: bucket, Object: "launch/copy.txt"},
				minio.CopySrcOptions{Bucket: bucket, Object: "launch/mine.txt", VersionID: version})
			w.must(denied(err))
			w.must(denied(alice.RemoveObject(w.ctx, bucket, "launch/mine.txt", minio.RemoveObjectOptions{VersionID: version})))
		}
		w.must(denied(put(w.ctx, alice, bucket, "launch-2/mine.txt", "mine")))
		if got := may(); got != "list, put" {
			w.Errorf("after the upload she may %s", got)
		}
	})
}

// A role is made, changed, duplicated and deleted, and what its holders may follows each time.
//
// features: P2, B10
func TestARoleFromItsMakingToItsEnd(t *testing.T) {
	onEachStore(t, "roles", func(w *world) {
		_, may := startCourier(w)
		w.becomes("the role is made", "list, put", may)
		w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: Role, metadata: {name: courier}, spec: {permissions: [list, download]}}`)
		w.becomes("the role is changed", "list, get", may)
		w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: Role, metadata: {name: courier-two}, spec: {permissions: [list, download]}}`)
		w.apply(withRoleOf("Role", "courier-two"))
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		w.becomes("a duplicate gives the same", "list, get", may)
		w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: Role, metadata: {name: courier}, spec: {permissions: [list]}}`)
		w.ready(&v1alpha1.Role{}, "courier")
		w.becomes("the duplicate is a role of its own", "list, get", may)
		role := &v1alpha1.Role{}
		w.get(role, "courier-two")
		w.delete(role)
		w.becomes("the role is deleted", "", may)
		w.stalled(&v1alpha1.RoleBinding{}, "alice-views", v1alpha1.ReasonRoleNotFound)
	})
}

// Who is moved to another role and back has what they had: nothing is remembered.
//
// features: K10, P1
func TestARoleChangedAndBackLeavesNothing(t *testing.T) {
	onEachStore(t, "back", func(w *world) {
		_, may := startCourier(w)
		w.becomes("a role of one's own", "list, put", may)
		w.apply(withRoleOf("BuiltIn", "manager"))
		w.becomes("a manager", "list, get, put, delete", may)
		w.apply(withRoleOf("BuiltIn", "viewer"))
		w.becomes("a guest, who views", "list, get", may)
		w.apply(strings.NewReplacer("{kind: Role, name: courier}", "{kind: BuiltIn, name: library-admin}", "{kind: Folder, name: launch}", "{kind: Library, name: brand}").Replace(withRoleOf("Role", "courier")))
		w.becomes("an administrator of the library", "list, get, put, delete", may)
		w.apply(withRoleOf("Role", "courier"))
		w.becomes("and back", "list, put", may)
	})
}
