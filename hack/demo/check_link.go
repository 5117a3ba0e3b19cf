package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// The link hero-shots shows the heroes of launch/final and the logo of press.
func linkChecks() []check {
	heroes := func(ctx context.Context, d *demo) (v *visitor, page answer, shown []place, err error) {
		for _, p := range d.places {
			if p.bucket == originals && (strings.HasPrefix(p.key, "launch/final/hero-") || p.key == "press/logo.png") {
				shown = append(shown, p)
			}
		}
		v = d.visitor()
		url, err := d.linkURL(ctx, tenant, "hero-shots")
		if err != nil {
			return v, page, shown, err
		}
		page, err = v.open(ctx, url)
		return v, page, shown, err
	}
	return []check{
		{"the link to a Collection opens: title, message, and exactly its members", func(ctx context.Context, d *demo) error {
			_, page, shown, err := heroes(ctx, d)
			if err != nil {
				return err
			}
			if page.status != 200 {
				return fmt.Errorf("it answers %d", page.status)
			}
			for _, text := range []string{"Spring launch, hero shots", "The pictures for your posts", fmt.Sprintf("%d files", len(shown)), "brand@acme.example"} {
				if !page.says(text) {
					return fmt.Errorf("the page lacks %q", text)
				}
			}
			for _, p := range d.places {
				isShown := slices.ContainsFunc(shown, func(s place) bool { return path.Base(s.key) == path.Base(p.key) })
				if page.says(path.Base(p.key)) != isShown {
					return fmt.Errorf("%s: on the page %v, in the Collection %v", p.key, !isShown, isShown)
				}
			}
			return nil
		}},
		{"with a picture of each, all of which load", func(ctx context.Context, d *demo) error {
			v, page, shown, err := heroes(ctx, d)
			if err != nil {
				return err
			}
			pictures := page.addresses("src")
			if len(pictures) != len(shown) {
				return fmt.Errorf("%d pictures of %d files", len(pictures), len(shown))
			}
			for _, address := range pictures {
				if err := v.loads(ctx, address, "image/webp"); err != nil {
					return err
				}
			}
			return nil
		}},
		{"every original downloads byte for byte as it was uploaded, by SHA-256, as an attachment", func(ctx context.Context, d *demo) error {
			v, page, shown, err := heroes(ctx, d)
			if err != nil {
				return err
			}
			for _, p := range shown {
				one, err := v.open(ctx, pageOf(page, p))
				if err != nil {
					return err
				}
				links := one.holding("/original?")
				if len(links) != 1 {
					return fmt.Errorf("the page of %s (%d) has %d links to the original", p.key, one.status, len(links))
				}
				file, err := v.open(ctx, links[0])
				if err != nil {
					return err
				}
				if sha256.Sum256(file.body) != sha256.Sum256(p.data) {
					return fmt.Errorf("%s: %d bytes come (status %d) that are not the %d uploaded", p.key, len(file.body), file.status, len(p.data))
				}
				if !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") || file.header.Get("Content-Type") != "application/octet-stream" {
					return fmt.Errorf("%s is sent as %q, %q", p.key, file.header.Get("Content-Type"), file.header.Get("Content-Disposition"))
				}
			}
			d.note("%d files", len(shown))
			return nil
		}},
		{"the presets that the link offers download as pictures", func(ctx context.Context, d *demo) error {
			v, page, shown, err := heroes(ctx, d)
			if err != nil {
				return err
			}
			one, err := v.open(ctx, pageOf(page, shown[0]))
			if err != nil {
				return err
			}
			for preset, contentType := range map[string]string{"/web?": "image/webp", "/square?": "image/jpeg"} {
				links := one.holding(preset)
				if len(links) == 0 {
					return fmt.Errorf("the page does not offer %s", strings.Trim(preset, "/?"))
				}
				if err := v.loads(ctx, links[0], contentType); err != nil {
					return err
				}
			}
			return nil
		}},
		{"no address of the page, altered by hand, reaches anything else: all 404", func(ctx context.Context, d *demo) error {
			v, page, shown, err := heroes(ctx, d)
			if err != nil {
				return err
			}
			altered, err := d.alter(ctx, page, shown[0])
			if err != nil {
				return err
			}
			d.note("%d addresses", len(altered))
			var errs []error
			for what, address := range altered {
				a, err := v.open(ctx, address)
				if err == nil && a.status != 404 {
					err = fmt.Errorf("it answers %d with %d bytes of %s", a.status, len(a.body), a.header.Get("Content-Type"))
				}
				if err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", what, err))
				}
			}
			return errors.Join(errs...)
		}},
		{"no address of a picture holds the link's token, and no answer lets others know where it was", func(ctx context.Context, d *demo) error {
			v, page, _, err := heroes(ctx, d)
			if err != nil {
				return err
			}
			url, err := d.linkURL(ctx, tenant, "hero-shots")
			if err != nil {
				return err
			}
			for _, address := range page.addresses("src") {
				if strings.Contains(address, path.Base(url)) {
					return errors.New("a picture's address holds the token")
				}
				a, err := v.open(ctx, address)
				if err != nil {
					return err
				}
				if a.header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(a.header.Get("X-Robots-Tag"), "noindex") || a.header.Get("X-Content-Type-Options") != "nosniff" {
					return fmt.Errorf("a picture is sent with %v", a.header)
				}
			}
			return nil
		}},
	}
}

// loads wants a picture at an address.
func (v *visitor) loads(ctx context.Context, address, contentType string) error {
	a, err := v.open(ctx, address)
	if err != nil {
		return err
	}
	if a.status != 200 || a.header.Get("Content-Type") != contentType {
		return fmt.Errorf("a picture answers %d, %s", a.status, a.header.Get("Content-Type"))
	}
	if _, _, err := image.DecodeConfig(bytes.NewReader(a.body)); err != nil {
		return fmt.Errorf("a picture that is none: %w", err)
	}
	return nil
}

// pageOf is the address of a file's own page, found on the page of all.
func pageOf(page answer, p place) string {
	for _, address := range page.holding("/asset/" + idOf(p.key)) {
		return address
	}
	return "/not-on-the-page"
}

func idOf(path string) string { return asset.ID(access.Key{Library: "brand", Path: path}) }

var (
	linkID    = regexp.MustCompile(`^/a/([^/]+)/`)
	signature = regexp.MustCompile(`s=[^&]+`)
)

// alter gives addresses made of one that works, which must not.
func (d *demo) alter(ctx context.Context, page answer, p place) (map[string]string, error) {
	pictures := page.holding("/a/")
	id := idOf(p.key)
	at := slices.IndexFunc(pictures, func(a string) bool { return strings.Contains(a, id) })
	if at < 0 {
		return nil, fmt.Errorf("the page has no picture of %s", p.key)
	}
	picture := pictures[at]
	m := linkID.FindStringSubmatch(picture)
	if m == nil {
		return nil, errors.New("the address of a picture is not as expected")
	}
	url, err := d.linkURL(ctx, tenant, "hero-shots")
	if err != nil {
		return nil, err
	}
	kit, err := d.linkID(ctx, "press-kit")
	if err != nil {
		return nil, err
	}
	outside := idOf("brand/pattern-all.jpg")
	embargo := asset.ID(access.Key{Library: "brand", Restricted: "embargo", Path: "embargo-next.jpg"})
	swap := func(part, other string) string { return strings.Replace(picture, part, other, 1) }
	bare := picture[:strings.IndexByte(picture, '?')]
	return map[string]string{
		"a file outside the Collection":               swap(id, outside),
		"a restricted file":                           swap(id, embargo),
		"another file of the Collection":              swap(id, idOf("press/logo.png")),
		"the original, by a thumbnail's signature":    swap("/thumb?", "/original?"),
		"another preset":                              swap("/thumb?", "/web?"),
		"a preset that nobody has":                    swap("/thumb?", "/poster?"),
		"no signature":                                bare,
		"an empty signature":                          signature.ReplaceAllString(picture, "s="),
		"a signature with other letters":              signature.ReplaceAllString(picture, "s=AAAAAAAAAAAAAAAAAAAAAA"),
		"a later end":                                 strings.Replace(picture, "?e=", "?e=1", 1),
		"another link":                                swap(m[1], kit),
		"a link of nobody":                            swap(m[1], strings.Repeat("0", len(m[1]))),
		"a path in place of an id":                    swap(id, "brand%2Fpattern-all.jpg"),
		"a way up":                                    swap(id, "..%2F..%2Fbrand-dam"),
		"a way up to the sealed record":               swap("/thumb?", "/..%2F..%2Flinks%2Fhero-shots.json?"),
		"the page of a file outside the Collection":   url + "/asset/" + outside,
		"the page of a restricted file":               url + "/asset/" + embargo,
		"the bucket's own path":                       "/" + originals + "/brand/pattern-all.jpg",
		"the token cut short":                         url[:len(url)-1],
		"the token with one letter changed":           url[:len(url)-1] + map[bool]string{true: "1", false: "0"}[strings.HasSuffix(url, "0")],
		"an original, by name, below the link's page": url + "/launch/final/hero-dawn.jpg",
	}, nil
}
