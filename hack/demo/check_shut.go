package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// A link of the checks' own, on the same Collection as hero-shots.
const checkLink = "check-link"

func plink(fields string) string {
	return fmt.Sprintf(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: %s, namespace: acme}
spec: {target: {collection: {name: hero-shots}}, title: Only for checking%s}
`, checkLink, fields)
}

func shutChecks() []check {
	var address, picture string // of checkLink, as it was opened first
	// shuts wants page and picture to be refused within two seconds, without a word of what is shared.
	shuts := func(ctx context.Context, d *demo, what string, status int, words string) error {
		return d.promptly(ctx, what, func(ctx context.Context) error { return refuses(ctx, d.visitor(), address, picture, status, words) })
	}
	opens := func(ctx context.Context, d *demo, what string) error {
		return d.promptly(ctx, what, func(ctx context.Context) error { return d.visitor().answers(ctx, address, 200, "hero-dawn.jpg") })
	}
	return []check{
		{"a link that is applied opens within two seconds of having its URL", func(ctx context.Context, d *demo) error {
			if err := d.apply(ctx, plink("")); err != nil {
				return err
			}
			err := d.eventually(ctx, settleLimit, "the URL", func(ctx context.Context) (err error) {
				address, err = d.linkURL(ctx, tenant, checkLink)
				return err
			})
			if err != nil {
				return err
			}
			if err := opens(ctx, d, "open"); err != nil {
				return err
			}
			page, err := d.visitor().open(ctx, address)
			if err != nil || len(page.addresses("src")) == 0 {
				return fmt.Errorf("it answers %d without a picture: %w", page.status, orNothing(err))
			}
			picture = page.addresses("src")[0]
			return d.visitor().loads(ctx, picture, "image/webp")
		}},
		{"not yet valid: 403, and says when it opens", func(ctx context.Context, d *demo) error {
			pending, err := d.linkURL(ctx, otherTenant, "autumn-preview")
			if err != nil {
				return err
			}
			return refuses(ctx, d.visitor(), pending, "", 403, "1 January 2099")
		}},
		{"suspended: 410 within two seconds, pictures included; and open again when it is not", func(ctx context.Context, d *demo) error {
			if err := d.apply(ctx, plink(", suspend: true")); err != nil {
				return err
			}
			if err := shuts(ctx, d, "shut", 410, "is paused"); err != nil {
				return err
			}
			if err := d.apply(ctx, plink(", suspend: false")); err != nil {
				return err
			}
			return opens(ctx, d, "open")
		}},
		{"frozen by an annotation, which GitOps does not undo: 410 within two seconds", func(ctx context.Context, d *demo) error {
			if _, err := d.kubectl(ctx, "annotate", "plink", checkLink, "-n", tenant, v1alpha1.AnnotationFreeze+"=check"); err != nil {
				return err
			}
			err := shuts(ctx, d, "shut", 410, "is paused")
			if synced := d.apply(ctx, plink("")); synced != nil {
				return synced
			}
			again := refuses(ctx, d.visitor(), address, "", 410, "is paused")
			if _, err := d.kubectl(ctx, "annotate", "plink", checkLink, "-n", tenant, v1alpha1.AnnotationFreeze+"-"); err != nil {
				return err
			}
			return errors.Join(err, again, opens(ctx, d, "thawed"))
		}},
		{"expired: 410 by itself, two seconds after its end at the latest; the object stays Ready", func(ctx context.Context, d *demo) error {
			ends := time.Now().Truncate(time.Second).Add(soon)
			if err := d.apply(ctx, plink(fmt.Sprintf(", notAfter: %q", ends.UTC().Format(time.RFC3339)))); err != nil {
				return err
			}
			early := d.visitor().answers(ctx, address, 200, "hero-dawn.jpg")
			if early != nil && time.Now().Before(ends) {
				return fmt.Errorf("before its end: %w", early)
			}
			err := d.fromInstant(ctx, "shut", ends, func(ctx context.Context) error {
				return refuses(ctx, d.visitor(), address, picture, 410, "has expired")
			})
			return errors.Join(err, d.becomesReady(ctx, "PublicLink", tenant, checkLink))
		}},
		{"deleted: 404 within two seconds", func(ctx context.Context, d *demo) error {
			if err := d.apply(ctx, plink("")); err != nil {
				return err
			}
			if err := d.eventually(ctx, settleLimit, "open again without an end", func(ctx context.Context) error { return d.visitor().answers(ctx, address, 200, "hero-dawn.jpg") }); err != nil {
				return err
			}
			if _, err := d.kubectl(ctx, "delete", "plink", "-n", tenant, checkLink); err != nil {
				return err
			}
			return shuts(ctx, d, "shut", 404, "nothing at this address")
		}},
		{"deleted, unknown and malformed addresses get the same answer, word for word", func(ctx context.Context, d *demo) error {
			v := d.visitor()
			first, err := v.open(ctx, address)
			if err != nil {
				return err
			}
			token := path.Base(address)
			for what, other := range map[string]string{
				"unknown": strings.Repeat("7", len(token)), "too short": "7", "too long": token + token, "not of its letters": strings.Repeat("u", len(token)),
				"with an asset": token + "/asset/" + idOf("press/logo.png"),
			} {
				a, err := v.open(ctx, "/l/"+other)
				if err != nil {
					return err
				}
				if a.status != 404 || first.status != 404 || !bytes.Equal(a.body, first.body) || len(a.header) != len(first.header) {
					return fmt.Errorf("%s: %d with %d bytes, deleted: %d with %d bytes", what, a.status, len(a.body), first.status, len(first.body))
				}
			}
			return nil
		}},
		{"made again under the same name it has another URL, and the old one stays dead", func(ctx context.Context, d *demo) error {
			if err := d.apply(ctx, plink("")); err != nil {
				return err
			}
			var second string
			err := d.eventually(ctx, settleLimit, "the new URL opens", func(ctx context.Context) (err error) {
				if second, err = d.linkURL(ctx, tenant, checkLink); err != nil {
					return err
				}
				return d.visitor().answers(ctx, second, 200, "hero-dawn.jpg")
			})
			if err == nil && second == address {
				err = errors.New("the URL is the deleted one's")
			}
			old := refuses(ctx, d.visitor(), address, picture, 404, "nothing at this address")
			_, gone := d.kubectl(ctx, "delete", "plink", "-n", tenant, checkLink)
			return errors.Join(err, old, gone)
		}},
		{"a link to one file opens with that file alone", func(ctx context.Context, d *demo) error {
			one, err := d.linkURL(ctx, tenant, "logo")
			if err != nil {
				return err
			}
			page, err := d.visitor().open(ctx, one)
			if err != nil {
				return err
			}
			if page.status != 200 || !page.says("1 file<") || len(page.addresses("src")) != 1 || !page.says("logo.png") {
				return fmt.Errorf("it answers %d with %d pictures", page.status, len(page.addresses("src")))
			}
			return nil
		}},
	}
}

// refuses wants a link's page to be refused in plain words and its pictures not to be
// sent, without a name or a title of what it shared.
func refuses(ctx context.Context, v *visitor, address, picture string, status int, words string) error {
	a, err := v.open(ctx, address)
	if err != nil {
		return err
	}
	if a.status != status || !a.says(words) {
		return fmt.Errorf("the page answers %d, wanted %d and %q", a.status, status, words)
	}
	for _, word := range []string{"Only for checking", "Autumn preview", "hero-", "<img", "/a/"} {
		if a.says(word) {
			return fmt.Errorf("the refusal shows %q", word)
		}
	}
	if picture == "" {
		return nil
	}
	b, err := v.open(ctx, picture)
	if err != nil {
		return err
	}
	if b.status == 200 {
		return errors.New("a picture of it is still sent")
	}
	return nil
}
