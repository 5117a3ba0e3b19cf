// Package decisions_test asks real stores. Random tenants are brought to a store by the product's own packages, and random
// questions are put to it with the people's own keys: each answer must be the model's.
package decisions_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// targets are the stores that are asked.
var targets []target

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "vitrine-decisions-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bed, err := testbed.StartObjectStore(context.Background(), filepath.Join(dir, "versitygw"), testbed.ObjectStoreOptions{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "start VersityGW:", err)
		return 1
	}
	defer stop("VersityGW", bed.Stop)
	other, err := testbed.StartMinIO(context.Background(), filepath.Join(dir, "minio"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "start MinIO:", err)
		return 1
	}
	defer stop("MinIO", other.Stop)
	second, err := minio(context.Background(), other)
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe MinIO:", err)
		return 1
	}
	targets = append(targets, versitygw(bed), second)
	return m.Run()
}

func stop(name string, end func() error) {
	if err := end(); err != nil {
		fmt.Fprintf(os.Stderr, "stop %s: %v\n", name, err)
	}
}

// versitygw is a VersityGW with its IAM service, whose rights hang on buckets.
func versitygw(bed *testbed.ObjectStore) target {
	at := target{
		name: "versitygw",
		config: store.Config{
			Driver: store.DriverIAM, Endpoint: bed.S3Endpoint, Region: bed.Region, IAMEndpoint: bed.IAMEndpoint, InstallationID: installation,
			Credentials: store.Credentials{AccessKeyID: bed.AccessKey, SecretAccessKey: store.Secret(bed.SecretKey)},
		},
		client:    newClient(),
		workers:   4,
		enforcing: bucketPolicies,
		reading:   bucketPoliciesRead,
		prefixes:  true,
		habits:    habits{dropsSlash: true, refusesForms: true, copiesByName: true},
	}
	return at.with()
}

// minio is a MinIO, whose rights hang on users and groups, and whose prefix conditions a header gets around. Its budget
// is what a probe finds.
func minio(ctx context.Context, bed *testbed.MinIO) (target, error) {
	at := target{
		name: "minio",
		config: store.Config{
			Driver: store.DriverMinIO, Endpoint: bed.Endpoint, Region: bed.Region, InstallationID: installation,
			Credentials: store.Credentials{AccessKeyID: bed.AccessKey, SecretAccessKey: store.Secret(bed.SecretKey)},
		},
		client:  newClient(),
		workers: 2, // a crew takes some eight seconds of CPU to make: keys travel sealed
		habits: habits{
			forgetsVersions: true, eitherSlash: true, takesTags: true, namesBuckets: true, hidesBelow: true, refusesDots: true, refusesForce: true, refusesVersions: true,
			refuses: map[string]string{
				// Whoever has a key, and not who has none, learns by tags and by retention whether there is an object of a name.
				"get tags": "NoSuchKey", "put tags": "NoSuchKey", "delete tags": "NoSuchKey", "put retention": "NoSuchKey",
				// Ownership is not known at all, and in a bucket with object lock no deletion is forced.
				"put bucket ownership": "MalformedXML", "force delete": "XMinioAdminInvalidArgument",
			},
		},
	}
	admin, err := store.Open(at.config)
	if err != nil {
		return target{}, err
	}
	defer admin.Close()
	can, err := admin.Probe(ctx)
	if err != nil {
		return target{}, err
	}
	if can.TrustedPrefix || can.Enforcement != store.ByManagedPolicy {
		return target{}, fmt.Errorf("the store is another than this suite knows: %s", can)
	}
	at.enforcing, at.reading = attachedDocuments(can, at.prefixes), attachedDocumentsRead(can, at.prefixes)
	at.lifted = attachedDocuments(can, true)()
	return at.with(), nil
}
