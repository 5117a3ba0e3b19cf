// Package conn is how a store is reached and how it is spoken about: credentials that cannot be printed, one tuned HTTP transport for
// S3 and IAM, the retry rule, the tests' hook, and the kinds of error. The drivers and the store build on it.
package conn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

const (
	dialTimeout = 5 * time.Second
	// headerTimeout is how long a store may think once the request is written. Completing a large multipart upload is the slowest.
	headerTimeout = 60 * time.Second
	// idlePerHost lets a gateway under load keep its connections; the default of 2 would open one per request.
	idlePerHost = 256
	idleTimeout = 90 * time.Second

	// A read is tried three times: at once, after about 100 ms and after about 400 ms more.
	attempts  = 3
	firstWait = 100 * time.Millisecond
	waitGrows = 4
)

// Options say how to reach a store.
type Options struct {
	CABundle []byte // PEM; added to the system's roots when not empty
	Hook     Hook   // tests only
}

// Transport reaches a store's APIs over one pool of connections.
type Transport struct {
	base *http.Transport
	hook Hook
	// server is what S3 last called itself.
	server atomic.Value
	// date is what time it was at S3 in its last answer that told.
	date atomic.Pointer[time.Time]
}

// Server is what the server of S3 called itself in its last answer: the header Server, as far as it prints. It is empty before any
// answer, and at servers that do not say.
func (t *Transport) Server() string {
	name, _ := t.server.Load().(string)
	return name
}

// Date is what time it was at the server of S3 in its last answer: the header Date, in whole seconds. It is zero before any answer, and at
// servers that do not say.
func (t *Transport) Date() time.Time {
	if date := t.date.Load(); date != nil {
		return *date
	}
	return time.Time{}
}

// named notes what the server calls itself, and what time it is there.
type named struct {
	next http.RoundTripper
	of   *Transport
}

func (n named) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := n.next.RoundTrip(req)
	if err == nil {
		n.of.server.Store(Printable(resp.Header.Get("Server")))
		if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
			n.of.date.Store(&date)
		}
	}
	return resp, err
}

// NewTransport prepares the connection pool, without I/O. It fails on a CA bundle without a certificate.
func NewTransport(o Options) (*Transport, error) {
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(o.CABundle) > 0 {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM(o.CABundle) {
			return nil, fmt.Errorf("the CA bundle holds no PEM certificate: %w", ErrInvalid)
		}
		tlsConfig.RootCAs = roots
	}
	return &Transport{
		hook: o.Hook,
		base: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:       tlsConfig,
			TLSHandshakeTimeout:   dialTimeout,
			ResponseHeaderTimeout: headerTimeout,
			MaxIdleConns:          2 * idlePerHost,
			MaxIdleConnsPerHost:   idlePerHost,
			IdleConnTimeout:       idleTimeout,
			ForceAttemptHTTP2:     true,
			// Bytes must arrive as stored: with automatic gzip, length and ETag would speak of something else.
			DisableCompression: true,
		},
	}, nil
}

// RoundTripper returns the way to one API: retry, then pace, then hook, then wire, so that every attempt waits for its turn and the hook
// sees each when it leaves.
func (t *Transport) RoundTripper(service Service) http.RoundTripper {
	wire := http.RoundTripper(oneShot{next: t.base})
	if service == S3 {
		wire = named{next: wire, of: t}
	}
	return &retrier{service: service, next: paced{&hooked{service: service, hook: t.hook, next: wire}}}
}

// CloseIdle closes the connections nobody uses.
func (t *Transport) CloseIdle() { t.base.CloseIdleConnections() }

type hooked struct {
	service Service
	hook    Hook
	next    http.RoundTripper
}

func (h *hooked) RoundTrip(req *http.Request) (*http.Response, error) {
	if h.hook == nil {
		return h.next.RoundTrip(req)
	}
	req = req.Clone(req.Context())
	call, err := describe(h.service, req)
	if err != nil {
		return nil, err
	}
	if err := h.hook(call); err != nil {
		return nil, &hookError{err: err}
	}
	return h.next.RoundTrip(req)
}

// oneShot keeps connections that carried a body in signed chunks from being used again. VersityGW 1.8 answers a refused empty upload of that
// kind (412, 404) without reading its last chunk, takes that for the next request and answers it with a 400, which then meets
// somebody else's request on the same connection.
type oneShot struct{ next http.RoundTripper }

func (o oneShot) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasPrefix(req.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		req = req.Clone(req.Context())
		req.Close = true
	}
	return o.next.RoundTrip(req)
}

// retrier repeats reads, and reads alone: a write whose answer was lost may have happened, and only the caller, who observes first,
// knows what doing it again means.
type retrier struct {
	service Service
	next    http.RoundTripper
}

func (r *retrier) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	req = req.Clone(ctx)
	call, err := describe(r.service, req)
	if err != nil {
		return nil, err
	}
	if call.Mutates {
		return r.next.RoundTrip(req)
	}
	wait := firstWait
	for attempt := 1; ; attempt++ {
		if attempt > 1 && req.GetBody != nil {
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
		resp, err := r.next.RoundTrip(req)
		if attempt == attempts || !worthAnother(resp, err) {
			return resp, err
		}
		if resp != nil {
			drain(resp.Body)
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
		wait *= waitGrows
	}
}

func worthAnother(resp *http.Response, err error) bool {
	if err != nil {
		if _, hook := errors.AsType[*hookError](err); hook {
			return false
		}
		if _, wrongCA := errors.AsType[*tls.CertificateVerificationError](err); wrongCA {
			return false
		}
		return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// drain frees the connection for reuse; an error page longer than this is not worth reading.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 64<<10)
	_ = body.Close()
}

// pause waits between half of d and d, so that many clients of one ailing store do not knock in step.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d/2 + rand.N(d/2)) // #nosec G404 -- spreads load, guards nothing
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
