package conn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestASecretCannotBePrinted(t *testing.T) {
	const value = "kX9-the-secret-value"
	c := Credentials{AccessKeyID: "AKIA1", SecretAccessKey: Secret(value)}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "c", c, "s", c.SecretAccessKey, "p", &c)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "c", c, "s", c.SecretAccessKey, "p", &c)
	asJSON, err := json.Marshal(map[string]any{"c": c, "s": c.SecretAccessKey, "p": &c})
	if err != nil {
		t.Fatal(err)
	}
	all := logged.String() + string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		all += fmt.Sprintf(verb, c.SecretAccessKey) + fmt.Sprintf(verb, c) + fmt.Sprintf(verb, &c) + fmt.Sprintf(verb, []Credentials{c})
	}
	all += errors.Join(fmt.Errorf("with %v", c)).Error()
	for what, text := range map[string]string{"plain": value, "hex": fmt.Sprintf("%x", value), "upper hex": fmt.Sprintf("%X", value)} {
		if strings.Contains(all, text) {
			t.Errorf("the secret was printed, %s:\n%s", what, all)
		}
	}
	if !strings.Contains(all, redacted) || c.SecretAccessKey.Reveal() != value {
		t.Error("the test printed nothing, or Reveal does not give the value")
	}
}
