package cluster

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
)

// libraryOfStudio is what the studio lacks: somebody who may do everything, a restricted folder, and a link to one file.
const libraryOfStudio = `
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: lara}, spec: {credentials: Issue}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: lara-keeps}
spec: {roleRef: {kind: BuiltIn, name: library-admin}, subjects: [{kind: User, name: lara}], targets: [{kind: Library, name: brand}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: embargo}
spec: {libraryRef: {name: brand}, path: launch/embargo, access: Restricted}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: offer}
spec: {target: {asset: {libraryRef: {name: brand}, path: launch/a.txt}}}
`

// nothingOf wants nothing to be left at the place of a file: no version, nothing made of it, nothing said of it.
func (w *world) nothingOf(path string) error {
	var left []string
	see := func(bucket, prefix string, exact bool) error {
		for o := range w.root().ListObjects(w.ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, WithVersions: true}) {
			if o.Err != nil {
				return o.Err
			}
			if !exact || o.Key == prefix {
				left = append(left, bucket+"/"+o.Key)
			}
		}
		return nil
	}
	dam := w.name + "-brand-dam"
	err := errors.Join(see(w.name+"-brand", path, true), see(dam, "renditions/"+path+"/", false), see(dam, "facts/"+path+".json", true))
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("there is %v", left)
	}
	return err
}

// Archived files are put aside where nobody's key reaches, links to them say so, and they come back whole.
//
// features: D6, D8, F13
func TestArchivedFilesArePutAsideAndComeBack(t *testing.T) {
	onEachStore(t, "archive", func(w *world) {
		alice, mona, _ := w.opensStudio()
		w.apply(w.named(libraryOfStudio))
		w.ready(&v1alpha1.PublicLink{}, "offer")
		bucket := w.name + "-brand"
		w.must(put(w.ctx, w.root(), bucket, "launch/a.txt", "second content"))
		w.current("launch/a.txt") // what is made of it is there
		w.eventually("the link shows it", 10*time.Second, func() error { return w.shows("offer", "a.txt") })
		w.eventually("alice reads it", 5*time.Second, func() error { return reads(w, alice, bucket, "launch/a.txt") })

		w.done(mona, "mona", "archive", a("launch/a.txt", "state", map[string]any{"state": "Archived"}))
		w.eventually("no link shows it", 5*time.Second, func() error { return errors.Join(w.shows("offer", ""), w.shows("all", "")) })
		w.eventually("it is put aside, whole", 60*time.Second, func() error {
			if err := w.nothingOf("launch/a.txt"); err != nil {
				return err
			}
			return want(fetch(w.ctx, w.root(), bucket+"-dam", "held/launch/a.txt"))("second content")
		})
		w.eventually("and the link still says that it was", 15*time.Second, func() error {
			catalog, err := w.catalog("offer")
			if err != nil || catalog.Archived != 1 {
				return fmt.Errorf("%d are archived: %w", catalog.Archived, orNothing(err))
			}
			return nil
		})
		if err := reads(w, alice, bucket, "launch/a.txt"); minio.ToErrorResponse(err).Code != "NoSuchKey" {
			t.Errorf("alice gets %v", err)
		}
		w.must(denied(reads(w, alice, bucket+"-dam", "held/launch/a.txt")))
		w.refusedFor(change.NotAllowed, alice, "alice", "back", one(a("launch/a.txt", "state", map[string]any{"state": "Published"})))

		w.done(mona, "mona", "back", a("launch/a.txt", "state", map[string]any{"state": "Published"}))
		w.eventually("it is back", 60*time.Second, func() error {
			return errors.Join(want(fetch(w.ctx, alice, bucket, "launch/a.txt"))("second content"), w.shows("offer", "a.txt"))
		})
		held, err := list(w.ctx, w.root(), bucket+"-dam", "held/")
		w.must(err)
		if len(held) > 0 {
			t.Errorf("still put aside: %v", held)
		}
		versions := 0
		for o := range w.root().ListObjects(w.ctx, bucket, minio.ListObjectsOptions{Prefix: "launch/a.txt", WithVersions: true}) {
			w.must(o.Err)
			versions++
		}
		if versions < 2 {
			t.Errorf("of two versions %d came back", versions)
		}

		// By the clock alone, in a folder that says so.
		w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: Folder, metadata: {name: raw}, spec: {libraryRef: {name: brand}, path: launch/raw, lifecycle: {sunset: "` + time.Now().Add(2*time.Second).UTC().Format(time.RFC3339) + `"}}}`)
		w.eventually("past the folder's sunset its files are put aside", 60*time.Second, func() error {
			if err := w.nothingOf("launch/raw/b.txt"); err != nil {
				return err
			}
			return want(fetch(w.ctx, w.root(), bucket+"-dam", "held/launch/raw/b.txt"))("content of launch/raw/b.txt")
		})
	})
}

// want compares what was fetched.
func want(got string, err error) func(string) error {
	return func(want string) error {
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("it is %q, want %q", got, want)
		}
		return nil
	}
}

// Who may moves a file into a restricted folder and out again; nothing is left of it where it was when that is reported done.
//
// features: A1.25, K24
func TestFilesMoveIntoRestrictedFoldersAndOut(t *testing.T) {
	onEachStore(t, "embargoed", func(w *world) {
		alice, mona, _ := w.opensStudio()
		w.apply(w.named(libraryOfStudio))
		w.ready(&v1alpha1.RoleBinding{}, "lara-keeps")
		lara := w.as("lara")
		bucket := w.name + "-brand"
		w.must(put(w.ctx, w.root(), bucket, "launch/a.txt", "second content"))
		version, sum := w.current("launch/a.txt")
		w.done(mona, "mona", "title", a("launch/a.txt", "describe", map[string]any{"set": map[string]any{"title": []string{"Hero"}}}),
			map[string]any{"path": "launch/a.txt", "versionID": version, "approve": map[string]any{"verdict": "Approved", "sha256": sum}})

		move := func(path, restricted, to, toPath string) map[string]any {
			return map[string]any{"path": path, "restricted": restricted, "move": map[string]any{"restricted": to, "path": toPath}}
		}
		w.refusedFor(change.NotAllowed, mona, "mona", "into", one(move("launch/a.txt", "", "embargo", "a.txt")))
		w.refusedFor(change.NotFound, lara, "lara", "nowhere", one(move("launch/a.txt", "", "launch", "a.txt")))
		moved := func(id string, record map[string]any) {
			w.asks(lara, "lara", id, record)
			w.eventually(id+" is done", 60*time.Second, func() error {
				data, err := fetch(w.ctx, lara, bucket+"-dam", asset.ResultObject("lara", id))
				if err != nil {
					return err
				}
				result, err := change.DecodeResult([]byte(data))
				if err != nil || result.Answers[0].Outcome != change.Done {
					return fmt.Errorf("%+v %w", result.Answers, orNothing(err))
				}
				return nil
			})
		}
		moved("into", one(move("launch/a.txt", "", "embargo", "a.txt")))
		w.must(w.nothingOf("launch/a.txt"))
		w.must(want(fetch(w.ctx, lara, bucket+"-dam", "restricted/embargo/a.txt"))("second content"))
		w.must(denied(reads(w, alice, bucket+"-dam", "restricted/embargo/a.txt")))
		w.eventually("no link shows it", 15*time.Second, func() error { return errors.Join(w.shows("all", ""), w.shows("offer", "")) })

		moved("out", one(move("a.txt", "embargo", "", "launch/back.txt")))
		w.must(want(fetch(w.ctx, alice, bucket, "launch/back.txt"))("second content"))
		left, err := list(w.ctx, w.root(), bucket+"-dam", "restricted/")
		w.must(err)
		if len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		w.eventually("what was said and decided of it came along", 30*time.Second, func() error {
			data, err := fetch(w.ctx, w.root(), bucket+"-dam", "meta/launch/back.txt.json")
			if err != nil || !strings.Contains(data, "Hero") {
				return fmt.Errorf("%s %w", data, orNothing(err))
			}
			return w.shows("approved", "back.txt")
		})
	})
}
