package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/relocate"
	"github.com/vitrine-dam/vitrine/internal/store"
)

func TestAFileMovesWithAllThatHangsOnIt(t *testing.T) {
	for _, where := range stores {
		for reason, way := range map[string][2]relocate.Place{
			"into the archive":             {inLibrary("launch/héro 1+2.jpg"), archived(inLibrary("launch/héro 1+2.jpg"))},
			"a restricted one, likewise":   {inFolder("embargo", "a/hero.jpg"), archived(inFolder("embargo", "a/hero.jpg"))},
			"into a restricted folder":     {inLibrary("launch/hero.jpg"), inFolder("embargo", "hero.jpg")},
			"out of it":                    {inFolder("embargo", "hero.jpg"), inLibrary("launch/hero.jpg")},
			"between two":                  {inFolder("embargo", "hero.jpg"), inFolder("legal", "hero.jpg")},
			"while it is in the archive":   {archived(inLibrary("launch/hero.jpg")), archived(inFolder("embargo", "hero.jpg"))},
			"back out of the archive":      {archived(inLibrary("launch/hero.jpg")), inLibrary("launch/hero.jpg")},
			"back into a restricted one":   {archived(inFolder("embargo", "hero.jpg")), inFolder("embargo", "hero.jpg")},
			"and nothing of others is hit": {inLibrary("launch/hero.jpg"), inFolder("embargo", "launch/hero.jpg")},
		} {
			t.Run(where+"/"+reason, func(t *testing.T) {
				e := newEstate(t)
				beside := []relocate.Place{inLibrary(way[0].Key.Path + ".bak"), inLibrary(way[0].Key.Path + "2"), inFolder("other", way[0].Key.Path)}
				for _, p := range beside {
					e.fileAt(p)
				}
				others := func() (all []string) {
					for _, p := range beside {
						all = append(append(all, e.history(p)...), e.of(p, true)...)
					}
					return all
				}
				before := others()
				e.fileAt(way[0])
				j := e.run(e.mover(e.s), relocate.Move{From: way[0], To: way[1], By: "alice", Record: "r1"})
				e.moved(way[0], way[1], "one", "two", "three", "four")
				if j.Refusal != nil || len(j.Left) > 0 || j.Deleted || len(j.Versions) != 4 || j.By != "alice" {
					t.Errorf("the journal tells %+v", j)
				}
				if diff := cmp.Diff(before, others()); diff != "" {
					t.Errorf("of others (-was +is)\n%s", diff)
				}
				if left, err := e.mover(e.s).Journals(t.Context()); len(left) > 0 || err != nil {
					t.Errorf("journals left: %v, %v", left, err)
				}
			})
		}
	}
}

// When the content first came is told by the copies, from one move to the next.
func TestAFileComesBackAndForthAgain(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			e := newEstate(t)
			here := inLibrary("launch/hero.jpg")
			e.fileAt(here)
			came := e.versions(here)[0].LastModified.Truncate(time.Second).Format(time.RFC3339)
			for range 2 {
				e.run(e.mover(e.s), relocate.Move{From: here, To: archived(here)})
				e.run(e.mover(e.s), relocate.Move{From: archived(here), To: here})
			}
			bucket, name := e.object(here)
			info, err := e.s.StatObject(t.Context(), bucket, name, "")
			e.must(err)
			if got := e.history(here); !slices.Equal(got, []string{"one", "two", "three", "four"}) || info.Metadata["vitrine-modified"] != came {
				t.Errorf("%q; the last came %v, want %s", got, info.Metadata, came)
			}
			if got := e.history(archived(here)); len(got) > 0 {
				t.Errorf("in the archive are %q", got)
			}
		})
	}
}

// A manager may be killed between any two requests; the next one ends where this one would have.
func TestAMoveThatIsCutAnywhereGoesOn(t *testing.T) {
	for reason, place := range map[string]func(n int) (from, to relocate.Place){
		"into the archive": func(n int) (from, to relocate.Place) {
			p := inLibrary(fmt.Sprintf("launch/%d.jpg", n))
			return p, archived(p)
		},
		"into a restricted folder": func(n int) (from, to relocate.Place) {
			return inLibrary(fmt.Sprintf("launch/%d.jpg", n)), inFolder("embargo", fmt.Sprintf("%d.jpg", n))
		},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			for n := 1; ; n++ {
				from, to := place(n)
				e.fileAt(from)
				move := relocate.Move{From: from, To: to, Record: "r1"}
				k := &killer{after: n}
				dying := e.mover(open(t, func(c *store.Config) { c.Hook = k.hook }))
				j, err := dying.Start(t.Context(), move)
				if err == nil {
					_, err = e.resume(dying, j)
				}
				if err == nil {
					t.Logf("%d requests", k.seen)
					break
				}
				if !errors.Is(err, errCut) {
					t.Fatalf("cut at %d: %v", n, err)
				}
				m := e.mover(e.s)
				j, err = m.Start(t.Context(), move) // the one there is, when it got so far
				e.must(err)
				j, err = e.resume(m, j)
				e.must(err)
				if j.Refusal != nil || len(j.Left) > 0 {
					t.Errorf("cut at %d: %+v", n, j)
				}
				e.must(m.Forget(t.Context(), j))
				if e.moved(from, to, "one", "two", "three", "four"); t.Failed() {
					t.Fatalf("cut at %d", n)
				}
			}
		})
	}
}

func refusedWith(t *testing.T, err error, want relocate.Reason) {
	t.Helper()
	if refusal, ok := errors.AsType[*relocate.Refusal](err); !ok || refusal.Reason != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAMoveThatCannotBeIsRefusedBeforeAnythingIsDone(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			e := newEstate(t)
			here, there := inLibrary("launch/hero.jpg"), inFolder("embargo", "hero.jpg")
			e.fileAt(here)
			e.upload(inFolder("embargo", "taken.jpg"), "taken")
			deleted := inLibrary("launch/deleted.jpg")
			e.upload(deleted, "x")
			e.must(e.s.RemoveObject(t.Context(), e.buckets.Originals, "launch/deleted.jpg", ""))
			full := inLibrary("launch/full.jpg")
			_, err := e.s.S3.PutObject(t.Context(), e.buckets.Originals, "launch/full.jpg", strings.NewReader("x"), 1, minio.PutObjectOptions{UserMetadata: map[string]string{"k": strings.Repeat("v", 2000)}})
			e.must(err)
			for _, test := range []struct {
				from, to relocate.Place
				want     relocate.Reason
			}{
				{inLibrary("launch/none.jpg"), there, relocate.ReasonNotFound},
				{deleted, there, relocate.ReasonNotFound},
				{here, inFolder("embargo", "taken.jpg"), relocate.ReasonTargetExists},
				{here, inLibrary("launch/other.jpg"), relocate.ReasonInvalidMove},
				{here, here, relocate.ReasonInvalidMove},
				{here, archived(there), relocate.ReasonInvalidMove},
				{here, inFolder("embargo", "a//b"), relocate.ReasonInvalidTarget},
				{there, inLibrary("Restricted/x.jpg"), relocate.ReasonInvalidTarget},
				{full, there, relocate.ReasonMetadataTooLarge},
			} {
				_, err := e.mover(e.s).Start(t.Context(), relocate.Move{From: test.from, To: test.to})
				refusedWith(t, err, test.want)
			}
			if all, err := e.mover(e.s).Journals(t.Context()); len(all) > 0 || err != nil {
				t.Errorf("journals %v, %v", all, err)
			}

			// One at a time for a key, at either end.
			j, err := e.mover(e.s).Start(t.Context(), relocate.Move{From: here, To: there})
			e.must(err)
			for _, other := range [][2]relocate.Place{{here, inFolder("legal", "hero.jpg")}, {here, archived(here)}, {inLibrary("launch/full.jpg"), there}, {there, inLibrary("x.jpg")}} {
				_, err := e.mover(e.s).Start(t.Context(), relocate.Move{From: other[0], To: other[1]})
				refusedWith(t, err, relocate.ReasonMoving)
			}
			if err := e.mover(e.s).Forget(t.Context(), j); err == nil {
				t.Error("a move that is not done was forgotten")
			}

			// Who reads nothing new before writing does not go on with another's work.
			stale := j
			j, err = e.resume(e.mover(e.s), j)
			e.must(err)
			if _, err := e.resume(e.mover(e.s), stale); !errors.Is(err, store.ErrPreconditionFailed) {
				t.Errorf("a journal that is out of date: %v, want ErrPreconditionFailed", err)
			}
			e.must(e.mover(e.s).Forget(t.Context(), j))
		})
	}
}

// Nothing is deleted of a file of which the store keeps a version, whether it did before the move or began to while it was under way.
func TestAHeldFileStays(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			e := newEstate(t)
			here, there := inLibrary("launch/hero.jpg"), inFolder("embargo", "hero.jpg")
			e.fileAt(here)
			before := append(e.history(here), e.of(here, true)...)
			old := e.versions(here)
			oldest := old[len(old)-1].VersionID
			hold := func(status minio.LegalHoldStatus) {
				e.must(e.s.S3.PutObjectLegalHold(t.Context(), e.buckets.Originals, "launch/hero.jpg", minio.PutObjectLegalHoldOptions{VersionID: oldest, Status: &status}))
			}
			m := e.mover(e.s)
			stays := func() {
				t.Helper()
				if diff := cmp.Diff(before, append(e.history(here), e.of(here, true)...)); diff != "" {
					t.Errorf("(-was +is)\n%s", diff)
				}
				if got := append(e.history(there), e.of(there, true)...); len(got) > 0 {
					t.Errorf("at the new place are %q", got)
				}
			}
			hold(minio.LegalHoldEnabled)
			_, err := m.Start(t.Context(), relocate.Move{From: here, To: there})
			refusedWith(t, err, relocate.ReasonHeld)
			stays()

			hold(minio.LegalHoldDisabled)
			j, err := m.Start(t.Context(), relocate.Move{From: here, To: there})
			e.must(err)
			m.CallVersions = 2
			if done, err := m.Resume(t.Context(), &j); done || err != nil || len(e.history(there)) != 2 {
				t.Fatalf("%t, %v: %q", done, err, e.history(there))
			}
			hold(minio.LegalHoldEnabled)
			j, err = e.resume(m, j)
			e.must(err)
			if j.Refusal == nil || j.Refusal.Reason != relocate.ReasonHeld {
				t.Errorf("the journal tells %+v", j)
			}
			stays()
			e.must(m.Forget(t.Context(), j))
			hold(minio.LegalHoldDisabled)
			e.run(m, relocate.Move{From: here, To: there})
			e.moved(here, there, "one", "two", "three", "four")
		})
	}
}

// People go on working while a file moves.
func TestWhatComesWhileAFileMovesIsNotLost(t *testing.T) {
	for _, where := range stores {
		for reason, test := range map[string]struct {
			uploads int // one after each request that copies
			deletes bool
			left    bool
		}{
			"a new version":                  {uploads: 1},
			"some new versions":              {uploads: 4},
			"new versions without end":       {uploads: 100, left: true},
			"it was deleted":                 {deletes: true},
			"a new version, and was deleted": {uploads: 1, deletes: true},
		} {
			t.Run(where+"/"+reason, func(t *testing.T) {
				e := newEstate(t)
				here, there := inLibrary("launch/hero.jpg"), inFolder("embargo", "hero.jpg")
				e.upload(here, "one")
				ever := []string{"one"}
				m := e.mover(e.s)
				copied := 0
				m.Progress = func(p relocate.Progress) {
					if p.Versions == copied || copied >= test.uploads && copied > 0 {
						return
					}
					if copied = p.Versions; copied <= test.uploads {
						ever = append(ever, fmt.Sprintf("new %d", copied))
						e.upload(here, ever[len(ever)-1])
					}
					if test.deletes {
						e.must(e.s.RemoveObject(t.Context(), e.buckets.Originals, "launch/hero.jpg", ""))
					}
				}
				j := e.run(m, relocate.Move{From: here, To: there})
				moved, stay := e.history(there), e.history(here)
				if !slices.Equal(append(moved, stay...), ever) || len(stay) > 0 != test.left || len(j.Left) != len(stay) {
					t.Errorf("moved %q, stayed %q, of %q; told %v", moved, stay, ever, j.Left)
				}
				if j.Deleted != test.deletes {
					t.Errorf("told deleted: %t", j.Deleted)
				}
			})
		}
	}
}

// The history of a file that was deleted where one is to go stays, and what was said of it does not become that of the new one.
func TestAFileMovesToWhereOneWasDeleted(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			e := newEstate(t)
			here, there := inLibrary("launch/hero.jpg"), inFolder("embargo", "hero.jpg")
			e.upload(there, "old")
			e.hangOn(there)
			bucket, name := e.object(there)
			e.must(e.s.RemoveObject(t.Context(), bucket, name, ""))
			e.must(e.s.RemoveObject(t.Context(), e.buckets.Vitrine, asset.StateObject(there.Key), ""))
			e.upload(here, "one")
			e.put(asset.StateObject(here.Key), "state")
			e.run(e.mover(e.s), relocate.Move{From: here, To: there})
			if got := slices.DeleteFunc(e.history(there), func(c string) bool { return c == "-" }); !slices.Equal(got, []string{"old", "one"}) {
				t.Errorf("%q", got)
			}
			if _, _, err := e.s.GetObject(t.Context(), e.buckets.Vitrine, asset.MetaObject(there.Key)); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the metadata of the deleted one: %v, want ErrNotFound", err)
			}
			if data, _, err := e.s.GetObject(t.Context(), e.buckets.Vitrine, asset.StateObject(there.Key)); string(data) != "state" {
				t.Errorf("the state: %q, %v", data, err)
			}
		})
	}
}

// A large version goes in parts, and a call ends when so many bytes were copied.
func TestALargeFileMovesPieceByPiece(t *testing.T) {
	const mib = 1 << 20
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			e := newEstate(t)
			here := inLibrary("film.mov")
			first, second := strings.Repeat("1", 11*mib), strings.Repeat("2", 6*mib)
			e.upload(here, first)
			e.upload(here, second)
			m := e.mover(e.s)
			m.PartBytes, m.CallBytes = 5*mib, mib
			var told []relocate.Progress
			m.Progress = func(p relocate.Progress) { told = append(told, p) }
			j, err := m.Start(t.Context(), relocate.Move{From: here, To: archived(here)})
			e.must(err)
			for i := range 2 {
				if done, err := m.Resume(context.Background(), &j); done || err != nil || len(e.versions(archived(here))) != i+1 {
					t.Fatalf("call %d: %t, %v", i, done, err)
				}
			}
			j, err = e.resume(m, j)
			e.must(err)
			if got := e.history(archived(here)); !slices.Equal(got, []string{first, second}) || len(e.history(here)) > 0 || len(j.Left) > 0 {
				t.Errorf("%d versions arrived", len(got))
			}
			var want []relocate.Progress
			for _, p := range [][2]int{{0, 5}, {0, 10}, {0, 11}, {1, 11}, {1, 16}, {1, 17}, {2, 17}} { // versions, MiB
				want = append(want, relocate.Progress{Versions: p[0], OfVersions: 2, Bytes: int64(p[1]) * mib, OfBytes: 17 * mib})
			}
			if diff := cmp.Diff(want, told); diff != "" {
				t.Errorf("progress (-want +got)\n%s", diff)
			}
		})
	}
}

// VersityGW keeps objects as files and has none below the name of another, so it refuses the copy.
func TestAFileStaysThatTheStoreRefusesToCopy(t *testing.T) {
	e := newEstate(t)
	here, there := inLibrary("launch/hero.jpg"), inFolder("embargo", "folder/hero.jpg")
	e.fileAt(here)
	before := append(e.history(here), e.of(here, true)...)
	m := e.mover(e.s)
	j, err := m.Start(t.Context(), relocate.Move{From: here, To: there})
	e.must(err)
	e.upload(inFolder("embargo", "folder"), "a file")
	j, err = e.resume(m, j)
	e.must(err)
	if j.Refusal == nil || j.Refusal.Reason != relocate.ReasonNotCopied {
		t.Errorf("the journal tells %+v", j)
	}
	if diff := cmp.Diff(before, append(e.history(here), e.of(here, true)...)); diff != "" {
		t.Errorf("(-was +is)\n%s", diff)
	}
	if got := e.versions(there); len(got) > 0 {
		t.Errorf("at the new place are %v", got)
	}
}

// A version that the store does not copy, and that came when what was said of the file was at the new place already, stays: the move ends, and
// tells of it. Here its user metadata leave no room for the mark of the move.
func TestAMoveEndsThoughAVersionThatCameIsNotCopied(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			e := newEstate(t)
			here, there := inLibrary("launch/hero.jpg"), inFolder("embargo", "hero.jpg")
			e.fileAt(here)
			m := e.mover(e.s)
			m.CallVersions = 4
			j, err := m.Start(t.Context(), relocate.Move{From: here, To: there})
			e.must(err)
			if done, err := m.Resume(t.Context(), &j); done || err != nil || j.Described || len(e.history(there)) != 4 {
				t.Fatalf("%t, %v: %+v", done, err, j)
			}
			came := ""
			m.Now = func() time.Time { // asked when it is about to be described, and what is at the old place was listed
				if came == "" {
					made, err := e.s.S3.PutObject(t.Context(), e.buckets.Originals, "launch/hero.jpg", strings.NewReader("full"), 4, minio.PutObjectOptions{UserMetadata: map[string]string{"k": strings.Repeat("v", 2000)}})
					e.must(err)
					came = made.VersionID
				}
				return time.Now()
			}
			j, err = e.resume(m, j)
			e.must(err)
			if !slices.Equal(j.Left, []string{came}) || j.Refusal != nil {
				t.Errorf("the journal tells %+v; %s came", j, came)
			}
			stays := slices.DeleteFunc(e.versions(here), func(v store.ObjectInfo) bool { return v.DeleteMarker })
			if len(stays) != 1 || stays[0].VersionID != came {
				t.Errorf("at the old place are %v", stays)
			}
			if got := e.history(there); !slices.Equal(got, []string{"one", "two", "three", "four"}) {
				t.Errorf("at the new place are %q", got)
			}
			e.must(m.Forget(t.Context(), j))
		})
	}
}

// What is damaged is named with the remedy. What can be read is given beside it, and nothing begins to move.
func TestAJournalThatCannotBeReadIsNamed(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			e := newEstate(t)
			here, there := inLibrary("launch/hero.jpg"), inFolder("embargo", "hero.jpg")
			e.fileAt(here)
			m := e.mover(e.s)
			j, err := m.Start(t.Context(), relocate.Move{From: here, To: there})
			e.must(err)
			e.put(asset.MovesRoot+"newer.json", `{"v":2,"id":"newer"}`)
			large := strings.Repeat("x", store.MaxObject+1)
			_, err = e.s.S3.PutObject(t.Context(), e.buckets.Vitrine, asset.MovesRoot+"zlarge.json", strings.NewReader(large), int64(len(large)), minio.PutObjectOptions{})
			e.must(err)

			under, err := m.Journals(t.Context())
			damaged, is := errors.AsType[*relocate.DamagedError](err)
			if !is || len(damaged.Journals) != 2 || damaged.Journals[0].ID != "newer" || damaged.Journals[1].ID != "zlarge" || damaged.Journals[0].Why == nil {
				t.Fatalf("the error is %v", err)
			}
			if text := err.Error(); !strings.Contains(text, "moves/newer.json in bucket "+e.buckets.Vitrine) || !strings.Contains(text, "remove it") || !strings.Contains(text, "(and 1 more)") {
				t.Errorf("it says %s", text)
			}
			if len(under) != 1 || under[0].Token != j.Token {
				t.Fatalf("beside it there are %v", under)
			}
			e.upload(inLibrary("launch/other.jpg"), "other")
			if _, err := m.Start(t.Context(), relocate.Move{From: inLibrary("launch/other.jpg"), To: inFolder("embargo", "other.jpg")}); err == nil {
				t.Error("another move began")
			}
			if _, err := e.resume(m, under[0]); err != nil {
				t.Errorf("the one that can be read does not go on: %v", err)
			}
			e.moved(here, there, "one", "two", "three", "four")
			bucket, name := e.object(there)
			info, err := e.s.StatObject(t.Context(), bucket, name, "")
			if err != nil || !relocate.Copied(info) {
				t.Errorf("what came is not known to be a copy: %+v, %v", info, err)
			}
			bucket, name = e.object(inLibrary("launch/other.jpg"))
			if info, err = e.s.StatObject(t.Context(), bucket, name, ""); err != nil || relocate.Copied(info) {
				t.Errorf("what somebody put is taken for a copy: %+v, %v", info, err)
			}
		})
	}
}
