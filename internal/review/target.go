package review

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Target is what a question is about.
type Target struct {
	Kind v1alpha1.TargetKind
	Name string
	// Path of a file in the Library; empty when the question is about a whole target.
	Path string
}

// ErrTarget is what every error of ParseTarget is.
var ErrTarget = errors.New("not a target; write folder/NAME, collection/NAME, library/NAME or library/NAME:path/of/file")

var targetKinds = map[string]v1alpha1.TargetKind{
	"folder": v1alpha1.TargetFolder, "collection": v1alpha1.TargetCollection, "library": v1alpha1.TargetLibrary,
}

// ParseTarget reads folder/NAME, collection/NAME, library/NAME or library/NAME:path/of/file.
func ParseTarget(text string) (Target, error) {
	word, rest, _ := strings.Cut(text, "/")
	kind, ok := targetKinds[word]
	if !ok {
		return Target{}, fmt.Errorf("%q is %w", text, ErrTarget)
	}
	t := Target{Kind: kind, Name: rest}
	if kind == v1alpha1.TargetLibrary {
		var file bool
		t.Name, t.Path, file = strings.Cut(rest, ":")
		if file && t.Path == "" {
			return Target{}, fmt.Errorf("%q is %w", text, ErrTarget)
		}
	}
	if t.Name == "" || strings.Contains(t.Name, "/") {
		return Target{}, fmt.Errorf("%q is %w", text, ErrTarget)
	}
	return t, nil
}

// String is the target as ParseTarget reads it.
func (t Target) String() string {
	s := strings.ToLower(string(t.Kind)) + "/" + t.Name
	if t.Path != "" {
		s += ":" + t.Path
	}
	return s
}

func declaredTarget(t v1alpha1.Target) string {
	return Target{Kind: t.Kind, Name: t.Name}.String()
}
