package decisions_test

import "net/http"

const (
	aTag      = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
	suspended = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"
	governed  = "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>"
	held      = "<LegalHold><Status>ON</Status></LegalHold>"
	enforced  = "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>"
	anyOrigin = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>"
)

// anew lets an object be copied to itself.
var anew = map[string]string{"X-Amz-Metadata-Directive": "REPLACE"}

// operations are all that S3 can be asked for and that a store judges by our policies: each that somebody's key may be for, in
// every form that the protocol has for it, and those beside that nobody's is for.
var operations = []operation{
	{name: "get", need: reads, method: http.MethodGet, weight: 4},
	{name: "head", need: reads, method: http.MethodHead, weight: 2},
	{name: "get by address", need: reads, method: http.MethodGet, presigned: true},
	{name: "get version", need: recalls, method: http.MethodGet, version: true, weight: 3},
	{name: "head version", need: recalls, method: http.MethodHead, version: true},

	{name: "put", adds: true, need: writes, method: http.MethodPut, body: own, weight: 3},
	{name: "put version", adds: true, need: writes, method: http.MethodPut, version: true, body: own},
	{name: "put by form", adds: true, need: writes, method: http.MethodPost, about: aBucket, form: true},
	{name: "begin upload", need: writes, method: http.MethodPost, query: "uploads"},
	{name: "put part", need: writes, method: http.MethodPut, query: "partNumber=1", upload: true, body: own},
	{name: "list parts", need: parts, method: http.MethodGet, upload: true},
	{name: "complete upload", adds: true, need: writes, method: http.MethodPost, upload: true, part: true, body: completion},
	{name: "abort upload", need: parts, method: http.MethodDelete, upload: true},
	{name: "copy", adds: true, need: copies, method: http.MethodPut, header: anew, source: true, weight: 3},
	{name: "copy part", need: copies, method: http.MethodPut, query: "partNumber=1", upload: true, source: true},
	{name: "copy version", adds: true, need: copiesOld, method: http.MethodPut, header: anew, source: true, version: true},

	{name: "delete", need: removes, method: http.MethodDelete, weight: 2},
	{name: "delete many", need: removes, method: http.MethodPost, query: "delete", about: aBucket, body: removal(false)},
	{name: "force delete", need: removes, method: http.MethodDelete, header: map[string]string{"X-Minio-Force-Delete": "true"}},
	{name: "delete version", method: http.MethodDelete, version: true},
	{name: "delete many versions", method: http.MethodPost, query: "delete", about: aBucket, version: true, body: removal(true)},

	{name: "list", need: lists, method: http.MethodGet, query: "list-type=2", about: aBucket, weight: 4},
	{name: "list by folder", need: lists, method: http.MethodGet, query: "list-type=2&delimiter=/", about: aBucket, weight: 2},
	{name: "list, old form", need: lists, method: http.MethodGet, about: aBucket},
	{name: "list, misleading", need: lists, method: http.MethodGet, query: "list-type=2", about: aBucket, misleads: true},
	{name: "list versions", need: lists, method: http.MethodGet, query: "versions", about: aBucket, weight: 2},
	{name: "list versions by folder", need: lists, method: http.MethodGet, query: "versions&delimiter=/", about: aBucket},
	{name: "head bucket", need: listsAll, method: http.MethodHead, about: aBucket},
	{name: "list uploads", method: http.MethodGet, query: "uploads", about: aBucket},

	{name: "put with tags", method: http.MethodPut, header: map[string]string{"X-Amz-Tagging": "a=b"}, body: own},
	{name: "get tags", method: http.MethodGet, query: "tagging"},
	{name: "put tags", method: http.MethodPut, query: "tagging", body: text(aTag)},
	{name: "delete tags", method: http.MethodDelete, query: "tagging"},
	{name: "get ACL", method: http.MethodGet, query: "acl"},
	{name: "put ACL", method: http.MethodPut, query: "acl", header: map[string]string{"X-Amz-Acl": "public-read"}},
	{name: "get attributes", method: http.MethodGet, query: "attributes", header: map[string]string{"X-Amz-Object-Attributes": "ETag"}},
	{name: "put retention", method: http.MethodPut, query: "retention", body: text(governed)},
	{name: "put legal hold", method: http.MethodPut, query: "legal-hold", body: text(held)},

	{name: "get bucket policy", method: http.MethodGet, query: "policy", about: aBucket},
	{name: "put bucket policy", method: http.MethodPut, query: "policy", about: aBucket, body: everybody},
	{name: "delete bucket policy", method: http.MethodDelete, query: "policy", about: aBucket},
	{name: "get bucket versioning", method: http.MethodGet, query: "versioning", about: aBucket},
	{name: "put bucket versioning", method: http.MethodPut, query: "versioning", about: aBucket, body: text(suspended)},
	{name: "get bucket tags", method: http.MethodGet, query: "tagging", about: aBucket},
	{name: "put bucket tags", method: http.MethodPut, query: "tagging", about: aBucket, body: text(aTag)},
	{name: "delete bucket tags", method: http.MethodDelete, query: "tagging", about: aBucket},
	{name: "get bucket ACL", method: http.MethodGet, query: "acl", about: aBucket},
	{name: "put bucket ACL", method: http.MethodPut, query: "acl", about: aBucket, header: map[string]string{"X-Amz-Acl": "public-read-write"}},
	{name: "put bucket ownership", method: http.MethodPut, query: "ownershipControls", about: aBucket, body: text(enforced)},
	{name: "put bucket CORS", method: http.MethodPut, query: "cors", about: aBucket, body: text(anyOrigin)},
	{name: "get bucket location", method: http.MethodGet, query: "location", about: aBucket},
	{name: "delete bucket", method: http.MethodDelete, about: aBucket},
	{name: "list buckets", method: http.MethodGet, about: theStore},
}

// operationNamed finds an operation.
func operationNamed(name string) operation {
	for _, o := range operations {
		if o.name == name {
			return o
		}
	}
	panic("no operation " + name)
}
