package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/minio/minio-go/v7/pkg/signer"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// byHand does at MinIO what somebody beside Vitrine could do.
func (w *world) byHand(operation string, query url.Values, body string) {
	w.Helper()
	req, err := http.NewRequestWithContext(w.ctx, http.MethodPut, w.at.endpoint+"/minio/admin/v3/"+operation+"?"+query.Encode(), strings.NewReader(body))
	w.must(err)
	sum := sha256.Sum256([]byte(body))
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	resp, err := http.DefaultClient.Do(signer.SignV4(*req, w.at.accessKey, w.at.secretKey, "", w.bed.store.Region))
	w.must(err)
	w.must(resp.Body.Close())
	if resp.StatusCode != http.StatusOK {
		w.Fatalf("%s: %s", operation, resp.Status)
	}
}

// holders names a User and a UserGroup of the tenant as the store does.
func (w *world) holders(user, group string) (ofUser, ofGroup store.Holder) {
	path := store.IdentityPath(w.name, w.namespace)
	return store.Holder{Kind: store.HolderUser, Path: path, Name: store.Name(w.name, w.namespace, "User", user)},
		store.Holder{Kind: store.HolderGroup, Path: path, Name: store.Name(w.name, w.namespace, "UserGroup", group)}
}

// said writes out what hangs on identities, in canonical form: MinIO gives
// actions back in any order.
func said(held map[store.Holder]store.Held) string {
	var lines []string
	for holder, h := range held {
		line := fmt.Sprint(holder, h.Members, h.Half, h.Foreign)
		for shard := range len(h.Documents) {
			document, err := policy.Parse(h.Documents[shard])
			line += fmt.Sprintf(" %s %v", document.JSON(), err)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// What somebody changes by hand where rights hang on identities is put right,
// and an event names what differed; what somebody attached is kept, and told.
//
// features: U3
func TestIdentitiesChangedByHandArePutRight(t *testing.T) {
	w := newWorldAt(t, "handmade", minIO, v1alpha1.UntrustedConditionsAccept)
	w.apply(w.named(people))
	w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	holders := w.administrator().Holders(store.ByManagedPolicy)
	alice, editors := w.holders("alice", "editors")
	bob, _ := w.holders("bob", "editors")
	group := store.Identity{Path: editors.Path, Name: editors.Name}
	held := func() (map[store.Holder]store.Held, error) { return holders.Held(w.ctx, alice.Path) }
	wanted, err := held()
	w.must(err)
	same := func() error {
		now, err := held()
		if err != nil {
			return err
		}
		if said(now) != said(wanted) {
			return fmt.Errorf("it is\n%s\nand was\n%s", said(now), said(wanted))
		}
		return nil
	}
	for _, test := range []struct {
		reason string
		change func() error
		says   []string // of the first on each object: Kubernetes counts the others with that one
	}{
		{"a document that gives more is as declared again", func() error {
			return holders.SetDocument(w.ctx, alice, 0, []byte(`{"Version":"2012-10-17","Statement":[{"Sid":"VitrineRead0","Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::`+w.name+`-brand/*"]}]}`))
		}, []string{"User alice", "added: GetObject on " + w.name + "-brand/"}},
		{"a member whom nobody declared is taken out", func() error { return holders.SetMember(w.ctx, group, alice.Name, true) }, []string{"UserGroup editors", "added: member alice"}},
		{"a member who was taken out is put back", func() error { return holders.SetMember(w.ctx, group, bob.Name, false) }, nil},
		{"a group that was deleted is made again", func() error { return holders.DeleteGroup(w.ctx, group) }, nil},
	} {
		w.Logf("%s", test.reason)
		w.must(test.change())
		w.eventually(test.reason, 6*settings.DriftInterval, same)
		w.eventually(test.reason+", and an event says so", 10*time.Second, func() error {
			for _, part := range test.says {
				if err := w.hasEvent("DriftRepaired", part); err != nil {
					return err
				}
			}
			return nil
		})
	}

	w.byHand("set-user-or-group-policy", url.Values{"policyName": {"readonly," + identity.DocumentName(alice.Name, 0)}, "userOrGroup": {alice.Name}, "isGroup": {"false"}}, "")
	w.eventually("a policy that somebody attached is told", 6*settings.DriftInterval, func() error {
		if message := w.foreignAccess(); !strings.Contains(message, "User alice") || !strings.Contains(message, "readonly") {
			return fmt.Errorf("it says %q", message)
		}
		return nil
	})
	now, err := held()
	w.must(err)
	if fmt.Sprint(now[alice].Foreign) != "[readonly]" {
		w.Errorf("what somebody attached is not kept: %v", now[alice].Foreign)
	}
	w.must(w.kubectl(nil, "annotate", "damuser/alice", "-n", w.namespace, "dam.vitrine.dev/freeze=incident 7"))
	if said := w.stalled(&v1alpha1.User{}, "alice", v1alpha1.ReasonForeignStatements); !strings.Contains(said, "readonly") {
		w.Errorf("of a frozen User who has it, it says %q", said)
	}
}

// foreignAccess is what the Library says of access that others give; empty when it says nothing.
func (w *world) foreignAccess() string {
	w.Helper()
	library := &v1alpha1.Library{}
	w.get(library, "brand")
	if c := meta.FindStatusCondition(library.Status.Conditions, v1alpha1.ConditionForeignAccess); c != nil && c.Status == metav1.ConditionTrue {
		return c.Message
	}
	return ""
}

// iam is VersityGW's IAM API, as its administrator has it.
func (w *world) iam() *iam.Client {
	return iam.New(iam.Options{Region: w.bed.store.Region, BaseEndpoint: aws.String(w.at.iam), Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: w.at.accessKey, SecretAccessKey: w.at.secretKey}, nil
	})})
}

// A policy that somebody puts on a User by hand, at a store where rights come from bucket policies, gives access
// beside them, and a freeze does not end that. It is told, and stays.
//
// features: U3
func TestPolicyPutOnAUserByHandIsTold(t *testing.T) {
	w := newWorld(t, "onuser")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.must(put(w.ctx, w.root(), w.name+"-brand", "press/a.txt", "A"))
	alice := w.as("alice")
	reads := func() error { _, err := fetch(w.ctx, alice, w.name+"-brand", "press/a.txt"); return err }
	w.must(denied(reads()))

	name, byHand := aws.String(store.Name(w.name, w.namespace, "User", "alice")), aws.String("by-hand")
	api := w.iam()
	_, err := api.PutUserPolicy(w.ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: byHand, PolicyDocument: aws.String(
		w.named(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::NAME-brand/*"]}]}`))})
	w.must(err)
	w.eventually("alice reads by it", 5*time.Second, reads)
	w.eventually("the Library says whose policy that is", 3*settings.DriftInterval, func() error {
		if said := w.foreignAccess(); !strings.Contains(said, "User alice") || !strings.Contains(said, "by-hand") {
			return fmt.Errorf("it says %q", said)
		}
		return nil
	})
	w.ready(&v1alpha1.Library{}, "brand")

	w.must(w.kubectl(nil, "annotate", "damuser/alice", "-n", w.namespace, "dam.vitrine.dev/freeze=incident 7"))
	if said := w.stalled(&v1alpha1.User{}, "alice", v1alpha1.ReasonForeignStatements); !strings.Contains(said, "incident 7") || !strings.Contains(said, "by-hand") {
		w.Errorf("of a frozen User who still has access it says %q", said)
	}
	w.must(reads()) // it is not Vitrine's, and not touched

	_, err = api.DeleteUserPolicy(w.ctx, &iam.DeleteUserPolicyInput{UserName: name, PolicyName: byHand})
	w.must(err)
	w.condition(&v1alpha1.User{}, "alice", metav1.ConditionTrue, v1alpha1.ReasonFrozen)
	w.must(denied(reads()))
	w.eventually("the report goes with it", 2*settings.DriftInterval, func() error {
		if said := w.foreignAccess(); said != "" {
			return fmt.Errorf("it says %q", said)
		}
		return nil
	})
}

// Where driftPolicy is Report, what hangs on identities is told of and stays too.
//
// features: U3
func TestIdentitiesChangedByHandAreReported(t *testing.T) {
	w := newWorldAt(t, "handtold", minIO, v1alpha1.UntrustedConditionsAccept)
	w.apply(strings.ReplaceAll(w.named(people), "bucket: {name: handtold-brand}", "bucket: {name: handtold-brand}, driftPolicy: Report"))
	w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	holders := w.administrator().Holders(store.ByManagedPolicy)
	alice, editors := w.holders("alice", "editors")
	w.must(holders.SetMember(w.ctx, store.Identity{Path: editors.Path, Name: editors.Name}, alice.Name, true))
	library := &v1alpha1.Library{}
	if message := w.stalled(library, "brand", v1alpha1.ReasonDrift); !strings.Contains(message, "UserGroup editors") || !strings.Contains(message, "added: member alice") {
		w.Errorf("it does not say what differs: %s", message)
	}
	now, err := holders.Held(w.ctx, editors.Path)
	w.must(err)
	if len(now[editors].Members) != 2 {
		w.Errorf("driftPolicy is Report, and yet the members are %v", now[editors].Members)
	}
	w.must(w.kubectl(nil, "patch", "lib/brand", "-n", w.namespace, "--type=merge", "-p", `{"spec":{"driftPolicy":"Repair"}}`))
	w.ready(library, "brand")
	now, err = holders.Held(w.ctx, editors.Path)
	w.must(err)
	if len(now[editors].Members) != 1 {
		w.Errorf("driftPolicy is Repair, and the members are %v", now[editors].Members)
	}
}
