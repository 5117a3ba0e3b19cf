package minio

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// keysPerUser are as many as IAM allows: one in use, and one to take its place. MinIO itself knows no limit.
const keysPerUser = 2

// The secret of a key is 200 bits in base32, as long as AWS's.
const secretChars = 40

// ofKeys is the policy of every key we issue. A key has what its user has and this allows, so nothing of the admin API, where each key
// could otherwise make further ones for its user, which would outlive it. And it destroys no version: who may delete an object may delete
// its versions at MinIO, where no statement denies it. A deletion that is forced names none; object lock of the bucket has it refused. Nor does it put
// bytes in the place of a version: who may upload may name one to be written over. With a copy what is named may be the source, so that one is let through.
const ofKeys = `{"Version":"2012-10-17","Statement":[` +
	`{"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::*"]},` +
	`{"Effect":"Deny","Action":["s3:DeleteObjectVersion"],"Resource":["arn:aws:s3:::*"]},` +
	`{"Effect":"Deny","Action":["s3:PutObject"],"Resource":["arn:aws:s3:::*"],"Condition":` + onVersion + `}]}`

// onVersion is what tells an upload that names a version.
const onVersion = `{"StringLike":{"s3:versionid":["?*"]},"Null":{"s3:x-amz-copy-source":["true"]}}`

// Keys implements identity.Driver. The time of a key that was not issued here is not known. Nor is it told that somebody disabled one: it
// stays disabled, which gives nobody anything.
func (d *Driver) Keys(ctx context.Context, name string) ([]identity.AccessKey, error) {
	accounts, err := d.accounts.of(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(accounts) == 0 {
		// The list of a user who does not exist is empty too.
		_, err := d.user(ctx, name)
		return nil, err
	}
	var list []identity.AccessKey
	for _, a := range accounts {
		list = append(list, identity.AccessKey{ID: a.AccessKey, Active: a.Status != accountOff, CreatedAt: issuedAt(a.AccessKey)})
	}
	return list, nil
}

// IssueKey implements identity.Driver. The key is made here, so that the sealed answer need not be opened.
func (d *Driver) IssueKey(ctx context.Context, name string) (identity.AccessKey, error) {
	op := "issue an access key to user " + name
	keys, err := d.Keys(ctx, name)
	if err != nil {
		return identity.AccessKey{}, err
	}
	if len(keys) >= keysPerUser {
		return identity.AccessKey{}, fmt.Errorf("%s: it has %d: %w", op, len(keys), conn.ErrLimit)
	}
	at := d.now().UTC().Truncate(time.Second)
	key := identity.AccessKey{ID: newKeyID(at), Secret: conn.Secret((rand.Text() + rand.Text())[:secretChars]), Active: true, CreatedAt: at}
	body, err := json.Marshal(map[string]any{
		"targetUser": name, "accessKey": key.ID, "secretKey": key.Secret.Reveal(), "policy": json.RawMessage(ofKeys),
		"name": "vitrine", "description": "issued by Vitrine at " + at.Format(time.RFC3339),
	})
	if err != nil {
		return identity.AccessKey{}, &conn.Error{Op: op, Kind: conn.ErrInvalid}
	}
	if body, err = d.seal(body); err != nil {
		return identity.AccessKey{}, &conn.Error{Op: op, Kind: conn.ErrInvalid, Message: err.Error()}
	}
	_, err = d.call(ctx, op, http.MethodPut, "add-service-account", url.Values{"user": {name}}, body)
	if err != nil {
		d.accounts.forget()
		return identity.AccessKey{}, err
	}
	d.accounts.added(name, account{AccessKey: key.ID})
	return key, nil
}

// DeleteKey implements identity.Driver. The store would delete anybody's key, so it is looked for among the user's first.
func (d *Driver) DeleteKey(ctx context.Context, name, keyID string) error {
	its, err := d.owns(ctx, name, keyID)
	if err != nil || !its {
		return err
	}
	op := "delete access key " + keyID + " of user " + name
	_, err = d.call(ctx, op, http.MethodDelete, "delete-service-account", url.Values{"accessKey": {keyID}}, nil)
	if err != nil && !errors.Is(err, conn.ErrNotFound) {
		d.accounts.forget()
		return err
	}
	d.accounts.removed(name, keyID)
	return nil
}

// owns tells whether a key is the user's. What was remembered is not enough to say that it is not.
func (d *Driver) owns(ctx context.Context, name, keyID string) (bool, error) {
	is := func(a account) bool { return a.AccessKey == keyID }
	accounts, err := d.accounts.of(ctx, name)
	if err != nil || slices.ContainsFunc(accounts, is) {
		return err == nil, err
	}
	accounts, err = d.accountsOf(ctx, name)
	return slices.ContainsFunc(accounts, is), err
}
