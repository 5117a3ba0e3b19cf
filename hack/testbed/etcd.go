package testbed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// pageSize keeps one answer of etcd small, whatever the cluster holds.
const pageSize = 500

// EtcdDump is every key and value that etcd holds now, one after the other, each ended
// by a line feed, in the order of the keys. Values of built-in kinds are protobuf, in
// which strings and the bytes of Secrets stand as they are; custom resources are JSON.
func (c *Cluster) EtcdDump(ctx context.Context) ([]byte, error) {
	var dump bytes.Buffer
	// From the lowest key ("\x00") to the end of all keys, which etcd writes as "\x00".
	for from := []byte{0}; ; {
		page, err := c.etcdRange(ctx, from)
		if err != nil {
			return nil, err
		}
		for _, kv := range page.KVs {
			dump.Write(kv.Key)
			dump.WriteByte('\n')
			dump.Write(kv.Value)
			dump.WriteByte('\n')
			from = append(bytes.Clone(kv.Key), 0) // the next key after this one
		}
		if !page.More {
			return dump.Bytes(), nil
		}
	}
}

// etcdPage is the JSON form of etcd's RangeResponse; bytes are base64 there.
type etcdPage struct {
	KVs []struct {
		Key   []byte `json:"key"`
		Value []byte `json:"value"`
	} `json:"kvs"`
	More bool `json:"more"`
}

func (c *Cluster) etcdRange(ctx context.Context, from []byte) (*etcdPage, error) {
	body, err := json.Marshal(map[string]any{"key": from, "range_end": []byte{0}, "limit": pageSize})
	if err != nil {
		return nil, fmt.Errorf("encoding a question to etcd: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.etcdURL+"/v3/kv/range", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("asking etcd: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking etcd: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking etcd: %s", response.Status)
	}
	var page etcdPage
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil {
		return nil, fmt.Errorf("reading etcd's answer: %w", err)
	}
	return &page, nil
}
