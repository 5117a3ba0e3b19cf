package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	_ "golang.org/x/image/tiff" // originals are looked at
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/review/source"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// enough is how many good pictures there are at least.
const enough = 24

func upChecks() []check {
	return []check{
		{"a shell that sources .demo/env has all seven variables, and they lead to the store, its IAM and the gateway", func(ctx context.Context, d *demo) error {
			env, err := d.sourced(ctx)
			if err != nil {
				return err
			}
			files, err := d.openStore(env["VITRINE_S3_ENDPOINT"], env["VITRINE_IAM_ENDPOINT"], env["VITRINE_S3_ADMIN_ACCESS_KEY"], env["VITRINE_S3_ADMIN_SECRET_KEY"])
			if err != nil {
				return err
			}
			defer files.Close()
			if _, err := files.ObserveBucket(ctx, originals); err != nil {
				return err
			}
			users, err := files.Identities.List(ctx, store.IdentityPath(installation, env["VITRINE_DEMO_NAMESPACE"]))
			if err == nil && len(users) == 0 {
				err = fmt.Errorf("the namespace %s has no store users", env["VITRINE_DEMO_NAMESPACE"])
			}
			visitor := d.visitor()
			visitor.base = env["VITRINE_GATEWAY_URL"]
			return errors.Join(err, visitor.answers(ctx, "/robots.txt", http.StatusOK, "Disallow: /"))
		}},
		{"and kubectl works there with nothing else", func(ctx context.Context, d *demo) error {
			out, err := d.shell(ctx, `kubectl get damuser -n "$VITRINE_DEMO_NAMESPACE" -o name`)
			if err == nil && !slices.Contains(strings.Fields(out), "user.dam.vitrine.dev/vera") {
				err = fmt.Errorf("it lists %q, without vera", out)
			}
			return err
		}},
		{"the store has 24 pictures and more, of JPEG, PNG, WebP, TIFF, PDF and SVG; one has GPS, one is corrupt, one is text called .jpg", func(ctx context.Context, d *demo) error {
			kinds := map[string]int{}
			seen := map[string]bool{}
			good := 0
			for _, p := range d.places {
				if seen[p.picture.Name] {
					continue
				}
				seen[p.picture.Name] = true
				data, err := d.administrator().read(ctx, p.bucket, p.key)
				if err != nil {
					return fmt.Errorf("reading %s: %w", p.key, err)
				}
				kind, isGood := kindOf(p, data)
				kinds[kind]++
				if isGood {
					good++
				}
				if hasGPS(data) {
					kinds["with GPS"]++
				}
			}
			for _, want := range []string{"jpeg", "png", "webp", "tiff", rendition.PDF, rendition.SVG, "with GPS", "corrupt", "text"} {
				if kinds[want] == 0 {
					return fmt.Errorf("there is none of the kind %s, but of %v", want, slices.Sorted(maps.Keys(kinds)))
				}
				d.note("%d %s", kinds[want], want)
			}
			if good < enough {
				return fmt.Errorf("there are only %d good ones", good)
			}
			return nil
		}},
		{"each was uploaded by a User of the samples, with the key that Vitrine issued to them", func(ctx context.Context, d *demo) error {
			uploads := map[types.NamespacedName]map[string]bool{} // ids of keys by User
			for _, p := range d.places {
				who := types.NamespacedName{Namespace: p.namespace, Name: p.user}
				if uploads[who] == nil {
					uploads[who] = map[string]bool{}
				}
				uploads[who][p.keyID] = true
			}
			for who, used := range uploads {
				if err := d.inSamples(who); err != nil {
					return err
				}
				keys, err := d.files.Identities.Keys(ctx, store.Name(installation, who.Namespace, "User", who.Name))
				if err != nil {
					return err
				}
				for _, key := range keys {
					delete(used, key.ID)
				}
				if len(used) > 0 {
					return fmt.Errorf("%s uploaded with a key that is not of their store user", who)
				}
			}
			d.note("%d people", len(uploads))
			return nil
		}},
	}
}

// shell runs a script in a shell that has sourced .demo/env and has nothing else but a
// folder for its files and the way to programs, those of bin/ first.
func (d *demo) shell(ctx context.Context, script string) (string, error) {
	kubectl, err := testbed.Binary("kubectl")
	if err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, "sh", "-c", ". "+quote(d.envFile())+" && "+script)
	command.Dir = d.dir
	command.Env = []string{"HOME=" + d.dir, "PATH=" + filepath.Dir(kubectl) + ":" + os.Getenv("PATH")}
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("a shell with .demo/env: %w: %s", err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// sourced are the variables that programs see in such a shell; all seven are wanted.
func (d *demo) sourced(ctx context.Context) (map[string]string, error) {
	out, err := d.shell(ctx, "env")
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		env[name] = value
	}
	for _, name := range []string{"KUBECONFIG", "VITRINE_GATEWAY_URL", "VITRINE_S3_ENDPOINT", "VITRINE_IAM_ENDPOINT",
		"VITRINE_S3_ADMIN_ACCESS_KEY", "VITRINE_S3_ADMIN_SECRET_KEY", "VITRINE_DEMO_NAMESPACE"} {
		if env[name] == "" {
			return nil, fmt.Errorf("the variable %s is not there", name)
		}
	}
	return env, nil
}

// inSamples wants a User to be declared in config/samples.
func (d *demo) inSamples(who types.NamespacedName) error {
	t, err := source.Files(nil, []string{filepath.Join(d.root, "config", "samples", who.Namespace)}, who.Namespace)
	if err != nil {
		return err
	}
	for _, u := range t.Declared.Users {
		if u.Name == who.Name {
			return nil
		}
	}
	return fmt.Errorf("config/samples has no User %s", who)
}

// kindOf says what an upload is, judged by its bytes: the format of a good picture, or
// what it is instead.
func kindOf(p place, data []byte) (kind string, good bool) {
	_, format, err := image.DecodeConfig(bytes.NewReader(data))
	switch document := rendition.Sniff(data).ContentType; {
	case rendition.IsDocument(document) && p.good():
		return document, true
	case err == nil && p.good():
		return format, true // that it decodes its renditions prove; here it would take seconds for all
	case err == nil:
		if _, _, err := image.Decode(bytes.NewReader(data)); err != nil {
			return "corrupt", false
		}
	case strings.HasPrefix(http.DetectContentType(data), "text/plain") && strings.HasSuffix(p.key, ".jpg"):
		return "text", false
	}
	return "unexpected", false
}

// tagGPS is the entry of EXIF's first directory that leads to where a picture was taken.
const tagGPS = 0x8825

// hasGPS tells whether a JPEG's EXIF says where it was taken.
func hasGPS(jpeg []byte) bool {
	_, exif, found := bytes.Cut(jpeg, []byte("Exif\x00\x00"))
	if !found || len(exif) < 8 {
		return false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if exif[0] == 'M' {
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(exif[4:8]))
	if at+2 > uint64(len(exif)) {
		return false
	}
	entries := int(order.Uint16(exif[at:]))
	for rest := exif[at+2:]; entries > 0 && len(rest) >= 12; entries-- {
		if order.Uint16(rest) == tagGPS {
			return true
		}
		rest = rest[12:]
	}
	return false
}
