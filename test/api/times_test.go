package api

import (
	"context"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

const noTime = `no such time; write one like 2027-03-31T00:00:00Z`

// times are cases about a field of the spec that holds a time; dots part it from the fields that it is within.
func times(field string) []refusable {
	within := strings.Split(field, ".")
	set := func(value string) string {
		return "spec: {" + strings.Join(within, ": {") + ": " + value + strings.Repeat("}", len(within))
	}
	at := func(text string) string { return set("\"" + text + "\"") }
	return []refusable{
		accepted(field+" may be long ago", at("1970-01-01T00:00:00Z")),
		accepted(field+" may be as good as never", at("9999-12-31T23:59:59Z")),
		accepted(field+" may have a fraction and a zone", at("2027-03-31T00:00:00.25+05:30")),
		refused(field+" is a time", set("tomorrow"), `spec.`+field+` in body must be of type date-time`),
		refused(field+" is written in capitals", at("2027-01-01t00:00:00z"), noTime),
		refused(field+" ends where the time does", at("2027-01-01T00:00:00ZTx"), noTime),
		refused(field+" is in a zone that exists", at("2027-01-01T00:00:00+99:99"), noTime),
		refused(field+" is not the zero instant, which is no time", at("0001-01-01T00:00:00Z"), noTime),
		refused(field+" has a year of four digits everywhere", at("9999-12-31T23:59:59-23:00"), noTime),
	}
}

// TestWhatIsStoredCanBeRead stores times as the API server lets it, which reads them more loosely than Go:
// one object that Go cannot read would stop every list and watch of its kind.
//
// features: U5
func TestWhatIsStoredCanBeRead(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	typed, err := client.New(server.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []struct {
		table table
		list  client.ObjectList
		times []refusable
	}{
		{roleBindings, &v1alpha1.RoleBindingList{}, slices.Concat(times("notBefore"), times("notAfter"))},
		{publicLinks, &v1alpha1.PublicLinkList{}, slices.Concat(times("notBefore"), times("notAfter"))},
		{folders, &v1alpha1.FolderList{}, slices.Concat(times("lifecycle.publishAt"), times("lifecycle.sunset"))},
	} {
		for _, c := range kind.times {
			t.Run(kind.table.kind+": "+c.reason, func(t *testing.T) {
				on := server.resource(kind.table.kind)
				if _, err := on.Create(t.Context(), kind.table.object(t, c.change), metav1.CreateOptions{}); err != nil {
					return
				}
				t.Cleanup(func() {
					if err := on.Delete(context.WithoutCancel(t.Context()), "case", metav1.DeleteOptions{}); err != nil {
						t.Error(err)
					}
				})
				if err := typed.List(t.Context(), kind.list); err != nil {
					t.Errorf("it is stored, and then nothing of its kind can be read: %v", err)
				}
			})
		}
	}
}
