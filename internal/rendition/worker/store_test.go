package worker

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// signature stands for what makes a presigned URL a secret; it must turn up nowhere.
const signature = "SIGNATURE-MARK-7731"

// object is what the test store holds under one path.
type object struct {
	data        []byte
	contentType string
}

func (o object) etag() string {
	sum := md5.Sum(o.data)
	return hex.EncodeToString(sum[:])
}

// store is an HTTP server that answers presigned GET and PUT requests like an S3 store does.
type store struct {
	*httptest.Server
	mu      sync.Mutex
	objects map[string]object
	puts    []string       // paths in the order of arrival
	tries   map[string]int // requests by "METHOD path"
	// fault answers in the store's place when it returns true.
	fault func(n int, w http.ResponseWriter, r *http.Request) bool
}

var lastModified = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// currentVersion is what the store calls the version that an original has now.
const currentVersion = "v7"

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{objects: map[string]object{}, tries: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *store) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries[r.Method+" "+r.URL.Path]++
	if s.fault != nil && s.fault(s.tries[r.Method+" "+r.URL.Path], w, r) {
		return
	}
	if r.URL.Query().Get("X-Amz-Signature") != signature {
		deny(w, http.StatusForbidden, "SignatureDoesNotMatch")
		return
	}
	switch r.Method {
	case http.MethodGet:
		o, ok := s.objects[r.URL.Path]
		if !ok {
			deny(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		w.Header().Set("ETag", strconv.Quote(o.etag()))
		w.Header().Set("Last-Modified", lastModified.Format(http.TimeFormat))
		w.Header().Set("X-Amz-Version-Id", currentVersion)
		w.Header().Set("Content-Length", strconv.Itoa(len(o.data)))
		_, _ = w.Write(o.data)
	case http.MethodPut:
		there, is := s.objects[r.URL.Path]
		match, none := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
		if none == "*" && is || match != "" && (!is || match != strconv.Quote(there.etag())) {
			deny(w, http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
		o := object{data: body, contentType: r.Header.Get("Content-Type")}
		s.objects[r.URL.Path] = o
		s.puts = append(s.puts, r.URL.Path)
		w.Header().Set("ETag", strconv.Quote(o.etag()))
	}
}

// deny answers like S3: the document names what was signed, so nobody may log it.
func deny(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><SignatureProvided>%s</SignatureProvided></Error>", code, signature)
}

func (s *store) request(path string) rendition.Request {
	return rendition.Request{URL: rendition.NewURL(s.URL + path + "?X-Amz-Signature=" + signature)}
}

// original stores data and gives the item that asks for presets of it.
func (s *store) original(name string, data []byte, presets ...rendition.Preset) rendition.Item {
	o := object{data: data}
	s.mu.Lock()
	s.objects["/brand/"+name] = o
	s.mu.Unlock()
	it := rendition.Item{
		Asset: name, ETag: o.etag(), VersionID: "v1", Size: int64(len(data)), PresetSet: rendition.SetDigest(presets),
		Source: s.request("/brand/" + name), Facts: s.request("/dam/facts/" + name + ".json"),
	}
	for _, p := range presets {
		it.Outputs = append(it.Outputs, rendition.Output{Preset: p, Put: s.request("/dam/renditions/" + name + "/" + rendition.ObjectName(p, it.ETag, nil))})
	}
	return it
}

func (s *store) get(path string) (object, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.objects[path]
	return o, ok
}

// facts reads what the worker stored about an original.
func (s *store) facts(t *testing.T, name string) asset.Facts {
	t.Helper()
	o, ok := s.get("/dam/facts/" + name + ".json")
	if !ok {
		t.Fatalf("%s has no facts", name)
	}
	if o.contentType != "application/json" {
		t.Errorf("facts of %s are of type %q", name, o.contentType)
	}
	f, err := asset.DecodeFacts(strings.NewReader(string(o.data)))
	if err != nil {
		t.Fatalf("facts of %s: %v", name, err)
	}
	return f
}
