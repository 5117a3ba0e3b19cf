package gateway

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/demand"
	"github.com/vitrine-dam/vitrine/internal/link"
)

// Route is one address that the gateway answers.
type Route struct {
	// Method and Pattern as http.ServeMux reads them; GET answers HEAD too.
	Method, Pattern string
	// Permission that the handler's capability was opened with. For bytes it is
	// the least one: originals ask for Download in its place.
	Permission Permission
	// finds says how the address leads to a link.
	finds finder
	serve func(*Server, http.ResponseWriter, *http.Request, *opened)
}

// finder says what an address holds.
type finder uint8

const (
	// nothing: the route is Public.
	nothing finder = iota
	// tokenInPath: /l/{token}…, with {asset} where the route is about one.
	tokenInPath
	// idInPath: /a/{link}/{asset}/{what}, opened by a session or a signature.
	idInPath
)

// opened is what a handler gets: something that Authorise has allowed. Only gate makes one.
type opened struct {
	principal Principal
	subject   Subject
	decision  Decision
	session   *link.Session // when the link was unlocked in this browser
	now       time.Time
	signer    link.Signer
	// base is the page's own address, /l/<token>, or empty where the request does not have the token.
	base string
}

// Routes lists every address of a link. There is no other way in: Handler
// registers these and nothing else.
func Routes() []Route {
	return []Route{
		{"GET", "/robots.txt", Public, nothing, (*Server).serveRobots},
		{"GET", "/static/{hash}/{file}", Public, nothing, (*Server).serveStatic},
		{"GET", "/l/{token}", does("A1.1"), tokenInPath, (*Server).servePage},
		{"GET", "/l/{token}/{slug}", does("A1.1"), tokenInPath, (*Server).servePage},
		{"GET", "/l/{token}/asset/{asset}", does("A1.1"), tokenInPath, (*Server).serveAssetPage},
		{"POST", "/l/{token}/unlock", Unlock, tokenInPath, (*Server).serveUnlock},
		{"GET", "/a/{link}/{asset}/{what}", does("A1.2"), idInPath, (*Server).serveBytes},
	}
}

// gate wraps a route's handler: nothing behind it runs without a decision.
func (s *Server) gate(route Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if route.Permission == Public {
			route.serve(s, w, r, nil)
			return
		}
		o, err := s.open(r, route)
		if err != nil {
			// A visitor who left asks for no answer.
			if r.Context().Err() == nil && !errors.Is(err, errNoKeys) {
				s.metrics.storeErrors.Inc()
				s.log.WarnContext(r.Context(), "a link cannot be decided now", "error", err)
			}
			s.refuse(w, r, refusal{answer: Unavailable, snapshot: o.principal.Link})
			return
		}
		if o.decision.Answer == Preparing && r.Method == http.MethodGet {
			link := o.principal.Link
			s.demand.Note(demand.Item{Namespace: link.Namespace, Link: link.Name, Asset: o.subject.Asset, Preset: o.subject.What})
		}
		if o.decision.Answer != Allow {
			s.refuse(w, r, refusal{answer: o.decision.Answer, snapshot: o.principal.Link, verdict: o.decision.Verdict, base: o.base, method: route.Method})
			return
		}
		route.serve(s, w, r, &o)
	}
}

// open gathers what a request is about and has it decided.
func (s *Server) open(r *http.Request, route Route) (opened, error) {
	ctx := r.Context()
	o := opened{now: s.now()}
	permission := route.Permission
	var err error
	switch route.finds {
	case tokenInPath:
		token, bad := link.ParseToken(r.PathValue("token"))
		// What is no token goes the same way as a token of nobody.
		if o.principal.Link, err = s.world.byToken(ctx, token); err != nil {
			return o, err
		}
		if bad != nil {
			o.principal.Link = nil
		}
		o.principal.Token = true
		o.base = "/l/" + token.Reveal()
		o.subject = Subject{Asset: r.PathValue("asset")}
	case idInPath:
		if o.principal.Link, err = s.world.byID(ctx, r.PathValue("link")); err != nil {
			return o, err
		}
		o.subject = Subject{Asset: r.PathValue("asset"), What: r.PathValue("what")}
		permission = permissionFor(o.subject.What)
	case nothing: // finds no link, so nothing is allowed
	}
	if o.principal.Link == nil {
		o.decision = Authorise(o.principal, o.subject, permission, o.now)
		return o, nil
	}
	if o.signer, err = s.world.keys(ctx); err != nil {
		return o, err
	}
	s.readProofs(r, &o)
	o.decision, err = s.decide(ctx, &o.principal, o.subject, permission, o.now)
	return o, err
}

// decide asks first without a catalog, so that the store is only asked for a
// link that is open, and then again with it where there is an asset to decide on.
func (s *Server) decide(ctx context.Context, p *Principal, subject Subject, permission Permission, now time.Time) (Decision, error) {
	p.Catalog = nil
	first := Authorise(*p, subject, permission, now)
	if subject.Asset == "" || first.Answer != Unavailable || !p.needsCatalogOnly(subject, permission, now) {
		return first, nil
	}
	catalog, err := s.catalogs.get(ctx, p.catalogPlace())
	if err != nil {
		return Decision{Answer: Unavailable}, err
	}
	p.Catalog = catalog
	return Authorise(*p, subject, permission, now), nil
}

// needsCatalogOnly tells whether nothing but the unread catalog stood in the way.
func (p *Principal) needsCatalogOnly(subject Subject, permission Permission, now time.Time) bool {
	probe := *p
	probe.Catalog = emptyCatalog
	return Authorise(probe, subject, permission, now).Answer == NoSuchAsset
}

var emptyCatalog = &Catalog{CatalogFile: &asset.CatalogFile{}}

func (p *Principal) catalogPlace() place {
	return place{p.Link.Store, p.Link.Vitrine, p.Link.Catalog}
}

// readProofs verifies the session and the signature that came with a request.
func (s *Server) readProofs(r *http.Request, o *opened) {
	b := o.principal.Link.Binding
	if o.principal.Link.Protected {
		if cookie, err := r.Cookie(cookieName(b.LinkID)); err == nil {
			if session, ok := o.signer.OpenSession(b, cookie.Value, o.now); ok {
				o.session, o.principal.Unlocked = &session, true
			}
		}
	}
	if o.subject.What == "" {
		return
	}
	query := r.URL.Query()
	seconds, err := strconv.ParseInt(query.Get("e"), 10, 64)
	if err != nil {
		return
	}
	if o.signer.VerifyAsset(b, o.subject.Asset, o.subject.What, time.Unix(seconds, 0), query.Get("s"), o.now) {
		signed := o.subject
		o.principal.Signed = &signed
	}
}

// serveBytes sends what was decided on, and goes on asking while it runs.
func (s *Server) serveBytes(w http.ResponseWriter, r *http.Request, o *opened) {
	s.sendBlob(w, r, o.decision.Blob, func(ctx context.Context) bool { return s.still(ctx, o) })
}

// still decides anew for a running download. What opened it stays shown, even
// when a signature has run out meanwhile, unless the password is another now.
// A store or a cache that does not answer cuts nothing.
func (s *Server) still(ctx context.Context, o *opened) bool {
	now := s.now()
	p := o.principal
	snapshot, err := s.world.byID(ctx, p.Link.Binding.LinkID)
	if err != nil {
		return true
	}
	if snapshot != nil && (snapshot.Binding.UID != p.Link.Binding.UID || snapshot.Protected &&
		subtle.ConstantTimeCompare([]byte(snapshot.Binding.Password), []byte(p.Link.Binding.Password)) != 1) {
		return false
	}
	p.Link = snapshot
	d, err := s.decide(ctx, &p, o.subject, permissionFor(o.subject.What), now)
	return err != nil || d.Answer == Allow
}

func (s *Server) serveRobots(w http.ResponseWriter, _ *http.Request, _ *opened) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("User-agent: *\nDisallow: /\n"))
}
