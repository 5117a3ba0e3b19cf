package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	kyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review/policytest"
)

// kustomizations are the names of files that make a folder a kustomization.
var kustomizations = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// kustomizationIn is the file that makes a folder a kustomization; empty when none does.
func kustomizationIn(dir string) string {
	for _, name := range kustomizations {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() {
			return filepath.Join(dir, name)
		}
	}
	return ""
}

// build reads what a kustomization makes of a folder, and the policy tests that stand in it.
func (r *reader) build(dir string) error {
	component, err := isComponent(dir)
	if err != nil {
		return err
	}
	if component {
		r.parts = append(r.parts, dir) // of others, which are built with it
		return nil
	}
	return r.run(dir)
}

// components builds those that no kustomization included which was read: what is in them is declared as well.
func (r *reader) components() error {
	for _, dir := range r.parts {
		actual, err := realPath(kustomizationIn(dir))
		if err != nil {
			return err
		}
		if r.included[actual] {
			continue
		}
		switch changes, err := onlyChanges(dir); {
		case err != nil:
			return err
		case changes:
			if err := r.testsBelow(dir); err != nil {
				return err
			}
			continue
		}
		if err := r.run(dir); err != nil {
			return fmt.Errorf("%w; it is a Component that no kustomization read here includes, so it is built by itself", err)
		}
	}
	return nil
}

// changing are the fields of a kustomization that say nothing by themselves: they change what its other fields bring.
var changing = []string{
	"apiVersion", "kind", "metadata", "patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "vars", "images", "replicas", "labels",
	"commonLabels", "commonAnnotations", "namespace", "namePrefix", "nameSuffix", "configurations", "buildMetadata", "sortOptions",
}

// onlyChanges tells whether a folder's kustomization has nothing to declare by itself. Such a Component cannot be built alone either.
func onlyChanges(dir string) (bool, error) {
	text, err := os.ReadFile(kustomizationIn(dir))
	if err != nil {
		return false, fmt.Errorf("reading declarations: %w", err)
	}
	var fields map[string]any
	if err := yaml.Unmarshal(text, &fields); err != nil {
		return false, fmt.Errorf("%s: reading the kustomization: %w", kustomizationIn(dir), err)
	}
	for field := range fields {
		if !slices.Contains(changing, field) {
			return false, nil
		}
	}
	return true, nil
}

// run builds one folder.
func (r *reader) run(dir string) error {
	if err := r.testsBelow(dir); err != nil {
		return err
	}
	// What kustomize is given is on disk and names nothing that is elsewhere, and no plugin is run.
	disk := &atHand{FileSystem: filesys.MakeFsOnDisk(), read: r.included}
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, dir)
	if disk.refused != nil { // kustomize takes what cannot be read for absent, and says less
		return disk.refused
	}
	if err != nil {
		return fmt.Errorf("building %s as kubectl kustomize does: %w", dir, err)
	}
	text, err := resources.AsYaml()
	if err != nil {
		return fmt.Errorf("building %s as kubectl kustomize does: %w", dir, err)
	}
	r.built = true
	defer func() { r.built = false }()
	return r.documents(bytes.NewReader(text), dir)
}

// isComponent tells whether a folder's kustomization is a part of others.
func isComponent(dir string) (bool, error) {
	text, err := os.ReadFile(kustomizationIn(dir))
	if err != nil {
		return false, fmt.Errorf("reading declarations: %w", err)
	}
	var h header
	if err := yaml.Unmarshal(text, &h); err != nil {
		return false, fmt.Errorf("%s: reading the kustomization: %w", kustomizationIn(dir), err)
	}
	return h.Kind == "Component", nil
}

// testsBelow reads the policy tests of a folder, which its kustomization need not name.
func (r *reader) testsBelow(dir string) error {
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("reading policy tests: %w", err)
		}
		if name != dir && strings.HasPrefix(entry.Name(), ".") {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if entry.IsDir() || !slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(name)) {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("reading policy tests: %w", err)
		}
		documents := kyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
		for {
			document, err := documents.Read()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s is not YAML: %w", name, err)
			}
			var h header
			if yaml.Unmarshal(document, &h) != nil || h.Kind != policytest.Kind || h.APIVersion != v1alpha1.GroupVersion.String() {
				continue // patches and values need not be objects
			}
			if err := r.test(document, name); err != nil {
				return err
			}
		}
	})
}
