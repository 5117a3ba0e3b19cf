package worker

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

var (
	errMissing = errors.New("the original is gone")
	errChanged = errors.New("the original has changed")
	errFound   = errors.New("another run has done it")
	// errOvertaken: what was to be replaced is another by now, or gone.
	errOvertaken = errors.New("another run has written it meanwhile")
)

// statusError is an answer of the store that is not success. The body is not kept: stores put the request's signature into it.
type statusError struct {
	status int
	code   string // the S3 error code, when it looks like one
}

func (e *statusError) Error() string {
	if e.code == "" {
		return fmt.Sprintf("the store answered %d", e.status)
	}
	return fmt.Sprintf("the store answered %d %s", e.status, e.code)
}

// origin is what the store says of an original beside its bytes.
type origin struct {
	modified time.Time // zero when it does not say
	version  string    // empty when it does not say
}

// get fetches the original whole and makes sure that it is the one the manifest means.
func (r *run) get(ctx context.Context, it rendition.Item) (src []byte, from origin, err error) {
	err = r.attempt(ctx, func(ctx context.Context) error {
		res, err := r.do(ctx, http.MethodGet, it.Source, "", nil)
		var status *statusError
		if errors.As(err, &status) {
			switch status.status {
			case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed: // 405: the version is a delete marker
				return errMissing
			case http.StatusPreconditionFailed:
				return errChanged
			}
		}
		if err != nil {
			return err
		}
		defer drain(res)
		if got := rendition.TrimETag(res.Header.Get("ETag")); got != it.ETag || res.ContentLength >= 0 && res.ContentLength != it.Size {
			return errChanged
		}
		if src, err = readExactly(res.Body, it.Size); err != nil {
			return err
		}
		from = origin{version: res.Header.Get("X-Amz-Version-Id")}
		if modified, err := http.ParseTime(res.Header.Get("Last-Modified")); err == nil { // facts leave out what the store does not say
			from.modified = modified.UTC()
		}
		return nil
	})
	return src, from, err
}

// readExactly reads size bytes and the end of body.
func readExactly(body io.Reader, size int64) ([]byte, error) {
	buf := make([]byte, size)
	if _, err := io.ReadFull(body, buf); err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	if n, err := body.Read(make([]byte, 1)); n != 0 {
		return nil, errChanged
	} else if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read body: %w", err)
	}
	return buf, nil
}

// putPicture stores one rendition.
func (r *run) putPicture(ctx context.Context, it rendition.Item, out rendition.Output, pic rendition.Picture) (asset.Rendition, error) {
	contentType := out.Preset.Defaulted().Format.ContentType()
	etag, err := r.put(ctx, out.Put, contentType, pic.Data)
	if err != nil {
		return asset.Rendition{}, fmt.Errorf("put rendition %q: %w", out.Preset.Name, err)
	}
	return asset.Rendition{
		Preset: out.Preset.Name, Object: rendition.ObjectName(out.Preset, it.ETag, it.Focus), ETag: etag,
		Size: int64(len(pic.Data)), Width: pic.Width, Height: pic.Height, ContentType: contentType,
	}, nil
}

// put stores body and gives the ETag that the store tells.
func (r *run) put(ctx context.Context, req rendition.Request, contentType string, body []byte) (etag string, err error) {
	err = r.attempt(ctx, func(ctx context.Context) error {
		res, err := r.do(ctx, http.MethodPut, req, contentType, body)
		var status *statusError
		if errors.As(err, &status) && (status.status == http.StatusPreconditionFailed || status.status == http.StatusNotFound && req.Header["If-Match"] != "") {
			return errOvertaken
		}
		if err != nil {
			return err
		}
		etag = rendition.TrimETag(res.Header.Get("ETag"))
		drain(res)
		return nil
	})
	return etag, err
}

// attempt tries f until it succeeds, finds that the original is not there, or the attempts are used up.
func (r *run) attempt(ctx context.Context, f func(context.Context) error) error {
	pause := r.limits.Backoff
	for n := 1; ; n++ {
		err := func() error {
			ctx, cancel := context.WithTimeout(ctx, r.limits.RequestTime)
			defer cancel()
			return f(ctx)
		}()
		if err == nil || errors.Is(err, errMissing) || errors.Is(err, errChanged) || errors.Is(err, errOvertaken) || n >= r.limits.Attempts || ctx.Err() != nil {
			return err
		}
		if err := r.wait(ctx, pause); err != nil {
			return err
		}
		pause *= 2
	}
}

// do makes one request. Anything but 2xx is a *statusError, redirects included.
func (r *run) do(ctx context.Context, method string, req rendition.Request, contentType string, body []byte) (*http.Response, error) {
	var content io.Reader = http.NoBody
	if method == http.MethodPut {
		content = bytes.NewReader(body)
	}
	q, err := http.NewRequestWithContext(ctx, method, req.URL.Reveal(), content)
	if err != nil {
		return nil, errors.New("the request's URL cannot be used") // the error itself quotes it
	}
	if contentType != "" {
		q.Header.Set("Content-Type", contentType)
	}
	// Asked for plainly, or the transport would unpack what the store sends packed, and sizes and hashes would be of other bytes.
	q.Header.Set("Accept-Encoding", "identity")
	for k, v := range req.Header { // last: these are signed
		q.Header.Set(k, v)
	}
	// The transport and not a client: it follows no redirect, and its errors do not quote the URL.
	res, err := r.transport.RoundTrip(q)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if res.StatusCode/100 == 2 {
		return res, nil
	}
	defer drain(res)
	return nil, &statusError{status: res.StatusCode, code: errorCode(res.Body)}
}

// errorCode reads the Code of an S3 error document, and nothing else of it.
func errorCode(body io.Reader) string {
	var doc struct {
		Code string `xml:"Code"`
	}
	if xml.NewDecoder(io.LimitReader(body, 4<<10)).Decode(&doc) != nil || len(doc.Code) > 64 {
		return ""
	}
	for _, c := range doc.Code {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return ""
		}
	}
	return doc.Code
}

// drain lets the connection be used again, unless that would take long.
func drain(res *http.Response) {
	_, _ = io.CopyN(io.Discard, res.Body, 64<<10)
	_ = res.Body.Close()
}
