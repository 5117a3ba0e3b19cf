package cluster

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// lettingIn is what an administrator of a store may do beside Vitrine: a policy of a user's own, here for reading below a resource.
func (w *world) lettingIn(user, policy, resource string) {
	w.Helper()
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::` + resource + `"]}]}`
	if w.at.driver == v1alpha1.DriverMinIO {
		w.byHand("add-canned-policy", url.Values{"name": {policy}}, document)
		w.attaching(user, false, policy)
		return
	}
	_, err := w.iam().PutUserPolicy(w.ctx, &iam.PutUserPolicyInput{UserName: aws.String(user), PolicyName: aws.String(policy), PolicyDocument: aws.String(document)})
	w.must(err)
}

// attaching replaces what is attached to a user or group at MinIO.
func (w *world) attaching(name string, group bool, policy string) {
	w.Helper()
	w.byHand("set-user-or-group-policy", url.Values{"policyName": {policy}, "userOrGroup": {name}, "isGroup": {strconv.FormatBool(group)}}, "")
}

// lettingOut takes that policy from the user again.
func (w *world) lettingOut(user, policy string) {
	w.Helper()
	if w.at.driver == v1alpha1.DriverMinIO {
		w.attaching(user, false, "")
		return
	}
	_, err := w.iam().DeleteUserPolicy(w.ctx, &iam.DeleteUserPolicyInput{UserName: aws.String(user), PolicyName: aws.String(policy)})
	w.must(err)
}

// Whoever administers the store may let users and groups of its own into any bucket. Of a Library it is told who comes to its
// buckets so, and of nobody else; what is told stays true while it is so, and nothing of theirs is touched.
//
// features: U11
func TestUsersOfOthersWhoReachABucketAreTold(t *testing.T) {
	t.Parallel()
	often := settings
	often.ForeignInterval = time.Second
	t.Run("versitygw", func(t *testing.T) { usersOfOthers(newWorldOf(t, "outsiders", often, versitygw, "")) })
	t.Run("minio", func(t *testing.T) {
		usersOfOthers(newWorldOf(t, "outsiders-m", often, minIO, v1alpha1.UntrustedConditionsAccept))
	})
}

func usersOfOthers(w *world) {
	bucket, admin := w.name+"-brand", w.administrator()
	w.must(w.root().MakeBucket(w.ctx, bucket, minio.MakeBucketOptions{}))
	w.must(put(w.ctx, w.root(), bucket, "press/a.txt", "A"))
	clients := map[string]*minio.Client{}
	for _, name := range []string{w.name + "-casper", w.name + "-dora"} {
		visitor := store.Identity{Name: name, Path: "/visitors/"}
		_, err := admin.Identities.Ensure(w.ctx, visitor)
		w.must(err)
		key, err := admin.Identities.IssueKey(w.ctx, name)
		w.must(err)
		w.Cleanup(func() { w.must(admin.Identities.Delete(w.ctx, visitor)) })
		clients[name] = s3At(w.at.endpoint, key.ID, key.Secret.Reveal())
	}
	casper, dora, reading := w.name+"-casper", w.name+"-dora", w.name+"-reading"
	w.lettingIn(casper, reading, bucket+"/press/*")
	w.lettingIn(dora, w.name+"-elsewhere", w.name+"-brand-2/*")
	reads := func() error { _, err := fetch(w.ctx, clients[casper], bucket, "press/a.txt"); return err }
	w.eventually("casper reads by it", 5*time.Second, reads)

	w.apply(strings.ReplaceAll(w.named(launch), "bucket: {name: "+bucket+"}", "bucket: {name: "+bucket+", management: Adopt}"))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	tells := func(want string) func() error {
		return func() error {
			if said := w.foreignAccess(); want == "" && said != "" || !strings.Contains(said, want) {
				return fmt.Errorf("it says %q and not %q", said, want)
			}
			return nil
		}
	}
	const soon = 15 * time.Second
	ofCasper := fmt.Sprintf("bucket %s is reached by users and groups that are not Vitrine's, by policies of their own: 1 in all, the first is user %s (policy %s)", bucket, casper, reading)
	w.eventually("the Library tells of casper", soon, tells(ofCasper))
	said := w.foreignAccess()
	if strings.Contains(said, dora) || strings.Contains(said, "v-") || strings.Contains(said, bucket+"-dam") {
		w.Errorf("it tells of more than casper: %q", said)
	}
	w.lettingIn(dora, w.name+"-elsewhere", bucket+"-dam/*")
	w.eventually("it tells of who reaches Vitrine's own bucket", soon, tells("bucket "+bucket+"-dam is reached by users"))
	w.lettingOut(dora, w.name+"-elsewhere")
	w.eventually("and of casper alone then", soon, func() error {
		if now := w.foreignAccess(); now != said {
			return fmt.Errorf("it says %q", now)
		}
		return nil
	})
	w.must(reads()) // it is not Vitrine's, and not touched
	w.lettingOut(casper, reading)
	w.eventually("it tells of nobody", soon, tells(""))
	w.must(denied(reads()))
	if w.at.driver != v1alpha1.DriverMinIO {
		return
	}
	team := w.name + "-team"
	w.byHand("update-group-members", nil, `{"group":"`+team+`","members":["`+casper+`"],"isRemove":false,"groupStatus":"enabled"}`)
	w.attaching(team, true, "readwrite")
	w.eventually("it tells of a group", soon, tells("the first is group "+team+" (policy readwrite)"))
	w.byHand("set-group-status", url.Values{"group": {team}, "status": {"disabled"}}, "")
	w.eventually("who is in a group that is disabled has nothing", soon, tells(""))
	w.byHand("update-group-members", nil, `{"group":"`+team+`","members":["`+casper+`"],"isRemove":true,"groupStatus":"enabled"}`)
}
