package testbed

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/vitrine-dam/vitrine/hack/process"
)

// ObjectStore is a running VersityGW with its IAM service.
type ObjectStore struct {
	// S3Endpoint and IAMEndpoint are URLs, http on the loopback.
	S3Endpoint, IAMEndpoint string
	Region                  string
	// AccessKey and SecretKey are the administrator's (root in AWS' words), for both.
	AccessKey, SecretKey string
	// Dir is where the store keeps buckets as plain folders and files.
	Dir string

	sockets string // short folder of the private socket
	ports   ports
	iam     *process.Process
	s3      *process.Process
	serving process.Spec // of s3
	unrelay func() error
}

// StoreRegion is the region of the test stores and of nothing else.
const StoreRegion = "us-east-1"

// ObjectStoreOptions says what a store is to lack.
type ObjectStoreOptions struct {
	// NoVersions makes a store that keeps one version of each object and cannot keep more.
	NoVersions bool
	// Network, when set, is where its IAM service runs, so that it can ask issuers
	// there. IAMEndpoint is on the loopback all the same.
	Network *Network
	// AccessLog, when set, is a file that its S3 service logs requests into. It is VersityGW's own then.
	AccessLog string
	// CAFile is PEM of the only authority that the IAM service trusts; empty for the system's.
	CAFile string
	// WebhookURL, when set, is where it tells what changes. It asks there before it starts, and does not start without an answer.
	WebhookURL string
}

// StartObjectStore starts VersityGW's IAM service and S3 service and returns when both
// answer. All files go below dir, but for one socket: a socket's path may have at most
// 107 bytes, so it gets a short temporary folder, which Stop removes.
func StartObjectStore(ctx context.Context, dir string, options ObjectStoreOptions) (*ObjectStore, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("naming the store's folder: %w", err)
	}
	s := &ObjectStore{Region: StoreRegion, AccessKey: "vitrine-root", SecretKey: rand.Text(), Dir: filepath.Join(dir, "buckets")}
	for _, sub := range []string{"iam", "buckets", "versions", "sidecar"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("making the store's folders: %w", err)
		}
	}
	if err := s.start(ctx, dir, options); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *ObjectStore) start(ctx context.Context, dir string, options ObjectStoreOptions) error {
	program, err := Binary("versitygw")
	if err != nil {
		return err
	}
	server, err := Binary("objectstore")
	if err != nil {
		return err
	}
	if s.sockets, err = os.MkdirTemp("", "vgw"); err != nil {
		return fmt.Errorf("making a folder for the store's socket: %w", err)
	}
	iamPort, err := s.ports.reserve()
	if err != nil {
		return err
	}
	s3Port, err := s.ports.reserve()
	if err != nil {
		return err
	}
	s.S3Endpoint, s.IAMEndpoint = "http://"+address(s3Port), "http://"+address(iamPort)
	socket := filepath.Join(s.sockets, "iam")
	// The administrator's key travels in the environment: command lines are readable by
	// everybody on a machine.
	env := []string{"ROOT_ACCESS_KEY=" + s.AccessKey, "ROOT_SECRET_KEY=" + s.SecretKey}

	service := process.Spec{
		Name: "versitygw iam", Path: program, Env: env, Log: filepath.Join(dir, "iam.log"),
		Args: []string{"--port", address(iamPort), "--region", s.Region, "iam", "--quiet", "--dir", filepath.Join(dir, "iam"), "--private-ports", socket},
	}
	if options.CAFile != "" {
		service.Env = append(service.Env, "SSL_CERT_FILE="+options.CAFile, "SSL_CERT_DIR=/nonexistent")
	}
	if options.Network != nil {
		service.Args[1] = filepath.Join(s.sockets, "public")
		service = options.Network.inside(service)
		if s.unrelay, err = relay(context.WithoutCancel(ctx), address(iamPort), filepath.Join(s.sockets, "public")); err != nil {
			return err
		}
	}
	s.iam, err = process.Start(service)
	if err != nil {
		return err
	}
	err = s.iam.Ready(ctx, startLimit, func(ctx context.Context) error {
		public := dial(ctx, "tcp", address(iamPort))
		if options.Network != nil {
			public = dial(ctx, "unix", filepath.Join(s.sockets, "public"))
		}
		return errors.Join(dial(ctx, "unix", socket), public)
	})
	if err != nil {
		return err
	}
	args := []string{"--port", address(s3Port), "--region", s.Region, "--health", "/health", "--iam-standalone-endpoint", socket}
	if options.AccessLog != "" {
		server = program
		args = append(args, "--quiet", "--access-log", options.AccessLog, "posix")
	}
	args = append(args, "--sidecar", filepath.Join(dir, "sidecar"))
	if !options.NoVersions {
		args = append(args, "--versioning-dir", filepath.Join(dir, "versions"))
	}
	if options.WebhookURL != "" {
		env = append(env, "VGW_EVENT_WEBHOOK_URL="+options.WebhookURL) // it may have a secret in it, as well
	}
	s.serving = process.Spec{Name: "versitygw s3", Path: server, Env: env, Log: filepath.Join(dir, "s3.log"), Args: append(args, s.Dir)}
	return s.serve(ctx)
}

// serve starts the S3 service and returns when it answers.
func (s *ObjectStore) serve(ctx context.Context) (err error) {
	if s.s3, err = process.Start(s.serving); err != nil {
		return err
	}
	return s.s3.Ready(ctx, startLimit, func(ctx context.Context) error {
		return get(ctx, http.DefaultClient, s.S3Endpoint+"/health")
	})
}

// KillS3 ends the S3 service at once, in whatever it was doing, and starts it again at the same address with what is stored. It
// returns when it answers.
func (s *ObjectStore) KillS3(ctx context.Context) error {
	s.s3.Kill()
	return s.serve(ctx)
}

// Stop ends both services and returns when they are gone. What they stored stays below
// the folder given at the start. Stopping twice does nothing.
func (s *ObjectStore) Stop() error {
	s.s3.Stop()
	s.iam.Stop()
	s.s3, s.iam = nil, nil
	if s.unrelay != nil {
		_ = s.unrelay()
		s.unrelay = nil
	}
	s.ports.release()
	if s.sockets == "" {
		return nil
	}
	if err := os.RemoveAll(s.sockets); err != nil {
		return fmt.Errorf("removing the folder of the store's socket: %w", err)
	}
	return nil
}

// String names the endpoints and never the key.
func (s *ObjectStore) String() string {
	return fmt.Sprintf("object store at %s, IAM at %s", s.S3Endpoint, s.IAMEndpoint)
}

// GoString is String, so that %#v does not print the key either.
func (s *ObjectStore) GoString() string { return s.String() }

func dial(ctx context.Context, network, address string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", address, err)
	}
	return connection.Close()
}
