package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	kyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// atHand is the disk as kustomize sees it: it hands out no file by which kustomize would fetch something. A review
// reads what is at hand, and a pull request must not make it call anywhere. Kustomize fetches what has the form of a
// URL before it looks at the disk, in every field that names a file, and acts on nothing that it has not
// read here: so the forms of what it reads are looked at, and not what is on disk under such a name.
type atHand struct {
	filesys.FileSystem
	// refused is why a file was not handed out; nil when all were.
	refused error
	// read has the kustomizations that were handed out, by their real paths.
	read map[string]bool
}

// ReadFile gives a file, unless it names something that would be fetched.
func (d *atHand) ReadFile(path string) ([]byte, error) {
	text, err := d.FileSystem.ReadFile(path)
	if err != nil {
		return nil, err
	}
	isKustomization := slices.Contains(kustomizations, filepath.Base(path))
	if found := remoteIn(text, isKustomization); found != "" {
		d.refused = fmt.Errorf("%s names %q, which is elsewhere: nothing is fetched for a review; give the output of kubectl kustomize with -f -", path, found)
		return nil, d.refused
	}
	if isKustomization {
		actual, err := realPath(path)
		if err != nil {
			return nil, err
		}
		d.read[actual] = true
	}
	return text, nil
}

// remoteIn finds in a file what kustomize would fetch: in any field of a kustomization, and in what configures one of
// kustomize's own plugins, wherever it stands. Empty when there is nothing.
func remoteIn(text []byte, isKustomization bool) string {
	documents := kyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return ""
		}
		var content any
		if err == nil {
			err = yaml.UnmarshalStrict(document, &content)
		}
		if err != nil {
			// What is no YAML configures nothing, and kustomize refuses a key that is given twice; should it
			// take one of the two, it must not be one that fetches.
			if found := addresses.Find(text); (isKustomization || bytes.Contains(text, []byte(pluginVersion))) && found != nil {
				return string(found)
			}
			return ""
		}
		look := remoteInPlugins
		if isKustomization {
			look = func(content any) string { return remoteBelow(content, "") }
		}
		if found := look(content); found != "" {
			return found
		}
	}
}

// pluginVersion is the apiVersion of what configures kustomize's own plugins.
const pluginVersion = "builtin"

// remoteInPlugins looks for such configurations in anything, lists of objects included.
func remoteInPlugins(content any) string {
	switch c := content.(type) {
	case map[string]any:
		if c["apiVersion"] == pluginVersion {
			return remoteBelow(c, "")
		}
		return first(c, func(_ string, v any) string { return remoteInPlugins(v) })
	case []any:
		for _, v := range c {
			if found := remoteInPlugins(v); found != "" {
				return found
			}
		}
	}
	return ""
}

// values are fields of kustomizations and plugins that hold text and never the name of a file, so that an address in
// them is no more than a value.
var values = map[string]bool{
	"apiVersion": true, "kind": true, "metadata": true, "namePrefix": true, "nameSuffix": true, "namespace": true, "commonLabels": true, "labels": true,
	"commonAnnotations": true, "annotations": true, "images": true, "replicas": true, "vars": true, "buildMetadata": true, "generatorOptions": true,
	"options": true, "literals": true, "patch": true, "jsonOp": true, "target": true, "source": true, "targets": true,
}

// folders are the fields that may name folders, which can be repositories too.
var folders = []string{"resources", "bases", "components", "generators", "transformers", "validators"}

// namesFolders tells whether a field is one of those; kustomize knows them in any case.
func namesFolders(field string) bool {
	return slices.ContainsFunc(folders, func(name string) bool { return strings.EqualFold(name, field) })
}

// remoteBelow finds the first text that would be fetched among what a field holds.
func remoteBelow(content any, field string) string {
	switch c := content.(type) {
	case map[string]any:
		return first(c, func(name string, v any) string {
			if values[name] {
				return ""
			}
			return remoteBelow(v, name)
		})
	case []any:
		for _, v := range c {
			if found := remoteBelow(v, field); found != "" {
				return found
			}
		}
	case string:
		switch inline := strings.Contains(c, "\n") || strings.HasPrefix(c, "{"); { // in the place of a file
		case inline && field == "patchesStrategicMerge":
			return ""
		case inline:
			return remoteIn([]byte(c), false)
		}
		_, afterKey, _ := strings.Cut(c, "=") // generators name files as key=path
		for _, path := range []string{c, afterKey} {
			if isURL(path) || namesFolders(field) && repository.MatchString(path) {
				return c
			}
		}
	}
	return ""
}

// first asks about the fields of an object, in order.
func first(fields map[string]any, ask func(string, any) string) string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if found := ask(name, fields[name]); found != "" {
			return found
		}
	}
	return ""
}

var (
	// repository are the forms in which kustomize takes a name for that of a repository without a scheme: what
	// begins with git::, with a user and an at sign, or with the host that it knows; and such as have a query.
	repository = regexp.MustCompile(`(?i)^git::|^[^/]*@|^(www\.)?github\.com[:/]|\?`)
	// addresses are what could be fetched in a text that cannot be read.
	addresses = regexp.MustCompile(`(?i)[a-z]+:/[^\s"']*`)
)

// isURL tells whether a name has the form of a URL; a scheme is enough, as kustomize asks for no more.
func isURL(name string) bool {
	if strings.Contains(name, "://") {
		return true
	}
	u, err := url.Parse(name)
	return err == nil && slices.Contains([]string{"http", "https", "ssh", "git", "file"}, u.Scheme)
}
