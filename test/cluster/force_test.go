package cluster

import (
	"fmt"
	"strings"

	"github.com/minio/minio-go/v7"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/internal/policy"
)

// force deletes an object of the tenant and takes its finalizers off, as somebody impatient would.
func (w *world) force(what string) {
	w.Helper()
	w.must(w.kubectl(nil, "delete", what, "-n", w.namespace, "--wait=false"))
	w.must(w.kubectl(nil, "patch", what, "-n", w.namespace, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`))
}

// shut wants that somebody is let in nowhere: without any Library at the store a User has no key there either.
func shut(err error) error {
	if minio.ToErrorResponse(err).Code == "InvalidAccessKeyId" {
		return nil
	}
	return denied(err)
}

// inBucket puts a bucket's name in the place of BUCKET.
func inBucket(manifest, bucket string) string { return strings.ReplaceAll(manifest, "BUCKET", bucket) }

// withForeign adds a statement of others, about public/ alone, to the policy of a bucket.
func (w *world) withForeign(bucket string) {
	w.Helper()
	admin := w.administrator()
	text, err := admin.BucketPolicy(w.ctx, bucket)
	w.must(err)
	ours, err := policy.Parse(text)
	w.must(err)
	foreign, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Sid":"Auditors","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + bucket + `/public/*"}]}`))
	w.must(err)
	w.must(admin.SetBucketPolicy(w.ctx, bucket, policy.Merge(foreign, ours).JSON()))
}

// onlyForeign wants the policy of a bucket to have the statement of others, and none of ours.
func (w *world) onlyForeign(bucket string) error {
	text, err := w.administrator().BucketPolicy(w.ctx, bucket)
	if err != nil {
		return err
	}
	document, err := policy.Parse(text)
	if err != nil {
		return err
	}
	if statements := document.Statements(); len(statements) != 1 || statements[0].Sid != "Auditors" {
		return fmt.Errorf("it is %s", text)
	}
	return nil
}

// sweptEvent looks for the event that tells of a sweep at the world's ObjectStore.
func (w *world) sweptEvent() error {
	var events eventsv1.EventList
	if err := w.bed.admin.List(w.ctx, &events, client.InNamespace("default")); err != nil {
		return err
	}
	for _, e := range events.Items {
		if e.Reason == "OrphansRemoved" && e.Regarding.Name == w.name {
			return nil
		}
	}
	return fmt.Errorf("no such event among %d", len(events.Items))
}
