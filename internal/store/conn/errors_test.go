package conn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

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
