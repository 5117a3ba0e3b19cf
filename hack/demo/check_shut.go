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
	var address, picture string // of checkLink, as it was opened last
	// shuts wants page and picture to be refused within two seconds, without a word of what is shared.
	shuts := func(ctx context.Context, d *demo, what string, r refusal) error {
		return d.promptly(ctx, what, func(ctx context.Context) error { return refuses(ctx, d.visitor(), address, picture, r) })
	}
	// shows wants the page to be there, and a picture of it to load.
	shows := func(ctx context.Context, d *demo) error {
		page, err := d.visitor().open(ctx, address)
		if err != nil {
			return err
		}
		pictures := page.addresses("src")
		if page.status != 200 || !page.says("hero-dawn.jpg") || len(pictures) == 0 {
			return fmt.Errorf("it answers %d with %d pictures", page.status, len(pictures))
		}
		picture = pictures[0]
		return d.visitor().loads(ctx, picture, "image/webp")
	}
	opens := func(ctx context.Context, d *demo, what string) error {
		return d.promptly(ctx, what, func(ctx context.Context) error { return shows(ctx, d) })
	}
	return []check{
		{"a link that is applied opens within two seconds of having its URL, and within five of being applied", func(ctx context.Context, d *demo) error {
			if err := d.apply(ctx, plink("")); err != nil {
				return err
			}
			return d.worksSoon(ctx, "open", checkLink, func(ctx context.Context, url string) error {
				address = url
				return shows(ctx, d)
			})
		}},
		{"not yet valid: 403, and says when it opens", func(ctx context.Context, d *demo) error {
			pending, err := d.linkURL(ctx, otherTenant, "autumn-preview")
			if err != nil {
				return err
			}
			return refuses(ctx, d.visitor(), pending, "", refusal{page: 403, words: "1 January 2099"})
		}},
		{"suspended: 410 within two seconds, and 404 for pictures; and open again when it is not", func(ctx context.Context, d *demo) error {
			if err := d.apply(ctx, plink(", suspend: true")); err != nil {
				return err
			}
			if err := shuts(ctx, d, "shut", refusal{page: 410, words: "is paused", picture: 404}); err != nil {
				return err
			}
			if err := d.apply(ctx, plink(", suspend: false")); err != nil {
				return err
			}
			return opens(ctx, d, "open")
		}},
		{"frozen by an annotation, which GitOps does not undo: 410 within two seconds, for pictures too", func(ctx context.Context, d *demo) error {
			if _, err := d.kubectl(ctx, "annotate", "plink", checkLink, "-n", tenant, v1alpha1.AnnotationFreeze+"=check"); err != nil {
				return err
			}
			frozen := refusal{page: 410, words: "is paused", picture: 410}
			err := shuts(ctx, d, "shut", frozen)
			if synced := d.apply(ctx, plink(", suspend: false")); synced != nil {
				return synced
			}
			again := refuses(ctx, d.visitor(), address, picture, frozen)
			if _, err := d.kubectl(ctx, "annotate", "plink", checkLink, "-n", tenant, v1alpha1.AnnotationFreeze+"-"); err != nil {
				return err
			}
			return errors.Join(err, again, opens(ctx, d, "thawed"))
		}},
		{"expired: 410 by itself, and 404 for pictures, two seconds after its end at the latest; the object stays Ready", func(ctx context.Context, d *demo) error {
			ends := time.Now().Truncate(time.Second).Add(soon)
			if err := d.apply(ctx, plink(fmt.Sprintf(", notAfter: %q", ends.UTC().Format(time.RFC3339)))); err != nil {
				return err
			}
			// The page may still be signed for the spec of before when its picture is asked for.
			early := d.eventually(ctx, time.Second, "open until then", func(ctx context.Context) error { return shows(ctx, d) })
			if early != nil && time.Now().Before(ends) {
				return fmt.Errorf("before its end: %w", early)
			}
			err := d.fromInstant(ctx, "shut", ends, func(ctx context.Context) error {
				return refuses(ctx, d.visitor(), address, picture, refusal{page: 410, words: "has expired", picture: 404})
			})
			return errors.Join(err, d.becomesReady(ctx, "PublicLink", checkLink))
		}},
		{"deleted: 404 within two seconds, for pictures too", func(ctx context.Context, d *demo) error {
			if err := d.apply(ctx, plink("")); err != nil {
				return err
			}
			if err := d.eventually(ctx, settleLimit, "open again without an end", func(ctx context.Context) error { return shows(ctx, d) }); err != nil {
				return err
			}
			if _, err := d.kubectl(ctx, "delete", "plink", "-n", tenant, checkLink); err != nil {
				return err
			}
			return shuts(ctx, d, "shut", refusal{page: 404, words: "nothing at this address", picture: 404})
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
			old := refuses(ctx, d.visitor(), address, picture, refusal{page: 404, words: "nothing at this address", picture: 404})
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

// refusal is how a link that is shut answers: its page, in plain words, and the address
// of a picture that worked before. Such an address is signed for one generation of the
// link and until the link's end at most. While the signature holds, it answers as the
// page does; when the spec was changed since or the end has come, as an address of nobody.
type refusal struct {
	page    int
	words   string
	picture int
}

// refuses wants a link to refuse so, without a name or a title of what it shared.
func refuses(ctx context.Context, v *visitor, address, picture string, r refusal) error {
	a, err := v.open(ctx, address)
	if err != nil {
		return err
	}
	if a.status != r.page || !a.says(r.words) {
		return fmt.Errorf("the page answers %d, wanted %d and %q", a.status, r.page, r.words)
	}
	b := answer{status: r.picture}
	if picture != "" {
		if b, err = v.open(ctx, picture); err != nil {
			return err
		}
	}
	if b.status != r.picture {
		return fmt.Errorf("a picture of it answers %d, wanted %d", b.status, r.picture)
	}
	for _, word := range []string{"Only for checking", "Autumn preview", "hero-", "<img", "/a/"} {
		if a.says(word) || b.says(word) {
			return fmt.Errorf("the refusal shows %q", word)
		}
	}
	return nil
}
