package federation

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// world is one tenant, on an ObjectStore of its own declaration. Namespace, ObjectStore and installation are called alike.
type world struct {
	*testing.T
	gomega.Gomega
	ctx  context.Context
	name string
}

const (
	audience = "vitrine"
	// library has a file in each of two folders.
	library = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand}
spec: {storeRef: {name: NAME}, bucket: {name: NAME-brand}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: launch}
spec: {libraryRef: {name: brand}, path: launch}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: press}
spec: {libraryRef: {name: brand}, path: press}
`
)

// newWorld declares the tenant, with the issuer acme-sso and ServiceAccounts admitted, and its library.
func newWorld(t *testing.T, name string) *world {
	t.Helper()
	if bed.skip != "" {
		t.Skip("this store asks issuers at public addresses only, which takes a network namespace: " + bed.skip)
	}
	issuer := func(path string) v1alpha1.TokenIssuer {
		return v1alpha1.TokenIssuer{URL: bed.issuers.URL(path), Audience: audience}
	}
	cluster := issuer("cluster")
	w := &world{T: t, Gomega: gomega.NewWithT(t), name: name}
	w.begin(issuer(name), bed.store.AccessKey, bed.store.SecretKey, s3, v1alpha1.ObjectStoreSpec{
		Driver: v1alpha1.DriverIAM, Endpoint: bed.store.S3Endpoint, Region: bed.store.Region, IAM: v1alpha1.IAMEndpoint{Endpoint: bed.store.IAMEndpoint},
		ServiceAccountIssuer: &cluster,
	})
	return w
}

// begin makes what every world has, at a store that is reached so.
func (w *world) begin(issuer v1alpha1.TokenIssuer, keyID, secret string, s3 func(*credentials.Credentials) *minio.Client, spec v1alpha1.ObjectStoreSpec) {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	w.Cleanup(cancel)
	w.ctx = ctx
	name := w.name
	w.must(bed.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}))
	w.must(bed.admin.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: settings.SystemNamespace, Name: name, Labels: map[string]string{v1alpha1.LabelUse: v1alpha1.UseStoreCredentials}},
		StringData: map[string]string{"AWS_ACCESS_KEY_ID": keyID, "AWS_SECRET_ACCESS_KEY": secret},
	}))
	spec.CredentialsSecretRef, spec.InstallationID = v1alpha1.SecretReference{Namespace: settings.SystemNamespace, Name: name}, name
	spec.Tenants = []v1alpha1.Tenant{{
		Namespaces: []string{name}, Buckets: []string{name + "-*"},
		Issuers: []v1alpha1.NamedIssuer{{Name: "acme-sso", TokenIssuer: issuer}},
	}}
	w.must(bed.admin.Create(ctx, &v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}))
	w.apply(library)
	w.ready(&v1alpha1.Library{}, "brand")
	for _, key := range []string{"launch/a.txt", "press/a.txt"} {
		w.must(put(ctx, s3(credentials.NewStaticV4(keyID, secret, "")), w.bucket(), key))
	}
}

func (w *world) bucket() string { return w.name + "-brand" }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// apply declares YAML in the tenant's namespace; NAME is the world's.
func (w *world) apply(manifest string) {
	w.Helper()
	w.must(kubectl(w.ctx, []byte(strings.ReplaceAll(manifest, "NAME", w.name)), "apply", "--server-side", "--force-conflicts", "-n", w.name, "-f", "-"))
}

func (w *world) delete(obj client.Object, name string) {
	w.Helper()
	obj.SetNamespace(w.name)
	obj.SetName(name)
	w.must(bed.admin.Delete(w.ctx, obj))
}

func (w *world) eventually(what string, within time.Duration, check func() error) {
	w.Helper()
	w.Eventually(check, within, 20*time.Millisecond).WithContext(w.ctx).Should(gomega.Succeed(), func() string { return what })
}

// ready waits until an object is Ready, and gives the message.
func (w *world) ready(obj client.Object, name string) string {
	w.Helper()
	return w.condition(obj, name, metav1.ConditionTrue, "")
}

func (w *world) condition(obj client.Object, name string, status metav1.ConditionStatus, reason string) (message string) {
	w.Helper()
	w.eventually(fmt.Sprintf("%T %s Ready=%s %s", obj, name, status, reason), 30*time.Second, func() error {
		if err := bed.admin.Get(w.ctx, types.NamespacedName{Namespace: w.name, Name: name}, obj); err != nil {
			return err
		}
		common := commonOf(obj)
		for _, c := range common.Conditions {
			if c.Type == v1alpha1.ConditionReady && c.Status == status && (reason == "" || c.Reason == reason) && common.ObservedGeneration == obj.GetGeneration() {
				message = c.Message
				return nil
			}
		}
		return fmt.Errorf("it is %+v", common)
	})
	return message
}

func commonOf(obj client.Object) *v1alpha1.CommonStatus {
	switch o := obj.(type) {
	case *v1alpha1.ObjectStore:
		return o.Status.Common()
	case *v1alpha1.Library:
		return o.Status.Common()
	case *v1alpha1.User:
		return o.Status.Common()
	case *v1alpha1.UserGroup:
		return o.Status.Common()
	case *v1alpha1.RoleBinding:
		return o.Status.Common()
	}
	panic(fmt.Sprintf("%T", obj))
}

// role gives what a group's status says of signing in.
func (w *world) role(group, serviceAccount string) v1alpha1.GroupSession {
	w.Helper()
	obj := &v1alpha1.UserGroup{}
	w.ready(obj, group)
	i := slices.IndexFunc(obj.Status.Sessions, func(s v1alpha1.GroupSession) bool { return s.ServiceAccount == serviceAccount })
	if i < 0 {
		w.Fatalf("UserGroup %s has no session for %q: %+v", group, serviceAccount, obj.Status.Sessions)
	}
	return obj.Status.Sessions[i]
}

// token is one of the tenant's own issuer.
func (w *world) token(claims map[string]any) string {
	w.Helper()
	token, err := bed.issuers.Token(w.name, claims)
	w.must(err)
	return token
}

func (w *world) groups(names ...string) string {
	w.Helper()
	return w.token(map[string]any{"aud": audience, "groups": names})
}

// open asks for a session as a status says.
func open(s v1alpha1.GroupSession, token string) (*minio.Client, error) {
	creds, err := credentials.NewSTSWebIdentity(s.Endpoint, func() (*credentials.WebIdentityToken, error) {
		return &credentials.WebIdentityToken{Token: token}, nil
	}, func(i *credentials.STSWebIdentity) { i.RoleARN = s.RoleARN })
	if err != nil {
		return nil, err
	}
	value, err := creds.GetWithContext(nil)
	if err != nil {
		return nil, err
	}
	if left := time.Until(value.Expiration); left > store.SessionLimit {
		return nil, fmt.Errorf("the session lasts %s", left)
	}
	return s3(creds), nil
}

// session is open that must succeed.
func (w *world) session(s v1alpha1.GroupSession, token string) *minio.Client {
	w.Helper()
	c, err := open(s, token)
	w.must(err)
	return c
}

func s3(creds *credentials.Credentials) *minio.Client {
	return s3At(bed.store.S3Endpoint, bed.store.Region, creds)
}

func s3At(endpoint, region string, creds *credentials.Credentials) *minio.Client {
	c, err := minio.New(strings.TrimPrefix(endpoint, "http://"), &minio.Options{Creds: creds, Region: region, TrailingHeaders: true, MaxRetries: 1})
	if err != nil {
		panic(err)
	}
	return c
}

func put(ctx context.Context, c *minio.Client, bucket, key string) error {
	_, err := c.PutObject(ctx, bucket, key, strings.NewReader("x"), 1, minio.PutObjectOptions{})
	return err
}

func fetch(ctx context.Context, c *minio.Client, bucket, key string) error {
	o, err := c.GetObject(ctx, bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	_, err = io.ReadAll(o)
	return err
}

func list(ctx context.Context, c *minio.Client, bucket, prefix string) error {
	for o := range c.ListObjects(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			return o.Err
		}
	}
	return nil
}

// may tries what a session may do: everything that is tried is named once, by verb and place.
func (w *world) may(c *minio.Client) string {
	w.Helper()
	var allowed []string
	try := func(what string, err error) {
		w.Helper()
		switch {
		case err == nil:
			allowed = append(allowed, what)
		case minio.ToErrorResponse(err).Code != "AccessDenied":
			w.Fatalf("%s: %v", what, err)
		}
	}
	own := w.bucket() + "-dam"
	for _, folder := range []string{"launch", "press"} {
		try("list "+folder, list(w.ctx, c, w.bucket(), folder+"/"))
		try("get "+folder, fetch(w.ctx, c, w.bucket(), folder+"/a.txt"))
		try("put "+folder, put(w.ctx, c, w.bucket(), folder+"/b.txt"))
		try("delete "+folder, c.RemoveObject(w.ctx, w.bucket(), folder+"/b.txt", minio.RemoveObjectOptions{}))
	}
	try("list all", list(w.ctx, c, w.bucket(), ""))
	for _, key := range []string{"changes/somebody/1.json", "changes/group:marketing/1.json", "facts/launch/a.txt.json", "catalog/1.json"} {
		try("put "+key, put(w.ctx, c, own, key))
	}
	for _, key := range []string{"results/somebody/1.json", "results/group:marketing/1.json"} {
		try("get "+key, fetch(w.ctx, c, own, key))
	}
	_, err := c.ListBuckets(w.ctx)
	try("list buckets", err)
	_, err = c.GetBucketPolicy(w.ctx, w.bucket())
	try("read the policy", err)
	return strings.Join(allowed, ", ")
}

// denied wants AccessDenied, and nothing but that.
func denied(err error) error {
	if minio.ToErrorResponse(err).Code == "AccessDenied" {
		return nil
	}
	return fmt.Errorf("want AccessDenied, have %q: %w", minio.ToErrorResponse(err).Code, err)
}
