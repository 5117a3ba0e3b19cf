package decisions_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7/pkg/signer"
)

// formRequest uploads as a browser does from a form that somebody signed with their key. The form itself, not the request, is signed.
func formRequest(q question, s subject) request {
	now := time.Now().UTC()
	fields := [][2]string{
		{"key", q.Name}, {"bucket", q.Bucket},
		{"x-amz-algorithm", "AWS4-HMAC-SHA256"}, {"x-amz-credential", signer.GetCredential(s.id, s.region, now, signer.ServiceTypeS3)},
		{"x-amz-date", now.Format("20060102T150405Z")},
	}
	conditions := make([]any, len(fields))
	for i, f := range fields {
		conditions[i] = map[string]string{f[0]: f[1]}
	}
	policy, err := json.Marshal(map[string]any{"expiration": now.Add(time.Hour).Format("2006-01-02T15:04:05.000Z"), "conditions": conditions})
	if err != nil {
		panic(err)
	}
	text := base64.StdEncoding.EncodeToString(policy)
	fields = append(fields, [2]string{"policy", text}, [2]string{"x-amz-signature", signer.PostPresignSignatureV4(text, now, s.secret, s.region)})

	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range fields {
		_ = form.WriteField(f[0], f[1]) // a buffer takes everything
	}
	file, err := form.CreateFormFile("file", "file")
	if err != nil {
		panic(err)
	}
	_, _ = file.Write(content(q.Bucket, q.Name))
	_ = form.Close()
	return request{method: http.MethodPost, bucket: q.Bucket, body: body.Bytes(), header: map[string]string{"Content-Type": form.FormDataContentType()}, unsigned: true}
}
