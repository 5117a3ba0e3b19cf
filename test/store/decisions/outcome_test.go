package decisions_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// outcome is what came of a question.
type outcome struct {
	// allowed tells whether the store let it through, whether or not there was anything to be done.
	allowed bool
	answer  answer
	// wrong says what is wrong with the answer beside who may have it; empty when nothing is.
	wrong string
}

// outcome reads an answer.
func (sc *scene) outcome(q question, o operation, a answer) outcome {
	out := outcome{answer: a}
	switch {
	case o.about == theStore:
		// Everybody may ask; what counts is which buckets the answer tells of.
		for _, bucket := range sc.buckets {
			if !bytes.Contains(a.body, []byte("<Name>"+bucket+"</Name>")) {
				continue
			}
			out.allowed = true
			if !sc.decide(q, listsAll, bucket, "").Allowed {
				out.wrong = "tells of " + bucket
			}
		}
		return out
	case sc.atDots(q) && strings.HasPrefix(a.code, "XMinioInvalid"):
		return out
	case a.code != "" && a.code == sc.at.habits.refuses[o.name] && (a.code != "NoSuchKey" || sc.versions[q.Bucket][q.Name] == ""):
		return out
	case strings.HasPrefix(o.name, "delete many") && a.done():
		var result struct{ Error []struct{ Code string } }
		if err := xml.Unmarshal(a.body, &result); err != nil {
			out.wrong = "an answer that cannot be read: " + err.Error()
		}
		out.allowed = !slices.ContainsFunc(result.Error, func(e struct{ Code string }) bool { return e.Code == "AccessDenied" })
		return out
	case a.status == http.StatusForbidden && (a.code == "AccessDenied" || o.method == http.MethodHead):
		return out
	case a.done():
		out.allowed = true
	case sc.letThrough(q, o, a):
		out.allowed = true
		return out
	default:
		out.wrong = "neither done, nor denied, nor a reason that is known"
		return out
	}
	there := sc.versions[q.Bucket][q.Name] != ""
	switch {
	case o.need == lists:
		out.wrong = sc.wrongListing(q, o, a)
	case (o.need == reads || o.need == recalls) && !there:
		out.wrong = "gives an object that is not there"
	case (o.need == reads || o.need == recalls) && o.method == http.MethodGet && !bytes.Equal(a.body, content(q.Bucket, q.Name)):
		out.wrong = fmt.Sprintf("gives another object: %q", a.body)
	}
	return out
}

// letThrough tells a refusal that has nothing to do with rights.
func (sc *scene) letThrough(q question, o operation, a answer) bool {
	bucket, name := q.Bucket, q.Name
	if o.source {
		bucket, name = q.SourceBucket, q.SourceName
	}
	there := sc.versions[bucket][name] != ""
	// VersityGW takes the end of such a name for a version, however it is written; it has looked at rights by the whole name before.
	misread := o.source && strings.Contains(name, "?versionId=")
	switch a.code {
	case "NoSuchKey", "NoSuchVersion":
		return !there || misread
	case "InvalidArgument":
		return misread
	// A store on a file system has no object below another, and no object that is a folder with bytes in it.
	case "ObjectParentIsFile":
		return sc.belowAnother(q.Bucket, q.Name)
	case "NoSuchUpload":
		return o.upload && (sc.belowAnother(q.Bucket, q.Name) || strings.HasSuffix(q.Name, "/"))
	case "XMinioInvalidObjectName":
		// MinIO looks at rights first, and then keeps nothing under such a name.
		return strings.HasSuffix(q.Name, "/")
	case "DirectoryObjectContainsData", "ErrDirectoryNotEmpty":
		return strings.HasSuffix(q.Name, "/")
	case "ExistingObjectIsDirectory":
		return sc.aboveAnother(q.Bucket, q.Name)
	case "InternalError": // VersityGW 1.8, of copying from where there can be no object
		return o.source && (sc.belowAnother(bucket, name) || strings.HasSuffix(name, "/"))
	case "":
		return o.method == http.MethodHead && a.status == http.StatusNotFound && !there
	}
	return false
}

// atDots tells a listing that the store refuses to everybody, whatever their rights.
func (sc *scene) atDots(q question) bool {
	return sc.at.habits.refusesDots && operationNamed(q.Operation).need == lists && slices.ContainsFunc(strings.Split(q.Name, "/"), isDots)
}

// isDots tells a segment of a path that means another place, with blanks around it or without.
func isDots(segment string) bool {
	segment = strings.TrimSpace(segment)
	return segment == "." || segment == ".."
}

// belowAnother tells whether a name leads through an object.
func (sc *scene) belowAnother(bucket, name string) bool {
	return slices.ContainsFunc(sc.names[bucket], func(other string) bool { return strings.HasPrefix(name, other+"/") })
}

// aboveAnother tells whether an object's name leads through a name.
func (sc *scene) aboveAnother(bucket, name string) bool {
	return slices.ContainsFunc(sc.names[bucket], func(other string) bool { return strings.HasPrefix(other, name+"/") })
}

// wrongListing compares a listing with what is in the bucket.
func (sc *scene) wrongListing(q question, o operation, a answer) string {
	type entry struct {
		Key      string
		IsLatest bool
	}
	var page struct {
		Contents       []entry
		Version        []entry
		DeleteMarker   []entry
		CommonPrefixes []struct{ Prefix string }
		IsTruncated    bool
	}
	if err := xml.Unmarshal(a.body, &page); err != nil {
		return "a listing that cannot be read: " + err.Error()
	}
	var got, want []string
	for _, e := range slices.Concat(page.Contents, page.Version, page.DeleteMarker) {
		got = append(got, e.Key)
	}
	for _, p := range page.CommonPrefixes {
		got = append(got, p.Prefix)
	}
	byFolder := strings.Contains(o.query, "delimiter")
	for _, name := range sc.names[q.Bucket] {
		if !strings.HasPrefix(name, q.Name) {
			continue
		}
		if i := strings.IndexByte(name[len(q.Name):], '/'); byFolder && i >= 0 {
			name = name[:len(q.Name)+i+1]
		}
		want = append(want, name)
	}
	slices.Sort(got)
	slices.Sort(want)
	want = slices.Compact(want)
	if page.IsTruncated || !slices.Equal(got, want) {
		return fmt.Sprintf("lists %q instead of %q", got, want)
	}
	return ""
}
