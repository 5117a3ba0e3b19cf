package conn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRefusalsHaveAKind(t *testing.T) {
	cases := []struct {
		reason string
		status int
		code   string
		want   error
	}{
		{"a key nobody has, at S3", 403, "InvalidAccessKeyId", ErrDenied},
		{"a key nobody has, at IAM", 403, "InvalidClientTokenId", ErrDenied},
		{"a wrong secret, whatever the status", 400, "SignatureDoesNotMatch", ErrDenied},
		{"no right", 403, "AccessDenied", ErrDenied},
		{"a refusal without a code we know", 403, "Whatever", ErrDenied},
		{"an absent user", 404, "NoSuchEntity", ErrNotFound},
		{"a HEAD has no code", 404, "", ErrNotFound},
		{"a name taken", 409, "EntityAlreadyExists", ErrExists},
		{"a quota, told with a conflict's status", 409, "LimitExceeded", ErrLimit},
		{"a conditional write", 412, "PreconditionFailed", ErrPreconditionFailed},
		{"two conditional writes at once, at AWS", 409, "ConditionalRequestConflict", ErrPreconditionFailed},
		{"too fast, told with a client error's status", 400, "Throttling", ErrUnreachable},
		{"an object in cold storage, told with the status of a missing right", 403, "InvalidObjectState", ErrInvalid},
		{"a broken proxy", 502, "", ErrUnreachable},
		{"the store's own fault", 500, "InternalError", ErrUnreachable},
		{"nonsense from us", 400, "MalformedXML", ErrInvalid},
		{"an operation nobody implements", 501, "NotImplemented", ErrInvalid},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			err := error(Refusal("do it", c.status, c.code, "words"))
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestAFailureKeepsNoURLAndKnowsWhoseItIs(t *testing.T) {
	mine := errors.New("mine")
	wrap := func(err error) error {
		return fmt.Errorf("sdk: %w", &url.Error{Op: "Get", URL: "http://store/b?X-Amz-Signature=abc", Err: err})
	}
	cases := []struct {
		reason  string
		in      error
		is, not error
	}{
		{"a hook's error is the test's own", wrap(&hookError{err: mine}), mine, ErrUnreachable},
		{"a caller who gave up does not blame the store", wrap(context.Canceled), context.Canceled, ErrUnreachable},
		{"a deadline says both", wrap(context.DeadlineExceeded), ErrUnreachable, context.Canceled},
		{"anything else is the network's", wrap(errors.New("connection refused")), ErrUnreachable, mine},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			err := error(Failure("do it", c.in))
			if !errors.Is(err, c.is) || errors.Is(err, c.not) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), "abc") {
				t.Errorf("the URL is in the message: %v", err)
			}
		})
	}
}

// A failure that goes on says the same at every try: what tells of it would be written to each time otherwise.
func TestAFailureThatGoesOnKeepsItsWords(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		reason string
		fails  func(try int) error
		want   string
	}{
		{"the ends of a connection", func(try int) error {
			end := func(port int) net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port} }
			return &net.OpError{Op: "read", Net: "tcp", Source: end(50000 + try), Addr: end(9000), Err: os.NewSyscallError("read", syscall.ECONNRESET)}
		}, "read tcp: read: connection reset by peer"},
		{"the address of one of many", func(try int) error {
			return fmt.Errorf("sdk: %w", &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, byte(try)), Port: 9000}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)})
		}, "dial tcp: connect: connection refused"},
		{"a server of names that does not answer", func(try int) error {
			return &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: fmt.Sprintf("read udp 10.0.0.7:%d->10.96.0.10:53: i/o timeout", 40000+try), Name: "store.acme.example", Server: fmt.Sprintf("10.96.0.%d:53", try)}}
		}, "dial tcp: lookup store.acme.example: read udp: i/o timeout"},
		{"words alone", func(try int) error { return fmt.Errorf("write tcp [::1]:%d->[::1]:9000: broken pipe", 50000+try) }, "write tcp: broken pipe"},
		{"a certificate that has expired", func(try int) error {
			return &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{
				Cert: &x509.Certificate{NotBefore: at, NotAfter: at.AddDate(0, 1, 0)}, Reason: x509.Expired, Detail: fmt.Sprintf("current time %d", try),
			}}
		}, "the store's certificate is valid from 2026-03-01T09:00:00Z until 2026-04-01T09:00:00Z"},
		{"what has no such thing", func(int) error { return errors.New("http: server closed idle connection") }, "http: server closed idle connection"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			for try := range 2 {
				err := Failure("do it", &url.Error{Op: "Get", URL: "http://store/b", Err: test.fails(try)})
				if err.Message != test.want {
					t.Errorf("it says %q, want %q", err.Message, test.want)
				}
			}
		})
	}
}

func TestPrintableIsOneShortLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out := Printable(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")))
		if strings.ContainsAny(out, "\n\r\x1b\x00") || len(out) > maxMessage+len("…") || out != strings.ToValidUTF8(out, "") {
			t.Errorf("%q", out)
		}
	})
	if got := Printable("a\nb" + strings.Repeat("x", 400)); !strings.HasPrefix(got, "a bxx") || len(got) > maxMessage+len("…") {
		t.Errorf("got %q", got)
	}
	if Printable(http.StatusText(http.StatusNotFound)) != "Not Found" {
		t.Error("plain words are changed")
	}
}
