package decisions_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// need is what an operation needs of whoever asks for it.
type need int

const (
	never     need = iota // nobody's key is for this
	reads                 // to download, or to see a rendition
	recalls               // to download, old versions too
	writes                // to upload
	parts                 // to see or end an upload in parts
	removes               // to delete, which leaves a marker
	lists                 // to list what begins with a prefix
	listsAll              // to list the whole bucket
	copies                // writes, and reads at the source
	copiesOld             // writes, and recalls at the source
)

// operation is one thing that S3 can be asked for.
type operation struct {
	name   string
	need   need
	method string
	// query in the form a=b&c, and headers.
	query  string
	header map[string]string
	body   func(q question, s subject) []byte
	// about is an object, a bucket or the store.
	about about
	// version names the one that was there first.
	version bool
	// upload names one begun before; with part it holds one.
	upload, part bool
	// source names where to copy from.
	source bool
	// misleads puts another prefix into a header.
	misleads bool
	// presigned puts the signature into the address, form into a form that a browser sends.
	presigned, form bool
	// adds a version to the object, always.
	adds bool
	// weight is how often it is asked for, beside others; 1 when zero.
	weight int
}

type about int

const (
	anObject about = iota
	aBucket
	theStore
)

// subject is what a request needs beside the question.
type subject struct {
	caller
	uploadID, etag string // of an upload that was begun, and of its part
	version        string // of the object, or of the source of a copy; some version of another when there is none
}

// content is what every object holds: its own place, so that a read tells which object it reached.
func content(bucket, name string) []byte { return []byte(bucket + "/" + name) }

// request writes down what is to be asked.
func (o operation) request(q question, s subject) request {
	query, err := url.ParseQuery(o.query)
	if err != nil {
		panic(err) // it is one of the table's
	}
	r := request{method: o.method, query: query, header: map[string]string{}, presigned: o.presigned}
	for name, value := range o.header {
		r.header[name] = value
	}
	switch o.about {
	case anObject:
		r.bucket, r.key = q.Bucket, q.Name
	case aBucket:
		r.bucket = q.Bucket
	case theStore:
	}
	if o.upload {
		query.Set("uploadId", s.uploadID)
	}
	if o.version && !o.source {
		query.Set("versionId", s.version)
	}
	if o.source {
		// A blank as a plus is for forms: one store takes it for the sign itself.
		source := strings.ReplaceAll(url.QueryEscape(q.SourceBucket+"/"+q.SourceName), "+", "%20")
		if o.version {
			source += "?versionId=" + url.QueryEscape(s.version)
		}
		r.header["X-Amz-Copy-Source"] = source
	}
	if o.need == lists && q.Name != "" {
		query.Set("prefix", q.Name)
	}
	if o.misleads { // what one store takes for the value of a condition
		r.header["Prefix"] = q.SourceName
	}
	if o.body != nil {
		r.body = o.body(q, s)
	}
	if o.form {
		return formRequest(q, s)
	}
	return r
}

func own(q question, _ subject) []byte { return content(q.Bucket, q.Name) }

func text(body string) func(question, subject) []byte {
	return func(question, subject) []byte { return []byte(body) }
}

// completion names the one part of an upload.
func completion(_ question, s subject) []byte {
	return []byte("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + s.etag + "</ETag></Part></CompleteMultipartUpload>")
}

// removal names one object, or a version of it, in the body of the call that removes many.
func removal(version bool) func(question, subject) []byte {
	return func(q question, s subject) []byte {
		var d struct {
			XMLName xml.Name `xml:"Delete"`
			Object  struct {
				Key       string `xml:"Key"`
				VersionID string `xml:"VersionId,omitempty"`
			}
		}
		d.Object.Key = q.Name
		if version {
			d.Object.VersionID = s.version
		}
		body, err := xml.Marshal(d)
		if err != nil {
			panic(err)
		}
		return body
	}
}

// everybody is a bucket policy that opens the bucket.
func everybody(q question, _ subject) []byte {
	return fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}]}`, q.Bucket)
}

// changes tells whether the operation, when it is let through, changes an object.
func (o operation) changes() bool {
	if o.method == http.MethodGet || o.method == http.MethodHead {
		return false
	}
	return o.about == anObject || o.form || o.query == "delete"
}
