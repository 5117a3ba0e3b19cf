// Package notification reads what object stores say about changes: the bodies
// that VersityGW and MinIO send to a webhook, which are S3 event records. What
// comes out is a hint and no more. It may be late, doubled, made up or of an
// object that was changed again since, so it is good for one thing: to look at
// the bucket sooner. The package does no I/O.
package notification

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// What a body may hold. Both stores send one record for each, of a few KB; others may send more at once.
const (
	// MaxBytes is the most that a body may have.
	MaxBytes = 128 << 10
	// MaxRecords is how many records a body may have.
	MaxRecords = 1000
)

// The limits of S3 itself.
const (
	maxBucket = 63
	maxKey    = 1024
)

// What is wrong with a body that cannot be read.
var (
	// ErrTooLarge is a body with more bytes or records than there may be.
	ErrTooLarge = errors.New("more than a notification may hold")
	// ErrShape is a body that is not of a form that a store is known to send.
	ErrShape = errors.New("not a notification of a known form")
)

// Object is what a notification is about.
type Object struct {
	// Bucket has 1 to 63 bytes.
	Bucket string
	// Key is at most 1,024 bytes of UTF-8, or empty when the notification does not
	// say which object of the bucket it is about, as VersityGW's about an upload by a
	// form. VersityGW sends keys as they are, MinIO and AWS encoded as in a query, and
	// nothing says which; so it may be another than was meant where that has a % or
	// a +, and is good for telling one part of a bucket from another.
	Key string
}

// body is what the stores send, without what nobody here asks for. MinIO has
// beside it EventName and Key, which say the same as its one record.
type body struct {
	Records *records
	// Event is what a store sends to try the address, instead of records.
	Event string
}

type record struct {
	EventName string `json:"eventName"`
	S3        struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key string `json:"key"`
		} `json:"object"`
	} `json:"s3"`
}

// records end being read at the first that is too many: a body of brackets must not become many megabytes.
type records []record

// UnmarshalJSON implements json.Unmarshaler.
func (r *records) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if begin, err := decoder.Token(); err != nil || begin != json.Delim('[') {
		return fmt.Errorf("%w: Records is not a list", ErrShape)
	}
	for decoder.More() {
		if len(*r) == MaxRecords {
			return fmt.Errorf("%w: more than %d records", ErrTooLarge, MaxRecords)
		}
		var next record
		if err := decoder.Decode(&next); err != nil {
			return err
		}
		*r = append(*r, next)
	}
	return nil
}

// testEvent is what AWS calls the event that tries an address; the others took the name over.
const testEvent = "s3:TestEvent"

// Parse gives the objects of which a body says that they are new, changed or
// gone, as often as it says so. Of a store's test there are none, and no error.
// What only says that something was read, tagged or got another ACL is passed over.
func Parse(data []byte) ([]Object, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, and at most %d", ErrTooLarge, len(data), MaxBytes)
	}
	var b body
	if err := json.Unmarshal(data, &b); err != nil {
		if errors.Is(err, ErrTooLarge) || errors.Is(err, ErrShape) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", ErrShape, err)
	}
	if b.Records == nil {
		if b.Event == testEvent {
			return nil, nil
		}
		return nil, fmt.Errorf("%w: it has no Records", ErrShape)
	}
	var objects []Object
	for i, r := range *b.Records {
		if !changes(r.EventName) {
			continue
		}
		object := Object{Bucket: r.S3.Bucket.Name, Key: decoded(r.S3.Object.Key)}
		switch {
		case object.Bucket == "" || len(object.Bucket) > maxBucket:
			return nil, fmt.Errorf("%w: record %d has a bucket's name of %d bytes", ErrShape, i, len(object.Bucket))
		case len(object.Key) > maxKey:
			return nil, fmt.Errorf("%w: record %d has a key of %d bytes", ErrShape, i, len(object.Key))
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// changes tells whether an event may be about other originals than before. An
// event of a name that is not known here may be.
func changes(event string) bool {
	kind, _, _ := strings.Cut(strings.TrimPrefix(event, "s3:"), ":")
	switch kind {
	case "ObjectAccessed", "ObjectTagging", "ObjectAcl":
		return false
	}
	return true
}

// decoded gives a key as it is in the bucket, or as it was sent where that is no encoding of one.
func decoded(key string) string {
	if plain, err := url.QueryUnescape(key); err == nil && utf8.ValidString(plain) {
		return plain
	}
	return key
}
