package cluster

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// renames a file of the library as S3 tools do: a copy, and a deletion.
func (w *world) renames(who *minio.Client, from, to string) {
	w.Helper()
	w.copies(who, from, to)
	w.must(who.RemoveObject(w.ctx, w.name+"-brand", from, minio.RemoveObjectOptions{}))
}

func (w *world) copies(who *minio.Client, from, to string) {
	w.Helper()
	bucket := w.name + "-brand"
	_, err := who.CopyObject(w.ctx, minio.CopyDestOptions{Bucket: bucket, Object: to}, minio.CopySrcOptions{Bucket: bucket, Object: from})
	w.must(err)
}

// describes writes of a file that was read what the manager would write, and gives that.
func (w *world) describes(path string) asset.Said {
	w.Helper()
	version, sum := w.current(path)
	key := keyOf(path)
	signed := asset.Signature{By: "mona", At: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), Change: "c-1"}
	said := asset.Said{
		Metadata:  &asset.Metadata{V: 1, Fields: map[string][]string{"title": {"Title of " + path}}, Signature: signed},
		State:     &asset.StateRecord{V: 1, State: v1alpha1.StateDraft, Signature: signed},
		Approvals: []asset.Approval{{V: 1, VersionID: version, SHA256: sum, Verdict: v1alpha1.ApprovalApproved, Note: "fine", Signature: signed}},
	}
	for object, document := range map[string]interface{ Encode() ([]byte, error) }{
		asset.MetaObject(key): *said.Metadata, asset.StateObject(key): *said.State, asset.ApprovalObject(key, version): said.Approvals[0],
	} {
		data, err := document.Encode()
		w.must(err)
		w.must(put(w.ctx, w.root(), w.name+"-brand-dam", object, string(data)))
	}
	return said
}

// saysOf wants a file to be described as another was under its old name, with the decision bound to the version that is there now.
func (w *world) saysOf(path string, said asset.Said) error {
	key, bucket := keyOf(path), w.name+"-brand-dam"
	info, err := w.root().StatObject(w.ctx, w.name+"-brand", path, minio.StatObjectOptions{})
	if err != nil {
		return err
	}
	want := asset.Said{Metadata: said.Metadata, State: said.State}
	for _, a := range said.Approvals {
		a.VersionID = info.VersionID
		want.Approvals = append(want.Approvals, a)
	}
	var got asset.Said
	text, err := fetch(w.ctx, w.root(), bucket, asset.MetaObject(key))
	if err != nil {
		return err
	}
	m, errMeta := asset.DecodeMetadata([]byte(text))
	if text, err = fetch(w.ctx, w.root(), bucket, asset.StateObject(key)); err != nil {
		return err
	}
	s, errState := asset.DecodeState([]byte(text))
	got.Metadata, got.State = &m, &s
	if text, err = fetch(w.ctx, w.root(), bucket, asset.ApprovalObject(key, info.VersionID)); err != nil {
		return err
	}
	a, errApproval := asset.DecodeApproval([]byte(text))
	got.Approvals = []asset.Approval{a}
	if diff := cmp.Diff(want, got); diff != "" {
		err = fmt.Errorf("%s (-want +got):\n%s", path, diff)
	}
	return errors.Join(errMeta, errState, errApproval, err)
}

// leaves lists what there is of a file in Vitrine's bucket, every version and marker of it, below some roots.
func (w *world) leaves(path string, roots ...string) ([]string, error) {
	var all []string
	for _, root := range roots {
		for o := range w.root().ListObjects(w.ctx, w.name+"-brand-dam", minio.ListObjectsOptions{Prefix: root + path, WithVersions: true, Recursive: true}) {
			if o.Err != nil {
				return nil, o.Err
			}
			all = append(all, o.Key)
		}
	}
	return all, nil
}

func (w *world) leavesNothing(path string, roots ...string) error {
	all, err := w.leaves(path, roots...)
	if err == nil && len(all) > 0 {
		err = fmt.Errorf("there are %v", all)
	}
	return err
}

var saidRoots = []string{asset.MetaRoot, asset.StateRoot, asset.ApprovalsRoot}

// A file that gets another name with any S3 tool is described, published and approved as before, for people and for links. Where one content
// came twice, nothing is guessed and somebody is told.
//
// features: A1.24, A1.25, B11, P7
func TestARenamedFileKeepsWhatWasSaidOfIt(t *testing.T) {
	onEachStore(t, "renamed", func(w *world) {
		alice, mona, _ := w.opensStudio()
		version, sum := w.current("launch/raw/b.txt")
		w.done(alice, "alice", "describe-1", a("launch/raw/b.txt", "describe", map[string]any{"set": map[string]any{"title": []string{"Hero"}}}))
		w.done(mona, "mona", "publish-1", a("launch/raw/b.txt", "state", map[string]any{"state": "Published"}))
		w.done(mona, "mona", "approve-1", map[string]any{"path": "launch/raw/b.txt", "versionID": version, "approve": map[string]any{"verdict": "Approved", "sha256": sum}})
		w.eventually("the links show it", 20*time.Second, func() error { return errors.Join(w.shows("all", "a.txt raw/b.txt"), w.shows("approved", "raw/b.txt")) })

		w.renames(mona, "launch/raw/b.txt", "launch/raw/deep/new.txt")
		w.eventually("the links show it under the new name", 60*time.Second, func() error {
			return errors.Join(w.shows("all", "a.txt raw/deep/new.txt"), w.shows("approved", "raw/deep/new.txt"))
		})
		catalog, err := w.catalog("all")
		w.must(err)
		if fields := fmt.Sprint(catalog.Assets[1].Fields); fields != "[{Title [Hero]}]" {
			t.Errorf("it shows the fields %s", fields)
		}
		again, _ := w.current("launch/raw/deep/new.txt")
		text, err := fetch(w.ctx, w.root(), w.name+"-brand-dam", asset.ApprovalObject(keyOf("launch/raw/deep/new.txt"), again))
		w.must(err)
		if approval, err := asset.DecodeApproval([]byte(text)); err != nil || approval.By != "mona" || approval.Change != "approve-1" || approval.VersionID == version {
			t.Errorf("the decision is %+v, %v", approval, err)
		}
		w.eventually("nothing is left under the old name", 20*time.Second, func() error {
			return w.leavesNothing("launch/raw/b.txt", append(saidRoots, asset.FactsRoot, asset.RenditionsRoot)...)
		})
		w.eventually("and there is an event", 10*time.Second, func() error { return w.hasEvent("FilesRenamed", "1 files got other names") })

		// And back, which is only another name.
		w.renames(mona, "launch/raw/deep/new.txt", "launch/raw/b.txt")
		w.eventually("the links show it under the old name again", 60*time.Second, func() error { return w.shows("approved", "raw/b.txt") })

		w.guessesNothing(mona)
		w.publishesNothing(mona)
	})
}

// publishesNothing brings what is published into a Folder of drafts by renaming it: all that was said goes along, and the Folder's state counts.
func (w *world) publishesNothing(mona *minio.Client) {
	w.Helper()
	w.done(mona, "mona", "publish-a", a("launch/a.txt", "state", map[string]any{"state": "Published"}), a("launch/a.txt", "describe", map[string]any{"set": map[string]any{"title": []string{"Renamed"}}}))
	w.current("launch/a.txt")
	w.eventually("the link shows both", 20*time.Second, func() error { return w.shows("all", "a.txt raw/b.txt") })
	w.renames(mona, "launch/a.txt", "launch/raw/a.txt")
	w.eventually("what was said of it is at the new name", 60*time.Second, func() error {
		_, err := fetch(w.ctx, w.root(), w.name+"-brand-dam", asset.MetaObject(keyOf("launch/raw/a.txt")))
		return errors.Join(err, w.leavesNothing("launch/a.txt", saidRoots...))
	})
	w.must(w.leavesNothing("launch/raw/a.txt", asset.StateRoot))
	w.eventually("an event tells of its state", 10*time.Second, func() error { return w.hasEvent("FilesRenamed", "but for the state of 1") })
	w.must(w.shows("all", "raw/b.txt"))
}

// guessesNothing lets one file become two.
func (w *world) guessesNothing(mona *minio.Client) {
	w.Helper()
	w.must(put(w.ctx, w.root(), w.name+"-brand", "launch/c.txt", "content of c"))
	said := w.describes("launch/c.txt")
	w.eventually("it is known to be described", 20*time.Second, func() error { return w.shows("approved", "c.txt raw/b.txt") })
	w.copies(mona, "launch/c.txt", "launch/c2.txt")
	w.renames(mona, "launch/c.txt", "launch/c1.txt")
	library := &v1alpha1.Library{}
	w.eventually("the Library names the three", 60*time.Second, func() error {
		w.get(library, "brand")
		if message := readyMessage(library); !strings.Contains(message, `"launch/c.txt" went and "launch/c1.txt", "launch/c2.txt" came with the same content`) {
			return errors.New(message)
		}
		return nil
	})
	w.eventually("and so does an event", 10*time.Second, func() error { return w.hasEvent("RenameUnclear", `"launch/c.txt" went`) })
	w.must(w.leavesNothing("launch/c1.txt", saidRoots...))
	w.must(w.leavesNothing("launch/c2.txt", saidRoots...))
	w.must(mona.RemoveObject(w.ctx, w.name+"-brand", "launch/c2.txt", minio.RemoveObjectOptions{}))
	w.eventually("the one that stays is it", 30*time.Second, func() error { return w.saysOf("launch/c1.txt", said) })
	w.eventually("and nobody is told any more", 20*time.Second, func() error {
		w.get(library, "brand")
		if message := readyMessage(library); strings.Contains(message, "same content") {
			return errors.New(message)
		}
		return nil
	})
	w.refusedFor(change.StaleVersion, mona, "mona", "approve-old", one(map[string]any{
		"path": "launch/c1.txt", "versionID": said.Approvals[0].VersionID, "approve": map[string]any{"verdict": "Rejected", "sha256": said.Approvals[0].SHA256},
	}))
}

// A manager that is killed again and again while files get back what was said of them leaves them as one that was not.
//
// features: A1.24, U3
func TestRenamesSurviveTheManagersDeath(t *testing.T) {
	onEachStore(t, "cuts", func(w *world) {
		w.apply(w.named(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand}
spec: {storeRef: {name: NAME}, bucket: {name: NAME-brand}}
`))
		w.ready(&v1alpha1.Library{}, "brand")
		said := map[string]asset.Said{}
		for i := range 6 {
			w.must(put(w.ctx, w.root(), w.name+"-brand", fmt.Sprintf("old/%d.txt", i), fmt.Sprintf("content %d", i)))
		}
		for i := range 6 {
			said[fmt.Sprintf("new/%d.txt", i)] = w.describes(fmt.Sprintf("old/%d.txt", i))
		}
		w.stopManager()

		// With the first one nothing is brought along, so that all files are read.
		writes := func(c store.Call) bool {
			_, object, _ := strings.Cut(c.Resource, "/")
			return c.Mutates && (strings.Contains(object, "old/") || strings.Contains(object, "new/")) && !strings.HasPrefix(object, "renditions/")
		}
		w.startManager(func(c store.Call) error {
			if writes(c) {
				return errDead
			}
			return nil
		})
		for i := range 6 {
			w.renames(w.root(), fmt.Sprintf("old/%d.txt", i), fmt.Sprintf("new/%d.txt", i))
		}
		for path := range said {
			w.current(path)
			w.must(w.leavesNothing(path, saidRoots...))
		}
		w.stopManager()
		deaths := 0
		for finished := false; !finished; {
			var left atomic.Int64
			left.Store(int64(3 + 4*deaths)) // what was done is tried again, so each lives longer
			died := make(chan struct{})
			w.startManager(func(c store.Call) error {
				if left.Load() < 0 || writes(c) && left.Add(-1) < 0 {
					if left.CompareAndSwap(-1, -2) {
						close(died)
					}
					return errDead
				}
				return nil
			})
			w.eventually("the manager dies or is done", 30*time.Second, func() error {
				select {
				case <-died:
					deaths++
					return nil
				default:
				}
				for path, want := range said {
					if err := w.saysOf(path, want); err != nil {
						return err
					}
					if err := w.leavesNothing("old/"+strings.TrimPrefix(path, "new/"), asset.FactsRoot); err != nil {
						return err
					}
				}
				finished = true
				return nil
			})
			w.stopManager()
		}
		if deaths < 3 {
			t.Errorf("it died only %d times: nothing was tested", deaths)
		}
		w.settings.DescriptionGrace = 3 * time.Second
		w.startManager(nil)
		w.eventually("nothing is left under the old names", 30*time.Second, func() error {
			return w.leavesNothing("old/", append(saidRoots, asset.FactsRoot, asset.RenditionsRoot)...)
		})
		for path, want := range said {
			w.must(w.saysOf(path, want))
		}
	})
}
