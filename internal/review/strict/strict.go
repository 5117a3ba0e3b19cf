// Package strict reads YAML as an API server does that refuses what it does not know.
package strict

import (
	"errors"
	"fmt"

	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Unmarshal reads a document of YAML or JSON. A field that there is not is an error, and so is one that is given twice. Names of fields are
// told apart by case: what an API server drops is not read for what it resembles.
func Unmarshal(text []byte, into any) error {
	raw, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return fmt.Errorf("converting YAML to JSON: %w", err)
	}
	wrong, err := json.UnmarshalStrict(raw, into)
	if err != nil {
		return err
	}
	return errors.Join(wrong[:min(1, len(wrong))]...) // the first is enough to begin with
}
