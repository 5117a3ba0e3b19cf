package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// version of the policy language that Render writes.
const version = "2012-10-17"

// arn is the beginning of every resource of S3.
const arn = "arn:aws:s3:::"

// How a statement says that it ends.
const (
	beforeInstant = "DateLessThan"
	currentTime   = "aws:CurrentTime"
)

// endText is an instant as a policy writes it; empty for never.
func endText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// endOf reads it again. What this package did not write is over.
func endOf(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Unix(0, 0).UTC()
	}
	return t.UTC()
}

// Document is a policy in canonical form: a bucket's, or one that hangs on an
// identity. The zero value is empty.
type Document struct {
	version    string
	id         string
	statements []Statement
}

// Statement is one statement of a Document.
type Statement struct {
	// Sid is its name; empty when it has none.
	Sid string
	// text is the statement's JSON: canonical when it is ours, else as found.
	text []byte
	// parsed is its content in canonical form.
	parsed content
}

// content is a statement's JSON with keys in order.
type content struct {
	Action    []string                       `json:"Action,omitempty"`
	Condition map[string]map[string][]string `json:"Condition,omitempty"`
	Effect    string                         `json:"Effect"`
	Principal *principals                    `json:"Principal,omitempty"`
	Resource  []string                       `json:"Resource,omitempty"`
	Sid       string                         `json:"Sid,omitempty"`
}

type principals struct {
	AWS []string `json:"AWS"`
}

// Empty tells whether the document says nothing.
func (d Document) Empty() bool { return len(d.statements) == 0 }

// Statements are the document's statements, ours first.
func (d Document) Statements() []Statement { return slices.Clone(d.statements) }

// Equal tells whether two documents are the same in canonical form.
func (d Document) Equal(e Document) bool { return bytes.Equal(d.JSON(), e.JSON()) }

// JSON is the document in canonical form: lists and keys in order, no blanks,
// statements that are not ours as they were found, after ours. Nil when empty.
func (d Document) JSON() []byte {
	if d.Empty() {
		return nil
	}
	var b bytes.Buffer
	b.Grow(d.size())
	b.WriteByte('{')
	if d.id != "" {
		b.WriteString(`"Id":`)
		b.Write(marshal(d.id))
		b.WriteByte(',')
	}
	b.WriteString(`"Statement":[`)
	for i, s := range d.statements {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(s.text)
	}
	b.WriteString(`],"Version":`)
	b.Write(marshal(d.version))
	b.WriteByte('}')
	return b.Bytes()
}

// size is the length of JSON in bytes, give or take what is fixed.
func (d Document) size() int {
	if d.Empty() {
		return 0
	}
	n := len(`{"Statement":[],"Version":""}`) + len(d.version) + len(d.statements) - 1
	if d.id != "" {
		n += len(`"Id":,`) + len(marshal(d.id))
	}
	for _, s := range d.statements {
		n += len(s.text)
	}
	return n
}

// Ours tells whether a statement's name is one that this package gives.
func Ours(sid string) bool { return strings.HasPrefix(sid, "Vitrine") }

// write makes a document of blocks. A statement's name holds a digest of its
// content, so that a change of one leaves the names of the others alone.
func write(blocks []block) Document {
	d := Document{version: version}
	for _, b := range blocks {
		c := content{Condition: map[string]map[string][]string{}}
		if !b.until.IsZero() {
			c.Condition[beforeInstant] = map[string][]string{currentTime: {endText(b.until)}}
		}
		if b.verbs[0] != List {
			c.Resource = resources(b.places)
			d.statements = append(d.statements, statement(b, c))
			continue
		}
		// The whole bucket may be listed with no prefix at all, so there it is no condition.
		c.Resource = []string{arn + b.places[0].bucket}
		if b.places[0].resource != "" {
			c.Condition["StringLike"] = map[string][]string{"s3:prefix": prefixes(b.places)}
		}
		d.statements = append(d.statements, statement(b, c))
	}
	slices.SortFunc(d.statements, func(a, b Statement) int { return strings.Compare(a.Sid, b.Sid) })
	return d
}

func statement(b block, c content) Statement {
	c.Effect = "Allow"
	if b.principals[0] != "" {
		c.Principal = &principals{AWS: b.principals}
	}
	var names strings.Builder
	for _, v := range b.verbs {
		names.WriteString(v.String())
		c.Action = append(c.Action, v.Actions()...)
	}
	slices.Sort(c.Action)
	c.Action = slices.Compact(c.Action)
	sum := sha256.Sum256(marshal(c))
	c.Sid = "Vitrine" + names.String() + hex.EncodeToString(sum[:6])
	return Statement{Sid: c.Sid, text: marshal(c), parsed: c}
}

func resources(places []place) []string {
	list := make([]string, 0, len(places))
	for _, p := range places {
		r := arn + p.bucket + "/" + p.resource
		if !p.exact {
			r += "*"
		}
		list = append(list, r)
	}
	slices.Sort(list)
	return list
}

func prefixes(places []place) []string {
	list := make([]string, 0, len(places))
	for _, p := range places {
		list = append(list, p.resource+"*")
	}
	slices.Sort(list)
	return list
}

// marshal is JSON without HTML escapes; it is given nothing that has no JSON.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("policy: " + err.Error()) // strings, lists and maps of them only
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
