package gateway_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/link"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// shared is a link that a test made, with what only the one who got it knows.
type shared struct {
	t     *testing.T
	name  string
	token link.Token
	id    string
	// rows of its catalog, by path.
	rows map[string]asset.CatalogAsset
}

// share declares a link and plays the manager for it.
func share(t *testing.T, change func(*v1alpha1.PublicLinkSpec), files ...string) *shared {
	t.Helper()
	return shareFrom(t, "brand", change, files...)
}

func shareFrom(t *testing.T, library string, change func(*v1alpha1.PublicLinkSpec), files ...string) *shared {
	t.Helper()
	token, err := link.NewToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret(token.Reveal(), "a link's token")
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	if len(name) > 50 {
		name = strings.TrimRight(name[:50], "-")
	}
	s := &shared{t: t, name: name, token: token, id: link.ID(token.Hash()), rows: map[string]asset.CatalogAsset{}}
	object := &v1alpha1.PublicLink{ObjectMeta: metav1.ObjectMeta{Namespace: tenant, Name: s.name}, Spec: v1alpha1.PublicLinkSpec{
		Target: v1alpha1.LinkTarget{Collection: &v1alpha1.LocalReference{Name: "hero-shots"}}, Title: "Spring launch", Renditions: []string{"web"},
	}}
	if change != nil {
		change(&object.Spec)
	}
	if library == "brand" {
		s.show(files...)
	}
	must(t, bed.admin.Create(t.Context(), object))
	t.Cleanup(func() { _ = client.IgnoreNotFound(bed.admin.Delete(context.Background(), object)) })
	object.Status = v1alpha1.PublicLinkStatus{
		CommonStatus: v1alpha1.CommonStatus{ObservedGeneration: object.Generation}, Phase: v1alpha1.LinkActive,
		ID: s.id, TokenHash: token.Hash(), Library: library, Catalog: asset.CatalogObject(s.name), FirstSeen: &metav1.Time{Time: time.Now()},
	}
	must(t, bed.admin.Status().Update(t.Context(), object))
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// content of an original; the same for one path in all tests.
func content(path string) []byte {
	size := 300_000
	if strings.HasPrefix(path, "big") {
		size = 64 << 20
	}
	block := sha256.Sum256([]byte(path))
	return bytes.Repeat(block[:], size/len(block))
}

// show uploads files, writes the catalog of exactly these and gives the gateway's key what they need.
func (s *shared) show(paths ...string) {
	s.t.Helper()
	ctx := s.t.Context()
	slices.Sort(paths)
	var c asset.Catalog
	for _, path := range paths {
		row, ok := s.rows[path]
		if !ok {
			row = upload(s.t, path)
			s.rows[path] = row
		}
		c.Assets = append(c.Assets, row)
	}
	data, err := c.Encode()
	must(s.t, err)
	_, err = bed.files.PutObject(ctx, vitrineBucket, asset.CatalogObject(s.name), data, "application/json", store.Always())
	must(s.t, err)
	grant(s.t)
}

func upload(t *testing.T, path string) asset.CatalogAsset {
	t.Helper()
	ctx := t.Context()
	key := access.Key{Library: "brand", Path: path}
	data := content(path)
	big := len(data) > store.MaxObject
	if big {
		must(t, putBig(ctx, path, data))
	} else {
		_, err := bed.files.PutObject(ctx, originals, path, data, "text/html", store.Always())
		must(t, err)
	}
	row := asset.CatalogAsset{ID: asset.ID(key), Path: path, Bucket: originals, Object: path, Size: int64(len(data)), Width: 4000, Height: 3000, ContentType: "image/jpeg"}
	must(t, bed.files.ListVersions(ctx, originals, path, func(o store.ObjectInfo) error {
		if o.Key == path && o.IsLatest {
			row.VersionID, row.ETag, row.Modified = o.VersionID, o.ETag, o.LastModified
		}
		return nil
	}))
	for _, preset := range []string{"preview", "thumb", "web"} {
		object := asset.Renditions(key) + preset + "-tag.webp"
		picture := []byte("RIFF " + preset + " of " + path)
		etag, err := bed.files.PutObject(ctx, vitrineBucket, object, picture, "text/html", store.Always())
		must(t, err)
		row.Renditions = append(row.Renditions, asset.CatalogRendition{Preset: preset, Object: object, ETag: strings.Trim(etag, `"`), Size: int64(len(picture)), ContentType: "image/webp", Width: 400, Height: 300})
	}
	return row
}

// putBig puts what is too large for the store's small objects, by a presigned address as workers do.
func putBig(ctx context.Context, path string, data []byte) error {
	address, headers, err := bed.files.PresignPut(ctx, originals, path, "image/tiff", time.Minute)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, address.String(), bytes.NewReader(data))
	if err != nil {
		return err
	}
	request.Header = headers
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("uploading %s: %s", path, response.Status)
	}
	return nil
}

// grant lets the gateway read catalogs, renditions and originals, as the compiler does for links.
func grant(t *testing.T) {
	t.Helper()
	principal := bed.files.Identities.Principal(bed.who)
	for bucket, roots := range map[string][]string{originals: {"launch/*", "big/*"}, vitrineBucket: {"catalog/*", "renditions/*"}} {
		var resources []string
		for _, root := range roots {
			resources = append(resources, "arn:aws:s3:::"+bucket+"/"+root)
		}
		doc, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Sid": "VitrineGateway", "Effect": "Allow", "Principal": map[string]any{"AWS": []string{principal}},
			"Action": []string{"s3:GetObject", "s3:GetObjectVersion"}, "Resource": resources,
		}}})
		must(t, err)
		must(t, bed.files.SetBucketPolicy(t.Context(), bucket, doc))
	}
}

// protect puts a password on the link, as far as the manager would have come.
func (s *shared) protect(password string) {
	s.t.Helper()
	phc, err := link.HashPassword(password, rand.Reader)
	must(s.t, err)
	secret(phc, "a password's hash")
	secret(password, "a password")
	must(s.t, bed.admin.Create(s.t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: own, Name: "link-" + s.id}, Data: map[string][]byte{"password": []byte(phc)}}))
}

// change updates the link's object.
func (s *shared) change(change func(*v1alpha1.PublicLink)) {
	s.t.Helper()
	var object v1alpha1.PublicLink
	must(s.t, bed.admin.Get(s.t.Context(), client.ObjectKey{Namespace: tenant, Name: s.name}, &object))
	change(&object)
	must(s.t, bed.admin.Update(s.t.Context(), &object))
}

func (s *shared) page() string { return "/l/" + s.token.Reveal() }

// answer is a response, read whole.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	cookies []*http.Cookie
}

// browser never follows redirects, so that each answer is seen.
var browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// ask sends a request to the gateway. A cookie is added by hand: clients other
// than browsers do not send Secure cookies by plain HTTP.
func ask(t *testing.T, method, target string, change ...func(*http.Request)) answer {
	t.Helper()
	a, err := try(t.Context(), method, target, change...)
	if err != nil {
		t.Fatal(strings.ReplaceAll(err.Error(), target, "(address)"))
	}
	return a
}

func try(ctx context.Context, method, target string, change ...func(*http.Request)) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, bed.gate.url+target, nil)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("User-Agent", "Mozilla/5.0")
	for _, c := range change {
		c(request)
	}
	response, err := browser.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, body, response.Cookies()}, err
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func withCookie(c *http.Cookie) func(*http.Request) {
	return func(r *http.Request) { r.AddCookie(c) }
}

func form(body string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
}

// promise is how soon what is declared must be so.
const promise = 2 * time.Second

// within waits until the page answers with this status, at most as long as is promised.
func within(t *testing.T, status int, target string, change ...func(*http.Request)) answer {
	t.Helper()
	var last answer
	began := time.Now()
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, promise, true, func(ctx context.Context) (bool, error) {
		var err error
		if last, err = try(ctx, http.MethodGet, target, change...); err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				return false, nil
			}
			return false, err
		}
		return last.status == status, nil
	})
	if err != nil {
		t.Fatalf("after %v the answer is still %d, wanted %d", time.Since(began).Round(time.Millisecond), last.status, status)
	}
	t.Logf("%d after %v", status, time.Since(began).Round(time.Millisecond))
	return last
}
