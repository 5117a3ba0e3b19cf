package minio

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7/pkg/signer"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

// maxAnswer bounds what is read of an answer: lists of users and policies are of the whole store.
const maxAnswer = 256 << 20

// get asks, and fills answer from the JSON that comes back. A sealed answer is opened first.
func (d *Driver) get(ctx context.Context, op, operation string, query url.Values, sealed bool, answer any) error {
	text, err := d.call(ctx, op, http.MethodGet, operation, query, nil)
	if err != nil {
		return err
	}
	if sealed {
		if text, err = d.unseal(text); err != nil {
			return &conn.Error{Op: op, Kind: conn.ErrUnreachable, Message: "the answer is " + err.Error()}
		}
	}
	return decode(op, text, answer)
}

func decode(op string, text []byte, answer any) error {
	if err := json.Unmarshal(text, answer); err != nil {
		// What was sent may hold a secret, and the decoder quotes.
		return &conn.Error{Op: op, Kind: conn.ErrUnreachable, Message: "the answer is not what the admin API gives"}
	}
	return nil
}

// call sends one request and gives the body of a good answer.
func (d *Driver) call(ctx context.Context, op, method, operation string, query url.Values, body []byte) ([]byte, error) {
	target := strings.TrimSuffix(d.endpoint, "/") + conn.AdminPath + operation
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, &conn.Error{Op: op, Kind: conn.ErrInvalid, Message: "the request cannot be made"}
	}
	sum := sha256.Sum256(body)
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	req = signer.SignV4(*req, d.keyID, d.secret().Reveal(), "", d.region)
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, conn.Failure(op, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, conn.Failure(op, err)
	}
	if resp.StatusCode < http.StatusOK || resp.StatusCode >= http.StatusMultipleChoices {
		return nil, refusal(op, resp.StatusCode, text)
	}
	return text, nil
}

// refusal reads what the server says of a failure.
func refusal(op string, status int, text []byte) error {
	var said struct{ Code, Message string }
	if err := json.Unmarshal(text, &said); err != nil || said.Code == "" {
		said.Code, said.Message = fmt.Sprintf("%d %s", status, http.StatusText(status)), ""
	}
	return conn.Refusal(op, status, said.Code, said.Message)
}
