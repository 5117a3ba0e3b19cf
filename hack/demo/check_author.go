package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// author lets eva write RoleBindings of acme, share the Folder launch, and give the role
// viewer; she is nobody's User, for whoever declares is a user of Kubernetes.
const author = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: check-author, namespace: acme}
rules:
- {apiGroups: [dam.vitrine.dev], resources: [rolebindings], verbs: [create, delete, get, list, patch, update]}
- {apiGroups: [dam.vitrine.dev], resources: [folders], resourceNames: [launch], verbs: [share]}
- {apiGroups: [dam.vitrine.dev], resources: [builtinroles], resourceNames: [viewer], verbs: [bind]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: check-author, namespace: acme}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: check-author}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: eva}]
`

// offer is a RoleBinding that eva would make.
const offer = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: check-author, namespace: acme}
spec: {roleRef: {kind: BuiltIn, name: %s}, subjects: [{kind: User, name: vera}], targets: [{kind: Folder, name: launch}]}
`

func authorChecks() []check {
	// What she tries is judged as if it were meant, and never kept.
	creates := func(ctx context.Context, d *demo, role string) error {
		_, err := d.kubectlInput(ctx, fmt.Sprintf(offer, role), "--as=eva", "create", "--dry-run=server", "-f", "-")
		return err
	}
	patches := func(ctx context.Context, d *demo, patch string) error {
		_, err := d.kubectl(ctx, "--as=eva", "patch", "damrb", "social-press", "-n", tenant, "--dry-run=server", "--type=json", "-p", patch)
		return err
	}
	return []check{
		{"who has the verbs shares a folder: eva gives vera the role viewer on launch", func(ctx context.Context, d *demo) error {
			if err := d.apply(ctx, author); err != nil {
				return err
			}
			return d.eventually(ctx, settleLimit, "eva's rights in force", func(ctx context.Context) error { return creates(ctx, d, "viewer") })
		}},
		{"and not at a level that she was not given", func(ctx context.Context, d *demo) error {
			return refusedSaying(creates(ctx, d, "manager"), `needs the verb bind on builtinroles.dam.vitrine.dev "manager"`)
		}},
		{"who lacks a verb widens nothing, and is told which", func(ctx context.Context, d *demo) error {
			err := patches(ctx, d, `[{"op": "add", "path": "/spec/subjects/-", "value": {"kind": "User", "name": "vera"}}]`)
			if err := refusedSaying(err, `needs the verb share on folders.dam.vitrine.dev "press"`); err != nil {
				return err
			}
			_, message, _ := strings.Cut(err.Error(), "denied request: ")
			d.note("%s", message)
			return nil
		}},
		{"and takes away without it", func(ctx context.Context, d *demo) error {
			err := patches(ctx, d, `[{"op": "add", "path": "/spec/notAfter", "value": "2098-01-01T00:00:00Z"}]`)
			_, gone := d.kubectlInput(ctx, author, "delete", "-f", "-")
			return errors.Join(err, gone)
		}},
	}
}

// refusedSaying wants the API server to have refused with words.
func refusedSaying(err error, words string) error {
	if err == nil {
		return errors.New("it was accepted")
	}
	if !strings.Contains(err.Error(), "denied request") || !strings.Contains(err.Error(), words) {
		return fmt.Errorf("wanted %q: %w", words, err)
	}
	return nil
}
