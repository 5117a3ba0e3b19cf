package main

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review/compare"
	"github.com/vitrine-dam/vitrine/internal/review/inventory"
)

// An endpoint that only the cluster reaches is not waited for without end, and once only.
//
// features: U9
func TestASilentStoreIsGivenUp(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	there := v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	there.Spec.Endpoint = "http://" + silent.Addr().String()
	l := lister{
		reach: inventory.Reach{Endpoint: fromCluster, AccessKeyID: "mine", SecretAccessKey: "secret"}, stores: []v1alpha1.ObjectStore{there},
		patience: 200 * time.Millisecond, silent: map[string]error{},
	}
	places := []compare.Place{{Store: "default", Bucket: "acme-brand", Prefix: "launch/"}}
	for range 2 {
		_, err = l.list(t.Context(), places)
		if !errors.Is(err, errSilent) || !strings.Contains(err.Error(), "--s3-endpoint URL") {
			t.Fatalf("a store that says nothing: %v", err)
		}
	}
	l.patience = time.Hour
	if _, err := l.list(t.Context(), places); !errors.Is(err, errSilent) {
		t.Errorf("it was asked once more: %v", err)
	}
}
