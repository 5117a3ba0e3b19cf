package runner

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestCommandLine(t *testing.T) {
	images := map[string]string{"registry.example:5000/vitrine-transform": "/bin/transform"}
	env := variables{"INDEX": "2"}
	mounted := mounts{"/data": "/real/data", "/data/deep": "/real/deep"}
	for name, c := range map[string]struct {
		container corev1.Container
		want      []string
	}{
		"without a command the image's program runs, whatever the tag": {
			corev1.Container{Image: "registry.example:5000/vitrine-transform:v1", Args: []string{"run"}}, []string{"/bin/transform", "run"},
		},
		"a digest is no part of the name either": {
			corev1.Container{Image: "registry.example:5000/vitrine-transform@sha256:00"}, []string{"/bin/transform"},
		},
		"a command replaces the program": {
			corev1.Container{Image: "registry.example:5000/vitrine-transform", Command: []string{"/bin/sh", "-c"}, Args: []string{"true"}}, []string{"/bin/sh", "-c", "true"},
		},
		"variables are expanded, unknown ones and escaped ones are not": {
			corev1.Container{Image: "registry.example:5000/vitrine-transform", Args: []string{"$(INDEX)", "$(NOBODY)", "$$(INDEX)", "a$", "$(INDEX", "x$(INDEX)$(INDEX)y"}},
			[]string{"/bin/transform", "2", "$(NOBODY)", "$(INDEX)", "a$", "$(INDEX", "x22y"},
		},
		"paths of mounts are rewritten, the deepest first, whole names only": {
			corev1.Container{Image: "registry.example:5000/vitrine-transform", Args: []string{"/data", "/data/a", "/data/deep/a", "/datashop", "--in=/data/$(INDEX)", "in=/data"}},
			[]string{"/bin/transform", "/real/data", "/real/data/a", "/real/deep/a", "/datashop", "--in=/real/data/2", "in=/data"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := commandLine(&c.container, images, env, mounted)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(- want, + got)\n%s", diff)
			}
		})
	}
	if _, err := commandLine(&corev1.Container{Image: "vitrine-transform"}, images, env, mounted); err == nil {
		t.Error("an image that nothing stands for must be an error, also with the same last name")
	}
}
