package testbed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// ErrNoBinary is in the error of Binary when a program has not been built.
var ErrNoBinary = errors.New("program not found")

// madeBy names the make target that builds each program which is not one of the
// product's own.
var madeBy = map[string]string{
	"etcd":                    "tools",
	"kube-apiserver":          "tools",
	"kube-controller-manager": "tools",
	"kubectl":                 "tools",
	"versitygw":               "tools",
	"objectstore":             "tools",
	"minio":                   "tools",
	"golangci-lint":           "tools-lint",
}

// fromAssets are the programs that a KUBEBUILDER_ASSETS folder is asked for.
var fromAssets = []string{"etcd", "kube-apiserver"}

// Binary is the path of a program: from KUBEBUILDER_ASSETS when that is set (etcd and
// kube-apiserver only), else from VITRINE_BIN when that is set, else from bin/ at the
// root of the checkout that holds the working directory.
func Binary(name string) (string, error) {
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" && slices.Contains(fromAssets, name) {
		path := filepath.Join(assets, name)
		if !executable(path) {
			return "", fmt.Errorf("%w: KUBEBUILDER_ASSETS is set, but there is no program %s", ErrNoBinary, path)
		}
		return path, nil
	}
	dir := os.Getenv("VITRINE_BIN")
	if dir == "" {
		root, err := Root()
		if err != nil {
			return "", fmt.Errorf("looking for %s: %w", name, err)
		}
		dir = filepath.Join(root, "bin")
	}
	path := filepath.Join(dir, name)
	if !executable(path) {
		target, ok := madeBy[name]
		if !ok {
			target = "build"
		}
		return "", fmt.Errorf("%w: %s; `make %s` builds it", ErrNoBinary, path, target)
	}
	return path, nil
}

// Root is the folder of the checkout that holds the working directory: the nearest one
// upwards with both a go.mod and a PROJECT file.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the root of the checkout: %w", err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if exists(filepath.Join(at, "go.mod")) && exists(filepath.Join(at, "PROJECT")) {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no folder above %s is a checkout of Vitrine", dir)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
