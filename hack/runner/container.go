package runner

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// variables are the container's environment.
type variables map[string]string

func (v variables) list() []string {
	list := make([]string, 0, len(v))
	for _, name := range slices.Sorted(maps.Keys(v)) {
		list = append(list, name+"="+v[name])
	}
	return list
}

// expand replaces $(NAME) by the variable's value as Kubernetes does: an unknown name
// stays as it is, and $$ stands for one dollar.
func (v variables) expand(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 || i == len(s)-1 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		if s[1] == '$' {
			b.WriteByte('$')
			s = s[2:]
			continue
		}
		end := strings.IndexByte(s, ')')
		if s[1] == '(' && end > 0 {
			if value, known := v[s[2:end]]; known {
				b.WriteString(value)
				s = s[end+1:]
				continue
			}
		}
		b.WriteByte('$')
		s = s[1:]
	}
}

// mounts maps a mount's path in the container to the real folder.
type mounts map[string]string

// rewrite replaces a mount's path at the beginning of a value, or after the equals sign
// of a --flag=value. The deepest mount wins.
func (m mounts) rewrite(s string) string {
	if flag, value, ok := strings.Cut(s, "="); ok && strings.HasPrefix(flag, "-") {
		return flag + "=" + m.rewrite(value)
	}
	paths := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return len(b) - len(a) })
	for _, path := range paths {
		if rest, ok := strings.CutPrefix(s, path); ok && (rest == "" || rest[0] == '/') {
			return m[path] + rest
		}
	}
	return s
}

// commandLine is the program and its arguments.
func commandLine(c *corev1.Container, images map[string]string, env variables, m mounts) ([]string, error) {
	program, ok := images[imageName(c.Image)]
	if !ok {
		return nil, fmt.Errorf("no local program stands for the image %q", c.Image)
	}
	command := c.Command
	if len(command) == 0 {
		command = []string{program}
	}
	argv := make([]string, 0, len(command)+len(c.Args))
	for _, word := range slices.Concat(command, c.Args) {
		argv = append(argv, m.rewrite(env.expand(word)))
	}
	return argv, nil
}

// imageName is an image's name without tag and digest.
func imageName(image string) string {
	name, _, _ := strings.Cut(image, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i] // a colon before the last slash would belong to a port
	}
	return name
}

// environment is what the pod says, and TMPDIR for a volume mounted at /tmp, which
// programs expect there without being told.
func (r *Runner) environment(ctx context.Context, pod *corev1.Pod, m mounts) (variables, error) {
	env := variables{}
	if dir, ok := m["/tmp"]; ok {
		env["TMPDIR"] = dir
	}
	for _, e := range pod.Spec.Containers[0].Env {
		value := env.expand(e.Value)
		if e.ValueFrom != nil {
			var found bool
			var err error
			if value, found, err = r.valueFrom(ctx, pod, e.ValueFrom); err != nil {
				return nil, fmt.Errorf("setting %s: %w", e.Name, err)
			}
			if !found {
				continue // optional, and not there
			}
		}
		env[e.Name] = m.rewrite(value)
	}
	return env, nil
}

func (r *Runner) valueFrom(ctx context.Context, pod *corev1.Pod, from *corev1.EnvVarSource) (value string, found bool, err error) {
	var data map[string][]byte
	var key string
	var optional *bool
	switch {
	case from.FieldRef != nil:
		value, err = field(pod, from.FieldRef.FieldPath)
		return value, true, err
	case from.SecretKeyRef != nil:
		key, optional = from.SecretKeyRef.Key, from.SecretKeyRef.Optional
		data, err = r.secret(ctx, from.SecretKeyRef.Name)
	case from.ConfigMapKeyRef != nil:
		key, optional = from.ConfigMapKeyRef.Key, from.ConfigMapKeyRef.Optional
		data, err = r.configMap(ctx, from.ConfigMapKeyRef.Name)
	default:
		return "", false, fmt.Errorf("the local runner knows fieldRef, secretKeyRef and configMapKeyRef only")
	}
	missingOK := optional != nil && *optional
	if err != nil {
		if missingOK && apierrors.IsNotFound(err) {
			return "", false, nil
		}
		return "", false, err
	}
	bytes, found := data[key]
	if !found && !missingOK {
		return "", false, fmt.Errorf("there is no key %q", key)
	}
	return string(bytes), found, nil
}

// field is the value of a downward API path.
func field(pod *corev1.Pod, path string) (string, error) {
	for prefix, values := range map[string]map[string]string{"metadata.annotations['": pod.Annotations, "metadata.labels['": pod.Labels} {
		if key, ok := strings.CutPrefix(path, prefix); ok {
			return values[strings.TrimSuffix(key, "']")], nil
		}
	}
	switch path {
	case "metadata.name":
		return pod.Name, nil
	case "metadata.namespace":
		return pod.Namespace, nil
	case "metadata.uid":
		return string(pod.UID), nil
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, nil
	}
	return "", fmt.Errorf("the local runner knows no field %q", path)
}

// mount makes the pod's volumes below its folder.
func (r *Runner) mount(ctx context.Context, pod *corev1.Pod) (mounts, error) {
	root := r.volumeDir(pod)
	dirs := map[string]string{}
	for _, v := range pod.Spec.Volumes {
		dir := filepath.Join(root, v.Name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("making volume %s: %w", v.Name, err)
		}
		if err := r.fill(ctx, dir, v.VolumeSource); err != nil {
			return nil, fmt.Errorf("filling volume %s: %w", v.Name, err)
		}
		dirs[v.Name] = dir
	}
	m := mounts{}
	for _, vm := range pod.Spec.Containers[0].VolumeMounts {
		m[strings.TrimSuffix(vm.MountPath, "/")] = filepath.Join(dirs[vm.Name], vm.SubPath)
	}
	return m, nil
}

func (r *Runner) fill(ctx context.Context, dir string, v corev1.VolumeSource) error {
	switch {
	case v.EmptyDir != nil:
		return nil
	case v.Secret != nil:
		data, err := r.secret(ctx, v.Secret.SecretName)
		return fillFiles(dir, data, v.Secret.Items, v.Secret.Optional, err)
	case v.ConfigMap != nil:
		data, err := r.configMap(ctx, v.ConfigMap.Name)
		return fillFiles(dir, data, v.ConfigMap.Items, v.ConfigMap.Optional, err)
	case v.Projected != nil:
		return fmt.Errorf("the local runner knows no projected volumes; a worker needs no token: set automountServiceAccountToken: false")
	}
	return fmt.Errorf("the local runner knows volumes of Secrets, ConfigMaps and emptyDir only")
}

// fillFiles writes the chosen keys; err is that of reading data.
func fillFiles(dir string, data map[string][]byte, items []corev1.KeyToPath, optional *bool, err error) error {
	missingOK := optional != nil && *optional
	if err != nil {
		if missingOK && apierrors.IsNotFound(err) {
			return nil
		}
		return err
	}
	if len(items) == 0 {
		for key := range data {
			items = append(items, corev1.KeyToPath{Key: key, Path: key})
		}
	}
	for _, item := range items {
		content, ok := data[item.Key]
		if !ok {
			if missingOK {
				continue
			}
			return fmt.Errorf("there is no key %q", item.Key)
		}
		path := filepath.Join(dir, filepath.FromSlash(item.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("making a folder: %w", err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return fmt.Errorf("writing a file: %w", err)
		}
	}
	return nil
}

func (r *Runner) secret(ctx context.Context, name string) (map[string][]byte, error) {
	s, err := r.client.CoreV1().Secrets(r.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading Secret %s: %w", name, err)
	}
	return s.Data, nil
}

func (r *Runner) configMap(ctx context.Context, name string) (map[string][]byte, error) {
	m, err := r.client.CoreV1().ConfigMaps(r.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading ConfigMap %s: %w", name, err)
	}
	data := maps.Clone(m.BinaryData)
	if data == nil {
		data = map[string][]byte{}
	}
	for key, value := range m.Data {
		data[key] = []byte(value)
	}
	return data, nil
}
