package review

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// Use is one request to a store that was granted, as an access log tells of it.
type Use struct {
	At time.Time
	// Requester as the store knows them: an access key, a name, or an ARN that ends in one.
	Requester string
	Bucket    string
	// Key of the object, or the prefix that was listed.
	Key        string
	Permission access.Permission
}

// maxLogLine bounds a line: keys have 1,024 bytes, tripled by encoding, and agents are long.
const maxLogLine = 64 << 10

// operations are those of S3's server access logs that use a permission, and VersityGW's names for them.
var operations = map[string]access.Permission{
	"REST.GET.OBJECT": access.Download, "REST.HEAD.OBJECT": access.Download, "REST.COPY.OBJECT_GET": access.Download,
	"REST.GET.BUCKET": access.List, "REST.GET.BUCKETVERSIONS": access.List,
	"REST.PUT.OBJECT": access.Upload, "REST.POST.UPLOADS": access.Upload, "REST.PUT.PART": access.Upload, "REST.POST.UPLOAD": access.Upload, "REST.COPY.OBJECT": access.Upload,
	"REST.DELETE.OBJECT": access.Delete, "REST.POST.MULTI_OBJECT_DELETE": access.Delete,

	"s3_GetObject": access.Download, "s3_HeadObject": access.Download,
	"s3_ListObjects": access.List, "s3_ListObjectsV2": access.List, "s3_ListObjectVersions": access.List,
	"s3_PutObject": access.Upload, "s3_PostObject": access.Upload, "s3_CopyObject": access.Upload, "s3_CreateMultipartUpload": access.Upload,
	"s3_UploadPart": access.Upload, "s3_UploadPartCopy": access.Upload, "s3_CompleteMultipartUpload": access.Upload,
	"s3_DeleteObject": access.Delete, "s3_DeleteObjects": access.Delete,
}

// logLine is the beginning of a line of a server access log: owner, bucket, time, address,
// requester, request, operation, key, request line, status.
var logLine = regexp.MustCompile(`^\S+ (\S+) \[([^\]]+)\] \S+ (\S+) \S+ (\S+) (\S+) "([^"]*)" (\d{3}) `)

// versityLine is the same of VersityGW, which quotes nothing, writes the key as it is, blanks included, and of the request its URI.
var versityLine = regexp.MustCompile(`^\S+ (\S+) \[([^\]]+)\] \S+ (\S+) \S+ (s3_\w+) (.*?) (/\S*) (\d{3}) `)

// versityStart begins the line that VersityGW writes when it opens a log.
const versityStart = "log starts "

// ReadUses reads server access logs of S3, as AWS and VersityGW write them. Lines about other things are
// passed over; none that is about requests is an error, since it is another format then.
func ReadUses(from io.Reader) ([]Use, error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxLogLine)
	var uses []Use
	read, understood := 0, 0
	for lines.Scan() {
		line := lines.Text()
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, versityStart) {
			continue
		}
		read++
		u, understand, use := readUse(line + " ")
		if understand {
			understood++
		}
		if use {
			uses = append(uses, u)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the access log: %w", err)
	}
	if read > 0 && understood == 0 {
		return nil, fmt.Errorf("reading the access log: none of its %d lines is in the format of S3 server access logs, as AWS and VersityGW write them", read)
	}
	return uses, nil
}

// readUse reads a line in either form; use tells whether it was a use of a permission.
func readUse(line string) (u Use, understood, use bool) {
	m, layout, key, uri := logLine.FindStringSubmatch(line), "02/Jan/2006:15:04:05 -0700", decoded, requested
	if m == nil {
		m, layout, key, uri = versityLine.FindStringSubmatch(line), "02/January/2006:15:04:05 -0700", asIs, asIs
	}
	if m == nil {
		return Use{}, false, false
	}
	at, err := time.Parse(layout, m[2])
	permission, known := operations[m[4]]
	if err != nil || !known || m[7][0] != '2' {
		return Use{}, true, false
	}
	u = Use{At: at.UTC(), Requester: m[3], Bucket: m[1], Permission: permission}
	if permission == access.List {
		u.Key = prefixAsked(uri(m[6]))
	} else {
		u.Key = key(m[5])
	}
	return u, true, permission == access.List || u.Key != "-"
}

func asIs(text string) string { return text }

// decoded is a key as it was; the logs have it percent-encoded twice where it holds more than letters.
func decoded(key string) string {
	for range 2 {
		plain, err := url.PathUnescape(key)
		if err != nil {
			return key
		}
		key = plain
	}
	return key
}

// requested is the URI of a request line.
func requested(line string) string {
	words := strings.Fields(line)
	if len(words) < 2 {
		return ""
	}
	return words[1]
}

func prefixAsked(uri string) string {
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		return ""
	}
	return u.Query().Get("prefix")
}

// usedFile is a use of a file of the tenant.
type usedFile struct {
	Use
	key fileKey
}

type fileKey access.Key

// scope of a listing that began with these letters.
func (k fileKey) scope() access.Scope {
	return access.Scope{Library: k.Library, Restricted: k.Restricted, Prefix: k.Path}
}

// usesByUser finds whose uses they were, and of which files.
func (r *Review) usesByUser(uses []Use) map[string][]usedFile {
	who := map[string]string{}
	for i := range r.tenant.Declared.Users {
		u := &r.tenant.Declared.Users[i]
		for _, id := range u.Status.Identities {
			who[id.Name], who[id.AccessKeyID] = u.Name, u.Name
			if id.Previous != nil {
				who[id.Previous.AccessKeyID] = u.Name
			}
		}
	}
	delete(who, "")
	all := map[string][]usedFile{}
	for _, u := range uses {
		user, known := who[u.Requester]
		if i := strings.LastIndexByte(u.Requester, '/'); !known && i >= 0 {
			user, known = who[u.Requester[i+1:]]
		}
		if !known {
			continue
		}
		for i := range r.tenant.Declared.Libraries {
			l := &r.tenant.Declared.Libraries[i]
			key, permission, ours := locateKey(l.Spec.Bucket.Name, u)
			if ours {
				key.Library = l.Name
				u.Permission = permission
				all[user] = append(all[user], usedFile{u, fileKey(key)})
			}
		}
	}
	return all
}

// locateKey finds the file that a request to one of a Library's buckets was about.
func locateKey(bucket string, u Use) (access.Key, access.Permission, bool) {
	switch u.Bucket {
	case bucket:
		return access.Key{Path: u.Key}, u.Permission, true
	case bucket + "-dam":
		top, rest, _ := strings.Cut(u.Key, "/")
		switch top {
		case "renditions": // below the file's path, so a right on the place covers it
			return access.Key{Path: rest}, access.Preview, true
		case "restricted", "restricted-renditions":
			name, path, _ := strings.Cut(rest, "/")
			permission := u.Permission
			if top == "restricted-renditions" {
				permission = access.Preview
			}
			return access.Key{Restricted: name, Path: path}, permission, name != ""
		}
	}
	return access.Key{}, 0, false
}
