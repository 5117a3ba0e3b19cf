package conn

import (
	"context"
	"fmt"
	"net/http"
)

// Pace says when the next request may leave; golang.org/x/time/rate has one. Wait fails when the context ends first.
type Pace interface {
	Wait(ctx context.Context) error
}

type paceKey struct{}

// WithPace has every request of a context wait for its turn, each page of a listing and each repeated read included. The time that
// one small request may take includes its wait.
func WithPace(ctx context.Context, pace Pace) context.Context {
	return context.WithValue(ctx, paceKey{}, pace)
}

type paced struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (p paced) RoundTrip(req *http.Request) (*http.Response, error) {
	if pace, ok := req.Context().Value(paceKey{}).(Pace); ok {
		if err := pace.Wait(req.Context()); err != nil {
			if ended := req.Context().Err(); ended != nil {
				return nil, ended
			}
			return nil, fmt.Errorf("waiting for a turn: %w", err)
		}
	}
	return p.next.RoundTrip(req)
}
