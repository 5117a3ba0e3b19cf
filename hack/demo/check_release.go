package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

// releaseChecks tell it from there until the intro offer is over, and its way back.
func releaseChecks() []check {
	return []check{
		{"a rendition per channel: the post is an AVIF of 1,080 pixels, the one for the web a WebP of 960", func(ctx context.Context, d *demo) error {
			_, page, err := d.shownAs(ctx, picks, storyPick)
			if err != nil {
				return err
			}
			for preset, want := range map[string]struct {
				contentType string
				width       int
			}{"post": {"image/avif", 1080}, "web": {"image/webp", 960}} {
				addresses := page.holding("/" + preset + "?")
				if len(addresses) != 1 {
					return fmt.Errorf("the page offers %s %d times", preset, len(addresses))
				}
				if err := d.visitor().loads(ctx, addresses[0], want.contentType); err != nil {
					return err
				}
				facts, err := d.made(ctx, storyPick)
				if err != nil {
					return err
				}
				for _, r := range facts.Renditions {
					if r.Preset == preset && (r.Width != want.width || r.ContentType != want.contentType) {
						return fmt.Errorf("%s is %s, %d pixels wide", preset, r.ContentType, r.Width)
					}
				}
			}
			return nil
		}},
		{"a proof bears its watermark: it differs from the one for the web there and nowhere else; the link does not offer it", func(ctx context.Context, d *demo) error {
			facts, err := d.made(ctx, storyPick)
			if err != nil {
				return err
			}
			web, err := d.rendition(ctx, storyPick, facts, "web")
			if err != nil {
				return err
			}
			proof, err := d.rendition(ctx, storyPick, facts, "proof")
			if err != nil {
				return err
			}
			if web.Bounds() != proof.Bounds() {
				return fmt.Errorf("they are %v and %v", web.Bounds(), proof.Bounds())
			}
			size := web.Bounds().Size()
			marked := contrast(web, proof, image.Rect(size.X/3, size.Y*9/20, size.X*2/3, size.Y*11/20))
			plain := contrast(web, proof, image.Rect(0, 0, size.X, size.Y/8))
			if marked < 8 || plain > 1 {
				return fmt.Errorf("in the middle they differ by %.1f of 255, at the top by %.1f", marked, plain)
			}
			d.note("%.1f of 255 in the middle, %.1f at the top", marked, plain)
			_, page, err := d.shownAs(ctx, picks, storyPick)
			if err == nil && (len(page.holding("/proof?")) > 0 || len(page.holding("/web?")) != 1) {
				err = errors.New("the page offers the proof, or not what it should")
			}
			return err
		}},
		{"copy is added: the new version leaves the link and the Collection until it is approved again", func(ctx context.Context, d *demo) error {
			carl, sam, err := d.two(ctx, "carl", "sam")
			if err != nil {
				return err
			}
			data, err := d.sample("hero-title.jpg")
			if err != nil {
				return err
			}
			if err := carl.write(ctx, originals, storyPick, data); err != nil {
				return fmt.Errorf("carl uploading a new version: %w", err)
			}
			if err := d.eventually(ctx, settleLimit, "it is off", func(ctx context.Context) error {
				return errors.Join(d.shows(ctx, picks, storyPick, false), denied(ctx, sam.gets(originals, storyPick)), d.members(ctx, 0))
			}); err != nil {
				return err
			}
			if _, err := d.made(ctx, storyPick); err != nil {
				return err
			}
			if err := d.shows(ctx, picks, storyPick, false); err != nil {
				return fmt.Errorf("once it is rendered: %w", err)
			}
			if err := d.approved(ctx, storyPick); err != nil {
				return err
			}
			return d.eventually(ctx, inForce, "approved again it is on", func(ctx context.Context) error {
				return errors.Join(d.shows(ctx, picks, storyPick, true), d.sameAs(ctx, sam, storyPick, "hero-title.jpg"))
			})
		}},
		{"unpublished: the page and the pictures of it are refused at the link within five seconds; and shown again when it is published", func(ctx context.Context, d *demo) error {
			mona, err := d.person(ctx, tenant, "mona")
			if err != nil {
				return err
			}
			url, page, err := d.shownAs(ctx, picks, storyPick)
			if err != nil {
				return err
			}
			works := page.holding("/a/")
			if len(works) < 4 { // the preview, the original and both presets
				return fmt.Errorf("its page has %d addresses of bytes", len(works))
			}
			if err := d.answerAll(ctx, append(works, url), http.StatusOK); err != nil {
				return err
			}
			put, err := d.asks(ctx, mona, "story-unpublish", state(storyPick, change.State{State: v1alpha1.StateDraft}))
			if err != nil {
				return err
			}
			if err := d.counts(ctx, put, "refused", func(ctx context.Context) error {
				return errors.Join(d.answerAll(ctx, append(works, url), http.StatusNotFound), d.shows(ctx, picks, storyPick, false))
			}); err != nil {
				return err
			}
			if put, err = d.asks(ctx, mona, "story-publish-again", state(storyPick, change.State{State: v1alpha1.StatePublished})); err != nil {
				return err
			}
			return d.counts(ctx, put, "shown again", func(ctx context.Context) error { return d.shows(ctx, picks, storyPick, true) })
		}},
		{"of a PDF the first page has renditions of every preset, in its own colours", func(ctx context.Context, d *demo) error {
			pia, err := d.person(ctx, tenant, "pia")
			if err != nil {
				return err
			}
			if err := pia.write(ctx, originals, storySheet, specimen.PDF{Pages: 3, Width: 600, Height: 400, Title: "Lantern One"}.File()); err != nil {
				return fmt.Errorf("pia uploading a PDF: %w", err)
			}
			facts, err := d.made(ctx, storySheet)
			if err != nil {
				return err
			}
			if facts.ContentType != "application/pdf" || facts.Frames != 3 {
				return fmt.Errorf("it is %s of %d pages", facts.ContentType, facts.Frames)
			}
			web, err := d.rendition(ctx, storySheet, facts, "web")
			if err != nil {
				return err
			}
			size := web.Bounds().Size()
			r, g, b, _ := web.At(size.X/4, size.Y/4).RGBA()
			for i, c := range []uint32{r, g, b} {
				if want := []uint8{specimen.UpperLeft.R, specimen.UpperLeft.G, specimen.UpperLeft.B}[i]; math.Abs(float64(c>>8)-float64(want)) > 12 {
					return fmt.Errorf("the upper left is %d, %d, %d, wanted %v", r>>8, g>>8, b>>8, specimen.UpperLeft)
				}
			}
			return nil
		}},
		{"the intro offer has a sunset: at that instant the link refuses it, and its original is put aside, where nobody's key reaches", sunset},
		{"and the link says that it is no longer available", func(ctx context.Context, d *demo) error {
			url, err := d.linkURL(ctx, tenant, offerLink)
			if err != nil {
				return err
			}
			return d.eventually(ctx, settleLimit, "it says so", func(ctx context.Context) error {
				return d.visitor().answers(ctx, url, http.StatusGone, "This is no longer available")
			})
		}},
		{"it comes back whole when a brand manager takes it out of the archive", func(ctx context.Context, d *demo) error {
			pia, err := d.person(ctx, tenant, "pia")
			if err != nil {
				return err
			}
			if err := d.desk(ctx, "pia", 2, []string{"NotAllowed"}, "state", library+"/"+storyOffer, "--to", "Published", "--clear", "sunset"); err != nil {
				return err
			}
			if err := d.desk(ctx, "mona", 0, nil, "state", library+"/"+storyOffer, "--to", "Published", "--clear", "sunset"); err != nil {
				return err
			}
			return d.eventually(ctx, archiveLimit, "back", func(ctx context.Context) error {
				held, err := d.administrator().keys(ctx, vitrineBucket, asset.HeldRoot)
				if err == nil && len(held) > 0 {
					err = fmt.Errorf("put aside are still %v", held)
				}
				return errors.Join(err, d.sameAs(ctx, pia, storyOffer, "hero-dusk.jpg"), d.shows(ctx, offerLink, storyOffer, true))
			})
		}},
		{"all that was asked for is in the trail, refused or not; and deleted for good, the files leave no link and no count behind", func(ctx context.Context, d *demo) error {
			trail, err := d.administrator().keys(ctx, vitrineBucket, "audit/changes/")
			if err != nil {
				return err
			}
			for _, id := range []string{"story-publish", "story-unpublish", "story-publish-again", "story-sunset"} {
				found := 0
				for _, key := range trail {
					if name := path.Base(key); len(name) > 22 && name[:len(name)-22] == id { // a digest follows
						found++
					}
				}
				if found != 1 {
					err = errors.Join(err, fmt.Errorf("%s is in the trail %d times", id, found))
				}
			}
			return errors.Join(err, d.forget(ctx))
		}},
	}
}

// answerAll wants all addresses to answer so.
func (d *demo) answerAll(ctx context.Context, addresses []string, status int) error {
	for _, address := range addresses {
		a, err := d.visitor().open(ctx, address)
		if err != nil {
			return err
		}
		if a.status != status {
			what, _, _ := strings.Cut(path.Base(address), "?")
			return fmt.Errorf("the address of its %s answers %d, wanted %d", what, a.status, status)
		}
	}
	return nil
}

// sunset publishes the offer until an instant a few seconds ahead, and looks at it before and from then on.
func sunset(ctx context.Context, d *demo) error {
	mona, err := d.person(ctx, tenant, "mona")
	if err != nil {
		return err
	}
	ends := time.Now().Add(10 * time.Second).UTC().Truncate(time.Second)
	put, err := d.asks(ctx, mona, "story-sunset", state(storyOffer, change.State{State: v1alpha1.StatePublished, Sunset: &ends}))
	if err != nil {
		return err
	}
	if err := d.counts(ctx, put, "shown", func(ctx context.Context) error { return d.shows(ctx, offerLink, storyOffer, true) }); err != nil {
		return err
	}
	url, page, err := d.shownAs(ctx, offerLink, storyOffer)
	if err != nil {
		return err
	}
	shown := append(page.holding("/a/"), url)
	if err := d.answerAll(ctx, shown, http.StatusOK); err != nil {
		return err
	}
	if err := d.fromInstant(ctx, "refused", ends, func(ctx context.Context) error { return d.answerAll(ctx, shown, http.StatusNotFound) }); err != nil {
		return err
	}
	want, err := d.sample("hero-dusk.jpg")
	if err != nil {
		return err
	}
	held := asset.HeldObject(access.Key{Library: library, Path: storyOffer})
	if err := d.eventually(ctx, archiveLimit, "put aside", func(ctx context.Context) error {
		data, err := d.administrator().read(ctx, vitrineBucket, held)
		if err != nil {
			return err
		}
		left, err := d.administrator().versions(ctx, originals, storyOffer)
		if err == nil && (len(left) > 0 || string(data) != string(want)) {
			err = fmt.Errorf("%d versions are left in its place, %d bytes were put aside", len(left), len(data))
		}
		return err
	}); err != nil {
		return err
	}
	var errs []error
	for _, name := range []string{"pia", "carl", "mona", "sam", "lara", "vera"} {
		p, err := d.person(ctx, tenant, name)
		if err != nil {
			return err
		}
		errs = append(errs, denied(ctx, p.gets(vitrineBucket, held), p.lists(vitrineBucket, asset.HeldRoot)))
	}
	pia, err := d.person(ctx, tenant, "pia")
	return errors.Join(append(errs, err, refusedWith(ctx, "NoSuchKey", pia.gets(originals, storyOffer)))...)
}
