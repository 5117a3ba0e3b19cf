package specimen

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
)

// Bomb is a valid PNG of one black bit a pixel: a thousandth of what it takes up when it is decoded.
func Bomb(width, height int) []byte {
	be := binary.BigEndian
	out := bytes.NewBufferString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		body := append([]byte(kind), data...)
		out.Write(be.AppendUint32(nil, uint32(len(data))))
		out.Write(body)
		out.Write(be.AppendUint32(nil, crc32.ChecksumIEEE(body)))
	}
	header := be.AppendUint32(be.AppendUint32(nil, uint32(width)), uint32(height))
	chunk("IHDR", append(header, 1, 0, 0, 0, 0)) // 1 bit of grey, not interlaced
	chunk("IDAT", encoded(func(b *bytes.Buffer) error {
		w, err := zlib.NewWriterLevel(b, zlib.BestCompression)
		row := make([]byte, 1+(width+7)/8)
		for range height {
			if err == nil {
				_, err = w.Write(row)
			}
		}
		if err != nil {
			return err
		}
		return w.Close()
	}))
	chunk("IEND", nil)
	return out.Bytes()
}
