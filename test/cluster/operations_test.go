package cluster

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// What people call one operation is several calls at the store. A contributor
// sees versions, restores an old one, derives, copies and makes a folder by
// uploading into it; renaming, moving and deleting take a manager; and a version
// is nobody's to delete.
//
// features: A1.2, A1.11, A1.12, A1.13, A1.21, A1.24, A1.25, A1.26, A1.27, K3, K25
func TestOperationsThatTakeSeveralCalls(t *testing.T) {
	w := newWorld(t, "several")
	w.apply(w.named(people + `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: mona}
spec: {credentials: Issue}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: mona-manages}
spec:
  roleRef: {kind: BuiltIn, name: manager}
  subjects: [{kind: User, name: mona}]
  targets: [{kind: Folder, name: launch}]
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: vera}
spec: {credentials: Issue}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: vera-views}
spec:
  roleRef: {kind: BuiltIn, name: viewer}
  subjects: [{kind: User, name: vera}]
  targets: [{kind: Folder, name: launch}]
`))
	for _, binding := range []string{"editors-contribute", "mona-manages", "vera-views"} {
		w.ready(&v1alpha1.RoleBinding{}, binding)
	}
	const bucket = "several-brand"
	bob, mona, vera := w.as("bob"), w.as("mona"), w.as("vera")
	w.eventually("a folder is there with its first file", 2*time.Second, func() error { return put(w.ctx, bob, bucket, "launch/new folder/a.txt", "old") })
	w.must(put(w.ctx, bob, bucket, "launch/new folder/a.txt", "new"))

	var old string
	for o := range vera.ListObjects(w.ctx, bucket, minio.ListObjectsOptions{Prefix: "launch/new folder/a.txt", WithVersions: true, Recursive: true}) {
		w.must(o.Err)
		if !o.IsLatest {
			old = o.VersionID
		}
	}
	if old == "" {
		t.Fatal("a viewer does not see the old version")
	}
	info, err := vera.StatObject(w.ctx, bucket, "launch/new folder/a.txt", minio.StatObjectOptions{VersionID: old})
	w.must(err)
	if info.Size != 3 {
		t.Errorf("the old version has %d bytes", info.Size)
	}
	copyTo := func(c *minio.Client, source, version, target string) error {
		_, err := c.CopyObject(w.ctx, minio.CopyDestOptions{Bucket: bucket, Object: target}, minio.CopySrcOptions{Bucket: bucket, Object: source, VersionID: version})
		return err
	}
	remove := func(c *minio.Client, key, version string) error {
		return c.RemoveObject(w.ctx, bucket, key, minio.RemoveObjectOptions{VersionID: version})
	}
	w.must(denied(copyTo(vera, "launch/new folder/a.txt", old, "launch/new folder/a.txt")))
	w.must(denied(copyTo(vera, "launch/new folder/a.txt", "", "launch/copy.txt")))
	w.must(copyTo(bob, "launch/new folder/a.txt", old, "launch/new folder/a.txt"))
	content, err := fetch(w.ctx, vera, bucket, "launch/new folder/a.txt")
	w.must(err)
	if content != "old" {
		t.Errorf("restored it holds %q", content)
	}
	w.must(copyTo(bob, "launch/new folder/a.txt", "", "launch/copy.txt"))
	w.must(denied(copyTo(bob, "launch/copy.txt", "", "press/copy.txt")))

	rename := func(c *minio.Client, from, to string) error {
		return errors.Join(copyTo(c, from, "", to), remove(c, from, ""))
	}
	err = rename(bob, "launch/copy.txt", "launch/renamed.txt")
	if !strings.Contains(orNothing(err).Error(), "not authorized") {
		t.Errorf("a contributor renames: %v", err)
	}
	w.must(rename(mona, "launch/copy.txt", "launch/moved/renamed.txt"))
	if _, err := fetch(w.ctx, vera, bucket, "launch/copy.txt"); minio.ToErrorResponse(err).Code != "NoSuchKey" {
		t.Errorf("after the move the old name holds: %v", err)
	}
	w.must(denied(remove(bob, "launch/moved/renamed.txt", "")))
	for _, who := range []*minio.Client{vera, bob, mona} {
		w.must(denied(remove(who, "launch/new folder/a.txt", old)))
	}
	w.must(remove(mona, "launch/moved/renamed.txt", ""))
}
