package source

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	goyaml "go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kyaml "k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/policytest"
)

// Set is all that was read from files, of any number of tenants.
type Set struct {
	objects []object
	// decoded are the same by what they were decoded from.
	decoded map[source]object
	// frozen gives the reasons on the freeze annotations of namespaces.
	frozen map[string]string
	notes  []string
	// Tests are the policy tests that stand beside the declarations.
	Tests []policytest.AccessTest
}

// Read reads files and folders of YAML or JSON, folders with all below them, as kubectl apply does: hidden files and folders
// are no exception; - is stdin. A folder with a kustomization is built as kubectl kustomize does, but nothing is fetched from
// elsewhere. Objects of other groups are passed over.
func Read(stdin io.Reader, paths []string) (*Set, error) { return ReadBeside(&Set{}, stdin, paths) }

// ReadBeside reads what is mostly the same as a set that was read before: the objects that are written alike are shared with it, and must
// be changed in neither.
func ReadBeside(before *Set, stdin io.Reader, paths []string) (*Set, error) {
	r := reader{Set: Set{frozen: map[string]string{}}, decoding: newDecoding(before.decoded, ours), included: map[string]bool{}}
	var err error
	for _, path := range paths {
		if err = r.path(stdin, path); err != nil {
			break
		}
	}
	if err == nil {
		err = r.components()
	}
	// What cannot be decoded stands before what stopped the reading.
	objects, decoded, wrong := r.decoding.end()
	if err = cmp.Or(wrong, err); err != nil {
		return nil, err
	}
	r.objects, r.decoded = objects, decoded
	return &r.Set, nil
}

// Files reads the declarations of one namespace. Objects that name no namespace count as the
// one asked for; with none asked for, it is the only one that the files name.
func Files(stdin io.Reader, paths []string, namespace string) (review.Tenant, error) {
	s, err := Read(stdin, paths)
	if err != nil {
		return review.Tenant{}, err
	}
	return s.Tenant(namespace)
}

// Tenant gives what is declared in a namespace, or in the only one that is named when it is empty.
func (s *Set) Tenant(namespace string) (review.Tenant, error) {
	t, err := assemble(s.objects, s.frozen, namespace)
	t.Notes = append(t.Notes, s.notes...)
	return t, err
}

// Namespaces are those that something is declared in, in order.
func (s *Set) Namespaces() []string {
	there := namespacesOf(s.objects)
	if len(there) == 0 && len(declaring(s.objects)) > 0 {
		there = []string{metav1.NamespaceDefault}
	}
	return there
}

type reader struct {
	Set
	// decoding has the objects that were found.
	decoding *decoding
	// built: what is read comes out of kustomize, and the tests of its folder were read before.
	built bool
	// parts are the folders whose kustomization is a Component, and included are the kustomizations that others were built with, by
	// their real paths.
	parts    []string
	included map[string]bool
}

func (r *reader) path(stdin io.Reader, path string) error {
	if path == "-" {
		return r.documents(stdin, "stdin")
	}
	if isFolder, err := os.Stat(path); err == nil && isFolder.IsDir() && kustomizationIn(path) != "" {
		return r.build(path)
	}
	seen := map[string]bool{}
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no file or folder %s", name)
		}
		if err != nil {
			return fmt.Errorf("reading declarations: %w", err)
		}
		if entry.IsDir() && entry.Name() == ".git" {
			return filepath.SkipDir // which no change in Git can bring
		}
		if entry.IsDir() && name != path && kustomizationIn(name) != "" {
			if err := r.build(name); err != nil {
				return err
			}
			return filepath.SkipDir
		}
		// A folder's own name does not matter, nor does that of a file that was named.
		if entry.IsDir() || name != path && !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) {
			return nil
		}
		info, err := os.Stat(name) // follows links, such as those of a mounted ConfigMap
		if err != nil {
			return fmt.Errorf("reading declarations: %w", err)
		}
		if info.IsDir() {
			if name != path {
				return nil // a link to a folder: following it could lead round in circles
			}
			return r.path(stdin, name+string(filepath.Separator))
		}
		if name == path {
			return r.file(name) // which may be a pipe, that has no path
		}
		actual, err := realPath(name)
		if err != nil || seen[actual] {
			return err // a mounted ConfigMap has each file under two names
		}
		seen[actual] = true
		return r.file(name)
	})
}

// realPath is where a file is, whichever links lead to it.
func realPath(name string) (string, error) {
	actual, err := filepath.EvalSymlinks(name)
	if err == nil {
		actual, err = filepath.Abs(actual)
	}
	if err != nil {
		return "", fmt.Errorf("reading declarations: %w", err)
	}
	return actual, nil
}

func (r *reader) file(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("reading declarations: %w", err)
	}
	err = r.documents(f, name)
	if closed := f.Close(); err == nil && closed != nil {
		err = fmt.Errorf("reading declarations: %w", closed)
	}
	return err
}

func (r *reader) documents(from io.Reader, name string) error {
	documents := kyaml.NewYAMLReader(bufio.NewReader(from))
	for number := 1; ; number++ {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		where := name
		if number > 1 {
			where = fmt.Sprintf("%s, document %d", name, number)
		}
		if err == nil {
			err = r.document(text, where)
		}
		if err != nil {
			return err
		}
	}
}

// header is what is read of any document, to know whether it is an object and ours. Names of fields are told apart by case, as
// an API server does.
type header struct {
	APIVersion any             `json:"apiVersion"`
	Kind       any             `json:"kind"`
	Items      json.RawMessage `json:"items"`
}

// ErrSeveral says that a document has more than one object in it.
var ErrSeveral = errors.New("there is more after its first object; put a line of --- between them")

// ErrEncoding says that a file is not such text as can be read.
var ErrEncoding = errors.New("is not text in UTF-8; save it as that")

func (r *reader) document(text []byte, where string) error {
	if !utf8.Valid(text) {
		return fmt.Errorf("%s %w", where, ErrEncoding)
	}
	kind := plainly(text)
	if kind == "" || bytes.Contains(text, []byte("---")) || bytes.Contains(text, []byte("...")) {
		if done, err := r.stream(text, where); done || err != nil {
			return err
		}
	}
	if kind != "" && kind != policytest.Kind && !strings.HasSuffix(kind, "List") {
		r.decoding.begin(text, where, kind)
		return nil
	}
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		return fmt.Errorf("%s is not YAML: %w", where, err)
	}
	return r.object(text, raw, where, header{})
}

// stream reads a document that is a row of objects in JSON, as kubectl does; false when it is not JSON. It is an error when a
// document is several by what YAML says, of which kubectl reads the first alone, and others all.
func (r *reader) stream(text []byte, where string) (done bool, err error) {
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return false, single(text, where)
	}
	values := json.NewDecoder(bytes.NewReader(text))
	for number := 1; ; number++ {
		var raw json.RawMessage
		switch err := values.Decode(&raw); {
		case errors.Is(err, io.EOF) && number > 1:
			return true, nil
		case err != nil && number > 1:
			return false, fmt.Errorf("%s: %w", where, ErrSeveral)
		case err != nil:
			return false, single(text, where)
		}
		at := where
		if number > 1 {
			at = fmt.Sprintf("%s, object %d", where, number)
		}
		if err := r.object(raw, raw, at, header{}); err != nil {
			return false, err
		}
	}
}

// single refuses what YAML takes for several documents.
func single(text []byte, where string) error {
	documents := goyaml.NewDecoder(bytes.NewReader(text))
	var one goyaml.Node
	switch err := documents.Decode(&one); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("%s is not YAML: %w", where, err)
	}
	if err := documents.Decode(&one); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", where, ErrSeveral)
	}
	return nil
}

// object reads one object, of which raw is the JSON. What it does not say of its kind is as the list says that it stands in.
func (r *reader) object(text, raw []byte, where string, list header) error {
	if !bytes.HasPrefix(raw, []byte("{")) {
		return nil // a list or a word: no object of Kubernetes
	}
	var h header
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &h); err != nil {
		return fmt.Errorf("%s: reading it: %w", where, err)
	}
	version, _ := h.APIVersion.(string)
	kind, _ := h.Kind.(string)
	if version == "" && kind == "" {
		version, _ = list.APIVersion.(string)
		kind, _ = list.Kind.(string)
		kind = strings.TrimSuffix(kind, "List")
	}
	group, _, _ := strings.Cut(version, "/")
	isOurs := group == v1alpha1.GroupVersion.Group
	switch {
	case version == "v1" && kind == "Namespace":
		return r.namespace(raw, where)
	case strings.HasPrefix(group, "kustomize.config.k8s.io"):
		return r.kustomization(raw, where)
	case h.Items != nil && kind != "" && (!isOurs || strings.HasSuffix(kind, "List")):
		return r.list(h, where) // whatever it is called: by its items kubectl knows it
	case !isOurs:
		return nil
	case version != v1alpha1.GroupVersion.String():
		return fmt.Errorf("%s: this plugin reads %s, not %s; use the plugin of that version", where, v1alpha1.GroupVersion, version)
	}
	if kind == policytest.Kind {
		return r.test(text, where)
	}
	r.decoding.begin(text, where, kind)
	return nil
}

// test reads a policy test, which is no declaration.
func (r *reader) test(text []byte, where string) error {
	if r.built {
		return nil
	}
	t, err := policytest.Parse(text, where)
	if err == nil {
		r.Tests = append(r.Tests, t)
	}
	return err
}

// namespace reads whether a tenant is frozen.
func (r *reader) namespace(raw []byte, where string) error {
	var object metav1.PartialObjectMetadata
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &object); err != nil {
		return fmt.Errorf("%s: reading the Namespace: %w", where, err)
	}
	if reason, frozen := object.Annotations[v1alpha1.AnnotationFreeze]; frozen {
		r.frozen[object.Name] = reason
	}
	return nil
}

// list reads the objects that kubectl get -o yaml prints as one.
func (r *reader) list(h header, where string) error {
	var items []json.RawMessage
	if err := json.Unmarshal(h.Items, &items); err != nil {
		return fmt.Errorf("%s: reading a list: %w", where, err)
	}
	for i, item := range items {
		if err := r.object(item, item, fmt.Sprintf("%s, item %d", where, i+1), h); err != nil {
			return err
		}
	}
	return nil
}

// kustomization notes one that would change what the files say.
func (r *reader) kustomization(raw []byte, where string) error {
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return fmt.Errorf("%s: reading a kustomization: %w", where, err)
	}
	for _, harmless := range []string{"apiVersion", "kind", "metadata", "resources"} {
		delete(fields, harmless)
	}
	if len(fields) > 0 {
		r.notes = append(r.notes, where+" changes what other files say, and is not carried out here: name its folder with -f, which is built")
	}
	return nil
}
