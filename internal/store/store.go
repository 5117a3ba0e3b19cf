// Package store is what Vitrine needs of an object store: buckets that carry our mark, small objects written under a condition, bucket
// policies, presigned URLs, and identities with access keys. S3 itself is spoken by minio-go for every store; identities by a driver.
//
// Every method observes before it acts, may be cut short between any two requests and called again, and writes nothing when
// everything is as wanted. Errors are compared with errors.Is and hold no secret.
package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/iam"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
	minioadmin "github.com/vitrine-dam/vitrine/internal/store/minio"
)

// Driver names the identity API of a store.
type Driver string

// The drivers.
const (
	// DriverIAM is the AWS IAM API: AWS, Ceph RGW, SeaweedFS, VersityGW.
	DriverIAM Driver = "IAM"
	// DriverMinIO is MinIO's admin API, which lives at the endpoint of S3.
	DriverMinIO Driver = "MinIO"
)

// The words the drivers share with their callers.
type (
	// Secret is a value that prints as a fixed word; Reveal gives it.
	Secret = conn.Secret
	// Credentials are an access key of the store.
	Credentials = conn.Credentials
	// Call describes one request to the hook.
	Call = conn.Call
	// Identity is a user at the store.
	Identity = identity.Identity
	// AccessKey is a key of an Identity.
	AccessKey = identity.AccessKey
	// HolderKind says what a Holder is.
	HolderKind = identity.HolderKind
	// Holder is a user or group that holds policy documents.
	Holder = identity.Holder
	// Held is what a Holder has at the store.
	Held = identity.Held
	// Holders attaches policy documents to users and groups.
	Holders = identity.Holders
	// Bearer is a user or group with the policies that are its own.
	Bearer = identity.Bearer
)

// The kinds of Holder.
const (
	HolderUser  = identity.HolderUser
	HolderGroup = identity.HolderGroup
)

// DefaultRegion is used where a store has no notion of regions.
const DefaultRegion = "us-east-1"

// Config says how to reach a store.
type Config struct {
	Driver         Driver
	Endpoint       string // URL of S3
	Region         string // DefaultRegion when empty
	IAMEndpoint    string // URL of the IAM API; not used by the MinIO driver
	CABundle       []byte // PEM, beside the system's roots
	Credentials    Credentials
	InstallationID string // part of the names a probe makes, so that installations sharing a store do not meet
	Account        string // account number in principals, as Capabilities.Account reported it; twelve zeros when empty (VersityGW)

	// Hook, for tests only, is asked before every request to any API; an error fails the call before it leaves.
	Hook func(Call) error
	// Now, for tests only, tells the MinIO driver the time; time.Now when nil.
	Now func() time.Time
	// VersionsPage, for tests only, is how many versions a page of a listing has at most; as many as the store gives when 0.
	VersionsPage int
}

// Identities manages who can be named at the store.
type Identities interface {
	// List gives the identities whose path begins with the prefix, in the store's order.
	List(ctx context.Context, pathPrefix string) ([]Identity, error)
	// Ensure makes the identity, or completes its tags. It fails with ErrForeign when the name is taken under another path.
	Ensure(ctx context.Context, id Identity) (created bool, err error)
	// Delete takes away keys, inline policies and the identity, and sees that it is gone. It is nil when there was none.
	// Bucket policies that name it must have been rewritten before.
	Delete(ctx context.Context, id Identity) error
	// Keys lists the access keys, without secrets; ErrNotFound when the identity does not exist.
	Keys(ctx context.Context, name string) ([]AccessKey, error)
	// IssueKey makes a key; the secret is given this once. ErrLimit when the identity has as many as allowed (two at most stores).
	// A key whose secret was lost on the way is found by Keys and deleted by the caller.
	IssueKey(ctx context.Context, name string) (AccessKey, error)
	// DeleteKey ends a key at once; nil when there was none.
	DeleteKey(ctx context.Context, name, keyID string) error
	// Principal is how a bucket policy names the identity. No I/O.
	Principal(id Identity) string
}

// Store is one connection to an object store, safe for concurrent use.
type Store struct {
	// S3 is for the streams of the gateway, which need no more than reads. Everything else goes through the methods.
	S3         *minio.Client
	Identities Identities

	driver    identity.Driver
	cfg       Config
	transport *conn.Transport
}

// Open prepares a connection without any I/O; ErrInvalid when the configuration cannot work.
func Open(cfg Config) (*Store, error) {
	if cfg.Driver != DriverIAM && cfg.Driver != DriverMinIO {
		return nil, fmt.Errorf("open store: driver %q is not known, use %s or %s: %w", cfg.Driver, DriverIAM, DriverMinIO, ErrInvalid)
	}
	if cfg.Region == "" {
		cfg.Region = DefaultRegion
	}
	if cfg.Credentials.AccessKeyID == "" || cfg.Credentials.SecretAccessKey == "" {
		return nil, fmt.Errorf("open store: an access key needs both its id and its secret: %w", ErrInvalid)
	}
	endpoint, err := parseEndpoint("endpoint", cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	if cfg.Driver == DriverIAM {
		if _, err := parseEndpoint("IAM endpoint", cfg.IAMEndpoint); err != nil {
			return nil, err
		}
	}
	transport, err := conn.NewTransport(conn.Options{CABundle: cfg.CABundle, Hook: cfg.Hook})
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds:     credentials.NewStaticV4(cfg.Credentials.AccessKeyID, cfg.Credentials.SecretAccessKey.Reveal(), cfg.Credentials.SessionToken.Reveal()),
		Secure:    endpoint.Scheme == "https",
		Region:    cfg.Region, // given, so that the client never asks for a bucket's location
		Transport: transport.RoundTripper(conn.S3),
		// Retries are ours (conn): the library would also repeat writes.
		MaxRetries: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("open store: endpoint %s: %w", endpoint.Host, ErrInvalid)
	}
	driver := newDriver(cfg, transport)
	// fmt cannot ask unexported fields to redact themselves, so the secret stays with the signers only.
	cfg.Credentials.SecretAccessKey, cfg.Credentials.SessionToken = "", ""
	return &Store{S3: client, Identities: driver, driver: driver, cfg: cfg, transport: transport}, nil
}

func newDriver(cfg Config, transport *conn.Transport) identity.Driver {
	api := func(service conn.Service) *http.Client {
		return &http.Client{Transport: transport.RoundTripper(service), Timeout: callTimeout, CheckRedirect: noRedirect}
	}
	if cfg.Driver == DriverMinIO {
		return minioadmin.New(minioadmin.Config{
			Endpoint: cfg.Endpoint, Region: cfg.Region, Credentials: cfg.Credentials, HTTPClient: api(conn.Admin), Now: cfg.Now,
		})
	}
	return iam.New(iam.Config{
		Endpoint: cfg.IAMEndpoint, Region: cfg.Region, Account: cfg.Account, Credentials: cfg.Credentials, HTTPClient: api(conn.IAM),
	})
}

// Holders gives the way to documents at identities; nil where rights get to the store by bucket policies, and where the driver knows no
// such way. No I/O: which way it is was found by Probe and is in Capabilities.
func (s *Store) Holders(by Enforcement) Holders {
	holders, _ := s.driver.Holders(by)
	return holders
}

// Bearers tells of every user and group of the store, whosever they are, with the policies that are their own; unread says in words what
// the credentials may not read. Those whom leaveOut names are neither told nor read; nil leaves out nobody.
func (s *Store) Bearers(ctx context.Context, leaveOut func(Holder) bool) (all []Bearer, unread []string, err error) {
	return s.driver.Bearers(ctx, leaveOut)
}

// Ours tells whether a user or group is of Vitrine's making, in whatever installation, see identity.Ours.
func Ours(h Holder) bool { return identity.Ours(h) }

// KeyIsOf tells whether the key that the store was opened with is a user's.
func (s *Store) KeyIsOf(ctx context.Context, user string) (bool, error) {
	id := s.cfg.Credentials.AccessKeyID
	if user == id {
		return true, nil // at MinIO a user's own key is called as the user is
	}
	keys, err := s.Identities.Keys(ctx, user)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, fmt.Errorf("looking for our key among those of %s: %w", Printable(user), err)
	}
	return slices.ContainsFunc(keys, func(key AccessKey) bool { return key.ID == id }), nil
}

// WithPace has every request of a context wait for its turn, see conn.WithPace.
func WithPace(ctx context.Context, pace conn.Pace) context.Context { return conn.WithPace(ctx, pace) }

// Printable bounds what others wrote and drops what does not print.
func Printable(text string) string { return conn.Printable(text) }

// Close gives back idle connections. Calls under way end by themselves.
func (s *Store) Close() { s.transport.CloseIdle() }

// callTimeout bounds one small request with its retries. Listings and streams have the caller's context alone.
const callTimeout = 30 * time.Second

func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, callTimeout)
}

// noRedirect keeps signed requests with the host they were signed for.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func parseEndpoint(what, text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("open store: %s must be an http or https URL: %w", what, ErrInvalid)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Path != "" && u.Path != "/") {
		return nil, fmt.Errorf("open store: %s must be scheme, host and port alone: %w", what, ErrInvalid)
	}
	return u, nil
}

// Name derives what an object is called at the store, see identity.Name.
func Name(installation, namespace, kind, name string) string {
	return identity.Name(installation, namespace, kind, name)
}

// IdentityPath is the IAM path of a namespace's identities, see identity.Path.
func IdentityPath(installation, namespace string) string {
	return identity.Path(installation, namespace)
}

// SystemNamespace stands for a namespace in the names of Vitrine's own identities.
const SystemNamespace = identity.System
