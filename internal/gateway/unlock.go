package gateway

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vitrine-dam/vitrine/internal/link"
)

const (
	// formLimit bounds the body of a form.
	formLimit = 8 << 10
	// formTime is how long its sending may take.
	formTime = 15 * time.Second
	// hashers verify at once, 46 MiB each; so many more may wait for one.
	hashers = 4
	waiting = 32
	// maxSessions is how many unlocked links one browser keeps; the longest unused goes first.
	maxSessions = 8
	// renewAfter is the age from which a session's last use is written anew.
	renewAfter = 5 * time.Minute

	cookiePrefix = "__Host-vitrine-"
)

func cookieName(linkID string) string { return cookiePrefix + linkID }

// errBusy: as many passwords as may be are being looked at.
var errBusy = errors.New("too many passwords at once")

// gatekeeper verifies passwords, a few at a time.
type gatekeeper struct {
	slots chan struct{}
	queue atomic.Int32
	dummy string // hash of nothing anybody knows
}

func newGatekeeper(dummy string) *gatekeeper {
	return &gatekeeper{slots: make(chan struct{}, hashers), dummy: dummy}
}

// verify tells whether the password is right. With an empty hash it takes as long and is false.
func (g *gatekeeper) verify(ctx context.Context, phc, password string) (bool, error) {
	if g.queue.Add(1) > hashers+waiting {
		g.queue.Add(-1)
		return false, errBusy
	}
	defer g.queue.Add(-1)
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if phc == "" {
		_, err := link.VerifyPassword(g.dummy, password)
		return false, err
	}
	return link.VerifyPassword(phc, password)
}

// serveUnlock takes a password.
func (s *Server) serveUnlock(w http.ResponseWriter, r *http.Request, o *opened) {
	snap := o.principal.Link
	r.Body = http.MaxBytesReader(w, r.Body, formLimit)
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(formTime)) // a writer without deadlines has none to set
	err := r.ParseForm()
	_ = control.SetReadDeadline(time.Time{})
	if err != nil {
		s.refuse(w, r, refusal{answer: Locked, snapshot: snap, base: o.base, status: http.StatusRequestEntityTooLarge})
		return
	}
	if o.session != nil {
		// Who is in already is never made to wait.
		http.Redirect(w, r, o.base, http.StatusSeeOther)
		return
	}
	who := throttled{snap.Binding.LinkID, clientOf(r, s.trusted)}
	wait := s.throttle.begin(who, o.now)
	if !snap.Protected {
		if wait == 0 {
			// As long as with a password, so that the time tells nothing.
			_, _ = s.gatekeeper.verify(r.Context(), "", r.PostForm.Get("password"))
		}
		http.Redirect(w, r, o.base, http.StatusSeeOther)
		return
	}
	if wait > 0 {
		s.metrics.unlocks.WithLabelValues("throttled").Inc()
		s.refuse(w, r, refusal{answer: Locked, snapshot: snap, base: o.base, status: http.StatusTooManyRequests, wait: wait})
		return
	}
	right, err := s.gatekeeper.verify(r.Context(), snap.PasswordHash.Reveal(), r.PostForm.Get("password"))
	switch {
	case errors.Is(err, errBusy):
		s.throttle.undo(who)
		s.metrics.unlocks.WithLabelValues("busy").Inc()
		s.refuse(w, r, refusal{answer: Locked, snapshot: snap, base: o.base, status: http.StatusTooManyRequests, wait: 5 * time.Second})
	case err != nil:
		s.throttle.undo(who)
		s.metrics.unlocks.WithLabelValues("error").Inc()
		s.log.ErrorContext(r.Context(), "a password cannot be checked", "namespace", snap.Namespace, "link", snap.Name, "error", err)
		s.refuse(w, r, refusal{answer: Unavailable, snapshot: snap})
	case !right:
		s.metrics.unlocks.WithLabelValues("wrong").Inc()
		s.log.InfoContext(r.Context(), "a wrong password", "namespace", snap.Namespace, "link", snap.Name)
		s.refuse(w, r, refusal{answer: Locked, snapshot: snap, base: o.base, status: http.StatusUnauthorized, wait: s.throttle.left(who, o.now)})
	default:
		s.throttle.passed(who)
		s.metrics.unlocks.WithLabelValues("right").Inc()
		s.makeRoom(w, r, snap.Binding.LinkID)
		s.setSession(w, o, link.Session{Since: o.now, Used: o.now})
		http.Redirect(w, r, o.base, http.StatusSeeOther)
	}
}

// renew writes a session's last use anew when it has become old.
func (s *Server) renew(w http.ResponseWriter, o *opened) {
	if o.session != nil && o.now.Sub(o.session.Used) >= renewAfter {
		s.setSession(w, o, link.Session{Since: o.session.Since, Used: o.now})
	}
}

func (s *Server) setSession(w http.ResponseWriter, o *opened, session link.Session) {
	until := session.Until()
	if ends := o.decision.Verdict.ExpiresAt; !ends.IsZero() && ends.Before(until) {
		until = ends
	}
	b := o.principal.Link.Binding
	setCookie(w, cookieName(b.LinkID), o.signer.SealSession(b, session), int(math.Ceil(until.Sub(o.now).Seconds())))
}

// setCookie sets or, with no life left, removes. Secure stands even where the
// gateway is reached by plain HTTP on a loopback address: browsers treat that as safe.
func setCookie(w http.ResponseWriter, name, value string, seconds int) {
	if seconds <= 0 {
		seconds = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// makeRoom removes the sessions that were not used for longest, so that one more makes maxSessions.
func (s *Server) makeRoom(w http.ResponseWriter, r *http.Request, linkID string) {
	type kept struct {
		name string
		used time.Time
	}
	var others []kept
	for _, c := range r.Cookies() {
		if !strings.HasPrefix(c.Name, cookiePrefix) || c.Name == cookieName(linkID) {
			continue
		}
		session, _ := link.PeekSession(c.Value) // zero, hence oldest, when it is not ours
		others = append(others, kept{c.Name, session.Used})
	}
	for len(others) >= maxSessions {
		oldest := 0
		for i := range others {
			if others[i].used.Before(others[oldest].used) {
				oldest = i
			}
		}
		setCookie(w, others[oldest].name, "", 0)
		others = append(others[:oldest], others[oldest+1:]...)
	}
}

func retryAfter(h http.Header, wait time.Duration) {
	if wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
}
