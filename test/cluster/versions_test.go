package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// capped is a Library that keeps two versions.
const capped = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand}
spec: {storeRef: {name: NAME}, bucket: {name: NAME-brand}, versions: {keep: 2, grace: GRACE}}
`

// versionsOf reads what each version of a file holds, newest first, and their ids; a marker is a dash.
func (w *world) versionsOf(bucket, key string) (contents, ids []string, err error) {
	var all []minio.ObjectInfo
	for o := range w.root().ListObjects(w.ctx, bucket, minio.ListObjectsOptions{Prefix: key, WithVersions: true, Recursive: true}) {
		if o.Err != nil {
			return nil, nil, o.Err
		}
		if o.Key == key {
			all = append(all, o)
		}
	}
	slices.SortStableFunc(all, func(a, b minio.ObjectInfo) int {
		switch {
		case a.IsLatest:
			return -1
		case b.IsLatest:
			return 1
		}
		return b.LastModified.Compare(a.LastModified)
	})
	for _, o := range all {
		content := "-"
		if !o.IsDeleteMarker {
			if content, err = fetchVersion(w.ctx, w.root(), bucket, key, o.VersionID); err != nil {
				return nil, nil, err
			}
		}
		contents, ids = append(contents, content), append(ids, o.VersionID)
	}
	return contents, ids, nil
}

func fetchVersion(ctx context.Context, c *minio.Client, bucket, key, id string) (string, error) {
	o, err := c.GetObject(ctx, bucket, key, minio.GetObjectOptions{VersionID: id})
	if err != nil {
		return "", err
	}
	defer func() { _ = o.Close() }()
	info, err := o.Stat()
	if err != nil {
		return "", err
	}
	data := make([]byte, info.Size)
	if n, err := o.Read(data); n < len(data) {
		return "", err
	}
	return string(data), nil
}

// file names an object, and how many versions it is to have.
type file struct {
	bucket, key string
	versions    int
}

// putVersions uploads versions of files, which hold their numbers. VersityGW tells the second at which one was replaced, so those
// of one file are a second apart.
func (w *world) putVersions(files ...file) {
	w.Helper()
	for n := 1; len(files) > 0; n++ {
		began := time.Now().Truncate(time.Second)
		for _, f := range files {
			w.must(put(w.ctx, w.root(), f.bucket, f.key, strconv.Itoa(n)))
		}
		files = slices.DeleteFunc(files, func(f file) bool { return f.versions == n })
		w.eventually("the next second begins", 5*time.Second, func() error {
			if !time.Now().Truncate(time.Second).After(began) {
				return errors.New("not yet")
			}
			return nil
		})
	}
}

// hasVersions waits until a file has these versions, newest first.
func (w *world) hasVersions(bucket, key string, want ...string) {
	w.Helper()
	w.eventually(key+" has the versions "+strings.Join(want, ", "), 30*time.Second, func() error {
		got, _, err := w.versionsOf(bucket, key)
		if err == nil && !slices.Equal(got, want) {
			err = fmt.Errorf("it has %v", got)
		}
		return err
	})
}

// features: K25
func TestOldVersionsBeyondTheCapGo(t *testing.T) {
	onEachStore(t, "capped", func(w *world) {
		bucket := w.name + "-brand"
		w.apply(w.named(strings.Replace(capped, "GRACE", "1h", 1) + `---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: embargo}
spec: {libraryRef: {name: brand}, path: embargo, access: Restricted}
`))
		w.ready(&v1alpha1.Library{}, "brand")
		folder := &v1alpha1.Folder{}
		w.ready(folder, "embargo")
		w.putVersions(
			file{bucket, "launch/hero.txt", 5}, file{bucket, "launch/hero.txt.bak", 1}, file{bucket, "launch/gone.txt", 3}, file{bucket, "launch/named.txt", 4},
			file{folder.Status.Bucket, folder.Status.Prefix + "plan.txt", 3},
		)
		w.must(w.root().RemoveObject(w.ctx, bucket, "launch/gone.txt", minio.RemoveObjectOptions{}))
		_, ids, err := w.versionsOf(bucket, "launch/named.txt")
		w.must(err)
		w.apply(w.named(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: Collection
metadata: {name: first-draft}
spec: {libraryRef: {name: brand}, items: [{path: launch/named.txt, version: "` + ids[3] + `"}]}
`))
		w.ready(&v1alpha1.Collection{}, "first-draft")

		// What was replaced within the grace stays, and nothing goes while the Library is frozen, however many looks are taken meanwhile.
		w.must(w.kubectl(nil, "annotate", "lib", "brand", "-n", w.namespace, v1alpha1.AnnotationFreeze+"=lost laptop"))
		w.apply(w.named(strings.Replace(capped, "GRACE", "0s", 1)))
		library := &v1alpha1.Library{}
		w.eventually("it says that nothing goes", 30*time.Second, func() error {
			w.get(library, "brand")
			if message := readyMessage(library); !strings.Contains(message, "no old versions are deleted while it is frozen") {
				return errors.New(message)
			}
			return nil
		})
		w.hasVersions(bucket, "launch/hero.txt", "5", "4", "3", "2", "1")
		w.must(w.kubectl(nil, "annotate", "lib", "brand", "-n", w.namespace, v1alpha1.AnnotationFreeze+"-"))

		w.hasVersions(bucket, "launch/hero.txt", "5", "4")
		w.hasVersions(bucket, "launch/hero.txt.bak", "1")
		w.hasVersions(bucket, "launch/gone.txt", "-", "3", "2")
		w.hasVersions(bucket, "launch/named.txt", "4", "3", "1")
		w.hasVersions(folder.Status.Bucket, folder.Status.Prefix+"plan.txt", "3", "2")
		w.eventually("there is an event", 10*time.Second, func() error { return w.hasEvent("VersionsDeleted", "keeps 2 of each file") })
		w.ready(library, "brand")
		if content, err := fetch(w.ctx, w.root(), bucket, "launch/hero.txt"); err != nil || content != "5" {
			w.Errorf("the file is %q, %v", content, err)
		}
	})
}

func readyMessage(library *v1alpha1.Library) string {
	for _, c := range library.Status.Conditions {
		if c.Type == v1alpha1.ConditionReady {
			return c.Message
		}
	}
	return ""
}

// features: K25
func TestHeldVersionsStayBeyondTheCap(t *testing.T) {
	onEachStore(t, "cap-held", func(w *world) {
		bucket := w.name + "-old"
		w.must(w.root().MakeBucket(w.ctx, bucket, minio.MakeBucketOptions{ObjectLocking: true}))
		w.putVersions(file{bucket, "contract.txt", 5})
		_, ids, err := w.versionsOf(bucket, "contract.txt")
		w.must(err)
		hold := func(status minio.LegalHoldStatus) {
			w.must(w.root().PutObjectLegalHold(w.ctx, bucket, "contract.txt", minio.PutObjectLegalHoldOptions{VersionID: ids[4], Status: &status}))
		}
		hold(minio.LegalHoldEnabled)
		w.apply(w.named("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: old}, spec: {storeRef: {name: NAME}, bucket: {name: NAME-old, management: Adopt}, versions: {keep: 2, grace: 0s}}}"))
		library := &v1alpha1.Library{}
		w.eventually("it says what stays", 30*time.Second, func() error {
			w.ready(library, "old")
			if message := readyMessage(library); !strings.Contains(message, "1 old versions stay beyond spec.versions") {
				return errors.New(message)
			}
			return nil
		})
		w.hasVersions(bucket, "contract.txt", "5", "4", "1")
		hold(minio.LegalHoldDisabled)
		w.hasVersions(bucket, "contract.txt", "5", "4")
	})
}
