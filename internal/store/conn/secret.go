package conn

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// redacted is what every printed Secret looks like, empty or not: its length tells something, too.
const redacted = "[redacted]"

// Secret is a value that must not be seen: it prints, logs and marshals as a fixed word. Reveal is the one way to the value.
type Secret string

// Reveal returns the value itself. Callers hand it to a signer or to a Kubernetes Secret and nowhere else.
func (s Secret) Reveal() string { return string(s) }

// Format implements fmt.Formatter: every verb prints the fixed word, wrong ones included (but %p, which fmt answers itself and vet refuses).
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// GoString implements fmt.GoStringer, for %#v.
func (Secret) GoString() string { return redacted }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, which encoders of JSON, YAML and XML ask for.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON implements json.Marshaler.
func (Secret) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// Credentials are an access key of a store.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey Secret
	// SessionToken goes with a key that a store issued for a while; empty with one that lasts. S3 alone is spoken with it.
	SessionToken Secret
}
