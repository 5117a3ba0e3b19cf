// Package receiver is the webhook that object stores tell of changes. Whoever
// shows the shared secret may give hints, and nothing else can be had from it:
// every answer is a status without a body.
package receiver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/vitrine-dam/vitrine/internal/notification"
)

// Path is where notifications are posted to. A store that can send no header
// has the secret as one more segment behind it.
const Path = "/hints"

// What a sender may take. A hint is a few KB and is done with in less than a
// millisecond, so these are far from what a store needs.
const (
	// atOnce is how many bodies are read at once, of notification.MaxBytes each.
	atOnce = 16
	// turn is how long a request waits for its turn. VersityGW sends each of a thousand
	// deletions by itself and all at once, and waits three seconds for an answer.
	turn = 2 * time.Second
	// headerWithin, readWithin and answerWithin end who sends or reads slowly.
	headerWithin = 2 * time.Second
	readWithin   = 5 * time.Second
	answerWithin = 10 * time.Second
	idle         = time.Minute
	maxHeader    = 8 << 10
	// tellAgain is how often the log says why notifications are turned away, for each reason.
	tellAgain = time.Minute
	// maxProblem is how much of such a reason it says, in bytes.
	maxProblem = 200
	// stopWithin is how long requests under way have when the program ends.
	stopWithin = 2 * time.Second
)

// Options are what a Handler needs.
type Options struct {
	// Secrets are those that admit a sender.
	Secrets *Secrets
	// Leading is closed when this process is the one that acts on hints; until then senders are told to come again.
	Leading <-chan struct{}
	// Take is given the objects of each notification. It does not wait for anything.
	Take func(context.Context, []notification.Object)
	// Count, if any, is told of each answer's status.
	Count func(status int)
	Log   logr.Logger
}

// Handler is the webhook.
type Handler struct {
	Options
	turns chan struct{}

	mu   sync.Mutex
	told map[string]time.Time
}

// NewHandler makes one.
func NewHandler(o Options) *Handler {
	if o.Count == nil {
		o.Count = func(int) {}
	}
	return &Handler{Options: o, turns: make(chan struct{}, atOnce), told: map[string]time.Time{}}
}

// ServeHTTP implements http.Handler. No answer has a body: VersityGW 1.8 does not
// close those it gets, and would lose a connection with each that has one.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := h.answer(w, r)
	if status == http.StatusNotFound || status == http.StatusUnauthorized {
		w.Header().Set("Connection", "close") // nothing that a stranger sends is read
	}
	w.WriteHeader(status)
	h.Count(status)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) (status int) {
	shown, ok := secretOf(r)
	if !ok {
		return http.StatusNotFound
	}
	admitted, err := h.Secrets.Admit(shown)
	if err != nil {
		h.tell("the file of shared secrets cannot be used as it is now, those of before are", "problem", err.Error())
	}
	if !admitted {
		h.tell("somebody who does not show a shared secret wants to notify of changes", "from", r.RemoteAddr)
		w.Header().Set("WWW-Authenticate", "Bearer")
		return http.StatusUnauthorized
	}
	secretShown(r.Context())
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed
	}
	if !h.mayRead(r.Context()) {
		w.Header().Set("Retry-After", "2")
		return http.StatusServiceUnavailable
	}
	defer func() { <-h.turns }()

	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, notification.MaxBytes))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return http.StatusBadRequest // it was cut, or came too slowly: nobody reads the answer
	}
	objects, err := notification.Parse(body)
	switch {
	case errors.Is(err, notification.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case err != nil:
		// Who has the secret and is not understood is a store of a kind that nobody tried.
		problem := err.Error()
		h.tell("a notification is not understood", "from", r.RemoteAddr, "problem", problem[:min(len(problem), maxProblem)])
		return http.StatusBadRequest
	}
	h.Take(r.Context(), objects)
	return http.StatusNoContent
}

// mayRead waits for a turn, which is given back after the request.
func (h *Handler) mayRead(ctx context.Context) bool {
	select {
	case <-h.Leading:
	default:
		return false
	}
	wait := time.NewTimer(turn)
	defer wait.Stop()
	select {
	case h.turns <- struct{}{}:
		return true
	case <-wait.C:
	case <-ctx.Done():
	}
	return false
}

// tell logs what is amiss, without what the sender may choose at length, and not with every request.
func (h *Handler) tell(what string, details ...any) {
	h.mu.Lock()
	now := time.Now()
	again := now.Sub(h.told[what]) >= tellAgain
	if again {
		h.told[what] = now
	}
	h.mu.Unlock()
	if again {
		h.Log.Info(what, details...)
	}
}

// secretOf gives what a sender shows as the secret: what it authorises itself by,
// as MinIO does, or the segment behind Path. Any other path is not served.
func secretOf(r *http.Request) (shown string, served bool) {
	rest, ok := strings.CutPrefix(r.URL.Path, Path)
	if !ok {
		return "", false
	}
	if rest == "" {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", true
		}
		return strings.TrimSpace(token), true
	}
	return strings.CutPrefix(rest, "/")
}

// Serve answers at an address until the context ends.
func Serve(ctx context.Context, address string, handler http.Handler) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listening for notifications of stores: %w", err)
	}
	server := &http.Server{
		Handler:           handler,
		ConnContext:       withConn,
		ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, WriteTimeout: answerWithin, IdleTimeout: idle, MaxHeaderBytes: maxHeader,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(newGate(listener)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("receiving notifications of stores: %w", err)
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := server.Shutdown(end); err != nil {
		_ = server.Close() // whoever is under way has had their time
	}
	return nil
}
