package store_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/signer"

	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/store"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// admin does at MinIO what somebody beside Vitrine could do by hand.
func admin(t *testing.T, method, operation string, query url.Values, body []byte) (int, []byte) {
	t.Helper()
	return adminAs(t, minioBed, credentials.Value{AccessKeyID: minioBed.AccessKey, SecretAccessKey: minioBed.SecretKey}, method, operation, query, body)
}

func adminAs(t *testing.T, bed *testbed.MinIO, who credentials.Value, method, operation string, query url.Values, body []byte) (int, []byte) {
	t.Helper()
	target := bed.Endpoint + "/minio/admin/v3/" + operation + "?" + query.Encode()
	req, err := http.NewRequestWithContext(t.Context(), method, target, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	resp, err := http.DefaultClient.Do(signer.SignV4(*req, who.AccessKeyID, who.SecretAccessKey, who.SessionToken, bed.Region))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, text
}

func byHand(t *testing.T, method, operation string, query url.Values, body []byte) {
	t.Helper()
	if status, text := admin(t, method, operation, query, body); status != http.StatusOK {
		t.Fatalf("%s: %d %s", operation, status, text)
	}
}

func TestPoliciesThatOthersAttachedAreKeptAndTold(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		holders := documents(t, s)
		id, _ := user(t, s, "alice")
		group := groupOf(t, "social")
		if err := holders.EnsureGroup(t.Context(), group); err != nil {
			t.Fatal(err)
		}
		doc := document("acme-brand", "launch/")
		// The name of another holder's document is not ours here.
		theirs := unique(t)
		byHand(t, http.MethodPut, "add-canned-policy", url.Values{"name": {theirs}}, doc)
		byHand(t, http.MethodPut, "set-user-or-group-policy", url.Values{"policyName": {"readonly," + theirs}, "userOrGroup": {id.Name}, "isGroup": {"false"}}, nil)
		full := strings.ReplaceAll(strings.Trim(group.Path, "/"), "/", ".") + "." + group.Name
		byHand(t, http.MethodPut, "set-user-or-group-policy", url.Values{"policyName": {"writeonly"}, "userOrGroup": {full}, "isGroup": {"true"}}, nil)

		user, members := heldDocuments(doc), heldDocuments(doc)
		user.Foreign, members.Foreign = slices.Sorted(slices.Values([]string{"readonly", theirs})), []string{"writeonly"}
		for _, h := range []store.Holder{holder(id), holderOf(group)} {
			if err := holders.SetDocument(t.Context(), h, 0, doc); err != nil {
				t.Fatal(err)
			}
		}
		holds(t, holders, id.Path, map[store.Holder]store.Held{holder(id): user, holderOf(group): members})
		user.Documents, members.Documents = map[int][]byte{}, map[int][]byte{}
		for _, h := range []store.Holder{holder(id), holderOf(group)} {
			if err := holders.SetDocument(t.Context(), h, 0, nil); err != nil {
				t.Fatal(err)
			}
		}
		holds(t, holders, id.Path, map[store.Holder]store.Held{holder(id): user, holderOf(group): members})
		// Who bore them goes; the policies are others' and stay.
		if err := errors.Join(s.Identities.Delete(t.Context(), id), holders.DeleteGroup(t.Context(), group)); err != nil {
			t.Fatal(err)
		}
		byHand(t, http.MethodGet, "info-canned-policy", url.Values{"name": {theirs}}, nil)
	})
}

// MinIO keeps a policy that is attached to anybody. It holds up nobody's going, and nobody keeps what it gave.
func TestADocumentThatSomebodyAttachedToAnotherGivesNothingAnyMore(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		holders := documents(t, s)
		name := bucket(t, s)
		fill(t, s, name)
		bob, key := user(t, s, "bob")
		alice, _ := user(t, s, "alice")
		carol, _ := user(t, s, "carol")
		group := groupOf(t, "social")
		if err := holders.EnsureGroup(t.Context(), group); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			reason string
			holder store.Holder
			goes   func() error
		}{
			{"it is taken from its user", holder(carol), func() error { return holders.SetDocument(t.Context(), holder(carol), 0, nil) }},
			{"its user goes", holder(alice), func() error { return s.Identities.Delete(t.Context(), alice) }},
			{"its group goes", holderOf(group), func() error { return holders.DeleteGroup(t.Context(), group) }},
		} {
			if err := holders.SetDocument(t.Context(), c.holder, 0, document(name, "launch/")); err != nil {
				t.Fatal(err)
			}
			byHand(t, http.MethodPut, "set-user-or-group-policy", url.Values{"policyName": {identity.DocumentName(c.holder.Name, 0)}, "userOrGroup": {bob.Name}, "isGroup": {"false"}}, nil)
			reads := func() error { _, _, err := as(t, key).GetObject(t.Context(), name, "launch/c.txt"); return err }
			if err := reads(); err != nil {
				t.Fatalf("before %s: %v", c.reason, err)
			}
			if err := c.goes(); err != nil {
				t.Errorf("%s: %v", c.reason, err)
			}
			if err := reads(); !errors.Is(err, store.ErrDenied) {
				t.Errorf("%s: bob reads with %v, want ErrDenied", c.reason, err)
			}
		}
		// What he has else is his, as before.
		if err := holders.SetDocument(t.Context(), holder(bob), 0, document(name, "launch/")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := as(t, key).GetObject(t.Context(), name, "launch/c.txt"); err != nil {
			t.Errorf("with a document of his own: %v", err)
		}
		held, err := holders.Held(t.Context(), group.Path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{identity.DocumentName(group.Name, 0)}, held[holder(bob)].Foreign); diff != "" {
			t.Errorf("what is left to bob is told (-want +got):\n%s", diff)
		}
	})
}

func TestWhatSomebodyDisabledIsEnabledAgain(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		holders := documents(t, s)
		name := bucket(t, s)
		fill(t, s, name)
		id, key := user(t, s, "alice")
		group := groupOf(t, "social")
		full := strings.ReplaceAll(strings.Trim(group.Path, "/"), "/", ".") + "." + group.Name
		home := strings.ReplaceAll(strings.Trim(id.Path, "/"), "/", ".") + ".users"
		doc := document(name, "launch/")
		put := func() error { return holders.SetDocument(t.Context(), holderOf(group), 0, doc) }
		for _, err := range []error{holders.EnsureGroup(t.Context(), group), put(), holders.SetMember(t.Context(), group, id.Name, true)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		reads := func() error { _, _, err := as(t, key).GetObject(t.Context(), name, "launch/c.txt"); return err }
		again := func() error { _, err := s.Identities.Ensure(t.Context(), id); return err }
		disable := func(operation, key, name string) func() {
			return func() {
				byHand(t, http.MethodPut, operation, url.Values{key: {name}, "status": {"disabled"}}, nil)
			}
		}
		cases := []struct {
			reason  string
			disable func()
			repair  func() error
		}{
			{"the user", disable("set-user-status", "accessKey", id.Name), again},
			{"the group, found where its documents are wanted", disable("set-group-status", "group", full), put},
			{"the group, found where the group is wanted", disable("set-group-status", "group", full), func() error { return holders.EnsureGroup(t.Context(), group) }},
			{"the user's place", disable("set-group-status", "group", home), again},
		}
		for _, c := range cases {
			if err := reads(); err != nil {
				t.Fatalf("before %s: %v", c.reason, err)
			}
			c.disable()
			if err := reads(); !errors.Is(err, store.ErrDenied) {
				t.Errorf("%s disabled: got %v, want ErrDenied", c.reason, err)
			}
			if err := c.repair(); err != nil {
				t.Errorf("%s: %v", c.reason, err)
			}
		}
		if err := reads(); err != nil {
			t.Errorf("in the end: %v", err)
		}
		disable("set-group-status", "group", full)()
		// What is not in force is not held.
		none := heldDocuments()
		none.Members = []string{id.Name}
		holds(t, holders, id.Path, map[store.Holder]store.Held{holder(id): heldDocuments(), holderOf(group): none})
	})
}

func TestAKeyCanDoNothingButS3(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		id, key := user(t, s, "alice")
		let(t, s, id, "acme-brand", "launch/")
		alice := as(t, key)
		if _, err := alice.Identities.IssueKey(t.Context(), id.Name); !errors.Is(err, store.ErrDenied) {
			t.Errorf("a key for herself: got %v, want ErrDenied", err)
		}
		if _, err := alice.Identities.List(t.Context(), "/"); !errors.Is(err, store.ErrDenied) {
			t.Errorf("all users: got %v, want ErrDenied", err)
		}
		session, err := credentials.NewSTSAssumeRole(minioBed.Endpoint, credentials.STSAssumeRoleOptions{AccessKey: key.ID, SecretKey: key.Secret.Reveal(), Location: minioBed.Region})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.GetWithContext(&credentials.CredContext{Client: http.DefaultClient}); err == nil {
			t.Error("she got a session, which would outlive the key")
		}
		if keys, err := s.Identities.Keys(t.Context(), id.Name); err != nil || len(keys) != 1 {
			t.Errorf("keys in the end: %v, %v; want the one", keys, err)
		}
	})
}

// features: A1.26
func TestWhoMayDeleteDestroysNoVersion(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		name := bucket(t, s)
		fill(t, s, name)
		id, key := user(t, s, "alice")
		whole := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:DeleteObject","s3:GetObject"],"Resource":["arn:aws:s3:::` + name + `/*"]}]}`
		if err := documents(t, s).SetDocument(t.Context(), holder(id), 0, []byte(whole)); err != nil {
			t.Fatal(err)
		}
		before := versions(t, s, name, "a.txt")
		alice := as(t, key)
		if err := alice.RemoveObject(t.Context(), name, "a.txt", before[0]); !errors.Is(err, store.ErrDenied) {
			t.Errorf("a version: got %v, want ErrDenied", err)
		}
		all := versions(t, s, name, "")
		for _, below := range []string{"a.txt", "launch/", "launch"} {
			if status, text := forceDelete(t, key, name, below); status != http.StatusBadRequest {
				t.Errorf("all versions of %s in one request: %d %s", below, status, text)
			}
		}
		if diff := cmp.Diff(all, versions(t, s, name, "")); diff != "" {
			t.Errorf("versions (-before +after):\n%s", diff)
		}
		if err := alice.RemoveObject(t.Context(), name, "a.txt", ""); err != nil {
			t.Errorf("the object: %v", err)
		}
		if after := versions(t, s, name, "a.txt"); len(after) != len(before)+1 {
			t.Errorf("%d versions are there; want the %d of before and a marker", len(after), len(before))
		}
	})
}

// What is found here of MinIO is said in docs/objectstore.md.
//
// features: A1.26
func TestWhoMayUploadReplacesAVersionOnMinIOOnlyByWhatIsMadeUpForIt(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			fill(t, s, name)
			id, key := user(t, s, "alice")
			let(t, s, id, name, "")
			place, other := "/"+name+"/a.txt", "/"+name+"/launch/c.txt"
			old := versions(t, s, name, "a.txt")[0]
			there := versions(t, s, name, "launch/c.txt")[0]
			var archive bytes.Buffer
			w := tar.NewWriter(&archive)
			err := w.WriteHeader(&tar.Header{Name: "a.txt", Size: 3, Mode: 0o644, Format: tar.FormatPAX, PAXRecords: map[string]string{"minio.versionId": old}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte("tar")); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			is := "a.txt"
			for _, c := range []struct {
				reason   string
				target   string
				header   http.Header
				body     string
				done     bool
				replaces bool
			}{
				{"an upload", place, nil, "new", true, false},
				{"an upload to a version", place + "?versionId=" + old, nil, "put", at(t) != onMinIO, false},
				{"a copy", "/" + name + "/copy.txt", http.Header{"X-Amz-Copy-Source": {other}}, "", true, false},
				{"a copy of an old version", place, http.Header{"X-Amz-Copy-Source": {other + "?versionId=" + there}}, "", true, false},
				{"a copy to a version", place + "?versionId=" + old, http.Header{"X-Amz-Copy-Source": {other}}, "", true, true},
				{"a header that hides the version", place + "?versionId=" + old, http.Header{"Versionid": {""}}, "hidden", true, true},
				{"an archive to be unpacked", "/" + name + "/all.tar", http.Header{"X-Amz-Meta-Snowball-Auto-Extract": {"true"}}, archive.String(), true, true},
			} {
				if status, text := send(t, key, http.MethodPut, c.target, c.header, []byte(c.body)); c.done != (status == http.StatusOK) || !c.done && status != http.StatusForbidden {
					t.Errorf("%s: %d %s", c.reason, status, text)
				}
				now := contentOf(t, s, name, "a.txt", old)
				if replaced := now != is; replaced != (c.replaces && at(t) == onMinIO) {
					t.Errorf("%s: the old version was replaced: %t (%s)", c.reason, replaced, now)
				}
				is = now
			}
			if status, text := send(t, key, http.MethodPost, place+"?uploads=&versionId="+old, nil, nil); (status == http.StatusForbidden) != (at(t) == onMinIO) {
				t.Errorf("an upload in parts to a version: %d %s", status, text)
			}
			// An upload said to be of a time to come is current for ever.
			if status, text := send(t, key, http.MethodPut, place, http.Header{"X-Minio-Source-Mtime": {"2099-01-01T00:00:00Z"}}, []byte("for ever")); status != http.StatusOK {
				t.Errorf("%d %s", status, text)
			}
			if _, err := s.PutObject(t.Context(), name, "a.txt", []byte("later"), "text/plain", store.Always()); err != nil {
				t.Fatal(err)
			}
			if now, _, err := s.GetObject(t.Context(), name, "a.txt"); err != nil || (string(now) == "for ever") != (at(t) == onMinIO) {
				t.Errorf("after a later upload it is %q (%v)", now, err)
			}
		})
	}
}

// contentOf reads one version.
func contentOf(t *testing.T, s *store.Store, bucket, key, version string) string {
	t.Helper()
	o, err := s.S3.GetObject(t.Context(), bucket, key, minio.GetObjectOptions{VersionID: version})
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// forceDelete asks for everything below a name to be destroyed, as MinIO's own clients do.
func forceDelete(t *testing.T, key store.AccessKey, bucket, below string) (int, string) {
	t.Helper()
	return send(t, key, http.MethodDelete, "/"+bucket+"/"+below, http.Header{"X-Minio-Force-Delete": {"true"}}, nil)
}

// features: A1.26
func TestABucketWhereADeletionCanBeForcedIsTold(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			ours := bucket(t, s)
			fill(t, s, ours)
			theirs := ours + "-old"
			if err := s.S3.MakeBucket(t.Context(), theirs, minio.MakeBucketOptions{}); err != nil {
				t.Fatal(err)
			}
			if err := s.MarkBucket(t.Context(), theirs, mark(t)); err != nil {
				t.Fatal(err)
			}
			fill(t, s, theirs)
			for _, c := range []struct {
				bucket string
				forces bool
			}{{ours, false}, {theirs, at(t) == onMinIO}} {
				told, err := s.ForceDeletes(t.Context(), c.bucket)
				if err != nil || told != c.forces {
					t.Errorf("%s: told %t, %v; want %t", c.bucket, told, err, c.forces)
				}
				before := versions(t, s, c.bucket, "")
				status, text := forceDelete(t, administrator(t), c.bucket, "launch/c.txt")
				if lost := len(versions(t, s, c.bucket, "")) < len(before); lost != c.forces {
					t.Errorf("%s: forced, versions were lost: %t, want %t (%d %s)", c.bucket, lost, c.forces, status, text)
				}
			}
		})
	}
}

func TestAnotherUsersKeyIsNotDeleted(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			_, hers := user(t, s, "alice")
			id, his := user(t, s, "bob")
			if err := s.Identities.DeleteKey(t.Context(), id.Name, hers.ID); err != nil {
				t.Errorf("a key that is not his: %v", err)
			}
			for _, key := range []store.AccessKey{hers, his} {
				if _, err := as(t, key).S3.ListBuckets(t.Context()); err != nil && strings.Contains(err.Error(), "InvalidAccessKeyId") {
					t.Errorf("key %s is gone", key.ID)
				}
			}
		})
	}
}

func TestKeysOfManyUsersAreOneRequest(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		plain := open(t)
		var names []string
		for i := range 3 {
			id, _ := user(t, plain, fmt.Sprintf("user-%d", i))
			names = append(names, id.Name)
		}
		rec := &recorder{}
		s := open(t, func(c *store.Config) { c.Hook = rec.hook })
		for _, name := range names {
			if keys, err := s.Identities.Keys(t.Context(), name); err != nil || len(keys) != 1 {
				t.Errorf("keys: %v, %v; want one", keys, err)
			}
		}
		if rec.count() != 1 {
			t.Errorf("%d requests, want one for all", rec.count())
		}
		// What we change ourselves is seen at once.
		second, err := s.Identities.IssueKey(t.Context(), names[0])
		if err != nil {
			t.Fatal(err)
		}
		if keys, err := s.Identities.Keys(t.Context(), names[0]); err != nil || len(keys) != 2 {
			t.Errorf("after issuing: %v, %v; want two", keys, err)
		}
		if err := s.Identities.DeleteKey(t.Context(), names[0], second.ID); err != nil {
			t.Fatal(err)
		}
		if keys, err := s.Identities.Keys(t.Context(), names[0]); err != nil || len(keys) != 1 {
			t.Errorf("after deleting: %v, %v; want one", keys, err)
		}
		// A key that another one issued a moment ago is found all the same when it is to be deleted.
		other, err := plain.Identities.IssueKey(t.Context(), names[1])
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Identities.DeleteKey(t.Context(), names[1], other.ID); err != nil {
			t.Fatal(err)
		}
		if keys, err := open(t).Identities.Keys(t.Context(), names[1]); err != nil || len(keys) != 1 {
			t.Errorf("after deleting another's: %v, %v; want one", keys, err)
		}
	})
}

func TestAUserGoesWithDocumentsKeysAndPlace(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		holders := documents(t, s)
		id, _ := user(t, s, "alice")
		doc := document("acme-brand", "launch/")
		if err := holders.SetDocument(t.Context(), holder(id), 0, doc); err != nil {
			t.Fatal(err)
		}
		// What a cut between writing and attaching leaves.
		byHand(t, http.MethodPut, "add-canned-policy", url.Values{"name": {id.Name + "-1"}}, doc)
		if err := s.Identities.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		noPoliciesOf(t, id.Name)
		var groups []string
		if _, text := admin(t, http.MethodGet, "groups", nil, nil); json.Unmarshal(text, &groups) != nil {
			t.Fatalf("list groups: %s", text)
		}
		for _, group := range groups {
			if strings.Contains(group, unique(t)) {
				t.Errorf("group %s is left", group)
			}
		}
	})
}

func TestAUserOfOurNameThatSomebodyMadeIsNotTaken(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		id, _ := user(t, s, "alice")
		home := strings.ReplaceAll(strings.Trim(id.Path, "/"), "/", ".") + ".users"
		body, err := json.Marshal(map[string]any{"group": home, "members": []string{id.Name}, "isRemove": true})
		if err != nil {
			t.Fatal(err)
		}
		byHand(t, http.MethodPut, "update-group-members", nil, body)
		// With a key and no place she is somebody's; without both she is what a cut leaves.
		if _, err := s.Identities.Ensure(t.Context(), id); !errors.Is(err, store.ErrForeign) {
			t.Errorf("with a key: got %v, want ErrForeign", err)
		}
		if err := s.Identities.Delete(t.Context(), id); !errors.Is(err, store.ErrForeign) {
			t.Errorf("deleting her: got %v, want ErrForeign", err)
		}
		keys, err := s.Identities.Keys(t.Context(), id.Name)
		if err != nil || len(keys) != 1 {
			t.Fatalf("keys: %v, %v", keys, err)
		}
		if err := s.Identities.DeleteKey(t.Context(), id.Name, keys[0].ID); err != nil {
			t.Fatal(err)
		}
		if created, err := s.Identities.Ensure(t.Context(), id); err != nil || created {
			t.Errorf("without a key: created=%t, %v", created, err)
		}
		list, err := s.Identities.List(t.Context(), id.Path)
		if diff := cmp.Diff([]store.Identity{kept(t, id)}, list); diff != "" || err != nil {
			t.Errorf("in her place (-want +got):\n%s%v", diff, err)
		}
	})
}

// The list of all users comes sealed, which takes long: one does for many groups.
func TestManyGroupsGoWithOneListOfUsers(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		rec := &recorder{}
		s := open(t, still, func(c *store.Config) { c.Hook = rec.hook })
		holders := documents(t, s)
		alice, _ := user(t, s, "alice")
		bob, _ := user(t, s, "bob")
		var groups []store.Identity
		for _, name := range []string{"social", "brand", "press"} {
			group := groupOf(t, name)
			groups = append(groups, group)
			put := func() error {
				return holders.SetDocument(t.Context(), holderOf(group), 0, document("acme-brand", name+"/"))
			}
			if err := errors.Join(holders.EnsureGroup(t.Context(), group), put()); err != nil {
				t.Fatal(err)
			}
			for _, member := range []store.Identity{alice, bob} {
				if err := holders.SetMember(t.Context(), group, member.Name, true); err != nil {
					t.Fatal(err)
				}
			}
		}
		rec.restart(0)
		for _, group := range groups {
			if err := holders.DeleteGroup(t.Context(), group); err != nil {
				t.Fatal(err)
			}
		}
		lists := 0
		for _, c := range rec.calls {
			if c.Operation == "list-users" {
				lists++
			}
		}
		// The group, detaching, the policies, emptying, deleting; both members at once, the group's end, and a look.
		if want := len(groups)*8 + 1; lists != 1 || rec.count() != want {
			t.Errorf("%d lists of users and %d requests, want 1 and %d: %v", lists, rec.count(), want, rec.calls)
		}
		holds(t, holders, alice.Path, map[store.Holder]store.Held{holder(alice): heldDocuments(), holder(bob): heldDocuments()})
	})
}

// Somebody who is put into a group and made a moment after all users were listed is no leftover, and stays.
func TestAGroupThatGoesTakesNoUserAlongWhomSomebodyMade(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		rec := &recorder{}
		s, beside := open(t, still, func(c *store.Config) { c.Hook = rec.hook }), open(t)
		holders := documents(t, s)
		group, other := groupOf(t, "social"), groupOf(t, "brand")
		for _, g := range []store.Identity{group, other} {
			if err := holders.EnsureGroup(t.Context(), g); err != nil {
				t.Fatal(err)
			}
		}
		if err := holders.DeleteGroup(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		id, _ := user(t, beside, "alice")
		if err := documents(t, beside).SetMember(t.Context(), group, id.Name, true); err != nil {
			t.Fatal(err)
		}
		if err := holders.DeleteGroup(t.Context(), group); err != nil {
			t.Fatal(err)
		}
		if made := usersMade(rec); made > 0 {
			t.Errorf("%d users were made: %v", made, rec.writes())
		}
		holds(t, documents(t, beside), id.Path, map[store.Holder]store.Held{holder(id): heldDocuments()})
	})
}
