package store

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/signer"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

const (
	// maxVersionsPage bounds what is read of one page: 1,000 entries of a kilobyte each, and their keys, which may be three times as
	// long as they are in bytes.
	maxVersionsPage = 32 << 20
	// noVersion is the id of what was written while a bucket kept no versions.
	noVersion = "null"
	// emptySum is the SHA-256 of no body.
	emptySum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// ListVersions visits every version and delete marker below the prefix once. Within a page they come in any order, so rely on no order but on
// IsLatest. An error of visit ends it and is returned as it is.
//
// It goes from page to page itself, with both markers as each page gives them: minio-go keeps the last id when a page gives none, as
// VersityGW does behind the object of a folder, and VersityGW finds nothing behind an id that is another key's.
func (s *Store) ListVersions(ctx context.Context, bucket, prefix string, visit func(ObjectInfo) error) error {
	l := versionsLister{seen: map[objectVersion]bool{}, early: map[objectVersion]bool{}, asked: map[versionsMarker]int{}}
	for {
		page, err := s.versionsPage(ctx, bucket, prefix, l.at)
		if err != nil {
			return err
		}
		news, more, err := l.next(page)
		if err != nil {
			return fmt.Errorf("list versions in %s/%s: %w", bucket, prefix, err)
		}
		for _, info := range news {
			if err := visit(info); err != nil {
				return err
			}
		}
		if !more {
			return ctx.Err()
		}
	}
}

// objectVersion names one version of an object.
type objectVersion struct{ Key, ID string }

// versionsMarker is where a page begins: behind a version of a key, or behind all of a key where no version is told. VersityGW begins
// with what the marker names. At MinIO a key may have more behind it than the key, so it is compared with keys for what VersityGW does alone.
type versionsMarker struct{ key, id string }

// versionsLister goes through the pages of a listing.
type versionsLister struct {
	at versionsMarker
	// seen is what was visited of the key at which the page begins, since it may come again; early what was visited out of turn.
	seen, early map[objectVersion]bool
	// asked is how often a page was asked for.
	asked map[versionsMarker]int
	// again is the key from which a page was asked for once more.
	again string
}

// maxAsked is how often one page is asked for: twice where it is looked for what may have been lost. More is going in a circle.
const maxAsked = 2

// next gives what of a page was not there before, and whether there are more; the next one is asked for at l.at.
func (l *versionsLister) next(page *versionsPage) (news []ObjectInfo, more bool, err error) {
	l.asked[l.at]++
	numbered := false // whether something is new that has a version id of its own
	for _, info := range page.entries {
		if v := (objectVersion{info.Key, info.VersionID}); !l.seen[v] && !l.early[v] {
			news = append(news, info)
			numbered = numbered || info.VersionID != noVersion
		}
	}
	// Where the version at a marker has gone since, VersityGW gives nothing from there on but what has no id, and no error.
	if lost := l.at.id != "" && !numbered && (!page.truncated || l.at.id != noVersion); lost && l.again != l.at.key {
		for _, info := range news {
			l.early[objectVersion{info.Key, info.VersionID}] = true
		}
		l.again, l.at.id = l.at.key, ""
		return news, true, nil
	}
	if !page.truncated {
		return news, false, nil
	}
	to := page.marker(l.at)
	if to.key == "" || l.asked[to] == maxAsked {
		return nil, false, fmt.Errorf("the store says that there are more, and not where: %w", ErrUnreachable)
	}
	if to.key != l.at.key {
		clear(l.seen)
	}
	for _, info := range news {
		if info.Key == to.key {
			l.seen[objectVersion{info.Key, info.VersionID}] = true
		}
	}
	l.at = to
	return news, true, nil
}

// versionsPage is one answer of a store.
type versionsPage struct {
	entries   []ObjectInfo
	truncated bool
	following versionsMarker // as the store says it
}

// marker is where the page after this one begins, which began at a marker itself.
func (p *versionsPage) marker(from versionsMarker) versionsMarker {
	to := p.following
	folder, plain, numbered := false, false, ""
	for _, info := range p.entries {
		switch info.Key {
		case to.key + "/":
			folder = true
		case to.key:
			plain = true
			if info.VersionID != noVersion {
				numbered = info.VersionID
			}
		}
	}
	// VersityGW tells of the object of a folder without its slash, which would have files again that come before it.
	if to.id == "" && folder && !plain {
		to.key += "/"
	}
	// Behind a version without an id that is not the current one VersityGW finds nothing, so the page begins at the one before it.
	if to.id == noVersion && plain {
		if numbered == "" && from.key == to.key {
			numbered = from.id
		}
		if numbered != "" {
			to.id = numbered
		}
	}
	return to
}

// versionsPage asks for one page. minio-go has no call for it that takes both markers, so it gives the address and the key, and the request is
// ours.
func (s *Store) versionsPage(ctx context.Context, bucket, prefix string, at versionsMarker) (*versionsPage, error) {
	op := "list versions in " + bucket + "/" + prefix
	ctx, cancel := bounded(ctx)
	defer cancel()
	query := url.Values{"versions": {""}, "prefix": {prefix}, "encoding-type": {"url"}}
	if s.cfg.VersionsPage > 0 {
		query.Set("max-keys", strconv.Itoa(s.cfg.VersionsPage))
	}
	if at.key != "" {
		query.Set("key-marker", at.key)
	}
	if at.id != "" {
		query.Set("version-id-marker", at.id)
	}
	req, err := s.signedGet(ctx, bucket, query)
	if err != nil {
		return nil, translate(op, err)
	}
	client := http.Client{Transport: s.transport.RoundTripper(conn.S3), CheckRedirect: noRedirect}
	resp, err := client.Do(req)
	if err != nil {
		return nil, conn.Failure(op, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body := io.LimitReader(resp.Body, maxVersionsPage)
	if resp.StatusCode != http.StatusOK {
		var said struct{ Code, Message string }
		if err := xml.NewDecoder(body).Decode(&said); err != nil || said.Code == "" {
			said.Code, said.Message = fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode)), ""
		}
		return nil, conn.Refusal(op, resp.StatusCode, said.Code, said.Message)
	}
	var answer versionsAnswer
	if err := xml.NewDecoder(body).Decode(&answer); err != nil {
		return nil, conn.Failure(op, err)
	}
	page, err := answer.page()
	if err != nil {
		return nil, conn.Failure(op, err)
	}
	return page, nil
}

// signedGet makes a request about a bucket, at the address that minio-go has for it, and signs it in its header as all others are: some
// policies refuse what is signed in the address.
func (s *Store) signedGet(ctx context.Context, bucket string, query url.Values) (*http.Request, error) {
	target, err := s.S3.Presign(ctx, http.MethodGet, bucket, "", time.Minute, query)
	if err != nil {
		return nil, err //nolint:wrapcheck // translated by the caller
	}
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err //nolint:wrapcheck // translated by the caller
	}
	key, err := s.S3.GetCreds()
	if err != nil {
		return nil, err //nolint:wrapcheck // translated by the caller
	}
	req.Header.Set("X-Amz-Content-Sha256", emptySum)
	return signer.SignV4(*req, key.AccessKeyID, key.SecretAccessKey, key.SessionToken, s.cfg.Region), nil
}

// versionsAnswer is what S3 answers to ListObjectVersions.
type versionsAnswer struct {
	XMLName             xml.Name
	EncodingType        string
	IsTruncated         bool
	NextKeyMarker       string
	NextVersionIDMarker string          `xml:"NextVersionIdMarker"`
	Versions            []versionsEntry `xml:"Version"`
	Markers             []versionsEntry `xml:"DeleteMarker"`
}

type versionsEntry struct {
	Key          string
	VersionID    string `xml:"VersionId"`
	ETag         string
	Size         int64
	LastModified time.Time
	IsLatest     bool
}

func (a *versionsAnswer) page() (*versionsPage, error) {
	if a.XMLName.Local != "ListVersionsResult" {
		return nil, errors.New("the answer is no list of versions")
	}
	name := func(s string) (string, error) { return s, nil }
	if strings.EqualFold(a.EncodingType, "url") {
		name = url.QueryUnescape
	}
	key, err := name(a.NextKeyMarker)
	if err != nil {
		return nil, fmt.Errorf("the marker of a list of versions: %w", err)
	}
	page := &versionsPage{truncated: a.IsTruncated, following: versionsMarker{key, a.NextVersionIDMarker}}
	for _, part := range []struct {
		entries []versionsEntry
		marker  bool
	}{{a.Markers, true}, {a.Versions, false}} {
		for _, e := range part.entries {
			if e.Key, err = name(e.Key); err != nil {
				return nil, fmt.Errorf("a key in a list of versions: %w", err)
			}
			page.entries = append(page.entries, ObjectInfo{
				Key: e.Key, ETag: strings.Trim(e.ETag, `"`), VersionID: e.VersionID, Size: e.Size,
				LastModified: e.LastModified.UTC().Truncate(time.Millisecond), IsLatest: e.IsLatest, DeleteMarker: part.marker,
			})
		}
	}
	return page, nil
}

// ListObjects visits the current objects below the prefix in the order of their keys, a page of 1,000 at a time. An error of visit ends it and
// is returned as it is.
func (s *Store) ListObjects(ctx context.Context, bucket, prefix string, visit func(ObjectInfo) error) error {
	return s.ListObjectsAfter(ctx, bucket, prefix, "", visit)
}

// ListObjectsAfter is ListObjects from the first key on that is greater than after.
func (s *Store) ListObjectsAfter(ctx context.Context, bucket, prefix, after string, visit func(ObjectInfo) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for o := range s.S3.ListObjectsIter(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, StartAfter: after}) {
		if o.Err != nil {
			return translate("list "+bucket+"/"+prefix, o.Err)
		}
		info := objectInfo(o)
		info.IsLatest, info.VersionID = true, ""
		if err := visit(info); err != nil {
			return err
		}
	}
	return ctx.Err()
}
