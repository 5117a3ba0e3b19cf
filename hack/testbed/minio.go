package testbed

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"github.com/vitrine-dam/vitrine/hack/process"
)

// MinIO is a running MinIO: S3 and the admin API at one endpoint.
type MinIO struct {
	// Endpoint is a URL, http on the loopback.
	Endpoint string
	Region   string
	// AccessKey and SecretKey are the administrator's.
	AccessKey, SecretKey string

	openID  *OpenID
	webhook *Webhook
	ports   ports
	server  *process.Process
}

// OpenID is an issuer whose tokens a MinIO takes, for one audience. The values of one claim name policies there.
type OpenID struct {
	// Issuer is a URL, which answers before the server starts.
	Issuer, Audience, Claim string
	// CAFile is PEM of the authority that the issuer's certificate is from.
	CAFile string
}

// MinIOOption changes how a MinIO is started.
type MinIOOption func(*MinIO)

// WithOpenID has it take tokens.
func WithOpenID(of OpenID) MinIOOption { return func(m *MinIO) { m.openID = &of } }

// Webhook is where a MinIO sends what changes in the buckets that are configured for it, by their notification for WebhookARN.
type Webhook struct {
	// URL need not answer before the server starts; Token goes with each request.
	URL, Token string
}

// WebhookARN is the name that buckets call the Webhook by.
const WebhookARN = "arn:minio:sqs:" + StoreRegion + ":TEST:webhook"

// WithWebhook has it tell of changes.
func WithWebhook(to Webhook) MinIOOption { return func(m *MinIO) { m.webhook = &to } }

// settings are the environment that tells a server of the webhook.
func (w *Webhook) settings() []string {
	if w == nil {
		return nil
	}
	return []string{
		"MINIO_NOTIFY_WEBHOOK_ENABLE_TEST=on", "MINIO_NOTIFY_WEBHOOK_ENDPOINT_TEST=" + w.URL, "MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_TEST=" + w.Token,
	}
}

// StartMinIO starts a server with one drive below dir, which keeps versions, and
// returns when it takes writes and has read its users.
func StartMinIO(ctx context.Context, dir string, options ...MinIOOption) (*MinIO, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("naming the store's folder: %w", err)
	}
	for _, sub := range []string{"drive", "home"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("making the store's folders: %w", err)
		}
	}
	m := &MinIO{Region: StoreRegion, AccessKey: "vitrine-root", SecretKey: rand.Text()}
	for _, option := range options {
		option(m)
	}
	if err := m.start(ctx, dir); err != nil {
		return nil, errors.Join(err, m.Stop())
	}
	return m, nil
}

func (m *MinIO) start(ctx context.Context, dir string) error {
	program, err := Binary("minio")
	if err != nil {
		return err
	}
	port, err := m.ports.reserve()
	if err != nil {
		return err
	}
	m.Endpoint = "http://" + address(port)
	// The administrator's key travels in the environment: command lines are readable
	// by everybody on a machine.
	env := []string{
		"MINIO_ROOT_USER=" + m.AccessKey, "MINIO_ROOT_PASSWORD=" + m.SecretKey, "MINIO_REGION=" + m.Region,
		// It looks for certificates in the home of who runs it.
		"HOME=" + filepath.Join(dir, "home"), "MINIO_BROWSER=off", "MINIO_UPDATE=off", "MINIO_CALLHOME_ENABLE=off",
	}
	openID, err := m.openID.settings(filepath.Join(dir, "home"))
	if err != nil {
		return err
	}
	m.server, err = process.Start(process.Spec{
		Name: "minio", Path: program, Log: filepath.Join(dir, "minio.log"), Env: slices.Concat(env, openID, m.webhook.settings()),
		Args: []string{"server", "--quiet", "--anonymous", "--address", address(port), filepath.Join(dir, "drive")},
	})
	if err != nil {
		return err
	}
	return m.server.Ready(ctx, startLimit, func(ctx context.Context) error {
		return get(ctx, http.DefaultClient, m.Endpoint+"/minio/health/cluster")
	})
}

// settings are the environment that tells a server of the issuer, whose authority it finds in its home.
func (o *OpenID) settings(home string) ([]string, error) {
	if o == nil {
		return nil, nil
	}
	authority, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading the issuer's authority: %w", err)
	}
	trusted := filepath.Join(home, ".minio", "certs", "CAs")
	if err := os.MkdirAll(trusted, 0o700); err != nil {
		return nil, fmt.Errorf("making the store's folder of authorities: %w", err)
	}
	if err := os.WriteFile(filepath.Join(trusted, "issuer.crt"), authority, 0o600); err != nil {
		return nil, fmt.Errorf("writing the issuer's authority: %w", err)
	}
	return []string{
		"MINIO_IDENTITY_OPENID_CONFIG_URL=" + o.Issuer + "/.well-known/openid-configuration",
		"MINIO_IDENTITY_OPENID_CLIENT_ID=" + o.Audience, "MINIO_IDENTITY_OPENID_CLAIM_NAME=" + o.Claim,
	}, nil
}

// Stop ends the server and returns when it is gone. What it stored stays below the
// folder given at the start. Stopping twice does nothing.
func (m *MinIO) Stop() error {
	m.server.Stop()
	m.server = nil
	m.ports.release()
	return nil
}

// String names the endpoint and never the key.
func (m *MinIO) String() string { return "MinIO at " + m.Endpoint }

// GoString is String, so that %#v does not print the key either.
func (m *MinIO) GoString() string { return m.String() }
