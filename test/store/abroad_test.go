package store_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// abroad is a store that can ask issuers of ours.
type abroad struct {
	*testing.T
	bed     *testbed.ObjectStore
	issuers *testbed.Issuers
	store   *store.Store
	calls   *recorder
}

func startAbroad(t *testing.T) *abroad {
	t.Helper()
	network, err := testbed.NewNetwork(t.Context())
	if errors.Is(err, testbed.ErrNoNetwork) {
		t.Skipf("this store asks issuers at public addresses only, which takes a network namespace: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	listener, err := network.Listen(443)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	a := &abroad{T: t, calls: &recorder{}}
	if a.issuers, err = testbed.StartIssuers(dir+"/issuers", "https://"+testbed.IssuerAddress, listener); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.issuers.Stop() })
	if a.bed, err = testbed.StartObjectStore(t.Context(), dir+"/store", testbed.ObjectStoreOptions{Network: network, CAFile: a.issuers.CAFile}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.bed.Stop() })
	a.store, err = store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: a.bed.S3Endpoint, Region: a.bed.Region, IAMEndpoint: a.bed.IAMEndpoint, InstallationID: installation,
		Credentials: store.Credentials{AccessKeyID: a.bed.AccessKey, SecretAccessKey: store.Secret(a.bed.SecretKey)}, Hook: a.calls.hook,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.store.Close)
	return a
}

// session opens one, for so many seconds; 0 for what is usual.
func (a *abroad) session(role, token string, seconds int) (*credentials.Credentials, error) {
	creds, err := credentials.NewSTSWebIdentity(a.bed.IAMEndpoint, func() (*credentials.WebIdentityToken, error) {
		return &credentials.WebIdentityToken{Token: token, Expiry: seconds}, nil
	}, func(i *credentials.STSWebIdentity) { i.RoleARN = role })
	if err != nil {
		a.Fatal(err)
	}
	_, err = creds.GetWithContext(nil)
	return creds, err
}

func (a *abroad) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

func (a *abroad) token(issuer string, claims map[string]any) string {
	a.Helper()
	token, err := a.issuers.Token(issuer, claims)
	a.must(err)
	return token
}

const marketing = "marketing"

// role is one that the holders of groups=marketing of the issuer acme may assume, for the audience vitrine.
func (a *abroad) role() store.SessionRole {
	a.Helper()
	trust := store.Trust{Issuer: a.issuers.URL("acme"), Audience: "vitrine", Claim: "groups", Value: marketing}
	_, err := a.store.Providers().EnsureProvider(a.Context(), store.Provider{Issuer: trust.Issuer, Audiences: []string{"vitrine", "others"}})
	a.must(err)
	r := store.SessionRole{Name: store.SessionRoleName(installation, unique(a.T), "UserGroup", marketing, trust), Path: store.IdentityPath(installation, unique(a.T)), Trust: trust}
	_, err = a.store.Roles().EnsureRole(a.Context(), r)
	a.must(err)
	return r
}

// shares makes a bucket with a file that every session of the role may read.
func (a *abroad) shares(r store.SessionRole) (bucket string, policy []byte) {
	a.Helper()
	bucket = unique(a.T)
	a.must(a.store.CreateBucket(a.Context(), bucket, mark(a.T)))
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"AWS": []string{a.store.Roles().RolePrincipal(r)}}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::" + bucket + "/shared/*",
	}}})
	a.must(err)
	a.must(a.store.SetBucketPolicy(a.Context(), bucket, policy))
	for _, key := range []string{"shared/a", "other/a"} {
		_, err = a.store.PutObject(a.Context(), bucket, key, []byte("x"), "text/plain", store.Always())
		a.must(err)
	}
	return bucket, policy
}

func (a *abroad) reads(session *credentials.Credentials, bucket, key string) bool {
	a.Helper()
	client, err := minio.New(strings.TrimPrefix(a.bed.S3Endpoint, "http://"), &minio.Options{Creds: session, Region: a.bed.Region, MaxRetries: 1})
	a.must(err)
	_, err = client.StatObject(a.Context(), bucket, key, minio.StatObjectOptions{})
	if err != nil && minio.ToErrorResponse(err).Code != "AccessDenied" {
		a.Fatalf("reading %s: %v", key, err)
	}
	return err == nil
}
