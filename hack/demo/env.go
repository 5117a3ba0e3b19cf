package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// writeEnv writes .demo/env for shells: `source .demo/env` in another terminal.
func (d *demo) writeEnv() error {
	var b strings.Builder
	for _, v := range [][2]string{
		{"KUBECONFIG", d.cluster.Kubeconfig},
		{"VITRINE_GATEWAY_URL", d.gatewayURL},
		{"VITRINE_S3_ENDPOINT", d.store.S3Endpoint},
		{"VITRINE_IAM_ENDPOINT", d.store.IAMEndpoint},
		{"VITRINE_S3_ADMIN_ACCESS_KEY", d.store.AccessKey},
		{"VITRINE_S3_ADMIN_SECRET_KEY", d.store.SecretKey},
		{"VITRINE_DEMO_NAMESPACE", tenant},
	} {
		fmt.Fprintf(&b, "export %s=%s\n", v[0], quote(v[1]))
	}
	if err := os.WriteFile(d.envFile(), []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("writing the demo's variables: %w", err)
	}
	return nil
}

func (d *demo) envFile() string { return filepath.Join(d.dir, "env") }

// quote makes one word of a shell's of any text.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
