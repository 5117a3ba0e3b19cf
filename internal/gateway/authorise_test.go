package gateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/link"
)

// ask is one question to the authoriser.
type ask struct {
	principal  Principal
	subject    Subject
	permission Permission
}

// catalogOf is a catalog as it comes from a store.
func catalogOf(c asset.Catalog) *Catalog {
	data, err := c.Encode()
	if err != nil {
		panic(err)
	}
	file, err := asset.OpenCatalog(data)
	if err != nil {
		panic(err)
	}
	return &Catalog{file, "c"}
}

// firstOf gives the first row of a catalog, which then stays unpacked: what a test changes in it is served.
func firstOf(c *Catalog) *asset.CatalogAsset {
	row, err := c.Row(0)
	if err != nil {
		panic(err)
	}
	return row
}

// good is a question about a link that is open and protected, by somebody who has unlocked it.
func good(what string) ask {
	return ask{
		principal: Principal{
			Link: &Snapshot{
				Facts:     link.Facts{FirstSeen: noon.Add(-time.Hour), Available: true},
				Protected: true, PasswordHash: passwordHash, Heartbeat: noon,
				Store: "default", Originals: "acme-brand", Vitrine: "acme-brand-dam", Presets: []string{"web"},
			},
			Token: true, Unlocked: true,
			Catalog: catalogOf(asset.Catalog{Assets: []asset.CatalogAsset{{
				ID: "a", Path: "hero.jpg", Bucket: "acme-brand", Object: "launch/hero.jpg", ETag: "e", Size: 5, ContentType: "image/svg+xml",
				Renditions: []asset.CatalogRendition{
					{Preset: "thumb", Object: "renditions/launch/hero.jpg/thumb-x.webp", ETag: "t", Size: 3, ContentType: "image/webp"},
					{Preset: "web", Object: "renditions/launch/hero.jpg/web-x.webp", ETag: "w", Size: 4, ContentType: "image/webp"},
					{Preset: "square", Object: "renditions/launch/hero.jpg/square-x.webp", ETag: "s", Size: 4, ContentType: "image/webp"},
				},
			}}}),
		},
		subject: Subject{Asset: "a", What: what}, permission: permissionFor(what),
	}
}

// bad are questions that differ from a good one in one thing each, with the answer.
func bad() map[string]struct {
	ask
	want Answer
} {
	type row = struct {
		ask
		want Answer
	}
	all := map[string]row{}
	add := func(reason, what string, want Answer, change func(*ask)) {
		q := good(what)
		change(&q)
		all[reason] = row{q, want}
	}
	first := func(q *ask) *asset.CatalogAsset { return firstOf(q.principal.Catalog) }
	add("no link", "thumb", NotFound, func(q *ask) { q.principal.Link = nil })
	add("nothing was shown", "thumb", NotFound, func(q *ask) { q.principal.Token, q.principal.Unlocked = false, false })
	add("signed for another asset", "thumb", NotFound, func(q *ask) {
		q.principal.Token, q.principal.Unlocked, q.principal.Signed = false, false, &Subject{Asset: "b", What: "thumb"}
	})
	add("signed for the thumbnail, asking for the original", "original", NotFound, func(q *ask) {
		q.principal.Token, q.principal.Unlocked, q.principal.Signed = false, false, &Subject{Asset: "a", What: "thumb"}
	})
	add("the token alone at a protected link", "thumb", Locked, func(q *ask) { q.principal.Unlocked = false })
	add("pending", "thumb", TooEarly, func(q *ask) {
		q.principal.Link.Facts.Spec.NotBefore = &metav1.Time{Time: noon.Add(time.Second)}
	})
	add("expired", "thumb", Gone, func(q *ask) { q.principal.Link.Facts.Spec.NotAfter = &metav1.Time{Time: noon} })
	add("suspended", "thumb", Gone, func(q *ask) { q.principal.Link.Facts.Spec.Suspend = true })
	add("frozen", "thumb", Gone, func(q *ask) { q.principal.Link.Facts.Frozen = true })
	add("target missing", "thumb", Gone, func(q *ask) { q.principal.Link.Facts.Available = false })
	add("stale state of a protected link", "thumb", Unavailable, func(q *ask) { q.principal.Link.Heartbeat = noon.Add(-heartbeatLimit - 1) })
	add("no password hash at a protected link", "thumb", Unavailable, func(q *ask) { q.principal.Link.PasswordHash = "" })
	add("no catalog", "thumb", Unavailable, func(q *ask) { q.principal.Catalog = nil })
	add("not a member", "thumb", NoSuchAsset, func(q *ask) { q.subject.Asset = "b" })
	add("an empty id", "thumb", NoSuchAsset, func(q *ask) { q.subject.Asset = "" })
	add("the permission for renditions, asking for the original", "original", NoSuchAsset, func(q *ask) { q.permission = Preview })
	add("the permission for pages, asking for bytes", "thumb", NoSuchAsset, func(q *ask) { q.permission = List })
	add("the permission for passwords, asking for bytes", "thumb", NoSuchAsset, func(q *ask) { q.permission = Unlock })
	add("originals are hidden", "original", NoSuchAsset, func(q *ask) { q.principal.Link.HideOriginals = true })
	add("a preset that is not offered", "square", NoSuchAsset, func(*ask) {})
	add("a preset that does not exist", "web", NoSuchAsset, func(q *ask) { first(q).Renditions = first(q).Renditions[:1] })
	add("a rendition without the link's watermark", "thumb", NoSuchAsset, func(q *ask) { q.principal.Link.Watermark = "northlight" })
	add("one with another watermark, which the link had before", "thumb", NoSuchAsset, func(q *ask) {
		q.principal.Link.Watermark = "northlight"
		first(q).Renditions[0].Object = "renditions/launch/hero.jpg/thumb_press-aaaaaaaaaaaaa-marked.webp"
	})
	add("one of a preset with a watermark of its own", "thumb", NoSuchAsset, func(q *ask) {
		q.principal.Link.Watermark = "northlight"
		first(q).Renditions[0].Object = "renditions/launch/hero.jpg/thumb-aaaaaaaaaaaaa-marked.webp"
	})
	add("a picture of another preset in the place of this one", "web", NoSuchAsset, func(q *ask) {
		q.principal.Link.Watermark = "northlight"
		first(q).Renditions[1].Object = "renditions/launch/hero.jpg/thumb_northlight-aaaaaaaaaaaaa-marked.webp"
	})
	add("before the file's own time", "thumb", NoSuchAsset, func(q *ask) { first(q).From = noon.Add(time.Second) })
	add("at the file's own end", "original", NoSuchAsset, func(q *ask) { first(q).Until = noon })
	add("an original in somebody else's bucket", "original", NoSuchAsset, func(q *ask) { first(q).Bucket = "northlight-brand" })
	add("an original among sealed records", "original", NoSuchAsset, func(q *ask) { first(q).Bucket, first(q).Object = "acme-brand-dam", "links/launch.json" })
	add("a rendition among sealed records", "thumb", NoSuchAsset, func(q *ask) { first(q).Renditions[0].Object = "links/launch.json" })
	return all
}

func TestAuthorise(t *testing.T) {
	for reason, q := range bad() {
		d := Authorise(q.principal, q.subject, q.permission, noon)
		if d.Answer != q.want || d.Blob != nil || d.Asset != nil {
			t.Errorf("%s: answered %d, wanted %d; blob %v", reason, d.Answer, q.want, d.Blob)
		}
	}
	for what, want := range map[string]Blob{
		"original": {Ref: Ref{"default", "acme-brand", "launch/hero.jpg", "", "e", 5}, ContentType: octets, Filename: "hero.jpg", Original: true},
		"thumb":    {Ref: Ref{"default", "acme-brand-dam", "renditions/launch/hero.jpg/thumb-x.webp", "", "t", 3}, ContentType: "image/webp", Inline: true, Filename: "hero-thumb.webp"},
		"web":      {Ref: Ref{"default", "acme-brand-dam", "renditions/launch/hero.jpg/web-x.webp", "", "w", 4}, ContentType: "image/webp", Filename: "hero-web.webp"},
	} {
		q := good(what)
		d := Authorise(q.principal, q.subject, q.permission, noon)
		if d.Answer != Allow || d.Blob == nil || *d.Blob != want {
			t.Errorf("%s: answered %d with %+v, wanted %+v", what, d.Answer, d.Blob, want)
		}
		q.principal.Token, q.principal.Unlocked, q.principal.Signed = false, false, &Subject{Asset: "a", What: what}
		if d := Authorise(q.principal, q.subject, q.permission, noon); d.Answer != Allow {
			t.Errorf("%s with a signature for it: answered %d", what, d.Answer)
		}
	}
}

// Restricted originals live in Vitrine's own bucket, below one root and no other.
func TestAuthoriseRestrictedOriginals(t *testing.T) {
	q := good("original")
	row := firstOf(q.principal.Catalog)
	row.Bucket, row.Object = "acme-brand-dam", "restricted/board/plan.pdf"
	if d := Authorise(q.principal, q.subject, q.permission, noon); d.Answer != Allow || d.Blob.Object != "restricted/board/plan.pdf" {
		t.Errorf("answered %d with %+v", d.Answer, d.Blob)
	}
}

// What is called a picture by a catalog, and is none that Vitrine makes, is never shown in a page.
func TestOnlyOurPicturesAreShown(t *testing.T) {
	for _, kind := range []string{"image/svg+xml", "text/html", "application/pdf", "image/webp; charset=utf-8", ""} {
		q := good("thumb")
		firstOf(q.principal.Catalog).Renditions[0].ContentType = kind
		d := Authorise(q.principal, q.subject, q.permission, noon)
		if d.Blob == nil || d.Blob.Inline || d.Blob.ContentType != octets {
			t.Errorf("%q is sent as %+v", kind, d.Blob)
		}
	}
}

// features: F3
func TestPicturesWithTheLinksWatermarkAreShown(t *testing.T) {
	q := good("thumb")
	q.principal.Link.Watermark = "northlight"
	const object = "renditions/launch/hero.jpg/thumb_northlight-aaaaaaaaaaaaa-marked.webp"
	firstOf(q.principal.Catalog).Renditions[0].Object = object
	if d := Authorise(q.principal, q.subject, q.permission, noon); d.Answer != Allow || d.Blob.Object != object || d.Blob.Filename != "hero-thumb.webp" {
		t.Errorf("answered %d with %+v", d.Answer, d.Blob)
	}
}

// A link that has just got its watermark shows nothing of what its catalog listed before: no picture, by whatever name, and no original.
// features: F3
func TestNothingIsShownWithoutTheLinksWatermark(t *testing.T) {
	f := newFixture(t)
	f.cluster.link.Spec.Watermark = "northlight" // and originals are still handed out, by mistake
	page := f.do("GET", f.page())
	if page.Code != 200 || strings.Contains(page.Body.String(), "<img") {
		t.Errorf("answered %d:\n%s", page.Code, page.Body.String())
	}
	if one := f.do("GET", f.page()+"/asset/"+f.hero); one.Code != 200 || strings.Contains(one.Body.String(), "<img") || strings.Contains(one.Body.String(), "/a/") {
		t.Errorf("answered %d:\n%s", one.Code, one.Body.String())
	}
	for _, what := range []string{"thumb", "preview", "web", "square", "original", "thumb_northlight", "thumb-tag.webp"} {
		if got := f.do("GET", f.signed(f.hero, what)); got.Code != 404 {
			t.Errorf("%s: answered %d", what, got.Code)
		}
	}
}

// Leaving out any one condition must change an answer above: a condition that
// no test needs is either superfluous or not tested.
func TestEveryConditionIsNeeded(t *testing.T) {
	for i, c := range conditions {
		t.Run(c.name, func(t *testing.T) {
			mutant := slices.Delete(slices.Clone(conditions), i, i+1)
			var noticed []string
			for reason, q := range bad() {
				answer := func() (answer string) {
					// A mutant may stumble over what the condition kept away; that is a difference, too.
					defer func() {
						if p := recover(); p != nil {
							answer = fmt.Sprint("panic: ", p)
						}
					}()
					return fmt.Sprint(decide(mutant, q.principal, q.subject, q.permission, noon).Answer)
				}()
				if answer != fmt.Sprint(q.want) {
					noticed = append(noticed, reason)
				}
			}
			if len(noticed) == 0 {
				t.Error("no question has another answer without it")
			}
			t.Logf("noticed by: %s", strings.Join(noticed, "; "))
		})
	}
}

// A link whose phase says Active opens nothing by that alone.
func TestPhaseInStatusOpensNothing(t *testing.T) {
	f := newFixture(t)
	f.cluster.link.Spec.Suspend = true
	f.cluster.link.Status.Phase = v1alpha1.LinkActive
	if w := f.do("GET", f.page()); w.Code != 410 {
		t.Errorf("answered %d, wanted 410", w.Code)
	}
}
