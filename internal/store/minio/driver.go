// Package minio is the driver for stores with MinIO's admin API. It is a client of our own: the client library of MinIO's is under the AGPL.
// Rights hang on users and groups, as documents that are policies of their own and attached.
//
// What MinIO's last community release was found to do, by the tests in test/store: a change is in force with the next request; a request
// header named like a condition key overrides it, so that neither a prefix condition on listing nor a date condition can be trusted. It has
// neither paths nor tags, so a user's path is told by the group that the user is in (see place), and readable names are not kept.
// A member of a group that somebody disabled at the store has no rights at all. A membership is kept twice, see SetMember.
//
// A user's own secret is made, sent and forgotten: nobody knows it. Access keys are service accounts of the user, up to two at a time, and
// may do nothing but S3; MinIO's own rule would let a key make further ones.
//
// There are no roles. Where a provider of web identity is configured, the values of a token's claim name policies, see claims.go.
package minio

import (
	"net/http"
	"sync"
	"time"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// Config says how to reach the API.
type Config struct {
	Endpoint    string // of S3: the admin API lives there too
	Region      string
	Credentials conn.Credentials
	HTTPClient  *http.Client
	Now         func() time.Time // time.Now when nil; an access key keeps when it was issued
}

// Driver implements identity.Driver, identity.Holders and identity.Claims.
type Driver struct {
	endpoint string
	region   string
	keyID    string
	// secret is a function, since fmt would print a field that is not exported.
	secret func() conn.Secret
	client *http.Client
	now    func() time.Time
	// sealing is held while a key is derived, which takes 64 MiB.
	sealing sync.Mutex
	// mapping has room for one: MinIO replaces the list of what is attached to a holder, so two changes at a time would lose one.
	mapping  chan struct{}
	accounts *accounts
	listed   listed
	trust    trust
}

var (
	_ identity.Driver  = (*Driver)(nil)
	_ identity.Holders = (*Driver)(nil)
	_ identity.Claims  = (*Driver)(nil)
)

// New prepares the driver, without I/O.
func New(cfg Config) *Driver {
	secret := cfg.Credentials.SecretAccessKey
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := &Driver{
		endpoint: cfg.Endpoint, region: cfg.Region, keyID: cfg.Credentials.AccessKeyID,
		secret: func() conn.Secret { return secret },
		client: cfg.HTTPClient, now: cfg.Now, mapping: make(chan struct{}, 1),
	}
	d.accounts = newAccounts(d)
	return d
}

// The budget for documents. MinIO takes 20 KiB for one and any number for a user, and judges every statement of all of them at each
// request: ten are plenty.
const (
	documentBytes      = 20 << 10
	documentsPerHolder = 10
)

// Holders implements identity.Driver.
func (d *Driver) Holders(by identity.Enforcement) (identity.Holders, identity.Budget) {
	if by != identity.ByManagedPolicy {
		return nil, identity.Budget{}
	}
	return d, identity.Budget{DocumentBytes: documentBytes, DocumentsPerHolder: documentsPerHolder}
}

// Principal implements identity.Driver. MinIO has no principals for users; this one is stable, shaped as IAM's are, and names nobody there.
func (d *Driver) Principal(id identity.Identity) string {
	return "arn:aws:iam::000000000000:user" + id.Path + id.Name
}
