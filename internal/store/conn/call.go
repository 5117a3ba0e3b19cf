package conn

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Service names the API that a call goes to.
type Service string

// The APIs of a store.
const (
	S3    Service = "s3"
	IAM   Service = "iam"
	Admin Service = "admin" // MinIO's
)

// Call describes one request about to leave.
type Call struct {
	Service   Service
	Operation string // as its API names it, e.g. PutBucketPolicy, CreateUser, add-user
	Resource  string // bucket, bucket/key, user, group, role, policy or issuer; empty for listings of all
	Mutates   bool   // whether the store may be another one afterwards
}

// Hook is asked before every request. An error fails the call before it leaves, and is never retried: for the caller it is as if
// the process had been killed there.
type Hook func(Call) error

type hookError struct{ err error }

func (e *hookError) Error() string { return e.err.Error() }
func (e *hookError) Unwrap() error { return e.err }

// maxForm bounds an IAM request: documents of policies are 10 KiB at most.
const maxForm = 1 << 20

// describe names the request, and for IAM reads the form, putting a fresh body in its place.
func describe(service Service, req *http.Request) (Call, error) {
	switch service {
	case S3:
		return describeS3(req), nil
	case Admin:
		return describeAdmin(req), nil
	case IAM:
	}
	form, err := readForm(req)
	if err != nil {
		return Call{}, err
	}
	action := form.Get("Action")
	reads := strings.HasPrefix(action, "Get") || strings.HasPrefix(action, "List")
	resource := ""
	for _, key := range []string{"UserName", "GroupName", "RoleName", "PolicyName", "PolicyArn", "OpenIDConnectProviderArn", "Url"} {
		if resource = form.Get(key); resource != "" {
			break
		}
	}
	return Call{Service: IAM, Operation: action, Resource: resource, Mutates: !reads}, nil
}

func readForm(req *http.Request) (url.Values, error) {
	if req.Body == nil {
		return url.Values{}, nil
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, maxForm))
	if err != nil {
		return nil, fmt.Errorf("read the form of an IAM request: %w", err)
	}
	if err := req.Body.Close(); err != nil {
		return nil, fmt.Errorf("close the form of an IAM request: %w", err)
	}
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("parse the form of an IAM request: %w", err)
	}
	return form, nil
}

// subresources maps a query parameter to the noun of the operation, where GET, PUT and DELETE all have one.
var subresources = []struct{ query, noun string }{
	{"tagging", "Tagging"}, {"policy", "Policy"}, {"versioning", "Versioning"}, {"location", "Location"},
	{"lifecycle", "Lifecycle"}, {"notification", "Notification"}, {"acl", "Acl"}, {"cors", "Cors"},
	{"object-lock", "ObjectLock"},
}

func describeS3(req *http.Request) Call {
	resource := strings.Trim(req.URL.Path, "/")
	bucket, key, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	call := Call{Service: S3, Resource: resource, Mutates: req.Method != http.MethodGet && req.Method != http.MethodHead}
	call.Operation = s3Operation(req.Method, bucket, key, req.URL.Query())
	return call
}

func s3Operation(method, bucket, key string, query url.Values) string {
	verb := map[string]string{http.MethodGet: "Get", http.MethodHead: "Head", http.MethodPut: "Put", http.MethodDelete: "Delete"}[method]
	scope := "Bucket"
	if key != "" {
		scope = "Object"
	}
	for _, sub := range subresources {
		if query.Has(sub.query) {
			return verb + scope + sub.noun
		}
	}
	switch {
	case bucket == "":
		return "ListBuckets"
	case key == "" && method == http.MethodGet && query.Has("versions"):
		return "ListObjectVersions"
	case key == "" && method == http.MethodGet && query.Has("uploads"):
		return "ListMultipartUploads"
	case key == "" && method == http.MethodGet:
		return "ListObjects"
	case key == "" && method == http.MethodPut:
		return "CreateBucket"
	case key == "" && method == http.MethodPost:
		return "DeleteObjects"
	case key != "" && method == http.MethodPut && query.Has("partNumber"):
		return "UploadPart"
	case key != "" && method == http.MethodDelete && query.Has("uploadId"):
		return "AbortMultipartUpload"
	case key != "" && method == http.MethodPost && query.Has("uploads"):
		return "CreateMultipartUpload"
	case key != "" && method == http.MethodPost:
		return "CompleteMultipartUpload"
	default:
		return verb + scope
	}
}
