package asset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// DescriptionVersion is the version of the format of Metadata, StateRecord and Approval.
const DescriptionVersion = 1

// MaxDescriptionBytes is the largest that one of these may be, as JSON.
const MaxDescriptionBytes = 64 << 10

// ErrDescription says that an object is not what the manager would write; treat it as absent and report it.
var ErrDescription = errors.New("not a description of a file")

// Signature tells who had something written, and when.
type Signature struct {
	// By is the User who asked, or who of the platform team.
	By string `json:"by"`
	// At is when the manager did it.
	At time.Time `json:"at"`
	// Change is the id of the change record that asked for it.
	Change string `json:"change,omitempty"`
}

// Metadata is what people say of a file: meta/<key>.json. The manager alone writes it.
type Metadata struct {
	V int `json:"v"`
	// Fields by name, each with at least one value. Whether they fit a Library's fields is Schema's to say.
	Fields map[string][]string `json:"fields,omitempty"`
	// Focus is the part that matters most; nil when nobody said.
	Focus *Focus `json:"focus,omitempty"`
	Signature
}

// Focus is the part of a picture that matters most: a rectangle in fractions of the upright picture.
type Focus struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// Valid tells whether f lies within the picture and is not empty.
func (f Focus) Valid() bool {
	const slack = 1e-9 // of sums of fractions
	for _, v := range []float64{f.X, f.Y, f.Width, f.Height} {
		if math.IsNaN(v) || v < 0 || v > 1 {
			return false
		}
	}
	return f.Width > 0 && f.Height > 0 && f.X+f.Width <= 1+slack && f.Y+f.Height <= 1+slack
}

// Encode gives the metadata as JSON. ErrDescription when it is more than MaxDescriptionBytes, or not valid.
func (m Metadata) Encode() ([]byte, error) {
	m.V = DescriptionVersion
	if err := m.validate(); err != nil {
		return nil, err
	}
	return encodeDescription(m)
}

// DecodeMetadata reads what Encode wrote; ErrDescription when it is something else.
func DecodeMetadata(data []byte) (Metadata, error) {
	var m Metadata
	if err := decodeDescription(data, &m); err != nil {
		return Metadata{}, err
	}
	return m, m.validate()
}

func (m Metadata) validate() error {
	if m.V != DescriptionVersion {
		return fmt.Errorf("%w: version %d is unknown", ErrDescription, m.V)
	}
	if m.Focus != nil && !m.Focus.Valid() {
		return fmt.Errorf("%w: the focus lies outside the picture", ErrDescription)
	}
	for name, values := range m.Fields {
		if !fieldName.MatchString(name) || len(values) == 0 || slices.ContainsFunc(values, func(v string) bool { return v == "" || !legible(v, maxText) }) {
			return fmt.Errorf("%w: field %.40q", ErrDescription, name)
		}
	}
	return nil
}

func encodeDescription(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding a description: %w", err)
	}
	if len(data) > MaxDescriptionBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrDescription, len(data), MaxDescriptionBytes)
	}
	return data, nil
}

// decodeDescription reads one JSON object and nothing behind it. Unknown fields are let through: a newer manager may add some.
func decodeDescription(data []byte, into any) error {
	if len(data) > MaxDescriptionBytes {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrDescription, len(data), MaxDescriptionBytes)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%w: %s", ErrDescription, cleanLine(err.Error(), maxFactsMessage))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the object", ErrDescription)
	}
	return nil
}
