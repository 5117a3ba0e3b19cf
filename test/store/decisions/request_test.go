package decisions_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7/pkg/s3utils"
	"github.com/minio/minio-go/v7/pkg/signer"
)

// request is one S3 request before it is signed. What is asked is written out here and not left to a client library, which
// would look first, retry, or hide what the store said.
type request struct {
	method, bucket, key string
	query               url.Values
	header              map[string]string
	body                []byte
	presigned           bool // the signature is in the address, as in a link that somebody passes on
	unsigned            bool // it is in the body, or there is none
}

// answer is what the store said.
type answer struct {
	status int
	code   string // of an error; empty where the answer has no body
	header http.Header
	body   []byte
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.code) }

// done tells whether the store did what was asked.
func (a answer) done() bool { return a.status/100 == 2 && a.code == "" }

// caller asks a store with one key.
type caller struct {
	endpoint, region string
	id, secret       string
	client           *http.Client
}

// do sends a request once. The error is one of the connection alone: a refusal is an answer.
func (c caller) do(ctx context.Context, r request) (answer, error) {
	req, err := c.sign(ctx, r)
	if err != nil {
		return answer{}, err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", r.method, req.URL.Redacted(), err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, fmt.Errorf("reading the answer to %s %s: %w", r.method, req.URL.Redacted(), err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: body}
	// A store may say 200 first and find the error later, so the body counts.
	var failed struct {
		XMLName xml.Name
		Code    string
	}
	if bytes.Contains(body, []byte("<Error")) && xml.Unmarshal(body, &failed) == nil && failed.XMLName.Local == "Error" {
		a.code = failed.Code
	}
	return a, nil
}

func (c caller) sign(ctx context.Context, r request) (*http.Request, error) {
	at, err := url.Parse(c.endpoint)
	if err != nil {
		return nil, fmt.Errorf("reading the endpoint: %w", err)
	}
	at.Path = "/" + r.bucket
	if r.key != "" {
		at.Path += "/" + r.key
	}
	at.RawPath = s3utils.EncodePath(at.Path)
	at.RawQuery = s3utils.QueryEncode(r.query)
	req, err := http.NewRequestWithContext(ctx, r.method, at.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	req.URL = at // as it stands: parsing it again would take some names for others
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	if r.unsigned {
		return req, nil
	}
	if r.presigned {
		return signer.PreSignV4(*req, c.id, c.secret, "", c.region, int64(time.Hour/time.Second)), nil
	}
	sum := sha256.Sum256(r.body)
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	if len(r.body) > 0 {
		short := md5.Sum(r.body)
		req.Header.Set("Content-Md5", base64.StdEncoding.EncodeToString(short[:]))
	}
	return signer.SignV4(*req, c.id, c.secret, "", c.region), nil
}

// newClient reuses connections: a request takes about a millisecond, a connection as long again.
func newClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       time.Minute,
	}
}
