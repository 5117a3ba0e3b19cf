// Package inventory tells what a store holds: from a file that lists it, or from the
// store itself, with the keys of the one who asks.
package inventory

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/vitrine-dam/vitrine/internal/review/compare"
)

// ErrFormat is what every error about the form of a list is.
var ErrFormat = errors.New("not a list of objects: write lines of bucket,path,size or of JSON with these fields")

// Read reads a list of objects: CSV with bucket, path and size in bytes, with or without a
// header, or a JSON object with these fields on each line.
func Read(from io.Reader) ([]compare.Object, error) {
	r := bufio.NewReader(from)
	first, err := r.Peek(1)
	if errors.Is(err, io.EOF) {
		return []compare.Object{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the inventory: %w", err)
	}
	if first[0] == '{' {
		return readJSON(r)
	}
	return readCSV(r)
}

func readJSON(from io.Reader) ([]compare.Object, error) {
	objects := []compare.Object{}
	decoder := json.NewDecoder(from)
	for {
		var line struct {
			Bucket, Path, Key string
			Size              *int64
		}
		err := decoder.Decode(&line)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if line.Path == "" {
			line.Path = line.Key
		}
		if err != nil || line.Bucket == "" || line.Path == "" || line.Size == nil || *line.Size < 0 {
			return nil, fmt.Errorf("reading the inventory: object %d: %w", len(objects)+1, ErrFormat)
		}
		objects = append(objects, compare.Object{Bucket: line.Bucket, Key: line.Path, Size: *line.Size})
	}
}

func readCSV(from io.Reader) ([]compare.Object, error) {
	objects := []compare.Object{}
	lines := csv.NewReader(from)
	lines.FieldsPerRecord = 3
	for n := 1; ; n++ {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the inventory: %w: %w", ErrFormat, err)
		}
		size, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil && n == 1 && fields[0] == "bucket" {
			continue // the header
		}
		if err != nil || size < 0 || fields[0] == "" || fields[1] == "" {
			return nil, fmt.Errorf("reading the inventory: line %d: %w", n, ErrFormat)
		}
		objects = append(objects, compare.Object{Bucket: fields[0], Key: fields[1], Size: size})
	}
}
