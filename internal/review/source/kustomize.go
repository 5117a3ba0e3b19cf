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

// kustomizationIn is the file that makes a folder a kustomization; empty when none does.
func kustomizationIn(dir string) string {
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() {
			return filepath.Join(dir, name)
		}
	}
	return ""
}

// overlay is what is read of a kustomization before it is built.
type overlay struct {
	Kind       string   `json:"kind"`
	Resources  []string `json:"resources"`
	Bases      []string `json:"bases"`
	Components []string `json:"components"`
}

func readKustomization(dir string) (overlay, error) {
	var k overlay
	text, err := os.ReadFile(kustomizationIn(dir))
	if err != nil {
		return k, fmt.Errorf("reading declarations: %w", err)
	}
	if err := yaml.Unmarshal(text, &k); err != nil {
		return k, fmt.Errorf("%s: reading the kustomization: %w", kustomizationIn(dir), err)
	}
	return k, nil
}

// build reads what a kustomization makes of a folder, and the policy tests that stand in it.
func (r *reader) build(dir string) error {
	k, err := readKustomization(dir)
	if err != nil {
		return err
	}
	if k.Kind == "Component" {
		return nil // a part of others, which are built with it
	}
	if err := refuseRemote(dir, map[string]bool{}); err != nil {
		return err
	}
	if err := r.testsBelow(dir); err != nil {
		return err
	}
	// What kustomize is given is on disk below the folder, and no plugin is run.
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
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

// refuseRemote refuses a kustomization that would have to be fetched: a review reads what is
// at hand, and a pull request must not make it call anywhere.
func refuseRemote(dir string, seen map[string]bool) error {
	dir = filepath.Clean(dir)
	if seen[dir] || kustomizationIn(dir) == "" {
		return nil
	}
	seen[dir] = true
	k, err := readKustomization(dir)
	if err != nil {
		return err
	}
	for _, entry := range slices.Concat(k.Resources, k.Bases, k.Components) {
		at := filepath.Join(dir, entry)
		if _, err := os.Stat(at); err == nil {
			if err := refuseRemote(at, seen); err != nil {
				return err
			}
			continue
		}
		if strings.ContainsAny(entry, ":@?") || strings.Contains(entry, "github.com/") {
			return fmt.Errorf("%s names %q, which is elsewhere: nothing is fetched for a review; give the output of kubectl kustomize with -f -", kustomizationIn(dir), entry)
		}
	}
	return nil
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
