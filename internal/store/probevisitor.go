package store

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7/pkg/signer"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// visitor sends requests as the probe's user: such as no well-behaved client would send, hence by hand.
type visitor struct {
	store  *Store
	key    identity.AccessKey
	bucket string
}

// lookup is a listing request: its prefix, and what is sent beside it to mislead.
type lookup struct {
	prefix string
	query  string      // raw, put before the honest query
	header http.Header // named like the condition key
}

// misleading are the listings of the hidden folder that a sloppy store takes for one of the shared folder, because it
// fills its conditions from headers, from the first of two parameters or from the last.
func misleading() []lookup {
	header := func(name string) http.Header { return http.Header{name: {"shared/"}} }
	return []lookup{
		{prefix: "hidden/"},
		{prefix: ""},
		{prefix: "hidden/", header: header("Prefix")},
		{prefix: "", header: header("Prefix")},
		{prefix: "hidden/", header: header("X-Amz-Prefix")},
		{prefix: "hidden/", header: header("S3-Prefix")},
		{prefix: "hidden/", query: "prefix=shared%2F&"},
		{prefix: "shared/&prefix=hidden/"},
	}
}

// leaks tells whether any misleading listing, of objects or of versions, shows the hidden key, or the hidden object can be read.
func (v visitor) leaks(ctx context.Context) (bool, error) {
	for _, l := range misleading() {
		for _, listing := range []string{"list-type=2&", "", "versions&"} {
			l := l
			l.query = listing + l.query
			if leak, err := v.lists(ctx, l, probeHiddenKey); leak || err != nil {
				return leak, err
			}
		}
	}
	status, _, err := v.get(ctx, "/"+v.bucket+"/"+probeHiddenKey, "", nil)
	return status == http.StatusOK, err
}

// longAgo is before the end of any grant of the probe.
const longAgo = "2020-01-01T00:00:00Z"

// backdated are listings of the shared folder that a sloppy store takes for ones of long ago, as misleading does for the prefix.
func backdated() []lookup {
	var list []lookup
	for _, name := range []string{"CurrentTime", "Currenttime", "X-Amz-CurrentTime", "Aws-CurrentTime", "aws:CurrentTime"} {
		list = append(list, lookup{prefix: shared.prefix, query: url.QueryEscape(name) + "=" + url.QueryEscape(longAgo) + "&"})
		if !strings.Contains(name, ":") { // which no name of a header has
			list = append(list, lookup{prefix: shared.prefix, header: http.Header{name: {longAgo}}})
		}
	}
	return list
}

// outlives tells whether any backdated listing shows what was granted and has ended.
func (v visitor) outlives(ctx context.Context) (bool, error) {
	for _, l := range backdated() {
		if shows, err := v.lists(ctx, l, probeSharedKey); shows || err != nil {
			return shows, err
		}
	}
	return false, nil
}

// lists tells whether the answer to the listing names the key.
func (v visitor) lists(ctx context.Context, l lookup, key string) (bool, error) {
	// "&prefix=" within a prefix is on purpose a second parameter.
	prefix := strings.ReplaceAll(url.QueryEscape(l.prefix), url.QueryEscape("&prefix="), "&prefix=")
	status, body, err := v.get(ctx, "/"+v.bucket, l.query+"prefix="+prefix, l.header)
	return status == http.StatusOK && strings.Contains(body, key), err
}

// maxProbeAnswer is far more than a listing of the probe's few objects.
const maxProbeAnswer = 64 << 10

func (v visitor) get(ctx context.Context, path, query string, header http.Header) (status int, body string, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	target := v.store.S3.EndpointURL()
	target.Path, target.RawQuery = path, query
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return 0, "", fmt.Errorf("prepare a request: %w", ErrInvalid)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	// AWS Signature Version 4: the hash of no body.
	req.Header.Set("X-Amz-Content-Sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
	req = signer.SignV4(*req, v.key.ID, v.key.Secret.Reveal(), "", v.store.cfg.Region)
	resp, err := v.store.transport.RoundTripper(conn.S3).RoundTrip(req)
	if err != nil {
		return 0, "", conn.Failure("ask as the probe's user", err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxProbeAnswer))
	if err != nil {
		return 0, "", conn.Failure("ask as the probe's user", err)
	}
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= http.StatusInternalServerError {
		// A store that is busy tells nothing about what it can do.
		return 0, "", fmt.Errorf("ask as the probe's user: the store answered %d: %w", resp.StatusCode, ErrUnreachable)
	}
	return resp.StatusCode, string(text), nil
}
