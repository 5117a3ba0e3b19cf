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

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/policytest"
)

// Set is all that was read from files, of any number of tenants.
type Set struct {
	objects []object
	// frozen gives the reasons on the freeze annotations of namespaces.
	frozen map[string]string
	notes  []string
	// Tests are the policy tests that stand beside the declarations.
	Tests []policytest.AccessTest
}

// Read reads files and folders of YAML or JSON, folders with all below them; - is
// stdin. A folder with a kustomization is built as kubectl kustomize does, but nothing is fetched from
// elsewhere. Objects of other groups are passed over, hidden files and folders too.
func Read(stdin io.Reader, paths []string) (*Set, error) {
	r := reader{Set: Set{frozen: map[string]string{}}, decoding: newDecoding()}
	var err error
	for _, path := range paths {
		if err = r.path(stdin, path); err != nil {
			break
		}
	}
	// What cannot be decoded stands before what stopped the reading.
	objects, wrong := r.decoding.end()
	if err = cmp.Or(wrong, err); err != nil {
		return nil, err
	}
	r.objects = objects
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
}

func (r *reader) path(stdin io.Reader, path string) error {
	if path == "-" {
		return r.documents(stdin, "stdin")
	}
	if isFolder, err := os.Stat(path); err == nil && isFolder.IsDir() && kustomizationIn(path) != "" {
		return r.build(path)
	}
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no file or folder %s", name)
		}
		if err != nil {
			return fmt.Errorf("reading declarations: %w", err)
		}
		if name != path && strings.HasPrefix(entry.Name(), ".") {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
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
		return r.file(name)
	})
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

// header is what is read of any document, to know whether it is an object and ours.
type header struct {
	APIVersion any `json:"apiVersion"`
	Kind       any `json:"kind"`
}

func (r *reader) document(text []byte, where string) error {
	if kind := plainly(text); kind != "" && kind != policytest.Kind && !strings.HasSuffix(kind, "List") {
		r.decoding.begin(text, where, kind)
		return nil
	}
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		return fmt.Errorf("%s is not YAML: %w", where, err)
	}
	if !bytes.HasPrefix(raw, []byte("{")) {
		return nil // a list or a word: no object of Kubernetes
	}
	var h header
	if err := json.Unmarshal(raw, &h); err != nil {
		return fmt.Errorf("%s: reading it: %w", where, err)
	}
	version, _ := h.APIVersion.(string)
	kind, _ := h.Kind.(string)
	group, _, _ := strings.Cut(version, "/")
	switch {
	case version == "v1" && kind == "Namespace":
		return r.namespace(raw, where)
	case strings.HasPrefix(group, "kustomize.config.k8s.io"):
		return r.kustomization(raw, where)
	case strings.HasSuffix(kind, "List") && (version == "v1" || group == v1alpha1.GroupVersion.Group):
		return r.list(raw, where)
	case group != v1alpha1.GroupVersion.Group:
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
	if err := json.Unmarshal(raw, &object); err != nil {
		return fmt.Errorf("%s: reading the Namespace: %w", where, err)
	}
	if reason, frozen := object.Annotations[v1alpha1.AnnotationFreeze]; frozen {
		r.frozen[object.Name] = reason
	}
	return nil
}

// list reads the objects that kubectl get -o yaml prints as one.
func (r *reader) list(raw []byte, where string) error {
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("%s: reading a list: %w", where, err)
	}
	for i, item := range list.Items {
		if err := r.document(item, fmt.Sprintf("%s, item %d", where, i+1)); err != nil {
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
