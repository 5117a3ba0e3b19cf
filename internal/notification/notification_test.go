package notification

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// What the stores sent to test/store when it was run with -record.
//
// features: D12
func TestParseWhatStoresSent(t *testing.T) {
	for file, keys := range map[string][]string{
		"upload":                         {"launch/hero.jpg"},
		"upload-of-a-name-to-be-encoded": {"launch/été & 100%.jpg"},
		"upload-in-parts":                {"launch/film.mp4"},
		"copy":                           {"launch/copy.jpg"},
		"deletion":                       {"launch/copy.jpg"},
		"deletion-of-several":            {"launch/film.mp4"}, // each store sends one notification for each object
		"test":                           nil,
	} {
		for _, store := range []string{"versitygw", "minio"} {
			if store == "minio" && file == "test" {
				continue // it sends none
			}
			t.Run(store+" "+file, func(t *testing.T) {
				body, err := os.ReadFile(filepath.Join("testdata", store, file+".json"))
				if err != nil {
					t.Fatal(err)
				}
				var want []Object
				for _, key := range keys {
					want = append(want, Object{"acme-brand", key})
				}
				got, err := Parse(body)
				if diff := cmp.Diff(want, got); err != nil || diff != "" {
					t.Errorf("%v (-want +got):\n%s", err, diff)
				}
			})
		}
	}
}

// of makes a body of records.
func of(records ...string) string { return `{"Records":[` + strings.Join(records, ",") + `]}` }

func about(event, bucket, key string) string {
	return fmt.Sprintf(`{"eventName":%q,"s3":{"bucket":{"name":%q},"object":{"key":%q}}}`, event, bucket, key)
}

func TestParse(t *testing.T) {
	const put = "s3:ObjectCreated:Put"
	for _, c := range []struct {
		reason, body string
		want         []Object
		err          error
	}{
		{reason: "several records are several objects", body: of(about(put, "b", "1"), about(put, "c", "2")), want: []Object{{"b", "1"}, {"c", "2"}}},
		{reason: "what is said twice is told twice", body: of(about(put, "b", "1"), about(put, "b", "1")), want: []Object{{"b", "1"}, {"b", "1"}}},
		{reason: "AWS leaves s3: out", body: of(about("ObjectRemoved:DeleteMarkerCreated", "b", "1")), want: []Object{{"b", "1"}}},
		{reason: "an event that is not known may be a change", body: of(about("s3:ObjectTransmuted", "b", "1")), want: []Object{{"b", "1"}}},
		{reason: "an event without a name may be one as well", body: of(about("", "b", "1")), want: []Object{{"b", "1"}}},
		{reason: "to be read is no change", body: of(about("s3:ObjectAccessed:Get", "b", "1"))},
		{reason: "to be tagged is none", body: of(about("s3:ObjectTagging:Put", "b", "1"))},
		{reason: "another ACL is none", body: of(about("s3:ObjectAcl:Put", "b", "1"))},
		{reason: "without a key it is about the bucket, as an upload by a form is at VersityGW", body: of(about("s3:ObjectCreated:Post", "b", "")), want: []Object{{"b", ""}}},
		{reason: "an encoded slash is a slash, as MinIO sends it", body: of(about(put, "b", "restricted%2Fembargo%2Fa+b.jpg")), want: []Object{{"b", "restricted/embargo/a b.jpg"}}},
		{reason: "what is no encoding is the key itself", body: of(about(put, "b", "100%.jpg")), want: []Object{{"b", "100%.jpg"}}},
		{reason: "an encoding of no text is taken as it is", body: of(about(put, "b", "%ff.jpg")), want: []Object{{"b", "%ff.jpg"}}},
		{reason: "no records are no objects", body: of()},
		{reason: "the test of AWS is nothing", body: `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-30T00:00:00Z","Bucket":"b"}`},

		{reason: "an empty body is no notification", body: "", err: ErrShape},
		{reason: "nor is a text", body: "hello", err: ErrShape},
		{reason: "nor is a list", body: "[]", err: ErrShape},
		{reason: "nor is an object of something else", body: `{"kind":"Event"}`, err: ErrShape},
		{reason: "nor is an event of another name without records", body: `{"Event":"s3:ObjectCreated:Put"}`, err: ErrShape},
		{reason: "nor are records that are none", body: `{"Records":null}`, err: ErrShape},
		{reason: "nor are records that are no list", body: `{"Records":{"a":1}}`, err: ErrShape},
		{reason: "nor is a record that is no object", body: `{"Records":["s3:ObjectCreated:Put"]}`, err: ErrShape},
		{reason: "nor are two bodies", body: of() + of(), err: ErrShape},
		{reason: "a record without a bucket says nothing", body: of(about(put, "", "1")), err: ErrShape},
		{reason: "a bucket's name that no bucket can have is none", body: of(about(put, strings.Repeat("b", 64), "1")), err: ErrShape},
		{reason: "a key that no object can have is none", body: of(about(put, "b", strings.Repeat("k", 1025))), err: ErrShape},
		{reason: "the longest key is one, encoded as well", body: of(about(put, "b", strings.Repeat("%2F", 1024))), want: []Object{{"b", strings.Repeat("/", 1024)}}},
		{reason: "one record too many is refused", body: of(strings.Split(strings.Repeat(about(put, "b", "1")+"\n", MaxRecords+1), "\n")[:MaxRecords+1]...), err: ErrTooLarge},
		{reason: "nor do two lists of records make room for more", body: `{"Records":[` + strings.Repeat("{},", MaxRecords-1) + `{}],"Records":[{}]}`, err: ErrTooLarge},
		{reason: "one byte too many is refused", body: strings.Repeat(" ", MaxBytes) + "{", err: ErrTooLarge},
	} {
		t.Run(c.reason, func(t *testing.T) {
			got, err := Parse([]byte(c.body))
			if diff := cmp.Diff(c.want, got); !errors.Is(err, c.err) || diff != "" {
				t.Errorf("%v, want %v (-want +got):\n%s", err, c.err, diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	recorded, err := filepath.Glob("testdata/*/*.json")
	if err != nil || len(recorded) == 0 {
		f.Fatalf("%d recorded bodies, %v", len(recorded), err)
	}
	for _, path := range recorded {
		body, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(of(about("s3:ObjectCreated:Put", "b", "%"), about("", "b", ""))))
	f.Add([]byte(`{"records":[{}],"Event":"s3:TestEvent"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		objects, err := Parse(body)
		if err != nil {
			if len(objects) > 0 || !errors.Is(err, ErrShape) && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("%d objects, %v", len(objects), err)
			}
			return
		}
		if len(body) > MaxBytes || len(objects) > MaxRecords {
			t.Fatalf("%d objects of %d bytes", len(objects), len(body))
		}
		for _, o := range objects {
			if o.Bucket == "" || len(o.Bucket) > maxBucket || len(o.Key) > maxKey || !utf8.ValidString(o.Bucket) || !utf8.ValidString(o.Key) {
				t.Fatalf("%+v", o)
			}
		}
	})
}
