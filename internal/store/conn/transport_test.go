package conn

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ailing answers 503 until it was asked often enough.
func ailing(t *testing.T, failures int32) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if asked.Add(1) <= failures {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	return server, &asked
}

func send(t *testing.T, transport *Transport, service Service, method, target, body string) (int, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, io.NopCloser(strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTripper(service).RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text), nil
}

func transport(t *testing.T, o Options) *Transport {
	t.Helper()
	tr, err := NewTransport(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdle)
	return tr
}

func TestReadsAreRepeatedAndWritesNever(t *testing.T) {
	cases := []struct {
		reason               string
		service              Service
		method, path, body   string
		failures, wantAsked  int32
		wantStatus, hookCall int
	}{
		{"a read that fails twice succeeds the third time", S3, "GET", "/b/k", "", 2, 3, 200, 3},
		{"a read that goes on failing is given up with the store's answer", S3, "HEAD", "/b/k", "", 9, 3, 503, 3},
		{"a write is sent once: it may have happened", S3, "PUT", "/b/k", "x", 2, 1, 503, 1},
		{"a delete as well", S3, "DELETE", "/b/k", "", 2, 1, 503, 1},
		{"IAM reads are told by their form, and its body is sent again", IAM, "POST", "/", "Action=ListUsers&Version=1", 2, 3, 200, 3},
		{"an IAM write is sent once: it would issue a second key", IAM, "POST", "/", "Action=CreateAccessKey&UserName=v-a", 2, 1, 503, 1},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			server, asked := ailing(t, c.failures)
			hooked := 0
			tr := transport(t, Options{Hook: func(Call) error { hooked++; return nil }})
			status, body, err := send(t, tr, c.service, c.method, server.URL+c.path, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if status != c.wantStatus || asked.Load() != c.wantAsked || hooked != c.hookCall {
				t.Errorf("status %d, asked %d times, hooked %d times", status, asked.Load(), hooked)
			}
			if c.service == IAM && body != c.body {
				t.Errorf("the form arrived as %q", body)
			}
		})
	}
}

func TestAHookStopsTheCallForGood(t *testing.T) {
	server, asked := ailing(t, 0)
	cut := errors.New("cut")
	calls := 0
	tr := transport(t, Options{Hook: func(Call) error { calls++; return cut }})
	if _, _, err := send(t, tr, S3, "GET", server.URL+"/b", ""); !errors.Is(err, cut) {
		t.Errorf("got %v, want the hook's error", err)
	}
	if calls != 1 || asked.Load() != 0 {
		t.Errorf("%d calls, %d left; want one call and none left", calls, asked.Load())
	}
}

func TestAGivenUpReadIsNotRepeated(t *testing.T) {
	server, asked := ailing(t, 9)
	ctx, cancel := context.WithCancel(t.Context())
	tr := transport(t, Options{Hook: func(Call) error { cancel(); return nil }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/b", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.RoundTripper(S3).RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	if !errors.Is(err, context.Canceled) || asked.Load() > 1 {
		t.Errorf("got %v after %d requests", err, asked.Load())
	}
}

func TestACABundleIsTrusted(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	if _, _, err := send(t, transport(t, Options{}), S3, "GET", server.URL, ""); err == nil {
		t.Error("an unknown authority was trusted")
	}
	bundle := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if status, _, err := send(t, transport(t, Options{CABundle: bundle}), S3, "GET", server.URL, ""); status != http.StatusOK {
		t.Errorf("with its authority in the bundle: %d, %v", status, err)
	}
	if _, err := NewTransport(Options{CABundle: []byte("not a certificate")}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a bundle without a certificate: got %v, want ErrInvalid", err)
	}
}

func TestS3CallsAreNamed(t *testing.T) {
	cases := []struct{ method, target, operation, resource string }{
		{"GET", "/", "ListBuckets", ""},
		{"PUT", "/b/", "CreateBucket", "b"},
		{"DELETE", "/b", "DeleteBucket", "b"},
		{"HEAD", "/b", "HeadBucket", "b"},
		{"GET", "/b?tagging=", "GetBucketTagging", "b"},
		{"PUT", "/b?versioning", "PutBucketVersioning", "b"},
		{"DELETE", "/b?policy=", "DeleteBucketPolicy", "b"},
		{"GET", "/b?list-type=2&prefix=policy", "ListObjects", "b"},
		{"GET", "/b?versions&prefix=a", "ListObjectVersions", "b"},
		{"GET", "/b?object-lock=", "GetBucketObjectLock", "b"},
		{"GET", "/b?uploads", "ListMultipartUploads", "b"},
		{"POST", "/b?delete", "DeleteObjects", "b"},
		{"GET", "/b/policy/k?versionId=1", "GetObject", "b/policy/k"},
		{"PUT", "/b/k", "PutObject", "b/k"},
		{"PUT", "/b/k?partNumber=1&uploadId=2", "UploadPart", "b/k"},
		{"POST", "/b/k?uploads", "CreateMultipartUpload", "b/k"},
		{"POST", "/b/k?uploadId=2", "CompleteMultipartUpload", "b/k"},
		{"DELETE", "/b/k?uploadId=2", "AbortMultipartUpload", "b/k"},
		{"DELETE", "/b/k?versionId=2", "DeleteObject", "b/k"},
	}
	for _, c := range cases {
		target, err := url.Parse("http://store" + c.target)
		if err != nil {
			t.Fatal(err)
		}
		got := describeS3(&http.Request{Method: c.method, URL: target})
		want := Call{Service: S3, Operation: c.operation, Resource: c.resource, Mutates: c.method != "GET" && c.method != "HEAD"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", c.method, c.target, diff)
		}
	}
}
