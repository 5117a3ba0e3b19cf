package iam

import (
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"
)

// fake answers as the AWS IAM API is documented to: shapes, codes, quotas, pages of two, documents percent-encoded. It is written after the
// documentation, not recorded, and no store was asked.
type fake struct {
	mu       sync.Mutex
	users    map[string]*holderState
	groups   map[string]*holderState
	policies map[string]*policyState // by ARN
	lacks    map[string]bool         // actions that this store does not know
	refuses  map[string]refusedError // actions that it refuses
	lets     map[string]int          // how often it answers before it refuses
	made     int
}

type holderState struct {
	path     string
	members  map[string]bool   // of a group
	attached map[string]bool   // ARNs
	inline   map[string]string // documents by name
}

type policyState struct {
	name, path string
	versions   []versionState
}

type versionState struct {
	id, doc string
	inForce bool
	at      int // minutes, for the date
}

const fakeAccount = "123456789012"

func newFake(t *testing.T, lacks ...string) (*fake, string) {
	t.Helper()
	f := &fake{users: map[string]*holderState{}, groups: map[string]*holderState{}, policies: map[string]*policyState{}, lacks: map[string]bool{}, lets: map[string]int{}}
	for _, action := range lacks {
		f.lacks[action] = true
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server.URL
}

// refusedError is an answer with an error code.
type refusedError struct {
	status        int
	code, message string
}

func (e refusedError) Error() string { return e.code }

var (
	errNoEntity = refusedError{http.StatusNotFound, "NoSuchEntity", "The resource cannot be found."}
	errExists   = refusedError{http.StatusConflict, "EntityAlreadyExists", "It exists already."}
	errConflict = refusedError{http.StatusConflict, "DeleteConflict", "Cannot delete entity, must remove what belongs to it first."}
	errNotLatin = refusedError{http.StatusBadRequest, "ValidationError", "The specified value for policyDocument is invalid. It must contain only printable ASCII characters, and those of Latin-1."}
)

// isLatin tells whether a document has only the characters that AWS takes.
func isLatin(doc string) bool {
	return !strings.ContainsFunc(doc, func(r rune) bool { return r > unicode.MaxLatin1 || r < ' ' && !strings.ContainsRune("\t\n\r", r) })
}

func limit(what string) refusedError {
	return refusedError{http.StatusConflict, "LimitExceeded", "Cannot exceed quota for " + what}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	action := r.Form.Get("Action")
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "text/xml")
	result, err := "", error(refusedError{http.StatusBadRequest, "InvalidAction", "Could not find operation " + action})
	if answer, ok := actions[action]; ok && !f.lacks[action] {
		result, err = answer(f, r.Form)
	}
	if refused, ok := f.refuses[action]; ok {
		if f.lets[action]--; f.lets[action] < 0 {
			err = refused
		}
	}
	if e, ok := err.(refusedError); ok { //nolint:errorlint // made here, never wrapped
		w.WriteHeader(e.status)
		_, _ = fmt.Fprintf(w, `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, e.code, e.message)
		return
	}
	_, _ = fmt.Fprintf(w, `<%[1]sResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><%[1]sResult>%[2]s</%[1]sResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></%[1]sResponse>`, action, result)
}

// element writes name and text, escaped.
func element(name, text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return "<" + name + ">" + b.String() + "</" + name + ">"
}

func list(name string, members []string) string {
	var b strings.Builder
	for _, m := range members {
		b.WriteString("<member>" + m + "</member>")
	}
	return "<" + name + ">" + b.String() + "</" + name + ">"
}

// page gives two members from the marker on, and where to go on.
func page(name string, members []string, form url.Values) (string, error) {
	from, _ := strconv.Atoi(form.Get("Marker"))
	to := min(from+2, len(members))
	text := list(name, members[from:to]) + element("IsTruncated", strconv.FormatBool(to < len(members)))
	if to < len(members) {
		text += element("Marker", strconv.Itoa(to))
	}
	return text, nil
}

func (f *fake) holder(form url.Values) (*holderState, error) {
	h := f.users[form.Get("UserName")]
	if name := form.Get("GroupName"); name != "" {
		h = f.groups[name]
	}
	if h == nil {
		return nil, errNoEntity
	}
	return h, nil
}

func newHolder(form url.Values) *holderState {
	return &holderState{path: form.Get("Path"), members: map[string]bool{}, attached: map[string]bool{}, inline: map[string]string{}}
}

func (f *fake) userXML(name string) string {
	path := f.users[name].path
	return element("Path", path) + element("UserName", name) + element("Arn", "arn:aws:iam::"+fakeAccount+":user"+path+name) + element("UserId", "AIDA"+name)
}

func (f *fake) groupXML(name string) string {
	path := f.groups[name].path
	return element("Path", path) + element("GroupName", name) + element("Arn", "arn:aws:iam::"+fakeAccount+":group"+path+name) + element("GroupId", "AGPA"+name)
}

func (p *policyState) inForce() versionState {
	return p.versions[slices.IndexFunc(p.versions, func(v versionState) bool { return v.inForce })]
}

func (p *policyState) xml(arn string) string {
	return element("PolicyName", p.name) + element("Path", p.path) + element("Arn", arn) + element("DefaultVersionId", p.inForce().id)
}

func (v versionState) xml() string {
	return element("VersionId", v.id) + element("IsDefaultVersion", strconv.FormatBool(v.inForce)) +
		element("CreateDate", fmt.Sprintf("2026-11-22T%02d:%02d:00Z", v.at/60, v.at%60)) + element("Document", encoded(v.doc))
}

// encoded is how AWS gives documents back.
func encoded(doc string) string { return strings.ReplaceAll(url.QueryEscape(doc), "+", "%20") }

func (f *fake) attachedXML(h *holderState) []string {
	var all []string
	for _, arn := range slices.Sorted(maps.Keys(h.attached)) {
		name := arn[strings.LastIndexByte(arn, '/')+1:]
		all = append(all, element("PolicyName", name)+element("PolicyArn", arn))
	}
	return all
}

func inlineXML(h *holderState) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(h.inline)) {
		all = append(all, element("PolicyName", name)+element("PolicyDocument", encoded(h.inline[name])))
	}
	return all
}

func (f *fake) isAttached(arn string) bool {
	for _, all := range []map[string]*holderState{f.users, f.groups} {
		for _, h := range all {
			if h.attached[arn] {
				return true
			}
		}
	}
	return false
}

// version adds one, in force.
func (f *fake) version(p *policyState, doc string) error {
	if !isLatin(doc) {
		return errNotLatin
	}
	if len(doc) > 6144 {
		return limit("PolicySize: 6144")
	}
	if len(p.versions) == 5 {
		return limit("PolicyVersionsPerPolicy: 5")
	}
	for i := range p.versions {
		p.versions[i].inForce = false
	}
	f.made++
	p.versions = append(p.versions, versionState{id: fmt.Sprintf("v%d", f.made), doc: doc, inForce: true, at: f.made})
	return nil
}
