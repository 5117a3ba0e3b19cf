package decisions_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// ask puts a question to the store with the subject's own key, and puts right what it changed.
func (sc *scene) ask(ctx context.Context, q question) (outcome, error) {
	o := operationNamed(q.Operation)
	s := subject{caller: sc.at.caller(sc.tenantOf(q.Tenant).keys[q.Subject])}
	if o.version {
		if s.version = sc.version(q.Bucket, q.Name); o.source {
			s.version = sc.version(q.SourceBucket, q.SourceName)
		}
	}
	if o.upload {
		if err := sc.begin(ctx, q, o, &s); err != nil {
			return outcome{}, err
		}
	}
	a, err := s.do(ctx, o.request(q, s))
	if err != nil {
		return outcome{}, err
	}
	out := sc.outcome(q, o, a)
	if id := s.uploadID; id != "" || o.name == "begin upload" && a.done() {
		if id == "" {
			id = uploadID(a)
		}
		if err := sc.end(ctx, q, id); err != nil {
			return outcome{}, err
		}
	}
	if !a.done() || !o.changes() {
		return out, nil
	}
	if o.source && o.adds && out.wrong == "" {
		if out.wrong, err = sc.wrongCopy(ctx, q); err != nil {
			return outcome{}, err
		}
	}
	added, err := sc.restore(ctx, q.Bucket, q.Name)
	inPlace := q.SourceBucket == q.Bucket && q.SourceName == q.Name // VersityGW writes the new attributes to the version that is there
	if err == nil && added == 0 && o.adds && !inPlace && !strings.HasSuffix(q.Name, "/") {
		out.wrong = "said to be done, and nothing was written"
	}
	return out, err
}

// version is the one of the object that was there first, or some other object's where there is none.
func (sc *scene) version(bucket, name string) string {
	if v := sc.versions[bucket][name]; v != "" {
		return v
	}
	return sc.versions[bucket][sc.names[bucket][0]]
}

// begin begins an upload for the subject to go on with.
func (sc *scene) begin(ctx context.Context, q question, o operation, s *subject) error {
	a, err := sc.root.do(ctx, operationNamed("begin upload").request(q, subject{}))
	if err != nil {
		return err
	}
	if s.uploadID = uploadID(a); s.uploadID == "" {
		s.uploadID = "none" // the store cannot have an object of this name; whether it says so to everybody is what is asked
		return nil
	}
	if !o.part {
		return nil
	}
	a, err = sc.root.do(ctx, operationNamed("put part").request(q, *s))
	if err != nil {
		return err
	}
	if s.etag = a.header.Get("Etag"); !a.done() {
		return fmt.Errorf("putting a part of %s %q: %s", q.Bucket, q.Name, a)
	}
	return nil
}

func uploadID(a answer) string {
	var begun struct {
		UploadID string `xml:"UploadId"`
	}
	if !a.done() || xml.Unmarshal(a.body, &begun) != nil {
		return ""
	}
	return begun.UploadID
}

// end ends an upload, if it is not over.
func (sc *scene) end(ctx context.Context, q question, id string) error {
	a, err := sc.root.do(ctx, operationNamed("abort upload").request(q, subject{uploadID: id}))
	if err != nil {
		return err
	}
	if !a.done() && a.status != http.StatusNotFound && a.status != http.StatusBadRequest {
		return fmt.Errorf("aborting an upload of %s %q: %s", q.Bucket, q.Name, a)
	}
	return nil
}

// wrongCopy reads what was copied.
func (sc *scene) wrongCopy(ctx context.Context, q question) (string, error) {
	a, err := sc.root.do(ctx, request{method: http.MethodGet, bucket: q.Bucket, key: q.Name})
	if err != nil {
		return "", err
	}
	source := content(q.SourceBucket, q.SourceName)
	if _, _, misread := strings.Cut(q.SourceName, "?versionId="); a.done() && (bytes.Equal(a.body, source) || misread) {
		return "", nil
	}
	return fmt.Sprintf("copies %q (%s) instead of %q", a.body, a, source), nil
}

// restore leaves of an object what was there first, and tells how many versions had been added to it.
func (sc *scene) restore(ctx context.Context, bucket, name string) (int, error) {
	var added []string
	err := sc.admin.ListVersions(ctx, bucket, name, func(o store.ObjectInfo) error {
		if o.Key == name && o.VersionID != sc.versions[bucket][name] {
			added = append(added, o.VersionID)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if sc.at.habits.hidesBelow && sc.belowAnother(bucket, name) && !strings.HasSuffix(name, "/") { // marks are listed
		return sc.restoreHidden(ctx, bucket, name)
	}
	for _, version := range added {
		if err := sc.admin.RemoveObject(ctx, bucket, name, version); err != nil {
			return 0, err
		}
	}
	return len(added), nil
}

// restoreHidden removes all versions of an object that no listing has.
func (sc *scene) restoreHidden(ctx context.Context, bucket, name string) (int, error) {
	for added := 0; ; added++ {
		a, err := sc.root.do(ctx, request{method: http.MethodHead, bucket: bucket, key: name})
		if err != nil {
			return 0, err
		}
		version := a.header.Get("X-Amz-Version-Id")
		if version == "" {
			return added, nil
		}
		if err := sc.admin.RemoveObject(ctx, bucket, name, version); err != nil {
			return 0, err
		}
	}
}
