package store_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/relocate"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// estate is the two buckets of a Library, and a file in them with all that hangs on it.
type estate struct {
	t       *testing.T
	s       *store.Store
	buckets relocate.Buckets
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{t: t, s: open(t), buckets: relocate.Buckets{Originals: unique(t), Vitrine: asset.VitrineBucket(unique(t))}}
	for name, role := range map[string]store.Role{e.buckets.Originals: store.RoleOriginals, e.buckets.Vitrine: store.RoleVitrine} {
		// With object lock, as the manager makes them at MinIO.
		if err := e.s.S3.MakeBucket(t.Context(), name, minio.MakeBucketOptions{ObjectLocking: true}); err != nil {
			t.Fatal(err)
		}
		m := mark(t)
		m.Role = role
		if err := e.s.MarkBucket(t.Context(), name, m); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func (e *estate) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *estate) mover(s *store.Store) relocate.Mover {
	return relocate.Mover{Store: s, Library: "brand", Buckets: e.buckets, Now: time.Now}
}

// object is where an original is.
func (e *estate) object(p relocate.Place) (bucket, name string) {
	if p.Held {
		return e.buckets.Vitrine, asset.HeldObject(p.Key)
	}
	vitrine, name := asset.Object(p.Key)
	if vitrine {
		return e.buckets.Vitrine, name
	}
	return e.buckets.Originals, name
}

func (e *estate) upload(p relocate.Place, content string) {
	e.t.Helper()
	bucket, name := e.object(p)
	_, err := e.s.S3.PutObject(e.t.Context(), bucket, name, strings.NewReader(content), int64(len(content)),
		minio.PutObjectOptions{ContentType: "image/jpeg", UserMetadata: map[string]string{"photographer": "J. Doe"}})
	e.must(err)
}

func (e *estate) put(object, content string) {
	e.t.Helper()
	_, err := e.s.PutObject(e.t.Context(), e.buckets.Vitrine, object, []byte(content), "application/json", store.Always())
	e.must(err)
}

func (e *estate) versions(p relocate.Place) []store.ObjectInfo {
	e.t.Helper()
	bucket, name := e.object(p)
	all, err := e.s.VersionsOf(e.t.Context(), bucket, name)
	e.must(err)
	return all
}

// history are the contents at a place, the oldest first, "-" for a marker.
func (e *estate) history(p relocate.Place) (contents []string) {
	e.t.Helper()
	bucket, name := e.object(p)
	for _, v := range slices.Backward(e.versions(p)) {
		if v.DeleteMarker {
			contents = append(contents, "-")
			continue
		}
		body, err := e.s.S3.GetObject(e.t.Context(), bucket, name, minio.GetObjectOptions{VersionID: v.VersionID})
		e.must(err)
		var data bytes.Buffer
		_, err = data.ReadFrom(body)
		e.must(err)
		info, err := body.Stat()
		e.must(err)
		if info.ContentType != "image/jpeg" || info.Metadata.Get("X-Amz-Meta-Photographer") != "J. Doe" {
			e.t.Errorf("%s: type %q, metadata %v", data.String(), info.ContentType, info.UserMetadata)
		}
		contents = append(contents, data.String())
	}
	return contents
}

const approvedBy = "carol"

// hangOn puts renditions, facts, metadata, state and approvals of the first and of the last version.
func (e *estate) hangOn(p relocate.Place) {
	e.t.Helper()
	if !p.Held {
		for _, preset := range []string{"thumb-1.webp", "thumb-2.webp", "web-2.webp"} {
			e.put(asset.Renditions(p.Key)+preset, "picture")
		}
		e.put(asset.Renditions(p.Key)+"thumb-1.webp", "picture again")
		e.put(asset.FactsObject(p.Key), "facts")
	}
	e.put(asset.MetaObject(p.Key), "meta of "+p.Key.Path)
	e.put(asset.StateObject(p.Key), "state of "+p.Key.Path)
	all := e.versions(p)
	for _, i := range []int{0, len(all) - 1} {
		a := asset.Approval{
			VersionID: all[i].VersionID, SHA256: strings.Repeat(fmt.Sprint(i), 64), Verdict: v1alpha1.ApprovalApproved, Note: "good",
			Signature: asset.Signature{By: approvedBy, At: time.Unix(1e9, 0).UTC(), Change: "c1"},
		}
		data, err := a.Encode()
		e.must(err)
		e.put(asset.ApprovalObject(p.Key, all[i].VersionID), string(data))
	}
}

// of lists what there is of a key in Vitrine's bucket, old versions too: facts and renditions, and when asked for what people said.
func (e *estate) of(p relocate.Place, documents bool) (names []string) {
	e.t.Helper()
	prefixes := []string{asset.FactsObject(p.Key), asset.Renditions(p.Key)}
	if documents {
		prefixes = append(prefixes, asset.MetaObject(p.Key), asset.StateObject(p.Key), asset.ApprovalsPrefix(p.Key))
	}
	for _, prefix := range prefixes {
		e.must(e.s.ListVersions(e.t.Context(), e.buckets.Vitrine, prefix, func(v store.ObjectInfo) error {
			names = append(names, v.Key)
			return nil
		}))
	}
	return names
}

// moved checks that the file is at one place with all that hangs on it, and that nothing of it is at the other.
func (e *estate) moved(from, to relocate.Place, contents ...string) {
	e.t.Helper()
	if got := e.history(to); !slices.Equal(got, contents) {
		e.t.Errorf("at the new place are %q, want %q", got, contents)
	}
	if got := e.history(from); len(got) > 0 {
		e.t.Errorf("at the old place are %q", got)
	}
	if got := e.of(from, from.Key != to.Key); len(got) > 0 {
		e.t.Errorf("of the old place are left %q", got)
	}
	for object, want := range map[string]string{asset.MetaObject(to.Key): "meta of " + from.Key.Path, asset.StateObject(to.Key): "state of " + from.Key.Path} {
		if data, _, err := e.s.GetObject(e.t.Context(), e.buckets.Vitrine, object); err != nil || string(data) != want {
			e.t.Errorf("%s: %q, %v; want %q", object, data, err, want)
		}
	}
	all := e.versions(to)
	want := map[string]string{}
	for i, sha := range map[int]string{0: "0", len(all) - 1: "4"} {
		if i >= 0 {
			want[asset.ApprovalObject(to.Key, all[i].VersionID)] = all[i].VersionID + " " + strings.Repeat(sha, 64) + " Approved by carol c1"
		}
	}
	got := map[string]string{}
	e.must(e.s.ListVersions(e.t.Context(), e.buckets.Vitrine, asset.ApprovalsPrefix(to.Key), func(v store.ObjectInfo) error {
		data, _, err := e.s.GetObject(e.t.Context(), e.buckets.Vitrine, v.Key)
		e.must(err)
		a, err := asset.DecodeApproval(data)
		e.must(err)
		if !strings.HasPrefix(a.Note, "good (decided of version ") {
			e.t.Errorf("the note is %q", a.Note)
		}
		got[v.Key] = fmt.Sprintf("%s %s %s by %s %s", a.VersionID, a.SHA256, a.Verdict, a.By, a.Change)
		return nil
	}))
	if diff := cmp.Diff(want, got); diff != "" {
		e.t.Errorf("approvals (-want +got)\n%s", diff)
	}
	if names := e.uploads(to); len(names) > 0 {
		e.t.Errorf("unfinished uploads %v", names)
	}
}

func (e *estate) uploads(p relocate.Place) (ids []string) {
	e.t.Helper()
	bucket, name := e.object(p)
	for upload := range e.s.S3.ListIncompleteUploads(e.t.Context(), bucket, name, true) {
		e.must(upload.Err)
		ids = append(ids, upload.UploadID)
	}
	return ids
}

// resume goes on until it is done.
func (e *estate) resume(m relocate.Mover, j relocate.Journal) (relocate.Journal, error) {
	for range 50 {
		if done, err := m.Resume(e.t.Context(), &j); done || err != nil {
			return j, err
		}
	}
	e.t.Fatal("the move does not end")
	return j, nil
}

// run moves a file from the first to the last step.
func (e *estate) run(m relocate.Mover, move relocate.Move) relocate.Journal {
	e.t.Helper()
	j, err := m.Start(e.t.Context(), move)
	e.must(err)
	j, err = e.resume(m, j)
	e.must(err)
	e.must(m.Forget(e.t.Context(), j))
	return j
}

func inLibrary(path string) relocate.Place {
	return relocate.Place{Key: access.Key{Library: "brand", Path: path}}
}

func inFolder(folder, path string) relocate.Place {
	return relocate.Place{Key: access.Key{Library: "brand", Restricted: folder, Path: path}}
}

func archived(p relocate.Place) relocate.Place { p.Held = true; return p }

// fileAt makes a file of three versions that was deleted once, with all that hangs on it.
func (e *estate) fileAt(p relocate.Place) {
	e.t.Helper()
	e.upload(p, "one")
	e.upload(p, "two")
	bucket, name := e.object(p)
	e.must(e.s.RemoveObject(e.t.Context(), bucket, name, ""))
	e.upload(p, "three")
	e.upload(p, "four")
	e.hangOn(p)
}
