package rendition

import "log/slog"

const redacted = "[redacted]"

// URL is a presigned URL: who holds it may do what it says. It cannot be printed, logged or marshalled by accident; the
// manifest's codec, which must hold it, uses Reveal. The zero URL is empty.
type URL struct {
	// A pointer, because fmt cannot call String on an unexported field and prints a nested pointer as an address.
	secret *string
}

// NewURL wraps a presigned URL.
func NewURL(u string) URL { return URL{secret: &u} }

// Reveal gives the URL itself. Never put it into an error, a log line or a status.
func (u URL) Reveal() string {
	if u.secret == nil {
		return ""
	}
	return *u.secret
}

// Equal tells whether both are the same URL.
func (u URL) Equal(v URL) bool { return u.Reveal() == v.Reveal() }

// String implements fmt.Stringer.
func (URL) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (URL) GoString() string { return redacted }

// LogValue implements slog.LogValuer.
func (URL) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, which JSON and YAML use.
func (URL) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Request is one presigned HTTP request. The method follows from its place: GET for a source and for the facts that are stored, PUT for the rest.
type Request struct {
	URL URL
	// Header holds the headers that were signed and must be sent as they are; Host is not among them.
	Header map[string]string
}
