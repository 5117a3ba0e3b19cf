// Package decisions_test asks real stores. Random tenants are brought to a store by the product's own packages, and random
// questions are put to it with the people's own keys: each answer must be the model's.
package decisions_test

import (
	"context"
	"fmt"
	"os"
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
	bed, err := testbed.StartObjectStore(context.Background(), dir, testbed.ObjectStoreOptions{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the object store:", err)
		return 1
	}
	defer func() {
		if err := bed.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop the object store:", err)
		}
	}()
	targets = append(targets, versitygw(bed))
	return m.Run()
}

// versitygw is a VersityGW with its IAM service, whose rights hang on buckets.
func versitygw(bed *testbed.ObjectStore) target {
	return target{
		name: "versitygw",
		config: store.Config{
			Driver: store.DriverIAM, Endpoint: bed.S3Endpoint, Region: bed.Region, IAMEndpoint: bed.IAMEndpoint, InstallationID: installation,
			Credentials: store.Credentials{AccessKeyID: bed.AccessKey, SecretAccessKey: store.Secret(bed.SecretKey)},
		},
		client:   newClient(),
		enforce:  bucketPolicies(),
		prefixes: true,
		habits:   habits{dropsSlash: true, refusesForms: true, copiesByName: true},
	}
}
