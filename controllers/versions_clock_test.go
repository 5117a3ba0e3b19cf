package controllers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// A manager whose clock is ahead of the store's takes no version for older than it is.
//
// features: K25
func TestTheGraceIsCountedByTheStoresClock(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	version := func(id string, age time.Duration, latest bool) string {
		return fmt.Sprintf("<Version><Key>a.txt</Key><VersionId>%s</VersionId><IsLatest>%t</IsLatest><Size>1</Size><LastModified>%s</LastModified></Version>", id, latest, now.Add(-age).Format(time.RFC3339))
	}
	listing := `<ListVersionsResult><IsTruncated>false</IsTruncated>` + version("new", 30*time.Minute, true) + version("old", 40*time.Minute, false) + `</ListVersionsResult>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !r.URL.Query().Has("versions") {
			t.Errorf("%s %s came", r.Method, r.URL.Path)
		}
		w.Header().Set("Date", now.Format(http.TimeFormat))
		_, _ = w.Write([]byte(listing))
	}))
	t.Cleanup(server.Close)
	s, err := store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: server.URL, IAMEndpoint: server.URL,
		Credentials: store.Credentials{AccessKeyID: "AKIA1", SecretAccessKey: store.Secret(strings.Repeat("x", 20))},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	r := &VersionsReconciler{&Deps{Clock: clocktesting.NewFakePassiveClock(now.Add(time.Hour))}}
	order := versionsOrder{limit: asset.VersionCap{Keep: 1, Grace: time.Hour}}
	done, err := r.keepIn(t.Context(), Connection{Store: s, Declared: &v1alpha1.ObjectStore{}}, types.NamespacedName{Namespace: "acme", Name: "brand"}, "acme-brand", "", order)
	if err != nil || done.Removed > 0 {
		t.Errorf("%d were removed (%v)", done.Removed, err)
	}
}
