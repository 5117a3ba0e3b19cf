package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
)

// pia photographs, carl picks and describes, mona decides, sam posts: what they do with files is asked for in change records, with
// their own keys, by `kubectl dam` or as records that they put themselves.
func storyChecks() []check {
	return append(draftChecks(), releaseChecks()...)
}

const storyTitle = "Lantern by the lake"

// draftChecks tell the story from the first upload until the picture is approved and out.
func draftChecks() []check {
	return []check{
		{"a photographer uploads two drafts with her own key, and the library counts them", func(ctx context.Context, d *demo) error {
			pia, err := d.person(ctx, tenant, "pia")
			if err != nil {
				return err
			}
			if err := d.apply(ctx, storyLinks); err != nil {
				return err
			}
			for key, name := range map[string]string{storyPick: "hero-lake.jpg", storyOffer: "hero-dusk.jpg"} {
				data, err := d.sample(name)
				if err != nil {
					return err
				}
				if err := pia.write(ctx, originals, key, data); err != nil {
					return fmt.Errorf("pia uploading %s: %w", key, err)
				}
			}
			return d.eventually(ctx, settleLimit, "counted", func(ctx context.Context) error { return d.drafts(ctx, 2) })
		}},
		{"whoever was granted previews sees them, and no link shows a draft", func(ctx context.Context, d *demo) error {
			iris, sam, err := d.two(ctx, "iris", "sam")
			if err != nil {
				return err
			}
			var errs []error
			for _, key := range []string{storyPick, storyOffer} {
				facts, err := d.made(ctx, key)
				if err != nil {
					return err
				}
				preview := asset.RenditionsRoot + key + "/" + facts.Renditions[0].Object
				errs = append(errs, allowed(ctx, iris.gets(vitrineBucket, preview)), denied(ctx, sam.gets(vitrineBucket, preview), iris.gets(originals, key), sam.gets(originals, key)))
			}
			errs = append(errs, d.shows(ctx, launchLink, "launch/final/hero-dawn.jpg", true))
			return errors.Join(append(errs, stays(ctx, func(ctx context.Context) error {
				return errors.Join(d.shows(ctx, launchLink, storyPick, false), d.shows(ctx, launchLink, storyOffer, false), d.shows(ctx, offerLink, storyOffer, false))
			}))...)
		}},
		{"a creative picks one and gives it a title with `kubectl dam meta`: unapproved it is in no Collection and on no link", func(ctx context.Context, d *demo) error {
			if err := d.desk(ctx, "carl", 0, []string{"Done"}, "meta", library+"/"+storyPick, "--set", "title="+storyTitle, "--set", "usage=social", "--add", "keywords=pick"); err != nil {
				return err
			}
			sam, err := d.person(ctx, tenant, "sam")
			if err != nil {
				return err
			}
			return stays(ctx, func(ctx context.Context) error {
				return errors.Join(d.members(ctx, 0), denied(ctx, sam.gets(originals, storyPick)), d.shows(ctx, picks, storyPick, false))
			})
		}},
		{"a contributor approves and publishes nothing: NotAllowed, and no record of his gets into a manager's place", func(ctx context.Context, d *demo) error {
			carl, pia, err := d.two(ctx, "carl", "pia")
			if err != nil {
				return err
			}
			key := access.Key{Library: library, Path: storyPick}
			var errs []error
			for _, p := range []*person{carl, pia} {
				errs = append(errs, d.desk(ctx, p.name, 2, []string{"Refused", "NotAllowed"}, "approve", library+"/"+storyPick),
					d.desk(ctx, p.name, 2, []string{"Refused", "NotAllowed"}, "state", library+"/"+storyPick, "--to", "Published"),
					denied(ctx, p.puts(vitrineBucket, asset.ChangeObject("mona", "story")), p.puts(vitrineBucket, asset.StateObject(key)), p.puts(vitrineBucket, asset.ApprovalObject(key, "any"))))
			}
			return errors.Join(append(errs, d.members(ctx, 0), d.shows(ctx, launchLink, storyPick, false))...)
		}},
		{"a brand manager approves and publishes it: within five seconds the link shows it, with its title and nothing else that is said of it", func(ctx context.Context, d *demo) error {
			if err := d.approved(ctx, storyPick); err != nil {
				return err
			}
			if err := d.shows(ctx, picks, storyPick, false); err != nil {
				return fmt.Errorf("approved, and not published yet: %w", err)
			}
			mona, err := d.person(ctx, tenant, "mona")
			if err != nil {
				return err
			}
			put, err := d.asks(ctx, mona, "story-publish", state(storyPick, change.State{State: v1alpha1.StatePublished}))
			if err != nil {
				return err
			}
			if err := d.counts(ctx, put, "shown", func(ctx context.Context) error { return d.shows(ctx, picks, storyPick, true) }); err != nil {
				return err
			}
			_, page, err := d.shownAs(ctx, picks, storyPick)
			if err == nil && !page.says("<dt>Title</dt><dd>"+storyTitle+"</dd>") {
				err = errors.New("the page does not tell the title")
			}
			return errors.Join(err, page.saysNone("pick", "social", "Keywords", "Usage", "Approved", "mona"))
		}},
		{"the social team reads the original through the Collection, with a key of their own, and nothing beside it", func(ctx context.Context, d *demo) error {
			sam, err := d.person(ctx, tenant, "sam")
			if err != nil {
				return err
			}
			err = d.eventually(ctx, inForce, "a member that sam reads", func(ctx context.Context) error {
				return errors.Join(d.members(ctx, 1), d.sameAs(ctx, sam, storyPick, "hero-lake.jpg"))
			})
			return errors.Join(err, denied(ctx, sam.gets(originals, storyOffer), sam.lists(originals, "launch/raw/"), sam.puts(originals, storyPick)))
		}},
	}
}

// sameAs wants somebody to get the bytes of a sample picture.
func (d *demo) sameAs(ctx context.Context, who *person, key, name string) error {
	want, err := d.sample(name)
	if err != nil {
		return err
	}
	got, err := who.read(ctx, originals, key)
	if err == nil && string(got) != string(want) {
		err = fmt.Errorf("%s gets %d bytes that are not those of %s", who.name, len(got), name)
	}
	return err
}
