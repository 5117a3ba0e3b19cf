package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// described has the Library of place with fields of its own, and who works in it with which rights.
const described = `---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand, namespace: counted}
spec:
  storeRef: {name: counted}
  bucket: {name: counted-brand}
  metadata: {fields: [{name: title, type: Text}, {name: keywords, type: Keywords}, {name: usage, type: Choice, choices: [web, print]}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice, namespace: counted}
spec:
  roleRef: {kind: BuiltIn, name: contributor}
  subjects: [{kind: User, name: alice}]
  targets: [{kind: Folder, name: launch}]
`

// works is a Library at a real store, with a User whose key reaches what its grants would give it. The manager is not there: the
// test plays it, to see what is asked and how answers are shown.
type works struct {
	*store.Store
	at     *testbed.ObjectStore
	secret string // of the User's key
}

const damBucket = "counted-brand-dam"

func startWorks(t *testing.T) works {
	t.Helper()
	at, s, _ := countedStore(t)
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"} { // nobody's key but those that are named
		t.Setenv(name, "")
	}
	admin(t, "apply", "-f", written(t, described))
	id := store.Identity{Name: "v-alice", Path: "/counted/"}
	if _, err := s.Identities.Ensure(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	key, err := s.Identities.IssueKey(t.Context(), id.Name)
	if err != nil {
		t.Fatal(err)
	}
	w := works{Store: s, at: at, secret: key.Secret.Reveal()}
	allow := func(bucket, what, more string, actions ...string) string {
		quoted := `"` + strings.Join(actions, `","`) + `"`
		return fmt.Sprintf(`{"Effect":"Allow","Principal":{"AWS":[%q]},"Action":[%s],"Resource":["arn:aws:s3:::%s%s"]%s}`, s.Identities.Principal(id), quoted, bucket, what, more)
	}
	for bucket, statements := range map[string][]string{
		"counted-brand": {
			allow("counted-brand", "", `,"Condition":{"StringLike":{"s3:prefix":["launch/*"]}}`, "s3:ListBucket", "s3:ListBucketVersions"),
			allow("counted-brand", "/launch/*", "", "s3:GetObject", "s3:GetObjectVersion"),
		},
		damBucket: {allow(damBucket, "/changes/alice/*", "", "s3:PutObject"), allow(damBucket, "/results/alice/*", "", "s3:GetObject")},
	} {
		if err := s.SetBucketPolicy(t.Context(), bucket, []byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)); err != nil {
			t.Fatal(err)
		}
	}
	uid := admin(t, "get", "damuser", "alice", "-n", counted, "-o", "jsonpath={.metadata.uid}")
	secret := fmt.Sprintf(`apiVersion: v1
kind: Secret
metadata:
  name: alice.counted.key
  namespace: counted
  ownerReferences: [{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, name: alice, uid: %s}]
stringData: {AWS_ACCESS_KEY_ID: %q, AWS_SECRET_ACCESS_KEY: %q, AWS_ENDPOINT_URL: %q, AWS_REGION: %q}
`, uid, key.ID, w.secret, at.S3Endpoint, at.Region)
	adminSecret := fmt.Sprintf(`---
apiVersion: v1
kind: Secret
metadata: {name: store-admin, namespace: vitrine-system}
stringData: {AWS_ACCESS_KEY_ID: %q, AWS_SECRET_ACCESS_KEY: %q}
`, at.AccessKey, at.SecretKey)
	admin(t, "apply", "-f", written(t, secret+adminSecret))
	return w
}

// run runs the plugin in the tenant; no key may be in what it prints.
func (w works) run(t *testing.T, args ...string) said {
	t.Helper()
	s := ask(t, bed.cluster.Kubeconfig, append(args, "-n", counted)...)
	if text := s.out + s.complaints; strings.Contains(text, w.secret) || strings.Contains(text, w.at.SecretKey) {
		t.Errorf("%q prints a key", args)
	}
	return s
}

// alice is run with the key in her Secret.
func (w works) alice(t *testing.T, args ...string) said {
	t.Helper()
	return w.run(t, append(args, "--key-secret", "alice.counted.key")...)
}

// answering answers each record of somebody as it comes, until the test ends.
func (w works) answering(t *testing.T, folder string, answer func(i int, c change.Change) change.Answer) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- w.answer(ctx, folder, answer) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func (w works) answer(ctx context.Context, folder string, answer func(i int, c change.Change) change.Answer) error {
	seen := map[string]bool{}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		var objects []string
		if err := w.ListObjects(ctx, damBucket, asset.ChangesPrefix(folder), func(o store.ObjectInfo) error {
			objects = append(objects, o.Key)
			return nil
		}); err != nil {
			return err
		}
		for _, object := range objects {
			if seen[object] {
				continue
			}
			seen[object] = true
			record, digest, err := w.record(ctx, object)
			if err != nil {
				return err
			}
			result := change.Result{Record: digest, At: time.Now()}
			for i, c := range record.Changes {
				a := answer(i, c)
				a.Index, a.Path, a.Restricted = i, c.Path, c.Restricted
				result.Answers = append(result.Answers, a)
			}
			data, err := result.Encode()
			if err != nil {
				return err
			}
			_, id, _ := change.ParseObject(object)
			if _, err := w.PutObject(ctx, damBucket, asset.ResultObject(folder, id), data, "application/json", store.IfAbsent()); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (w works) record(ctx context.Context, object string) (change.Record, string, error) {
	data, _, err := w.GetObject(ctx, damBucket, object)
	if err != nil {
		return change.Record{}, "", err
	}
	record, refused := change.Decode(data)
	if refused != nil {
		return change.Record{}, "", fmt.Errorf("%s: %s", object, refused.Message)
	}
	return record, change.Digest(data), nil
}

// last is the newest record of somebody.
func (w works) last(t *testing.T, folder string) change.Record {
	t.Helper()
	var newest store.ObjectInfo
	if err := w.ListObjects(t.Context(), damBucket, asset.ChangesPrefix(folder), func(o store.ObjectInfo) error {
		if !o.LastModified.Before(newest.LastModified) {
			newest = o
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	record, _, err := w.record(t.Context(), newest.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.PurgeObject(t.Context(), damBucket, newest.Key); err != nil {
		t.Fatal(err)
	}
	return record
}

// A User asks with their own key, and the store lets them ask in their own name alone.
//
// features: A1.2
func TestAUserAsksWithTheirOwnKey(t *testing.T) {
	w := startWorks(t)
	if s := w.alice(t, "assets", "brand"); s.code != 0 || !strings.Contains(s.out, "brand/launch/final/b.jpg") || strings.Contains(s.out, "press") || !strings.Contains(s.out, "--platform shows it") {
		t.Errorf("what alice lists: %+v", s)
	}
	if s := w.alice(t, "assets", "brand", "press"); s.code != 1 || !strings.Contains(s.complaints, "the User alice may list nothing there") {
		t.Errorf("where she may not: %+v", s)
	}
	s := w.alice(t, "meta", "brand/launch/a.jpg", "--set", "title=Hero", "--add", "keywords=x,y", "--wait=false")
	record := w.last(t, "alice")
	if s.code != 0 || !strings.Contains(s.out, "kubectl dam answer brand") || record.Author != "" || len(record.Changes) != 1 || record.Changes[0].Path != "launch/a.jpg" || record.Changes[0].Describe.Set["title"][0] != "Hero" {
		t.Errorf("%+v, and the record is %+v", s, record)
	}
	begun := time.Now()
	s = w.alice(t, "state", "brand/launch/a.jpg", "--to", "Draft", "--publish-at", "2099-01-01", "--timeout", "1s")
	fails(t, s, "may still be done", 1)
	if record = w.last(t, "alice"); record.Changes[0].State.State != v1alpha1.StateDraft || record.Changes[0].State.PublishAt.Year() != 2099 || time.Since(begun) > 20*time.Second {
		t.Errorf("nobody answers: the record is %+v", record)
	}
	fails(t, w.alice(t, "meta", "brand/launch/a.jpg", "--set", "title=x", "--user", "bob"), "the store does not let the key of the User bob do that", 1)
	fails(t, w.alice(t, "meta", "brand/launch/a.jpg", "--set", "usage=tv"), "web, print", 1)
	fails(t, w.alice(t, "meta", "brand/launch/a.jpg"), "use --platform", 1)
	fails(t, w.run(t, "assets", "brand"), "there is no key to work with", 1)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "nothing")
	fails(t, w.run(t, "state", "brand/launch/a.jpg", "--to", "Draft"), "say with --user whose it is", 1)
	fails(t, w.run(t, "state", "brand/launch/a.jpg", "--to", "Draft", "--user", "alice"), "the store does not know this key", 1)

	w.answering(t, "alice", func(i int, _ change.Change) change.Answer {
		if i == 1 {
			return change.Answer{Outcome: change.Refused, Reason: change.NotAllowed, Message: "approve needs the permission approve on the file"}
		}
		return change.Answer{Outcome: change.Done}
	})
	s = w.alice(t, "approve", "brand/launch/a.jpg", "--note", "good")
	record = w.last(t, "alice")
	const sha = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b" // of the text 1
	if approve := record.Changes[0].Approve; s.code != 0 || !strings.Contains(s.out, "Done") || !strings.Contains(s.out, sha[:12]) || approve.SHA256 != sha || approve.Note != "good" || record.Changes[0].VersionID == "" {
		t.Errorf("%+v, and the record is %+v", s, record)
	}
	if s = w.alice(t, "approve", "brand/launch/a.jpg", "brand/launch/final/b.jpg", "--reject"); s.code != 2 || !strings.Contains(s.out, "NotAllowed") || strings.Count(s.out, "\n") != 3 {
		t.Errorf("one of two is refused: %+v", s)
	}
	fails(t, w.alice(t, "approve", "brand/launch/nothing.jpg"), "no file brand/launch/nothing.jpg", 1)

	if _, err := w.PutObject(t.Context(), "counted-brand", "launch/a.jpg", []byte("new"), "image/jpeg", store.Always()); err != nil {
		t.Fatal(err)
	}
	s = w.alice(t, "versions", "brand/launch/a.jpg", "-o", "json")
	var list struct {
		Versions []struct {
			ID      string
			Size    int64
			Current bool
		}
	}
	if err := json.Unmarshal([]byte(s.out), &list); err != nil || len(list.Versions) != 2 || !list.Versions[0].Current || list.Versions[0].Size != 3 || list.Versions[1].Current {
		t.Fatalf("%v: %+v", err, s)
	}
	w.last(t, "alice")
	s = w.alice(t, "versions", "restore", "brand/launch/a.jpg", list.Versions[1].ID)
	if record = w.last(t, "alice"); s.code != 0 || record.Changes[0].Restore == nil || record.Changes[0].VersionID != list.Versions[1].ID {
		t.Errorf("%+v, and the record is %+v", s, record)
	}
}

// putKnown writes what is known of a file, as the manager and its workers do.
func (w works) putKnown(t *testing.T, k access.Key) {
	t.Helper()
	bucket, object := "counted-brand", k.Path
	if k.Restricted != "" {
		_, object = asset.Object(k)
		bucket = damBucket
	}
	current, err := w.StatObject(t.Context(), bucket, object, "")
	if err != nil {
		t.Fatal(err)
	}
	sha := strings.Repeat("a", 64)
	signature := asset.Signature{By: "mona", At: time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)}
	facts, err := asset.EncodeFacts(asset.Facts{V: asset.FactsVersion, ETag: current.ETag, VersionID: current.VersionID, Size: current.Size, ContentType: "image/jpeg", SHA256: sha})
	if err != nil {
		t.Fatal(err)
	}
	meta, err := asset.Metadata{Fields: map[string][]string{"title": {"=Hero"}, "keywords": {"a;b", "c"}}, Signature: signature}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	state, err := asset.StateRecord{State: v1alpha1.StateDraft, Signature: signature}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	approval, err := asset.Approval{VersionID: current.VersionID, SHA256: sha, Verdict: v1alpha1.ApprovalRejected, Note: "the old logo", Signature: signature}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for object, data := range map[string][]byte{
		asset.FactsObject(k): facts, asset.MetaObject(k): meta, asset.StateObject(k): state, asset.ApprovalObject(k, current.VersionID): approval,
	} {
		if _, err := w.PutObject(t.Context(), damBucket, object, data, "application/json", store.Always()); err != nil {
			t.Fatal(err)
		}
	}
}

// The platform team reads all that is known, sees it in a sheet, and has one taken in again, row by row.
//
// features: D11
func TestThePlatformTeamsSheets(t *testing.T) {
	w := startWorks(t)
	w.putKnown(t, access.Key{Library: "brand", Path: "launch/a.jpg"})
	w.putKnown(t, access.Key{Library: "brand", Restricted: "embargo", Path: "d.jpg"})
	s := w.run(t, "assets", "brand", "launch", "--platform", "-o", "json")
	var list struct{ Assets []map[string]any }
	if err := json.Unmarshal([]byte(s.out), &list); err != nil || len(list.Assets) != 3 {
		t.Fatalf("%v: %+v", err, s)
	}
	for i, want := range []string{"brand/launch/a.jpg Draft Rejected =Hero", "brand/launch/final/b.jpg Published Unreviewed <nil>", "brand/launch/embargo/d.jpg Draft Rejected =Hero"} {
		a := list.Assets[i]
		if got := fmt.Sprint(a["file"], " ", a["state"], " ", a["approval"], " ", a["title"]); got != want {
			t.Errorf("%s, and should be %s", got, want)
		}
	}
	if s := w.run(t, "versions", "brand/launch/embargo/d.jpg", "--platform", "-o", "wide"); s.code != 0 || !strings.Contains(s.out, "Rejected") || !strings.Contains(s.out, "the old logo") {
		t.Errorf("versions: %+v", s)
	}
	if s := w.run(t, "meta", "brand/launch/a.jpg", "--platform"); s.code != 0 || !strings.Contains(s.out, "a;b, c") || !strings.Contains(s.out, "mona") || !strings.Contains(s.out, "2027-03-01T12:00:00Z") {
		t.Errorf("what is said: %+v", s)
	}
	fails(t, w.run(t, "meta", "brand/launch/nothing.jpg", "--platform"), "there is no file", 1)
	nobody := kubeconfig(t, as("reader-of-declarations"))
	admin(t, "create", "rolebinding", "reader-of-declarations", "-n", counted, "--clusterrole=vitrine-tenant-viewer", "--user=reader-of-declarations")
	fails(t, ask(t, nobody, "assets", "brand", "--platform", "-n", counted), "--platform is for the platform team", 1)
	fails(t, ask(t, nobody, "assets", "brand", "--key-secret", "alice.counted.key", "-n", counted), "you may not get the Secret alice.counted.key", 1)

	s = w.run(t, "meta", "export", "brand", "launch", "--platform")
	const exported = "\"path\",\"title\",\"keywords\",\"usage\",\"(state)\",\"(approval)\"\r\n" +
		"\"launch/a.jpg\",\"'=Hero\",\"a\\;b;c\",\"\",\"Draft\",\"Rejected\"\r\n" +
		"\"launch/final/b.jpg\",\"\",\"\",\"\",\"Published\",\"Unreviewed\"\r\n" +
		"\"launch/embargo/d.jpg\",\"'=Hero\",\"a\\;b;c\",\"\",\"Draft\",\"Rejected\"\r\n"
	if s.code != 0 || s.out != exported {
		t.Errorf("the sheet: %+v", s)
	}
	sheet := filepath.Join(t.TempDir(), "launch.csv")
	text := strings.Replace(s.out, `"launch/final/b.jpg","","",""`, `"launch/final/b.jpg","Wide","","web"`, 1) +
		"\"launch/gone.jpg\",\"x\",\"\",\"\",\"\",\"\"\r\n" + "\"launch/embargo/../d.jpg\",\"x\",\"\",\"\",\"\",\"\"\r\n" + "\"press/c.jpg\",\"\",\"\",\"tv\",\"\",\"\"\r\n"
	if err := os.WriteFile(sheet, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s = w.run(t, "meta", "import", "brand", "-f", sheet, "--platform", "--dry-run")
	for _, want := range []string{"1 rows would be done, 2 are so already, 3 refused; 0 say nothing", "5      brand/launch/gone.jpg", "NotFound", "6      brand/launch/embargo/../d.jpg", "7      brand/press/c.jpg", "InvalidValue"} {
		if s.code != 2 || !strings.Contains(s.out, want) {
			t.Errorf("the dry run does not say %q: %+v", want, s)
		}
	}
	w.answering(t, change.PlatformFolder, func(_ int, c change.Change) change.Answer {
		if c.Path == "launch/gone.jpg" {
			return change.Answer{Outcome: change.Refused, Reason: change.NotFound, Message: "there is no file"}
		}
		return change.Answer{Outcome: change.Done}
	})
	s = w.run(t, "meta", "import", "brand", "-f", sheet, "--platform")
	record := w.last(t, change.PlatformFolder)
	if s.code != 2 || !strings.Contains(s.out, "4 rows done, 0 are so already, 2 refused") || !strings.Contains(s.out, "5      brand/launch/gone.jpg") || strings.Contains(s.out, "final/b.jpg") {
		t.Errorf("the import: %+v", s)
	}
	if record.Author != "test-bed-admin" || len(record.Changes) != 5 || record.Changes[0].Describe.Set["title"][0] != "=Hero" || record.Changes[2].Restricted != "embargo" || record.Changes[2].Path != "d.jpg" {
		t.Errorf("the record: %+v", record)
	}
}
