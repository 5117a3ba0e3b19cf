package conn

import (
	"net/http"
	"strings"
)

// AdminPath is where MinIO's admin API lives at the endpoint of S3.
const AdminPath = "/minio/admin/v3/"

// describeAdmin names a request to MinIO's admin API. What it is about is in the query.
func describeAdmin(req *http.Request) Call {
	call := Call{Service: Admin, Operation: strings.TrimPrefix(req.URL.Path, AdminPath), Mutates: req.Method != http.MethodGet}
	query := req.URL.Query()
	for _, key := range []string{"accessKey", "userOrGroup", "group", "name", "user"} {
		if call.Resource = query.Get(key); call.Resource != "" {
			break
		}
	}
	return call
}
