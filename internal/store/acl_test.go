package store

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGrantsOfAnACLBeyondTheOwner(t *testing.T) {
	const (
		begin = `<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>root</ID></Owner><AccessControlList>`
		end   = `</AccessControlList></AccessControlPolicy>`
		own   = `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>root</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>`
	)
	cases := []struct {
		reason string
		grants string
		want   []ACLGrant
	}{
		{"the owner's own", own, nil},
		{"none", "", nil},
		{"everybody, as AWS has it", own + `<Grant><Grantee><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>`,
			[]ACLGrant{{To: "AllUsers", Permission: "READ", Public: true}}},
		{"everybody, as VersityGW has it", `<Grant><Grantee><ID>all-users</ID></Grantee><Permission>WRITE</Permission></Grant>` + own,
			[]ACLGrant{{To: "all-users", Permission: "WRITE", Public: true}}},
		{"those who write the logs", `<Grant><Grantee><URI>http://acs.amazonaws.com/groups/s3/LogDelivery</URI></Grantee><Permission>WRITE</Permission></Grant>`,
			[]ACLGrant{{To: "LogDelivery", Permission: "WRITE"}}},
		{"another account", `<Grant><Grantee><ID>northlight</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>`,
			[]ACLGrant{{To: "northlight", Permission: "FULL_CONTROL"}}},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			got, err := beyondOwner([]byte(begin + c.grants + end))
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("(-want +got):\n%s%v", diff, err)
			}
		})
	}
	if _, err := beyondOwner([]byte("<")); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v, want ErrUnreachable", err)
	}
}

func TestAStoreWithoutACLsHasNone(t *testing.T) {
	for _, c := range []struct {
		reason string
		status int
		code   string
		want   error
	}{
		{"it says so by code", http.StatusBadRequest, "NotImplemented", nil},
		{"it says so by status", http.StatusMethodNotAllowed, "", nil},
		{"it says so for the bucket", http.StatusBadRequest, "AccessControlListNotSupported", nil},
		{"it refuses this request", http.StatusBadRequest, "InvalidRequest", ErrInvalid},
		{"it refuses us", http.StatusForbidden, "AccessDenied", ErrDenied},
	} {
		t.Run(c.reason, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte("<Error><Code>" + c.code + "</Code></Error>"))
			}))
			t.Cleanup(server.Close)
			s, err := Open(valid(server.URL))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			if got, err := s.BucketACL(t.Context(), "acme-brand"); !errors.Is(err, c.want) || len(got) > 0 {
				t.Errorf("got %v, %v; want %v", got, err, c.want)
			}
		})
	}
}
