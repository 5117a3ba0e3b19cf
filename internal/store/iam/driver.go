// Package iam is the driver for stores that speak the AWS IAM API: AWS, Ceph RGW, SeaweedFS, VersityGW. It makes users and access
// keys. Rights come from bucket policies that name the users, or from documents at users and groups: as policies of their own (AWS,
// SeaweedFS) or within the user or group (Ceph).
//
// VersityGW 1.8 as found by the tests in test/store: it keeps users' paths and tags and gives the tags back in GetUser and ListUsers; two access keys per
// user; no groups, no managed policies; account number 000000000000. A user with keys or inline policies is not deleted (DeleteConflict).
// A key is refused with the first request after its deletion.
package iam

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// DefaultAccount is the account number of a store that has but one.
const DefaultAccount = "000000000000"

// Config says how to reach the API.
type Config struct {
	Endpoint    string
	Region      string
	Account     string // DefaultAccount when empty
	Credentials conn.Credentials
	HTTPClient  *http.Client
}

// Driver implements identity.Driver.
type Driver struct {
	client  *iam.Client
	account string
	// noDetails is set once the store was found not to tell all of an account at once.
	noDetails atomic.Bool
	// noAttached and noGroups are set once it was found to have no such thing.
	noAttached, noGroups atomic.Bool
}

var _ identity.Driver = (*Driver)(nil)

// New prepares the driver, without I/O.
func New(cfg Config) *Driver {
	if cfg.Account == "" {
		cfg.Account = DefaultAccount
	}
	key := aws.Credentials{AccessKeyID: cfg.Credentials.AccessKeyID, SecretAccessKey: cfg.Credentials.SecretAccessKey.Reveal()}
	client := iam.New(iam.Options{
		BaseEndpoint: aws.String(cfg.Endpoint),
		Region:       cfg.Region,
		Credentials:  aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return key, nil }),
		HTTPClient:   cfg.HTTPClient,
		// Retries are conn's: the SDK would also repeat writes.
		Retryer: aws.NopRetryer{},
	})
	return &Driver{client: client, account: cfg.Account}
}

// Principal implements identity.Driver.
func (d *Driver) Principal(id identity.Identity) string {
	return "arn:aws:iam::" + d.account + ":user" + id.Path + id.Name
}

// translate turns what the SDK returned into a conn.Error; nil stays nil.
func translate(op string, err error) error {
	if err == nil {
		return nil
	}
	status := 0
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		status = answer.HTTPStatusCode()
	}
	if refusal, ok := errors.AsType[smithy.APIError](err); ok {
		return conn.Refusal(op, status, refusal.ErrorCode(), refusal.ErrorMessage())
	}
	if status != 0 {
		return conn.Refusal(op, status, http.StatusText(status), "")
	}
	return conn.Failure(op, err)
}
