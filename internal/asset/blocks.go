package asset

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Catalogs are files of blocks, of which those that are asked for are unpacked, and no others:
//
//	a line that names the format and its version
//	blocks of blockRows rows, each a Zstandard frame (RFC 8878) of a JSON array
//	what the format has beside them
//	a Zstandard frame of a JSON object, the outline, which has the lengths of the blocks
//	the length of that frame, 4 bytes, big endian
//
// Each frame bears a checksum of its content.
const (
	blockRows = 256
	// maxBlock and maxOutline bound what a frame may unpack to, in bytes.
	maxBlock   = 16 << 20
	maxOutline = 64 << 20
)

// ErrCatalog says that an object is not a catalog that Encode wrote.
var ErrCatalog = errors.New("not a catalog")

func badCatalog(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCatalog, fmt.Sprintf(format, args...))
}

var (
	packer   = sync.OnceValue(func() *zstd.Encoder { return must(zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))) })
	unpacker = sync.OnceValue(func() *zstd.Decoder {
		return must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxOutline)))
	})
)

// must is for what only fails by the options above.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// packFrame appends a frame of the JSON of a value.
func packFrame(data []byte, value any) (packed []byte, length int, err error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, 0, fmt.Errorf("encoding a catalog: %w", err)
	}
	packed = packer().EncodeAll(text, data)
	return packed, len(packed) - len(data), nil
}

// sealOutline appends the outline, with which a file of blocks ends.
func sealOutline(data []byte, outline any) ([]byte, error) {
	data, length, err := packFrame(data, outline)
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint32(data, uint32(length)), nil
}

// openOutline reads the outline of a file of blocks, and gives what is between the first line and that.
func openOutline(magic string, data []byte, outline any) (body []byte, err error) {
	body, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok || len(body) < 4 {
		return nil, badCatalog("it begins otherwise")
	}
	length := int(binary.BigEndian.Uint32(body[len(body)-4:]))
	if body = body[:len(body)-4]; length > len(body) {
		return nil, badCatalog("it is cut off")
	}
	text, err := unpacker().DecodeAll(body[len(body)-length:], nil)
	if err != nil {
		return nil, badCatalog("its outline cannot be unpacked")
	}
	if err := json.Unmarshal(text, outline); err != nil {
		return nil, badCatalog("its outline cannot be read")
	}
	return body[:len(body)-length], nil
}

// cutBlocks parts the body of a file of rows into its blocks and what comes behind them.
func cutBlocks(body []byte, lengths []int, rows int) (blocks [][]byte, behind []byte, err error) {
	if rows < 0 || len(lengths) != (rows+blockRows-1)/blockRows {
		return nil, nil, badCatalog("its outline says what cannot be")
	}
	blocks = make([][]byte, len(lengths))
	for i, n := range lengths {
		if n <= 0 || n > len(body) {
			return nil, nil, badCatalog("a block has no length")
		}
		blocks[i], body = body[:n], body[n:]
	}
	return blocks, body, nil
}

// unpackBlock reads the rows of block n of a file of so many rows. Rows become memory and answers, so each has to be sane.
func unpackBlock[T any](blocks [][]byte, n, of int, sane func(*T) bool) ([]T, error) {
	text, err := unpacker().DecodeAll(blocks[n], nil)
	if err != nil || len(text) > maxBlock {
		return nil, badCatalog("block %d cannot be unpacked", n)
	}
	var rows []T
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, badCatalog("block %d cannot be read", n)
	}
	if len(rows) != min(blockRows, of-n*blockRows) {
		return nil, badCatalog("block %d says what cannot be", n)
	}
	for i := range rows {
		if !sane(&rows[i]) {
			return nil, badCatalog("block %d says what cannot be", n)
		}
	}
	return rows, nil
}
