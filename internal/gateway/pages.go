package gateway

import (
	"bytes"
	"errors"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/link"
)

// perPage is how many assets a page shows.
const perPage = 200

// frame is what every page has.
type frame struct {
	Title   string
	Contact string
	// Quiet pages tell nothing of what the link shows.
	Quiet bool
}

type gridPage struct {
	frame
	Message    string
	Files      int
	Archived   int // files that are not available any more
	Bytes      int64
	Expires    time.Time
	Tiles      []tile
	Prev, Next string
	Page, Last int
}

// tile is one asset in the grid.
type tile struct {
	Href, Name, Folder string
	Picture            *picture
	// Problem: it cannot be shown; otherwise a missing picture is still being prepared.
	Problem bool
	Kind    string
}

type picture struct {
	Src           string
	Width, Height int
}

// Shape says in a word how a picture fills the screen: wide, even or tall.
func (p *picture) Shape() string {
	switch {
	case 5*p.Height > 6*p.Width:
		return "tall"
	case 4*p.Width > 5*p.Height:
		return "wide"
	}
	return "even"
}

type assetPage struct {
	frame
	Back, Prev, Next  string
	Position, Of      int
	Name, Folder      string
	Picture           *picture
	Problem           bool
	Kind, Type        string
	Width, Height     int
	Size              int64
	Modified, Expires time.Time
	Downloads         []downloadLine
	Fields            []asset.CatalogField
}

// downloadLine is one file that can be saved.
type downloadLine struct {
	Href, Label, Kind string
	Original          bool
	OnRequest         bool // it is made when it is asked for
	Width, Height     int
	Size              int64
}

// servePage shows what a link shows, perPage at a time.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request, o *opened) {
	catalog, ok := s.catalogFor(w, r, o)
	if !ok {
		return
	}
	snap, shown := o.principal.Link, catalog.At(o.now)
	if shown.Len() == 0 && shown.Archived > 0 {
		s.refuse(w, r, refusal{answer: Gone, key: "archived", snapshot: snap})
		return
	}
	p := gridPage{
		frame: frame{Title: titleOf(snap, catalog), Contact: snap.Contact}, Message: snap.Message,
		Files: shown.Len(), Bytes: shown.Bytes, Archived: shown.Archived, Expires: o.decision.Verdict.ExpiresAt,
	}
	p.Last = max(1, (shown.Len()+perPage-1)/perPage)
	p.Page = 1
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil {
		p.Page = min(max(1, n), p.Last)
	}
	if p.Page > 1 {
		p.Prev = o.base + "?page=" + strconv.Itoa(p.Page-1)
	}
	if p.Page < p.Last {
		p.Next = o.base + "?page=" + strconv.Itoa(p.Page+1)
	}
	for place := (p.Page - 1) * perPage; place < min(p.Page*perPage, shown.Len()); place++ {
		a, err := shown.Asset(place)
		if err != nil {
			s.damaged(w, r, o, err)
			return
		}
		p.Tiles = append(p.Tiles, tile{
			Href: o.base + "/asset/" + a.ID, Name: baseName(a.Path), Folder: folderOf(a.Path),
			Picture: s.picture(o, a.ID, whatThumb), Problem: a.Problem != "", Kind: kindOf(a),
		})
	}
	s.renew(w, o)
	s.render(w, r, http.StatusOK, "grid.html", &p)
}

// titleOf is the link's title, or else its target's.
func titleOf(snap *Snapshot, catalog *Catalog) string {
	if snap.Title != "" {
		return snap.Title
	}
	return catalog.TargetTitle()
}

// serveAssetPage shows one asset, with what can be saved of it.
func (s *Server) serveAssetPage(w http.ResponseWriter, r *http.Request, o *opened) {
	s.renew(w, o)
	snap, catalog, a := o.principal.Link, o.principal.Catalog, o.decision.Asset
	_, row, _ := catalog.Find(a.ID)
	shown := catalog.At(o.now)
	at, _ := shown.Place(row)
	p := assetPage{
		frame: frame{Title: titleOf(snap, catalog), Contact: snap.Contact}, Back: o.base, Position: at + 1, Of: shown.Len(),
		Name: baseName(a.Path), Folder: folderOf(a.Path), Picture: s.picture(o, a.ID, whatPreview), Problem: a.Problem != "",
		Kind: kindOf(a), Type: a.ContentType, Width: a.Width, Height: a.Height, Size: a.Size, Modified: a.Modified,
		Expires: sooner(o.decision.Verdict.ExpiresAt, a.Until), Fields: a.Fields,
	}
	if page := at/perPage + 1; page > 1 {
		p.Back += "?page=" + strconv.Itoa(page)
	}
	p.Prev, p.Next = s.beside(o, shown, at-1), s.beside(o, shown, at+1)
	for _, what := range append([]string{whatOriginal}, snap.Presets...) {
		subject := Subject{Asset: a.ID, What: what}
		d := Authorise(o.principal, subject, permissionFor(what), o.now)
		if d.Answer == Preparing {
			p.Downloads = append(p.Downloads, downloadLine{Href: s.address(o, subject), Label: what, OnRequest: true})
		}
		if d.Answer != Allow {
			continue
		}
		line := downloadLine{Href: s.address(o, subject), Label: what, Original: what == whatOriginal, Size: d.Blob.Size, Kind: kindOf(a), Width: a.Width, Height: a.Height}
		for _, r := range a.Renditions {
			if r.Preset == what && !line.Original {
				line.Kind, line.Width, line.Height = strings.ToUpper(extensions[r.ContentType]), r.Width, r.Height
			}
		}
		p.Downloads = append(p.Downloads, line)
	}
	s.render(w, r, http.StatusOK, "asset.html", &p)
}

// beside is the address of the page of the file at a place; empty when there is none.
func (s *Server) beside(o *opened, shown asset.CatalogView, place int) string {
	if place < 0 || place >= shown.Len() {
		return ""
	}
	a, err := shown.Asset(place)
	if err != nil {
		return ""
	}
	return o.base + "/asset/" + a.ID
}

// sooner gives the earlier of two ends; zero is none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// catalogFor reads what a link shows; false when it could not and the visitor was told.
func (s *Server) catalogFor(w http.ResponseWriter, r *http.Request, o *opened) (*Catalog, bool) {
	catalog, err := s.catalogs.get(r.Context(), o.principal.catalogPlace())
	if err != nil {
		s.damaged(w, r, o, err)
		return nil, false
	}
	o.principal.Catalog = catalog
	return catalog, true
}

// damaged tells a visitor that what a link shows cannot be read now.
func (s *Server) damaged(w http.ResponseWriter, r *http.Request, o *opened, err error) {
	if r.Context().Err() == nil {
		s.metrics.storeErrors.Inc()
		s.log.WarnContext(r.Context(), "the list of what a link shows cannot be read",
			"namespace", o.principal.Link.Namespace, "link", o.principal.Link.Name, "error", err)
	}
	s.refuse(w, r, refusal{answer: Unavailable, snapshot: o.principal.Link})
}

// picture gives the address of a rendition to show; nil when the visitor may not have it, or there is none.
func (s *Server) picture(o *opened, assetID, what string) *picture {
	subject := Subject{Asset: assetID, What: what}
	d := Authorise(o.principal, subject, Preview, o.now)
	if d.Answer != Allow || !d.Blob.Inline {
		return nil
	}
	p := &picture{Src: s.address(o, subject)}
	for _, r := range d.Asset.Renditions {
		if r.Preset == what {
			p.Width, p.Height = r.Width, r.Height
		}
	}
	return p
}

// address of bytes, signed for an hour. It holds the link's id and never its token.
func (s *Server) address(o *opened, subject Subject) string {
	b := o.principal.Link.Binding
	expiry := link.Expiry(o.now, o.decision.Verdict.ExpiresAt)
	return "/a/" + b.LinkID + "/" + subject.Asset + "/" + subject.What +
		"?e=" + strconv.FormatInt(expiry.Unix(), 10) + "&s=" + o.signer.SignAsset(b, subject.Asset, subject.What, expiry)
}

func folderOf(p string) string {
	if d := path.Dir(p); d != "." {
		return d
	}
	return ""
}

// kindOf names an asset's format in a word: the extension people know it by.
func kindOf(a *asset.CatalogAsset) string {
	ext := strings.ToUpper(strings.TrimPrefix(path.Ext(a.Path), "."))
	if ext == "" || len(ext) > 5 {
		return ""
	}
	return ext
}

// refusal is an answer that gives nothing.
type refusal struct {
	answer Answer
	// snapshot of the link, when it is known: its contact is shown, never its title.
	snapshot *Snapshot
	verdict  link.Verdict
	// key of the texts in place of the answer's own.
	key    string
	base   string
	method string
	// status in place of the answer's own, and how long to wait.
	status int
	wait   time.Duration
}

type refusalPage struct {
	frame
	// Key of the texts: <key>.title and <key>.text.
	Key   string
	Opens time.Time
	Wait  time.Duration
	// Form is where a password is sent; empty when there is no form.
	Form  string
	Wrong bool
	Later bool
	// Refresh is after how many seconds the page asks again by itself; never when zero.
	Refresh int
}

// refreshSeconds is how often who waits for a rendition asks for it.
const refreshSeconds = 5

// refuse tells a visitor in plain words why there is nothing here, and whom to ask.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, f refusal) {
	p := refusalPage{frame: frame{Quiet: true}, Wait: f.wait}
	if f.snapshot != nil {
		p.Contact = f.snapshot.Contact
	}
	status := http.StatusNotFound
	switch f.answer {
	case Gone:
		status, p.Key = http.StatusGone, goneKey(f.verdict.Phase)
	case TooEarly:
		status, p.Key = http.StatusForbidden, "early"
		if f.snapshot != nil && f.snapshot.Facts.Spec.NotBefore != nil {
			p.Opens = f.snapshot.Facts.Spec.NotBefore.Time
		}
	case Locked:
		status, p.Key, p.Form = http.StatusOK, "locked", f.base+"/unlock"
	case Unavailable:
		status, p.Key = http.StatusServiceUnavailable, "unavailable"
		w.Header().Set("Retry-After", "5")
	case NoSuchAsset:
		p.Key = "noasset"
	case Preparing:
		status, p.Key, p.Refresh = http.StatusServiceUnavailable, "making", refreshSeconds
		w.Header().Set("Retry-After", strconv.Itoa(refreshSeconds))
	default:
		// Nothing here may depend on what was asked: there is one answer for all.
		p = refusalPage{frame: frame{Quiet: true}, Key: "notfound"}
	}
	if f.key != "" {
		p.Key = f.key
	}
	if f.status != 0 {
		status = f.status
	}
	switch status {
	case http.StatusUnauthorized:
		p.Wrong = true
		// RFC 9110 wants a challenge; no browser has a dialog for this one.
		w.Header().Set("WWW-Authenticate", "Form")
	case http.StatusTooManyRequests:
		p.Later = true
	}
	retryAfter(w.Header(), f.wait)
	s.render(w, r, status, "refusal.html", &p)
}

func goneKey(phase v1alpha1.LinkPhase) string {
	if phase == v1alpha1.LinkExpired {
		return "expired"
	}
	if phase == v1alpha1.LinkSuspended || phase == v1alpha1.LinkUnsponsored || phase == v1alpha1.LinkFrozen {
		return "suspended"
	}
	return "targetgone"
}

var errRender = errors.New("a page could not be made")

// render writes a page whole, or an empty 500: a page never ends in the middle.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	words := s.web.languages.choose(r)
	h := w.Header()
	h.Set("Vary", "Accept-Language")
	h.Set("Content-Language", words.Tag)
	var page bytes.Buffer
	if err := s.web.templates[words].ExecuteTemplate(&page, name, data); err != nil {
		s.log.ErrorContext(r.Context(), errRender.Error(), "page", name, "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	pageHeaders(h)
	h.Set("Content-Length", strconv.Itoa(page.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(page.Bytes())
	}
}
