package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"maps"
	"net/http"
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
			works, err := everySigned(ctx, v, page, shown[0])
			if err != nil {
				return err
			}
			altered, err := d.alter(ctx, works, shown)
			if err != nil {
				return err
			}
			d.note("%d addresses made of %d", len(altered), len(works))
			var attempts []attempt
			for address, what := range altered {
				attempts = append(attempts, attempt{"a visitor", what, func(ctx context.Context) error {
					a, err := v.open(ctx, address)
					if err == nil && a.status != http.StatusNotFound {
						err = fmt.Errorf("it answers %d with %d bytes of %s", a.status, len(a.body), a.header.Get("Content-Type"))
					}
					return err
				}})
			}
			return together(ctx, attempts, allowed)
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

func idOf(path string) string { return asset.ID(access.Key{Library: library, Path: path}) }

// signed is an address of bytes: /a/<link id>/<asset id>/<what>?e=<end>&s=<signature>.
type signed struct{ link, asset, what, end, signature string }

var signedAddress = regexp.MustCompile(`^/a/([^/]+)/([^/]+)/([^/?]+)\?e=([0-9]+)&s=([^&]+)$`)

func (s signed) String() string {
	return "/a/" + s.link + "/" + s.asset + "/" + s.what + "?e=" + s.end + "&s=" + s.signature
}

// signedOn reads the addresses of bytes of a page.
func signedOn(page answer) ([]signed, error) {
	var all []signed
	for _, address := range page.holding("/a/") {
		m := signedAddress.FindStringSubmatch(address)
		if m == nil {
			return nil, errors.New("the address of a picture is not as expected")
		}
		all = append(all, signed{m[1], m[2], m[3], m[4], m[5]})
	}
	return all, nil
}

// everySigned gives the addresses of bytes of a link's page and of the first file's own,
// each of which works. Between them they are of everything that the link offers.
func everySigned(ctx context.Context, v *visitor, page answer, first place) ([]signed, error) {
	one, err := v.open(ctx, pageOf(page, first))
	if err != nil {
		return nil, err
	}
	grid, err := signedOn(page)
	if err != nil {
		return nil, err
	}
	own, err := signedOn(one)
	if err != nil {
		return nil, err
	}
	all := append(grid, own...)
	offered := map[string]bool{}
	for _, s := range all {
		offered[s.what] = true
		a, err := v.open(ctx, s.String())
		if err != nil {
			return nil, err
		}
		if a.status != http.StatusOK {
			return nil, fmt.Errorf("as it stands on the page, the address of a file's %s answers %d", s.what, a.status)
		}
	}
	if want := []string{"original", "preview", "square", "thumb", "web"}; !slices.Equal(slices.Sorted(maps.Keys(offered)), want) {
		return nil, fmt.Errorf("the pages have addresses of %v, wanted %v", slices.Sorted(maps.Keys(offered)), want)
	}
	return all, nil
}

// alter gives addresses made of those that work by changing one thing, none of which may
// work, with what each is.
func (d *demo) alter(ctx context.Context, works []signed, shown []place) (map[string]string, error) {
	url, err := d.linkURL(ctx, tenant, "hero-shots")
	if err != nil {
		return nil, err
	}
	protected, err := d.linkID(ctx, "press-kit")
	if err != nil {
		return nil, err
	}
	open, err := d.linkID(ctx, "logo")
	if err != nil {
		return nil, err
	}
	outside := idOf("brand/pattern-all.jpg")
	embargo := asset.ID(access.Key{Library: library, Restricted: "embargo", Path: "embargo-next.jpg"})
	altered := map[string]string{
		url + "/asset/" + outside:            "the page of a file outside the Collection",
		url + "/asset/" + embargo:            "the page of a restricted file",
		"/" + originals + "/" + shown[0].key: "the bucket's own path",
		url[:len(url)-1]:                     "the token cut short",
		url[:len(url)-1] + map[bool]string{true: "1", false: "0"}[strings.HasSuffix(url, "0")]: "the token with one letter changed",
		url + "/" + shown[0].key: "an original, by name, below the link's page",
	}
	for _, s := range works {
		of := ", in the address of a file's " + s.what
		// put notes an address, unless it is the one that works.
		put := func(changed signed, what string) {
			if changed != s {
				altered[changed.String()] = what + of
			}
		}
		for id, what := range map[string]string{
			outside: "a file outside the Collection", embargo: "a restricted file", strings.Repeat("a", len(s.asset)): "a file of nobody",
			idOf(shown[0].key): "another file of the Collection", idOf(shown[1].key): "another file of the Collection",
			"brand%2Fpattern-all.jpg": "a path in place of an id", "..%2F..%2Fbrand-dam": "a way up",
		} {
			put(signed{s.link, id, s.what, s.end, s.signature}, what)
		}
		for _, other := range []string{"original", "preview", "square", "thumb", "web", "poster", "..%2F..%2Flinks%2Fhero-shots.json"} {
			put(signed{s.link, s.asset, other, s.end, s.signature}, "another thing, "+other)
		}
		for id, what := range map[string]string{
			protected: "a link with a password", open: "another open link", strings.Repeat("0", len(s.link)): "a link of nobody", path.Base(url): "the token in place of the id",
		} {
			put(signed{id, s.asset, s.what, s.end, s.signature}, what)
		}
		put(signed{s.link, s.asset, s.what, "1" + s.end, s.signature}, "a later end")
		put(signed{s.link, s.asset, s.what, s.end, strings.Repeat("A", len(s.signature))}, "a signature with other letters")
		put(signed{s.link, s.asset, s.what, s.end, ""}, "an empty signature")
		bare, _, _ := strings.Cut(s.String(), "?")
		altered[bare] = "no signature" + of
	}
	return altered, nil
}
