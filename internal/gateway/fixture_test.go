package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/link"
)

// cluster is the state that a test's gateway reads: one link with all it needs.
type cluster struct {
	link      *v1alpha1.PublicLink
	library   *v1alpha1.Library
	store     *v1alpha1.ObjectStore
	namespace *corev1.Namespace
	password  *corev1.Secret
	signing   *corev1.Secret
	lease     *coordinationv1.Lease
	twins     []v1alpha1.PublicLink
}

var _ client.Reader = (*cluster)(nil)

func (c *cluster) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	missing := apierrors.NewNotFound(schema.GroupResource{}, key.Name)
	found := func(o client.Object) bool { return o.GetName() == key.Name && o.GetNamespace() == key.Namespace }
	switch into := into.(type) {
	case *v1alpha1.Library:
		if c.library != nil && found(c.library) {
			*into = *c.library
			return nil
		}
	case *v1alpha1.ObjectStore:
		if c.store != nil && found(c.store) {
			*into = *c.store
			return nil
		}
	case *corev1.Namespace:
		if c.namespace != nil && found(c.namespace) {
			*into = *c.namespace
			return nil
		}
	case *corev1.Secret:
		for _, s := range []*corev1.Secret{c.password, c.signing} {
			if s != nil && found(s) {
				*into = *s
				return nil
			}
		}
	case *coordinationv1.Lease:
		if c.lease != nil && found(c.lease) {
			*into = *c.lease
			return nil
		}
	}
	return missing
}

func (c *cluster) List(_ context.Context, into client.ObjectList, opts ...client.ListOption) error {
	list, ok := into.(*v1alpha1.PublicLinkList)
	if !ok {
		return fmt.Errorf("a list of %T was not expected", into)
	}
	var o client.ListOptions
	o.ApplyOptions(opts)
	for _, l := range append(c.twins, deref(c.link)...) {
		for name, value := range linkIndexes {
			want, has := o.FieldSelector.RequiresExactMatch(name)
			if values := value(&l); has && len(values) == 1 && values[0] == want {
				list.Items = append(list.Items, l)
			}
		}
	}
	return nil
}

func deref(l *v1alpha1.PublicLink) []v1alpha1.PublicLink {
	if l == nil {
		return nil
	}
	return []v1alpha1.PublicLink{*l}
}

// shelf is an object store in memory.
type shelf struct {
	mu    sync.Mutex
	held  map[string][]byte // bucket/object
	err   error
	calls int
	// slow, when set, stands before every answer.
	slow func()
}

func etagOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

func (s *shelf) take(bucket, object string) ([]byte, error) {
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	if slow != nil {
		slow()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.err != nil {
		return nil, s.err
	}
	data, ok := s.held[bucket+"/"+object]
	if !ok {
		return nil, errChanged
	}
	return data, nil
}

func (s *shelf) put(bucket, object string, data []byte) (etag string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[bucket+"/"+object] = data
	return etagOf(data)
}

func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *shelf) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *shelf) open(_ context.Context, ref Ref, from, length int64) (io.ReadCloser, error) {
	data, err := s.take(ref.Bucket, ref.Object)
	if err != nil {
		return nil, err
	}
	if etagOf(data) != ref.ETag || int64(len(data)) != ref.Size {
		return nil, errChanged
	}
	return io.NopCloser(bytes.NewReader(data[from : from+length])), nil
}

func (s *shelf) read(_ context.Context, _, bucket, object, etag string) ([]byte, string, error) {
	data, err := s.take(bucket, object)
	if err != nil {
		return nil, "", err
	}
	if etag == etagOf(data) {
		return nil, "", errNotModified
	}
	return data, etagOf(data), nil
}

// fixture is a gateway with one active link that shows two files.
type fixture struct {
	t       testing.TB
	cluster *cluster
	shelf   *shelf
	server  *Server
	handler http.Handler
	log     *bytes.Buffer
	token   link.Token
	signer  link.Signer
	id      string
	hero    string // id of a picture with renditions
	text    string // id of a file that is no picture
	other   string // id of a file of the library that the link does not show

	mu    sync.Mutex
	clock time.Time
}

const secretPassword = "correct horse"

// passwordHash of secretPassword is cheap (8 KiB): these tests are not about its strength.
const passwordHash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$H9YweMwoZaKj+u6urw6adAxV6iLhNwQ/DYbynE6J72M"

var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

func newFixture(t testing.TB) *fixture {
	t.Helper()
	token, err := link.NewToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, clock: noon, log: &bytes.Buffer{}, token: token, shelf: &shelf{held: map[string][]byte{}}}
	f.id = link.ID(token.Hash())
	keys := map[string][]byte{"k1": bytes.Repeat([]byte{1}, 32), "k2": bytes.Repeat([]byte{2}, 32)}
	if f.signer, err = link.ParseSigner(keys); err != nil {
		t.Fatal(err)
	}
	object := func(namespace, name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID("uid-" + name), Generation: 1, ResourceVersion: "1"}
	}
	f.cluster = &cluster{
		namespace: &corev1.Namespace{ObjectMeta: object("", "acme")},
		store: &v1alpha1.ObjectStore{ObjectMeta: object("", "default"), Spec: v1alpha1.ObjectStoreSpec{
			Tenants: []v1alpha1.Tenant{{Namespaces: []string{"acme"}, Buckets: []string{"acme-*"}}},
		}},
		library: &v1alpha1.Library{ObjectMeta: object("acme", "brand"), Spec: v1alpha1.LibrarySpec{
			StoreRef: v1alpha1.LocalReference{Name: "default"}, Bucket: v1alpha1.Bucket{Name: "acme-brand"},
			Links: &v1alpha1.LinkDefaults{Contact: "brand@acme.example"},
		}},
		link: &v1alpha1.PublicLink{
			ObjectMeta: object("acme", "launch"),
			Spec: v1alpha1.PublicLinkSpec{
				Target: v1alpha1.LinkTarget{Collection: &v1alpha1.LocalReference{Name: "hero-shots"}}, Title: "Spring launch",
				Originals: v1alpha1.OriginalsDownload, Renditions: []string{"web"},
			},
			Status: v1alpha1.PublicLinkStatus{
				TokenHash: token.Hash(), ID: f.id, Library: "brand", Catalog: asset.CatalogObject("launch"),
				FirstSeen: &metav1.Time{Time: noon.Add(-time.Hour)}, Phase: v1alpha1.LinkActive,
			},
		},
		signing: &corev1.Secret{ObjectMeta: object("vitrine-gateway", signingKeysSecret), Data: keys},
		lease: &coordinationv1.Lease{ObjectMeta: object("vitrine-system", "vitrine-manager"), Spec: coordinationv1.LeaseSpec{
			RenewTime: &metav1.MicroTime{Time: noon},
		}},
	}
	f.fillShelf()
	f.server, err = New(Config{
		Reader: f.cluster, Namespace: "vitrine-gateway", Heartbeat: types.NamespacedName{Namespace: "vitrine-system", Name: "vitrine-manager"},
		Log:      slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Registry: prometheus.NewRegistry(), Now: f.now, objects: f.shelf, dummy: passwordHash,
	})
	if err != nil {
		t.Fatal(err)
	}
	if f.handler, err = f.server.Handler(); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clock
}

// advance moves the clock, the manager's heartbeat with it.
func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock = f.clock.Add(d)
	if f.cluster.lease != nil {
		f.cluster.lease.Spec.RenewTime = &metav1.MicroTime{Time: f.clock}
	}
}

var heroBytes = bytes.Repeat([]byte("hero original. "), 50_000)

func (f *fixture) row(path string, data []byte) asset.CatalogAsset {
	key := access.Key{Library: "brand", Path: path}
	return asset.CatalogAsset{
		ID: asset.ID(key), Path: path, Bucket: "acme-brand", Object: path, ETag: f.shelf.put("acme-brand", path, data),
		Size: int64(len(data)), Modified: noon.Add(-time.Hour), ContentType: "image/jpeg", Width: 4000, Height: 3000,
	}
}

func (f *fixture) rendition(path, preset, contentType string) asset.CatalogRendition {
	data := []byte(preset + " of " + path)
	object := asset.Renditions(access.Key{Library: "brand", Path: path}) + preset + "-tag." + extensions[contentType]
	return asset.CatalogRendition{Preset: preset, Object: object, ETag: f.shelf.put("acme-brand-dam", object, data), Size: int64(len(data)), ContentType: contentType, Width: 400, Height: 300}
}

func (f *fixture) fillShelf() {
	hero := f.row("launch/hero <1>.jpg", heroBytes)
	hero.Renditions = []asset.CatalogRendition{
		f.rendition(hero.Path, "preview", "image/webp"), f.rendition(hero.Path, "square", "image/jpeg"),
		f.rendition(hero.Path, "thumb", "image/webp"), f.rendition(hero.Path, "web", "image/webp"),
	}
	text := f.row("notes.jpg", []byte("this is text"))
	text.Problem, text.ContentType, text.Width, text.Height = string(asset.ReasonNotAnImage), "text/plain", 0, 0
	pending := f.row("press/logo.svg", []byte("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"))
	other := f.row("secret/plan.jpg", []byte("not for the agency"))
	other.Renditions = []asset.CatalogRendition{f.rendition(other.Path, "thumb", "image/webp")}
	f.hero, f.text, f.other = hero.ID, text.ID, other.ID
	f.writeCatalog(hero, text, pending)
}

func (f *fixture) writeCatalog(rows ...asset.CatalogAsset) {
	data, err := asset.Catalog{Title: "Hero shots", Assets: rows}.Encode()
	if err != nil {
		f.t.Fatal(err)
	}
	f.shelf.put("acme-brand-dam", asset.CatalogObject("launch"), data)
}

// protect puts the password on the link.
func (f *fixture) protect() {
	f.cluster.link.Spec.PasswordSecretRef = &v1alpha1.SecretKeyReference{Name: "p", Key: "password"}
	f.cluster.password = &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "vitrine-gateway", Name: "link-" + f.id, ResourceVersion: "1"},
		Data:       map[string][]byte{passwordKey: []byte(passwordHash)},
	}
}

// sponsor names a sponsor, who has the right to make such links or has it no more.
func (f *fixture) sponsor(holds bool) {
	sponsor := v1alpha1.LinkSponsor{Kind: v1alpha1.SubjectUserGroup, Name: "managers"}
	f.cluster.link.Spec.Sponsor = &sponsor
	if holds {
		judged := sponsor
		f.cluster.link.Status.SponsoredBy = &judged
	}
}

func (f *fixture) binding() link.Binding {
	b := link.Binding{LinkID: f.id, UID: "uid-launch", Generation: 1}
	if f.cluster.password != nil {
		b.Password = link.PasswordVersion(string(f.cluster.password.Data[passwordKey]))
	}
	return b
}

// cookie is that of a browser that has unlocked the link.
func (f *fixture) cookie() *http.Cookie {
	now := f.now()
	return &http.Cookie{Name: cookieName(f.id), Value: f.signer.SealSession(f.binding(), link.Session{Since: now, Used: now})}
}

// signed is the address of bytes with a valid signature.
func (f *fixture) signed(assetID, what string) string {
	expiry := link.Expiry(f.now(), time.Time{})
	return fmt.Sprintf("/a/%s/%s/%s?e=%d&s=%s", f.id, assetID, what, expiry.Unix(), f.signer.SignAsset(f.binding(), assetID, what, expiry))
}

func (f *fixture) page() string { return "/l/" + f.token.Reveal() }

// do sends a request; change may add to it.
func (f *fixture) do(method, target string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	func() {
		defer func() {
			p := recover()
			if err, ok := p.(error); p != nil && (!ok || !errors.Is(err, http.ErrAbortHandler)) {
				panic(p)
			}
		}()
		f.handler.ServeHTTP(w, r)
	}()
	return w
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func withCookie(c *http.Cookie) func(*http.Request) {
	return func(r *http.Request) { r.AddCookie(c) }
}

func from(address string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = address + ":40000" }
}

func form(body string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Body = io.NopCloser(strings.NewReader(body))
	}
}
