package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vitrine-dam/vitrine/hack/testbed"
)

// kubectl runs kubectl as the cluster's administrator and gives what it printed.
func (d *demo) kubectl(ctx context.Context, args ...string) (string, error) {
	return d.kubectlInput(ctx, "", args...)
}

// apply declares YAML, as `kubectl apply -f -` does.
func (d *demo) apply(ctx context.Context, yaml string) error {
	_, err := d.kubectlInput(ctx, yaml, "apply", "--server-side", "-f", "-")
	return err
}

func (d *demo) kubectlInput(ctx context.Context, input string, args ...string) (string, error) {
	path, err := testbed.Binary("kubectl")
	if err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, path, args...)
	// The plugin stands beside it.
	command.Dir = d.root
	command.Env = []string{"KUBECONFIG=" + d.cluster.Kubeconfig, "HOME=" + d.dir, "PATH=" + filepath.Dir(path) + string(os.PathListSeparator) + os.Getenv("PATH")}
	command.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// dam runs the plugin, and gives what it printed and the exit code.
func (d *demo) dam(ctx context.Context, args ...string) (out string, code int, err error) {
	out, err = d.kubectl(ctx, append([]string{"dam"}, args...)...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out, exit.ExitCode(), nil
	}
	return out, 0, err
}

// overlay is what a platform team would keep in its own repository: the sample store with
// the addresses and the key of the one that runs here.
const overlay = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [%q]
patches:
- target: {kind: ObjectStore, name: default}
  patch: |
    - {op: replace, path: /spec/endpoint, value: %q}
    - {op: replace, path: /spec/region, value: %q}
    - {op: replace, path: /spec/iam/endpoint, value: %q}
    # For the tenants that the checks make and end.
    - {op: add, path: /spec/tenants/-, value: {namespaces: [studio-one, studio-two, studio-three], buckets: ["studio-*"]}}
%s- target: {kind: Secret, name: store-admin}
  patch: |
    - {op: replace, path: /stringData/AWS_ACCESS_KEY_ID, value: %q}
    - {op: replace, path: /stringData/AWS_SECRET_ACCESS_KEY, value: %q}
`

// applySamples applies the object store and then config/samples as it is.
func (d *demo) applySamples(ctx context.Context) error {
	platform := filepath.Join(d.dir, "platform")
	if err := os.MkdirAll(platform, 0o700); err != nil {
		return fmt.Errorf("making the overlay's folder: %w", err)
	}
	s := d.store
	yaml := fmt.Sprintf(overlay, "../../config/samples/platform", s.S3Endpoint, s.Region, s.IAMEndpoint, d.admitIssuer(), s.AccessKey, s.SecretKey)
	if err := os.WriteFile(filepath.Join(platform, "kustomization.yaml"), []byte(yaml), 0o600); err != nil {
		return fmt.Errorf("writing the overlay: %w", err)
	}
	for _, dir := range []string{platform, filepath.Join(d.root, "config", "samples")} {
		if _, err := d.kubectl(ctx, "apply", "--server-side", "-k", dir); err != nil {
			return err
		}
	}
	d.step("config/samples is applied")
	return nil
}
