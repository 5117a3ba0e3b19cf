package conn

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAdminRequestsAreNamed(t *testing.T) {
	cases := []struct {
		method, target string
		want           Call
	}{
		{http.MethodGet, "list-users", Call{Operation: "list-users"}},
		{http.MethodPut, "add-user?accessKey=v-alice", Call{Operation: "add-user", Resource: "v-alice", Mutates: true}},
		{http.MethodGet, "group?group=social", Call{Operation: "group", Resource: "social"}},
		{http.MethodGet, "info-canned-policy?name=v-alice-0", Call{Operation: "info-canned-policy", Resource: "v-alice-0"}},
		{http.MethodDelete, "remove-canned-policy?name=v-alice-0", Call{Operation: "remove-canned-policy", Resource: "v-alice-0", Mutates: true}},
		{http.MethodPut, "set-user-or-group-policy?isGroup=false&policyName=a%2Cb&userOrGroup=v-alice", Call{Operation: "set-user-or-group-policy", Resource: "v-alice", Mutates: true}},
		{http.MethodGet, "idp-config/openid", Call{Operation: "idp-config/openid"}},
	}
	for _, c := range cases {
		req, err := http.NewRequestWithContext(t.Context(), c.method, "http://store.example"+AdminPath+c.target, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		got, err := describe(Admin, req)
		c.want.Service = Admin
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s %s (-want +got):\n%s%v", c.method, c.target, diff, err)
		}
	}
}
