package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Errors of a store, as the gateway tells them apart.
var (
	// errChanged: the store answered, and what is there is not what was asked for.
	errChanged = errors.New("the object is not there any more as it was")
	// errNotModified: the object still bears the ETag that was given.
	errNotModified = errors.New("the object has not changed")
	// errSilent: the store did not answer, or not as a healthy one does.
	errSilent = errors.New("the store does not answer")
)

const (
	// answerLimit is how long the store may take to begin an answer, and to go on with it.
	answerLimit = 10 * time.Second
	stallLimit  = 30 * time.Second
)

// objects reads from stores. The one real implementation is pool.
type objects interface {
	// open gives length bytes from an offset of exactly the bytes that ref names; errChanged, errSilent.
	open(ctx context.Context, ref Ref, from, length int64) (io.ReadCloser, error)
	// read gives a small object whole, unless it still bears the ETag: errNotModified, errChanged when there is none, errSilent.
	read(ctx context.Context, storeName, bucket, object, etag string) (data []byte, newETag string, err error)
}

// pool keeps one connection to each ObjectStore, with the gateway's own key.
type pool struct {
	reader    client.Reader
	namespace string

	mu    sync.Mutex
	conns map[string]pooled
}

type pooled struct {
	of    [sha256.Size]byte // everything that the connection was made of
	store *store.Store
}

func newPool(reader client.Reader, namespace string) *pool {
	return &pool{reader: reader, namespace: namespace, conns: map[string]pooled{}}
}

// get gives the connection to a store as it is declared now.
func (p *pool) get(ctx context.Context, name string) (*store.Store, error) {
	declared, err := get[v1alpha1.ObjectStore](ctx, p.reader, "", name)
	if err != nil {
		return nil, err
	}
	secret, err := get[corev1.Secret](ctx, p.reader, p.namespace, "store-"+name)
	if err != nil {
		return nil, err
	}
	if declared == nil || secret == nil {
		return nil, fmt.Errorf("%w: there is no ObjectStore %s, or no key to it yet", errSilent, name)
	}
	cfg := store.Config{
		Driver: store.Driver(declared.Spec.Driver), Endpoint: declared.Spec.Endpoint, Region: declared.Spec.Region,
		IAMEndpoint: declared.Spec.IAM.Endpoint, CABundle: declared.Spec.CABundle, InstallationID: declared.Spec.InstallationID,
		Credentials: store.Credentials{
			AccessKeyID:     string(secret.Data["AWS_ACCESS_KEY_ID"]),
			SecretAccessKey: store.Secret(secret.Data["AWS_SECRET_ACCESS_KEY"]),
		},
	}
	of := fingerprint(string(cfg.Driver), cfg.Endpoint, cfg.Region, cfg.IAMEndpoint, string(cfg.CABundle),
		cfg.Credentials.AccessKeyID, cfg.Credentials.SecretAccessKey.Reveal())
	p.mu.Lock()
	defer p.mu.Unlock()
	if c, ok := p.conns[name]; ok && c.of == of {
		return c.store, nil
	}
	opened, err := store.Open(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSilent, err)
	}
	if old, ok := p.conns[name]; ok {
		old.store.Close()
	}
	p.conns[name] = pooled{of, opened}
	return opened, nil
}

func fingerprint(parts ...string) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range parts {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		_, _ = h.Write(length[:])
		_, _ = io.WriteString(h, part)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func (p *pool) open(ctx context.Context, ref Ref, from, length int64) (io.ReadCloser, error) {
	s, err := p.get(ctx, ref.Store)
	if err != nil {
		return nil, err
	}
	opts := minio.GetObjectOptions{VersionID: ref.VersionID}
	if ref.ETag == "" {
		return nil, fmt.Errorf("%w: the catalog has no ETag", errChanged)
	}
	if ref.VersionID == "" {
		if err := opts.SetMatchETag(ref.ETag); err != nil {
			return nil, fmt.Errorf("asking for an ETag: %w", err)
		}
	}
	ranged := from != 0 || length != ref.Size
	if ranged {
		if err := opts.SetRange(from, from+length-1); err != nil {
			return nil, fmt.Errorf("asking for a range: %w", err)
		}
	}
	body, info, err := fetch(ctx, s, ref.Bucket, ref.Object, opts)
	if err != nil {
		return nil, err
	}
	// Stores differ in honouring If-Match, so what is about to be sent is looked at as well.
	if !ref.is(info) || info.Size != length {
		_ = body.Close()
		return nil, errChanged
	}
	return body, nil
}

// is tells whether what a store is about to send is what ref names. A version
// never changes, and VersityGW forgets the ETag of one that was replaced (seen
// with its sidecar folder), so by version an absent ETag will do; another one never does.
func (r Ref) is(info minio.ObjectInfo) bool {
	etag := strings.Trim(info.ETag, `"`)
	if r.VersionID != "" && info.VersionID != "" && info.VersionID != r.VersionID {
		return false
	}
	return etag == r.ETag || etag == "" && r.VersionID != ""
}

func (p *pool) read(ctx context.Context, storeName, bucket, object, etag string) ([]byte, string, error) {
	s, err := p.get(ctx, storeName)
	if err != nil {
		return nil, "", err
	}
	var opts minio.GetObjectOptions
	if etag != "" {
		if err := opts.SetMatchETagExcept(etag); err != nil {
			return nil, "", fmt.Errorf("asking whether an object changed: %w", err)
		}
	}
	body, info, err := fetch(ctx, s, bucket, object, opts)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = body.Close() }()
	data, err := io.ReadAll(io.LimitReader(body, store.MaxObject+1))
	if err != nil || len(data) > store.MaxObject {
		return nil, "", fmt.Errorf("%w: reading an object stopped after %d bytes", errSilent, len(data))
	}
	return data, strings.Trim(info.ETag, `"`), nil
}

// fetch begins a GET and watches that the store answers and goes on answering.
func fetch(ctx context.Context, s *store.Store, bucket, object string, opts minio.GetObjectOptions) (io.ReadCloser, minio.ObjectInfo, error) {
	ctx, cancel := context.WithCancel(ctx)
	watch := time.AfterFunc(answerLimit, cancel)
	core := minio.Core{Client: s.S3}
	body, info, _, err := core.GetObject(ctx, bucket, object, opts)
	if err != nil {
		watch.Stop()
		cancel()
		return nil, minio.ObjectInfo{}, translate(err)
	}
	return &watchedBody{body: body, watch: watch, cancel: cancel}, info, nil
}

// translate keeps nothing of the library's error but its code: its text could hold a signed request.
func translate(err error) error {
	answer, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok || answer.StatusCode == 0 {
		return errSilent
	}
	switch answer.StatusCode {
	case http.StatusNotModified:
		return errNotModified
	case http.StatusNotFound, http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable, http.StatusMethodNotAllowed:
		// 405 is how S3 answers a GET of a delete marker by its version.
		return errChanged
	}
	return fmt.Errorf("%w: status %d, code %.40q", errSilent, answer.StatusCode, answer.Code)
}

type watchedBody struct {
	body   io.ReadCloser
	watch  *time.Timer
	cancel context.CancelFunc
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.watch.Reset(stallLimit)
	n, err := b.body.Read(p)
	// Between reads the client is being written to, which has a limit of its own.
	b.watch.Stop()
	return n, err
}

func (b *watchedBody) Close() error {
	b.watch.Stop()
	b.cancel()
	return b.body.Close()
}
