package conn

import (
	"context"
	"errors"
	"net/http"
	"testing"
)

// turns gives so many, and then the context ends, or there is none to be had in time.
type turns struct {
	left int
	end  func()
}

var errTooLate = errors.New("too late")

func (p *turns) Wait(context.Context) error {
	if p.left--; p.left < 0 {
		if p.end != nil {
			p.end()
		}
		return errTooLate
	}
	return nil
}

// features: D12
func TestEveryAttemptWaitsForItsTurn(t *testing.T) {
	for _, test := range []struct {
		reason      string
		turns       int
		ends        bool
		asked       int32
		unreachable bool
		want        error
	}{
		{"a read that is tried three times takes three turns", 3, false, 3, false, nil},
		{"the request whose turn does not come is not sent, and may be tried later", 2, false, 2, true, nil},
		{"nobody waits for what nobody wants any more", 1, true, 1, false, context.Canceled},
	} {
		t.Run(test.reason, func(t *testing.T) {
			server, asked := ailing(t, 2)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			pace := &turns{left: test.turns}
			if test.ends {
				pace.end = cancel
			}
			req, err := http.NewRequestWithContext(WithPace(ctx, pace), http.MethodGet, server.URL+"/bucket/key", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			client := http.Client{Transport: transport(t, Options{}).RoundTripper(S3)}
			resp, err := client.Do(req)
			if err == nil {
				_ = resp.Body.Close()
			} else {
				err = Failure("read", err)
			}
			if asked.Load() != test.asked || errors.Is(err, ErrUnreachable) != test.unreachable || !test.unreachable && !errors.Is(err, test.want) {
				t.Errorf("%d requests, and %v", asked.Load(), err)
			}
		})
	}
}
