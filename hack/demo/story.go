package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/minio/minio-go/v7"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// The files of the story, which no sample has.
const (
	storyRoot  = "launch/raw/story-"
	storyPick  = storyRoot + "lantern.jpg"
	storyOffer = storyRoot + "offer.jpg"
	storySheet = storyRoot + "sheet.pdf"
)

// Links of the story's own: one to all of the launch, one to the offer alone.
const (
	launchLink = "check-launch"
	offerLink  = "check-offer"
	picks      = "launch-picks" // of the samples: a Collection, and a link to it
)

const storyLinks = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: check-launch, namespace: acme}
spec: {target: {folder: {name: launch}}, title: The whole launch}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: check-offer, namespace: acme}
spec: {target: {asset: {libraryRef: {name: brand}, path: launch/raw/story-offer.jpg}}, title: Our intro offer}
`

// inForce is how soon links go by what somebody asked for in a change record, counted from the instant at which it was put.
const inForce = 5 * time.Second

// archiveLimit is how long it may take until a file is put aside or back, with all its versions.
const archiveLimit = time.Minute

// sample gives the bytes of one of the sample pictures.
func (d *demo) sample(name string) ([]byte, error) {
	for _, p := range d.places {
		if p.picture.Name == name {
			return p.data, nil
		}
	}
	return nil, fmt.Errorf("nobody uploaded %s", name)
}

// desk runs the plugin as somebody with the key that Vitrine issued to them, and wants an exit code and some words.
func (d *demo) desk(ctx context.Context, user string, code int, words []string, args ...string) error {
	out, got, err := d.dam(ctx, append(args, "-n", tenant, "--key-secret", user+"."+storeName+".key")...)
	return errors.Join(err, said(out, got, code, words...))
}

// asks puts a change record with somebody's own key, and wants all of it to be done. It tells when the record was there.
func (d *demo) asks(ctx context.Context, who *person, id string, changes ...change.Change) (put time.Time, err error) {
	data, err := json.Marshal(change.Record{V: change.Version, Changes: changes})
	if err != nil {
		return put, err
	}
	put = time.Now()
	if err := who.write(ctx, vitrineBucket, asset.ChangeObject(who.name, id), data); err != nil {
		return put, fmt.Errorf("%s asking for a change: %w", who.name, err)
	}
	var result change.Result
	err = d.eventually(ctx, settleLimit, "the answer to "+id, func(ctx context.Context) error {
		data, err := who.read(ctx, vitrineBucket, asset.ResultObject(who.name, id))
		if err != nil {
			return err
		}
		result, err = change.DecodeResult(data)
		return err
	})
	for _, a := range result.Answers {
		if a.Outcome != change.Done {
			err = errors.Join(err, fmt.Errorf("%s: %s, %s: %s", a.Path, a.Outcome, a.Reason, a.Message))
		}
	}
	return put, err
}

// state asks for the state of a file.
func state(path string, s change.State) change.Change { return change.Change{Path: path, State: &s} }

// counts wants something to be so within inForce of a record being put, and notes how long it took.
func (d *demo) counts(ctx context.Context, put time.Time, what string, try func(context.Context) error) error {
	if _, err := within(ctx, inForce-time.Since(put), try); err != nil {
		return fmt.Errorf("%s, %s after it was asked for: %w", what, time.Since(put).Round(10*time.Millisecond), err)
	}
	d.note("%s %.2f s", what, time.Since(put).Seconds())
	return nil
}

// stays wants something to be so all the time, for long enough that Vitrine has looked again.
func stays(ctx context.Context, try func(context.Context) error) error {
	for until := time.Now().Add(3 * sweepInterval); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		if err := try(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// approved has mona approve a file as it is, as soon as Vitrine has read it.
func (d *demo) approved(ctx context.Context, path string) error {
	return d.eventually(ctx, settleLimit, "approved", func(ctx context.Context) error {
		return d.desk(ctx, "mona", 0, []string{"Done"}, "approve", library+"/"+path, "--note", "as agreed, BR-112")
	})
}

// made waits until everything is made of the current version of an original, and gives what.
func (d *demo) made(ctx context.Context, key string) (facts asset.Facts, err error) {
	version, err := d.currentVersion(ctx, originals, key)
	if err != nil {
		return facts, err
	}
	err = d.eventually(ctx, renditionsLimit, "renditions of "+key, func(ctx context.Context) error {
		data, err := d.administrator().read(ctx, vitrineBucket, asset.FactsObject(access.Key{Library: library, Path: key}))
		if err != nil {
			return err
		}
		if facts, err = asset.DecodeFacts(bytes.NewReader(data)); err != nil {
			return err
		}
		var names []string
		for _, r := range facts.Renditions {
			names = append(names, r.Preset)
		}
		if slices.Sort(names); facts.VersionID != version || !slices.Equal(names, presets[tenant]) {
			return fmt.Errorf("of version %s, wanted %s, there are %v", facts.VersionID, version, names)
		}
		return nil
	})
	return facts, err
}

// rendition reads what was made of an original by a preset.
func (d *demo) rendition(ctx context.Context, key string, facts asset.Facts, preset string) (image.Image, error) {
	for _, r := range facts.Renditions {
		if r.Preset != preset {
			continue
		}
		data, err := d.administrator().read(ctx, vitrineBucket, asset.RenditionsRoot+key+"/"+r.Object)
		if err != nil {
			return nil, err
		}
		img, _, err := image.Decode(bytes.NewReader(data))
		return img, err
	}
	return nil, fmt.Errorf("there is no %s of %s", preset, key)
}

// shownAs opens the page of a file through a link.
func (d *demo) shownAs(ctx context.Context, link, key string) (url string, page answer, err error) {
	if url, err = d.linkURL(ctx, tenant, link); err != nil {
		return url, page, err
	}
	url += "/asset/" + idOf(key)
	page, err = d.visitor().open(ctx, url)
	return url, page, err
}

// shows wants a link to show a file or not: on the page of all, and on the file's own.
func (d *demo) shows(ctx context.Context, link, key string, want bool) error {
	_, own, err := d.shownAs(ctx, link, key)
	if err != nil {
		return err
	}
	url, err := d.linkURL(ctx, tenant, link)
	if err != nil {
		return err
	}
	all, err := d.visitor().open(ctx, url)
	if err != nil {
		return err
	}
	status := map[bool]int{true: http.StatusOK, false: http.StatusNotFound}[want]
	if listed := all.says(idOf(key)); own.status != status || listed != want {
		return fmt.Errorf("through the link %s the page of %s answers %d, and it is listed: %v", link, key, own.status, listed)
	}
	return nil
}

// members wants the Collection of picks to have so many, as its status tells.
func (d *demo) members(ctx context.Context, want int64) error {
	var c v1alpha1.Collection
	if err := d.admin.Get(ctx, types.NamespacedName{Namespace: tenant, Name: picks}, &c); err != nil {
		return err
	}
	if c.Status.Members == nil {
		return fmt.Errorf("the Collection does not tell its members, wanted %d", want)
	}
	if *c.Status.Members != want {
		return fmt.Errorf("the Collection has %d members, wanted %d", *c.Status.Members, want)
	}
	return nil
}

// drafts wants the library to count so many, beside those of the samples.
func (d *demo) drafts(ctx context.Context, more int) error {
	var l v1alpha1.Library
	if err := d.admin.Get(ctx, types.NamespacedName{Namespace: tenant, Name: library}, &l); err != nil {
		return err
	}
	want := int64(len(d.uploaded(originals, "launch/raw/")) + more)
	if counted := l.Status.Descriptions; counted == nil || counted.Drafts == nil || *counted.Drafts != want {
		return fmt.Errorf("the library counts %+v, wanted %d drafts", counted, want)
	}
	return nil
}

// forget removes what the story made, with every version, and waits until Vitrine has noticed.
func (d *demo) forget(ctx context.Context) error {
	_, err := d.kubectl(ctx, "delete", "plink", "-n", tenant, launchLink, offerLink)
	purge := func(bucket string, prefixes ...string) {
		for _, prefix := range prefixes {
			versions, listing := d.administrator().versions(ctx, bucket, prefix)
			err = errors.Join(err, listing)
			for _, v := range versions {
				err = errors.Join(err, d.administrator().s3.RemoveObject(ctx, bucket, v.Key, minio.RemoveObjectOptions{VersionID: v.VersionID}))
			}
		}
	}
	purge(originals, storyRoot)
	err = errors.Join(err, d.eventually(ctx, renditionsLimit, "the library as it was", func(ctx context.Context) error {
		return errors.Join(d.drafts(ctx, 0), d.members(ctx, 0), d.othersDone(ctx))
	}))
	var below []string
	for _, root := range []string{asset.MetaRoot, asset.StateRoot, asset.ApprovalsRoot, asset.FactsRoot, asset.RenditionsRoot, asset.HeldRoot} {
		below = append(below, root+storyRoot)
	}
	for _, user := range []string{"carl", "mona"} {
		below = append(below, asset.ResultsPrefix(user))
	}
	purge(vitrineBucket, below...)
	return err
}

// knowAVIF tells image.DecodeConfig how an AVIF begins, so that it reads its size. Nothing here decodes its pixels.
func knowAVIF() {
	image.RegisterFormat("avif", "????ftypavif", func(io.Reader) (image.Image, error) { return nil, errors.ErrUnsupported }, avifConfig)
}

// avifConfig reads the size of an AVIF picture: that of the property ispe (ISO/IEC 23008-12).
func avifConfig(r io.Reader) (image.Config, error) {
	head, err := io.ReadAll(io.LimitReader(r, rendition.SniffBytes))
	if err != nil {
		return image.Config{}, err
	}
	at := bytes.Index(head, []byte("ispe"))
	if kind := rendition.Sniff(head); kind.ContentType != "image/avif" || at < 0 || len(head) < at+16 {
		return image.Config{}, fmt.Errorf("it is %s, or its size is not said", kind.ContentType)
	}
	return image.Config{Width: int(binary.BigEndian.Uint32(head[at+8:])), Height: int(binary.BigEndian.Uint32(head[at+12:]))}, nil
}

// contrast is the mean difference of two pictures' brightness within a part of both, of 255.
func contrast(a, b image.Image, part image.Rectangle) float64 {
	sum, n := 0.0, 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			sum += max(brightness(a, x, y)-brightness(b, x, y), brightness(b, x, y)-brightness(a, x, y))
			n++
		}
	}
	return sum / float64(max(1, n))
}

func brightness(m image.Image, x, y int) float64 {
	r, g, b, _ := m.At(x, y).RGBA()
	return float64(r+g+b) / 3 / 257
}

// saysNone wants a page to have none of some words as names or values of fields, which stand in elements of their own.
func (a answer) saysNone(words ...string) error {
	for _, w := range words {
		if a.says(">" + w + "<") {
			return fmt.Errorf("the page tells %q", w)
		}
	}
	return nil
}
