package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// catalog is what a link's catalog says now.
func (w *world) catalog(link string) (asset.Catalog, error) {
	data, err := fetch(w.ctx, w.root(), w.name+"-brand-dam", asset.CatalogObject(link))
	if err != nil {
		return asset.Catalog{}, err
	}
	return asset.DecodeCatalog([]byte(data))
}

// shows wants a link to show these files now, parted by blanks, and no other.
func (w *world) shows(link, want string) error {
	catalog, err := w.catalog(link)
	if err != nil {
		return err
	}
	var names []string
	for i := range catalog.Assets {
		if catalog.Assets[i].Shown(time.Now()) {
			names = append(names, catalog.Assets[i].Path)
		}
	}
	if got := strings.Join(names, " "); got != want {
		return fmt.Errorf("it shows %q, want %q", got, want)
	}
	return nil
}

// asks puts a change record with somebody's own key, waits for the answer with that key, and gives it.
func (w *world) asks(who *minio.Client, folder, id string, record any) change.Result {
	w.Helper()
	data, err := json.Marshal(record)
	w.must(err)
	bucket := w.name + "-brand-dam"
	w.must(put(w.ctx, who, bucket, asset.ChangeObject(folder, id), string(data)))
	var result change.Result
	w.eventually("an answer to "+id, 15*time.Second, func() error {
		data, err := fetch(w.ctx, who, bucket, asset.ResultObject(folder, id))
		if err != nil {
			return err
		}
		if result, err = change.DecodeResult([]byte(data)); err != nil {
			return err
		}
		// The record is removed after the answer.
		if left, err := list(w.ctx, w.root(), bucket, asset.ChangeObject(folder, id)); err != nil || len(left) > 0 {
			return fmt.Errorf("the record is still there: %w", orNothing(err))
		}
		return nil
	})
	return result
}

// done wants a record to be done, every change of it.
func (w *world) done(who *minio.Client, folder, id string, changes ...map[string]any) {
	w.Helper()
	for _, a := range w.asks(who, folder, id, map[string]any{"v": 1, "changes": changes}).Answers {
		if a.Outcome != change.Done {
			w.Fatalf("%s: %+v", id, a)
		}
	}
}

// refusedFor wants a record with one change to be refused for a reason.
func (w *world) refusedFor(reason change.Reason, who *minio.Client, folder, id string, record map[string]any) {
	w.Helper()
	answers := w.asks(who, folder, id, record).Answers
	if len(answers) != 1 || answers[0].Outcome != change.Refused || answers[0].Reason != reason || answers[0].Message == "" {
		w.Errorf("%s: %+v, want %s", id, answers, reason)
	}
}

func one(change map[string]any) map[string]any {
	return map[string]any{"v": 1, "changes": []any{change}}
}

// a is a change of a file.
func a(path string, what string, how any) map[string]any {
	return map[string]any{"path": path, what: how}
}

// studio is a launch with people who describe, approve and publish, and links that say what they show.
const studio = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand}
spec:
  storeRef: {name: NAME}
  bucket: {name: NAME-brand}
  metadata: {fields: [{name: title, title: Title, type: Text, presence: Required}, {name: keywords, type: Keywords}, {name: usage, type: Choice, choices: [web, print]}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: launch}
spec: {libraryRef: {name: brand}, path: launch}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: raw}
spec: {libraryRef: {name: brand}, path: launch/raw, lifecycle: {state: Draft}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: alice}, spec: {credentials: Issue}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: mona}, spec: {credentials: Issue}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: sam}, spec: {credentials: Issue}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Role
metadata: {name: editor}
spec: {permissions: [list, preview, download, upload, delete, describe, publish, approve]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Role
metadata: {name: tagger}
spec: {permissions: [list, describe], metadataFields: [keywords]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice-contributes}
spec: {roleRef: {kind: BuiltIn, name: contributor}, subjects: [{kind: User, name: alice}], targets: [{kind: Folder, name: launch}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: mona-edits}
spec: {roleRef: {kind: Role, name: editor}, subjects: [{kind: User, name: mona}], targets: [{kind: Folder, name: launch}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: sam-tags}
spec: {roleRef: {kind: Role, name: tagger}, subjects: [{kind: User, name: sam}], targets: [{kind: Folder, name: raw}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Collection
metadata: {name: heroes}
spec: {libraryRef: {name: brand}, selector: {keywords: [hero], states: [Published]}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: sam-heroes}
spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: User, name: sam}], targets: [{kind: Collection, name: heroes}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: all}
spec: {target: {folder: {name: launch}}, metadataFields: [title]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: approved}
spec: {target: {folder: {name: launch}}, approval: ApprovedOnly, drafts: Shown}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: heroes}
spec: {target: {collection: {name: heroes}}}
`

// opensStudio brings the studio up with two files in it.
func (w *world) opensStudio() (alice, mona, sam *minio.Client) {
	w.Helper()
	return w.opens(studio)
}

// opens brings up what is declared as the studio is.
func (w *world) opens(manifest string) (alice, mona, sam *minio.Client) {
	w.Helper()
	w.apply(w.named(manifest))
	w.ready(&v1alpha1.Library{}, "brand")
	for _, key := range []string{"launch/a.txt", "launch/raw/b.txt"} {
		w.must(put(w.ctx, w.root(), w.name+"-brand", key, "content of "+key))
	}
	for _, name := range []string{"alice-contributes", "mona-edits", "sam-tags", "sam-heroes"} {
		w.ready(&v1alpha1.RoleBinding{}, name)
	}
	for _, name := range []string{"all", "approved", "heroes"} {
		w.ready(&v1alpha1.PublicLink{}, name)
	}
	return w.as("alice"), w.as("mona"), w.as("sam")
}

// What people ask for with their own keys is done where the model says that they may, and told where it counts within seconds.
//
// features: A1.14, A1.15, A1.18, B5, B11, D1, D2, D4, D5, D14, F14, K24, P5, P7, P14
func TestPeopleChangeWhatIsKnownOfFiles(t *testing.T) {
	onEachStore(t, "changes", func(w *world) {
		alice, mona, sam := w.opensStudio()
		bucket := w.name + "-brand"
		w.eventually("drafts are hidden", 20*time.Second, func() error { return w.shows("all", "a.txt") })
		w.must(w.shows("approved", ""))

		// Described by a contributor; the link shows the field that it names.
		w.done(alice, "alice", "describe-1", a("launch/a.txt", "describe", map[string]any{"set": map[string]any{"title": []string{"Hero"}, "usage": []string{"web"}}}))
		w.eventually("the link shows the title", 5*time.Second, func() error {
			catalog, err := w.catalog("all")
			if err != nil {
				return err
			}
			if fields := fmt.Sprint(catalog.Assets[0].Fields); fields != "[{Title [Hero]}]" {
				return errors.New(fields)
			}
			return nil
		})
		library := &v1alpha1.Library{}
		w.eventually("the file without a title is counted", 15*time.Second, func() error {
			w.get(library, "brand")
			d := library.Status.Descriptions
			if d == nil || *d.Misfits != 1 || d.Misfit[0].Path != "launch/raw/b.txt" || !strings.Contains(d.Misfit[0].Message, "title is required") || *d.Drafts != 1 {
				return fmt.Errorf("it is %+v", d)
			}
			return nil
		})

		// A selector follows the keywords, for grants as for links.
		w.must(denied(reads(w, sam, bucket, "launch/a.txt")))
		w.done(alice, "alice", "keywords-1", a("launch/a.txt", "describe", map[string]any{"add": map[string]any{"keywords": []string{"hero"}}}))
		w.eventually("whoever holds the Collection reads the new member", 5*time.Second, func() error { return reads(w, sam, bucket, "launch/a.txt") })
		w.eventually("and the link shows it", 5*time.Second, func() error { return w.shows("heroes", "a.txt") })
		w.done(alice, "alice", "keywords-2", a("launch/a.txt", "describe", map[string]any{"remove": map[string]any{"keywords": []string{"hero"}}}))
		w.eventually("and no longer", 5*time.Second, func() error { return denied(reads(w, sam, bucket, "launch/a.txt")) })

		// Published and taken back by who may.
		w.done(mona, "mona", "publish-1", a("launch/raw/b.txt", "state", map[string]any{"state": "Published"}), a("launch/a.txt", "state", map[string]any{"state": "Draft"}))
		w.eventually("the link follows", 5*time.Second, func() error { return w.shows("all", "raw/b.txt") })
		at := time.Now().Add(8 * time.Second).UTC().Truncate(time.Second)
		w.done(mona, "mona", "publish-2", a("launch/a.txt", "state", map[string]any{"publishAt": at.Format(time.RFC3339)}), a("launch/raw/b.txt", "state", map[string]any{"sunset": at.Format(time.RFC3339)}))
		w.must(w.shows("all", "raw/b.txt"))
		w.eventually("one is published and the other over at the instant", time.Until(at)+2*time.Second, func() error { return w.shows("all", "a.txt") })

		w.approves(mona)
	})
}

func reads(w *world, who *minio.Client, bucket, key string) error {
	_, err := fetch(w.ctx, who, bucket, key)
	return err
}

// current is what a decision is bound to: the version and the content of a file as a worker read it.
func (w *world) current(path string) (version, sum string) {
	w.Helper()
	w.eventually("facts of "+path, 60*time.Second, func() error {
		info, err := w.root().StatObject(w.ctx, w.name+"-brand", path, minio.StatObjectOptions{})
		if err != nil {
			return err
		}
		data, err := fetch(w.ctx, w.root(), w.name+"-brand-dam", "facts/"+path+".json")
		if err != nil {
			return err
		}
		facts, err := asset.DecodeFacts(bytes.NewReader([]byte(data)))
		if err != nil || facts.VersionID != info.VersionID {
			return errors.Join(errors.New("they are of another version"), err)
		}
		version, sum = facts.VersionID, facts.SHA256
		return nil
	})
	return version, sum
}

// approves decides on a version, which a new one knows nothing of.
func (w *world) approves(mona *minio.Client) {
	w.Helper()
	w.must(w.shows("approved", ""))
	approve := func(version, sum string) map[string]any {
		return map[string]any{"v": 1, "changes": []any{map[string]any{"path": "launch/a.txt", "versionID": version, "approve": map[string]any{"verdict": "Approved", "sha256": sum, "note": "fine"}}}}
	}
	version, sum := w.current("launch/a.txt")
	w.refusedFor(change.WrongContent, mona, "mona", "approve-0", approve(version, strings.Repeat("0", 64)))
	if got := w.asks(mona, "mona", "approve-1", approve(version, sum)).Answers[0]; got.Outcome != change.Done {
		w.Fatalf("it is not approved: %+v", got)
	}
	w.eventually("a link of approved files shows it", 5*time.Second, func() error { return w.shows("approved", "a.txt") })
	w.must(put(w.ctx, w.root(), w.name+"-brand", "launch/a.txt", "another content"))
	w.eventually("a new version is not approved", 15*time.Second, func() error { return w.shows("approved", "") })
	w.refusedFor(change.StaleVersion, mona, "mona", "approve-2", approve(version, sum))
	again, other := w.current("launch/a.txt")
	if got := w.asks(mona, "mona", "approve-3", approve(again, other)).Answers[0]; got.Outcome != change.Done {
		w.Fatalf("it is not approved again: %+v", got)
	}
	w.eventually("approved again", 5*time.Second, func() error { return w.shows("approved", "a.txt") })
	time.Sleep(3 * time.Second) // what was put again within two seconds has the times of what it replaced
	w.must(put(w.ctx, w.root(), w.name+"-brand", "launch/a.txt", "another content"))
	w.eventually("the same bytes in a new version are not approved", 15*time.Second, func() error { return w.shows("approved", "") })
	if latest, _ := w.current("launch/a.txt"); latest == again {
		w.Errorf("facts are of the version before")
	}
}

// Whoever holds a contributor's key changes nothing that a contributor may not, whatever their records say.
//
// features: P5, P7, K24
func TestRecordsOfAnAttackerAreRefusedAndKept(t *testing.T) {
	onEachStore(t, "forged", func(w *world) {
		alice, mona, sam := w.opensStudio()
		bucket := w.name + "-brand-dam"
		version, sum := w.current("launch/a.txt")
		title := map[string]any{"set": map[string]any{"title": []string{"x"}}}
		published := map[string]any{"state": "Published"}

		w.refusedFor(change.NotAllowed, alice, "alice", "state", one(a("launch/raw/b.txt", "state", published)))
		w.refusedFor(change.NotAllowed, alice, "alice", "approve", one(map[string]any{"path": "launch/a.txt", "versionID": version, "approve": map[string]any{"verdict": "Approved", "sha256": sum}}))
		w.refusedFor(change.NotAllowed, alice, "alice", "remove", one(map[string]any{"path": "launch/a.txt", "versionID": version, "remove": map[string]any{}}))
		w.refusedFor(change.Forged, alice, "alice", "forged", map[string]any{"v": 1, "author": "mona", "changes": []any{a("launch/raw/b.txt", "state", published)}})
		w.refusedFor(change.FieldNotAllowed, sam, "sam", "title", one(a("launch/raw/b.txt", "describe", title)))
		w.refusedFor(change.InvalidValue, alice, "alice", "choice", one(a("launch/a.txt", "describe", map[string]any{"set": map[string]any{"usage": []string{"tv"}}})))
		w.refusedFor(change.NotFound, sam, "sam", "elsewhere", one(a("launch/a.txt", "describe", title)))
		w.refusedFor(change.NotFound, alice, "alice", "absent", one(a("launch/absent.txt", "describe", title)))
		w.refusedFor(change.Malformed, alice, "alice", "malformed", map[string]any{"v": 1, "changes": []any{map[string]any{"path": "launch/a.txt", "state": published, "more": true}}})

		// In nobody else's place.
		for _, object := range []string{"changes/mona/x.json", "changes/@platform/x.json", "results/mona/x.json", "meta/launch/a.txt.json", "state/launch/a.txt.json", "approvals/launch/a.txt/x.json"} {
			w.must(denied(put(w.ctx, alice, bucket, object, "{}")))
		}
		w.must(denied(reads(w, alice, bucket, "results/sam/title.json")))

		// What somebody puts where their answers are holds up no record of theirs.
		for id, forged := range map[string]string{"no-answer": "{}", "huge": strings.Repeat("x", store.MaxObject+1)} {
			_, err := alice.PutObject(w.ctx, bucket, asset.ResultObject("alice", id), strings.NewReader(forged), int64(len(forged)), minio.PutObjectOptions{DisableMultipart: true})
			w.must(err)
			w.refusedFor(change.NotAllowed, alice, "alice", id, one(a("launch/raw/b.txt", "state", published)))
		}

		// Somebody else's record, copied, is one's own, and an id is good for one record.
		w.done(mona, "mona", "publish", a("launch/raw/b.txt", "state", published))
		w.refusedFor(change.NotAllowed, alice, "alice", "publish", one(a("launch/raw/b.txt", "state", published)))
		first := w.asks(mona, "mona", "once", one(a("launch/raw/b.txt", "state", map[string]any{"state": "Draft"})))
		w.must(put(w.ctx, mona, bucket, "changes/mona/once.json", `{"v":1,"changes":[{"path":"launch/raw/b.txt","state":{"state":"Published"}}]}`))
		w.eventually("the second record of one id is gone", 10*time.Second, func() error {
			left, err := list(w.ctx, w.root(), bucket, "changes/mona/")
			if err != nil || len(left) > 0 {
				return fmt.Errorf("%v %w", left, orNothing(err))
			}
			return nil
		})
		data, err := fetch(w.ctx, mona, bucket, "results/mona/once.json")
		w.must(err)
		if again, err := change.DecodeResult([]byte(data)); err != nil || again.Record != first.Record {
			t.Errorf("the first answer does not stand: %v", err)
		}
		w.eventually("and nothing came of it", 10*time.Second, func() error { return w.shows("all", "a.txt") })

		// All of it is in the trail, refused or not.
		trail, err := list(w.ctx, w.root(), bucket, "audit/changes/")
		w.must(err)
		for _, id := range []string{"state", "approve", "forged", "title", "malformed", "publish", "once"} {
			found := 0
			for _, object := range trail {
				if strings.Contains(object, "/"+id+"-") {
					found++
				}
			}
			if found == 0 || id == "once" && found != 2 {
				t.Errorf("%s is in the trail %d times", id, found)
			}
		}
	})
}

// Whoever floods the manager with records, whatever they are called, keeps nobody else waiting, and every record is answered or removed.
func TestNobodyKeepsOthersWaiting(t *testing.T) {
	w := newWorld(t, "flooded")
	alice, mona, _ := w.opensStudio()
	bucket := w.name + "-brand-dam"
	var puts errgroup.Group
	puts.SetLimit(8)
	for i := range 130 {
		name := fmt.Sprintf("flood-%d.json", i)
		if i%2 == 0 { // behind everything that has a right name
			name = fmt.Sprintf("\U0010FFFF\U0010FFFF%d", i)
		}
		puts.Go(func() error { return put(w.ctx, alice, bucket, "changes/alice/"+name, `{"v":1}`) })
	}
	for range 250 { // one record, put again and again: it is asked for once
		puts.Go(func() error { return put(w.ctx, alice, bucket, "changes/alice/often.json", `{"v":1}`) })
	}
	w.must(puts.Wait())
	w.done(mona, "mona", "title", a("launch/a.txt", "describe", map[string]any{"set": map[string]any{"title": []string{"Hero"}}}))
	w.eventually("all of the flood is gone", 90*time.Second, func() error {
		left, err := list(w.ctx, w.root(), bucket, "changes/")
		if err != nil || len(left) > 0 {
			return fmt.Errorf("%d are left: %w", len(left), orNothing(err))
		}
		return nil
	})
}

// Old versions come back and go for good by records.
//
// features: A1.13, A1.26, K25
func TestVersionsAreRestoredAndDeletedByRecord(t *testing.T) {
	onEachStore(t, "restoring", func(w *world) {
		alice, mona, _ := w.opensStudio()
		bucket := w.name + "-brand"
		w.eventually("alice uploads", w.soon(), func() error { return put(w.ctx, alice, bucket, "launch/v.txt", "first") })
		first, err := w.root().StatObject(w.ctx, bucket, "launch/v.txt", minio.StatObjectOptions{})
		w.must(err)
		w.must(put(w.ctx, alice, bucket, "launch/v.txt", "second"))
		second, err := w.root().StatObject(w.ctx, bucket, "launch/v.txt", minio.StatObjectOptions{})
		w.must(err)
		of := func(version, what string) map[string]any {
			return map[string]any{"path": "launch/v.txt", "versionID": version, what: map[string]any{}}
		}
		w.done(alice, "alice", "restore", of(first.VersionID, "restore"))
		if now, err := fetch(w.ctx, alice, bucket, "launch/v.txt"); err != nil || now != "first" {
			t.Errorf("the file holds %q, %v", now, err)
		}
		w.refusedFor(change.NotAllowed, alice, "alice", "remove", one(of(second.VersionID, "remove")))
		w.done(mona, "mona", "remove", of(second.VersionID, "remove"))
		if _, err := fetchVersion(w.ctx, w.root(), bucket, "launch/v.txt", second.VersionID); err == nil {
			t.Error("the version is still there")
		}
		if still, err := fetchVersion(w.ctx, w.root(), bucket, "launch/v.txt", first.VersionID); err != nil || still != "first" {
			t.Errorf("the other version holds %q, %v", still, err)
		}
	})
}
