// Command objectstore is VersityGW's POSIX store as the test bed needs it.
//
// VersityGW keeps metadata either in extended attributes, of which ext4 holds
// 4 KB a file, too little for a bucket policy; or, with --sidecar, in files
// beside. With the latter, version 1.8 takes whatever is uploaded under a key
// that was once deleted for a delete marker, so the upload is lost. This
// command keeps what belongs to buckets in files beside and what belongs to
// objects in extended attributes, and so has neither fault. All else is
// VersityGW's own. Where the file system has no extended attributes, it does
// as --sidecar does, and says so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// metadata sends what belongs to a bucket itself (no object named, and no file
// open) to files and all else to extended attributes. With a file open and no
// object named, VersityGW writes down a version that has just become an old one;
// without its attributes that version would have no ETag, and no name when it
// becomes the current one again.
type metadata struct {
	meta.XattrMeta
	buckets meta.SideCar
}

// RetrieveAttribute implements meta.MetadataStorer.
func (m metadata) RetrieveAttribute(f *os.File, bucket, object, attribute string) ([]byte, error) {
	if object == "" && f == nil {
		return m.buckets.RetrieveAttribute(f, bucket, object, attribute)
	}
	return m.XattrMeta.RetrieveAttribute(f, bucket, object, attribute)
}

// StoreAttribute implements meta.MetadataStorer.
func (m metadata) StoreAttribute(f *os.File, bucket, object, attribute string, value []byte) error {
	if object == "" && f == nil {
		return m.buckets.StoreAttribute(f, bucket, object, attribute, value)
	}
	return m.XattrMeta.StoreAttribute(f, bucket, object, attribute, value)
}

// DeleteAttribute implements meta.MetadataStorer.
func (m metadata) DeleteAttribute(bucket, object, attribute string) error {
	if object == "" {
		return m.buckets.DeleteAttribute(bucket, object, attribute)
	}
	return m.XattrMeta.DeleteAttribute(bucket, object, attribute)
}

// ListAttributes implements meta.MetadataStorer.
func (m metadata) ListAttributes(bucket, object string) ([]string, error) {
	if object == "" {
		return m.buckets.ListAttributes(bucket, object)
	}
	return m.XattrMeta.ListAttributes(bucket, object)
}

// DeleteAttributes implements meta.MetadataStorer.
func (m metadata) DeleteAttributes(bucket, object string) error {
	if object == "" {
		return m.buckets.DeleteAttributes(bucket, object)
	}
	return m.XattrMeta.DeleteAttributes(bucket, object)
}

func main() {
	if err := run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "objectstore:", err)
		os.Exit(1)
	}
}

func run() error {
	address := flag.String("port", "", "listen address, host:port")
	region := flag.String("region", "us-east-1", "region")
	socket := flag.String("iam-standalone-endpoint", "", "socket of VersityGW's IAM service")
	health := flag.String("health", "", "path that answers when the store is up")
	versions := flag.String("versioning-dir", "", "folder for old versions")
	beside := flag.String("sidecar", "", "folder for metadata of buckets")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	side, err := meta.NewSideCar(*beside)
	if err != nil {
		return fmt.Errorf("opening the folder for metadata: %w", err)
	}
	root := flag.Arg(0)
	var storer meta.MetadataStorer = metadata{buckets: side}
	options := posix.PosixOpts{VersioningDir: *versions, Concurrency: 5000, CopyObjectThreshold: 5 << 30}
	if err := (meta.XattrMeta{}).Test(root); err != nil {
		fmt.Fprintln(os.Stderr, "objectstore: no extended attributes here, so a key that was deleted cannot be used again:", err)
		storer = side
		options.SideCarDir = *beside
	}
	options.SetNewDirPerm(0o755)
	options.SetNewFilePerm(0o644)
	backend, err := posix.New(root, storer, options)
	if err != nil {
		return fmt.Errorf("opening the store: %w", err)
	}
	return embedgw.RunVersityGW(ctx, backend, &embedgw.Config{
		RootUserAccess: os.Getenv("ROOT_ACCESS_KEY"), RootUserSecret: os.Getenv("ROOT_SECRET_KEY"),
		Region: *region, Ports: []string{*address}, HealthPath: *health, Quiet: true, KeepAlive: true,
		StandaloneIAMEndpoint: *socket, MaxConnections: 250000, MaxRequests: 100000, MultipartMaxParts: 10000,
		EventWebhookURL: os.Getenv("VGW_EVENT_WEBHOOK_URL"),
	})
}
