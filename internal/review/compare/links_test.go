package compare

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// plink declares a link on the Folder final in a line, with more of its spec.
func plink(more ...string) string {
	return "links: [{metadata: {name: out}, spec: {target: {folder: {name: final}}" + strings.Join(append([]string{""}, more...), ", ") + "}}]\n"
}

// onHero declares a link on a Collection of these items.
func onHero(items string) string {
	return "collections: [{metadata: {name: hero}, spec: {libraryRef: {name: brand}, items: [" + items + "]}}]\n" +
		strings.Replace(plink(), "folder: {name: final}", "collection: {name: hero}", 1)
}

// presets declares the library with presets.
func presets(some string) string {
	return "libraries: [{metadata: {name: brand}, spec: {storeRef: {name: default}, bucket: {name: acme-brand}, renditions: [" + some + "]}}]\n"
}

// TestCompareLinks has a pair of states for every way in which a link opens wider, or only changes.
//
// features: U1
func TestCompareLinks(t *testing.T) {
	// sponsored declares the link with a sponsor, the limits of its library, and who holds the right on its target.
	sponsored := func(sponsor, limits string, bindings ...string) string {
		return "libraries: [{metadata: {name: brand}, spec: {storeRef: {name: default}, bucket: {name: acme-brand}, links: {" + limits + "}}}]\n" +
			"bindings: " + map[bool]string{true: "[]"}[len(bindings) == 0] + "\n" + strings.Join(bindings, "") + plink(sponsor)
	}
	const (
		byAlice, byBob = "sponsor: {kind: User, name: alice}", "sponsor: {kind: User, name: bob}"
		byCreatives    = "sponsor: {kind: UserGroup, name: creatives}"
		unsponsored    = "suspend: false"
	)
	alice, bob := binding("m", "manager", "User/alice", "Folder/launch"), binding("n", "manager", "User/bob", "Folder/launch")
	// Collections without a link, and who may make links on them.
	holds := func(items string) string {
		return "collections: [{metadata: {name: hero}, spec: {libraryRef: {name: brand}, items: [" + items + "]}}]\n"
	}
	const linker = "roles: [{metadata: {name: picker}, spec: {permissions: [list, share, link]}}]\n"
	makesLinks, managed := "bindings:\n"+binding("p", "picker", "User/bob", "Collection/hero"), "bindings:\n"+binding("p", "manager", "User/bob", "Collection/hero")
	editor, more := "bindings:\n"+binding("e", "library-editor", "User/bob", "Library/brand"), binding("p", "manager", "User/bob", "Collection/hero")
	const ttl = "libraries: [{metadata: {name: brand}, spec: {storeRef: {name: default}, bucket: {name: acme-brand}, links: {defaultTTL: 24h}}}]\n"
	cases := []struct {
		reason     string
		base, head string
		verdict    Verdict
		want       []string
	}{
		{"a link that stays", plink(), plink("title: New words"), Same, nil},
		{"a new link", "", plink("originals: Hidden"), Wider, []string{"link/out +list,preview - launch/final/ [now]"}},
		{"a link that goes", plink(), "", Changed, []string{"link/out + -" + views + " launch/final/ [now]"}},
		{"a link that ends later", plink(`notAfter: "` + june + `"`), plink(`notAfter: "` + july + `"`), Wider,
			[]string{"link/out +" + views + " - launch/final/ [from " + june + " until " + july + " (longer than before)]"}},
		{"a link that ends with its library's default", plink(), ttl + plink(), Changed, []string{"link/out + -" + views + " launch/final/ [from 2027-03-02T12:00:00Z]"}},
		{"a library whose default goes", ttl + plink(), plink(), Wider, []string{"link/out +" + views + " - launch/final/ [from 2027-03-02T12:00:00Z (longer than before)]"}},
		{"originals that are given out", plink("originals: Hidden"), plink(), Wider, []string{"link/out +download - launch/final/ [now]"}},
		{"a password that is removed", plink("passwordSecretRef: {name: s, key: k}"), plink(), Wider, []string{"PublicLink out the password is removed WIDER"}},
		{"a password that is removed from a link that is suspended", plink("suspend: true", "passwordSecretRef: {name: s, key: k}"), plink("suspend: true"), Changed, []string{"PublicLink out the password is removed"}},
		{"a password that is added", plink(), plink("passwordSecretRef: {name: s, key: k}"), Changed, []string{"PublicLink out a password is needed from now on"}},
		{"a rendition that is added", plink("renditions: [web]"), plink("renditions: [web, square]"), Wider, []string{"PublicLink out the renditions square can be downloaded too WIDER"}},
		{"a link that is no longer suspended", plink("suspend: true"), plink(), Wider, []string{"link/out +" + views + " - launch/final/ [now]"}},
		{"a link that was over and opens again", plink(`notAfter: "2027-01-01T00:00:00Z"`), plink(`notAfter: "` + june + `"`), Wider,
			[]string{"link/out +" + views + " - launch/final/ [now until " + june + "]"}},
		{"a link by the name of one on another target", plink(), strings.Replace(plink(), "final", "embargo", 1), Wider,
			[]string{"link/out +" + views + " - launch/embargo/ [now]", "link/out + -" + views + " launch/final/ [now]"}},
		{"a collection that a link shows takes a file in", hero + strings.Replace(plink(), "folder: {name: final}", "collection: {name: hero}", 1), heroToo + strings.Replace(plink(), "folder: {name: final}", "collection: {name: hero}", 1), Wider,
			[]string{"link/out +" + views + " - press/logo.png [now]", "Collection hero has press/logo.png"}},
		{"a library that no longer requires a sponsor opens what has none", sponsored(unsponsored, "sponsor: Required"), sponsored(unsponsored, "sponsor: Optional"), Wider,
			[]string{"link/out +" + views + " - launch/final/ [now]"}},
		{"a library that begins to require one shuts it", sponsored(unsponsored, "sponsor: Optional"), sponsored(unsponsored, "sponsor: Required"), Changed,
			[]string{"link/out + -" + views + " launch/final/ [now]"}},
		{"a group that may sponsor from now on opens its links",
			sponsored(byCreatives, "sponsors: [others]", binding("m", "manager", "UserGroup/creatives", "Folder/launch")),
			sponsored(byCreatives, "sponsors: [others, creatives]", binding("m", "manager", "UserGroup/creatives", "Folder/launch")), Wider,
			[]string{"link/out +" + views + " - launch/final/ [now]"}},
		{"a sponsor without the right is replaced by one who has it", sponsored(byBob, "", alice), sponsored(byAlice, "", alice), Wider,
			[]string{"link/out +" + views + " - launch/final/ [now]", `PublicLink out spec.sponsor changes from {"kind":"User","name":"bob"} to {"kind":"User","name":"alice"}`}},
		{"a sponsor gains the right, and the link opens", sponsored(byBob, "", alice), sponsored(byBob, "", alice, binding("o", "manager", "User/bob", "Folder/final")), Wider,
			[]string{"bob +" + views + ",comment,upload,describe,collect,delete,moderate,curate,share,link - launch/final/ [now]", "link/out +" + views + " - launch/final/ [now]"}},
		{"one sponsor for another, who both have the right, is no more open", sponsored(byBob, "", alice, bob), sponsored(byAlice, "", alice, bob), Changed,
			[]string{`PublicLink out spec.sponsor changes from {"kind":"User","name":"bob"} to {"kind":"User","name":"alice"}`}},
		{"the sponsor goes where one is required", sponsored(byAlice, "sponsor: Required", alice), sponsored(unsponsored, "sponsor: Required", alice), Changed,
			[]string{"link/out + -" + views + " launch/final/ [now]", `PublicLink out spec.sponsor changes from {"kind":"User","name":"alice"} to nothing`}},
		{"the sponsor goes where none is required and it had lost the right", sponsored(byBob, "", alice), sponsored(unsponsored, "", alice), Wider,
			[]string{"link/out +" + views + " - launch/final/ [now]", `PublicLink out spec.sponsor changes from {"kind":"User","name":"bob"} to nothing`}},
		{"a link opens for as long as its sponsor has the right", "bindings: []\n",
			sponsored(byCreatives, "", binding("m", "manager", "UserGroup/creatives", "Folder/final", `notBefore: "`+june+`"`, `notAfter: "`+july+`"`)), Wider,
			[]string{"alice +" + views + ",comment,upload,describe,collect,delete,moderate,curate,share,link - launch/final/ [from " + june + " until " + july + "]",
				"link/out +" + views + " - launch/final/ [from " + june + " until " + july + "]"}},
		{"a group in which nobody is known answers for nothing", "groups: [{metadata: {name: press}}]\n" + plink("sponsor: {kind: UserGroup, name: press}"),
			"groups: [{metadata: {name: press}}]\nbindings:\n" + binding("m", "manager", "UserGroup/press", "Folder/final") + plink("sponsor: {kind: UserGroup, name: press}"), Wider,
			[]string{"group/press +" + views + ",comment,upload,describe,collect,delete,moderate,curate,share,link - launch/final/ [now]"}},
		{"another version of a file is another file", onHero("{path: press/a.png, version: v1}"), onHero("{path: press/a.png, version: v2}"), Wider,
			[]string{"link/out + -" + views + " press/a.png at version v1 [now]", "link/out +" + views + " - press/a.png at version v2 [now]",
				"Collection hero has press/a.png at version v2; no longer has press/a.png at version v1"}},
		{"a version that is dropped shows the current one", onHero("{path: press/a.png, version: v1}"), onHero("{path: press/a.png}"), Wider,
			[]string{"link/out +" + views + " - press/a.png [now]", "link/out + -" + views + " press/a.png at version v1 [now]",
				"Collection hero has press/a.png; no longer has press/a.png at version v1"}},
		{"a version that is pinned takes the current one out of a pattern", onHero("{path: press/*}"), onHero("{path: press/*}, {path: press/a.png, version: v1}"), Wider,
			[]string{"link/out + -" + views + " press/a.png [now]", "link/out +" + views + " - press/a.png at version v1 [now]", "Collection hero has press/a.png at version v1"}},
		{"another password is perhaps one that others know", plink("passwordSecretRef: {name: s, key: k}"), plink("passwordSecretRef: {name: other, key: k}"), Wider,
			[]string{"PublicLink out its password is another one: key k of Secret other instead of key k of Secret s WIDER"}},
		{"a preset that a link names is made larger", presets("{name: web, width: 200, height: 200, format: JPEG}") + plink("renditions: [web]"),
			presets("{name: web, width: 8192, height: 8192, format: JPEG}") + plink("renditions: [web]"), Wider,
			[]string{"Library brand has the preset web as 8192 × 8192 pixels, Inside, JPEG, quality 80 instead of 200 × 200 pixels, Inside, JPEG, quality 80 WIDER"}},
		{"a preset that a link names comes to be", presets("") + plink("renditions: [web]"), presets("{name: web, width: 200, format: JPEG}") + plink("renditions: [web]"), Wider,
			[]string{"Library brand has the new preset web: 200 × any pixels, Inside, JPEG, quality 80 WIDER"}},
		{"a small preset that no link names shows nobody more", presets(""), presets("{name: web, width: 200, height: 200, format: JPEG}"), Changed,
			[]string{"Library brand has the new preset web: 200 × 200 pixels, Inside, JPEG, quality 80"}},
		{"a preset of any height shows tall pictures larger than all there were", presets(""), presets("{name: tall, width: 1600, format: JPEG}"), Wider,
			[]string{"Library brand has the new preset tall: 1600 × any pixels, Inside, JPEG, quality 80 WIDER"}},
		{"a preset of any height shows nobody more beside a wider one", presets("{name: tall, width: 1600, format: JPEG}"), presets("{name: tall, width: 1600, format: JPEG}, {name: web, width: 200, format: JPEG}"), Changed,
			[]string{"Library brand has the new preset web: 200 × any pixels, Inside, JPEG, quality 80"}},
		{"a link that does not open shows nobody its presets", presets("") + plink("renditions: [web]", "suspend: true"), presets("{name: web, width: 200, height: 200, format: JPEG}") + plink("renditions: [web]", "suspend: true"), Changed,
			[]string{"Library brand has the new preset web: 200 × 200 pixels, Inside, JPEG, quality 80"}},
		{"a preset larger than all there were shows more to whoever may preview", presets(""), presets("{name: full, width: 8192, height: 8192, format: JPEG}"), Wider,
			[]string{"Library brand has the new preset full: 8192 × 8192 pixels, Inside, JPEG, quality 80 WIDER"}},
		{"a new preset shows without a mark what only a marked one showed", presets("{name: large, width: 4000, height: 4000, format: JPEG, watermark: {text: Acme}}"),
			presets("{name: large, width: 4000, height: 4000, format: JPEG, watermark: {text: Acme}}, {name: plain, width: 4000, height: 4000, format: JPEG}"), Wider,
			[]string{"Library brand has the new preset plain: 4000 × 4000 pixels, Inside, JPEG, quality 80 WIDER"}},
		{"nor is it within one that is marked elsewhere", presets("{name: large, width: 4000, height: 4000, format: JPEG, watermark: {text: Acme}}"),
			presets("{name: large, width: 4000, height: 4000, format: JPEG, watermark: {text: Acme}}, {name: top, width: 4000, height: 4000, format: JPEG, watermark: {text: Acme, position: Top}}"), Wider,
			[]string{"Library brand has the new preset top: 4000 × 4000 pixels, Inside, JPEG, quality 80, with the watermark \"Acme\" (Top, opacity 50, size 30) WIDER"}},
		{"with the same mark it shows nobody more, however it is encoded", presets("{name: large, width: 4000, height: 4000, format: JPEG, watermark: {text: Acme}}"),
			presets("{name: large, width: 4000, height: 4000, format: JPEG, watermark: {text: Acme}}, {name: avif, width: 4000, height: 3000, format: AVIF, quality: 95, effort: 9, watermark: {text: Acme}}"), Changed,
			[]string{"Library brand has the new preset avif: 4000 × 3000 pixels, Inside, AVIF, quality 95, effort 9, with the watermark \"Acme\" (BottomRight, opacity 50, size 30)"}},
		{"the preview that every library has bears no mark", presets("{name: web, width: 800, format: JPEG, watermark: {text: Acme}}"),
			presets("{name: web, width: 800, format: JPEG, watermark: {text: Acme}}, {name: plain, width: 800, height: 800, format: JPEG}"), Changed,
			[]string{"Library brand has the new preset plain: 800 × 800 pixels, Inside, JPEG, quality 80"}},
		{"a new preset of another page", presets(""), presets("{name: second, width: 400, height: 400, format: JPEG, page: 2}"), Wider,
			[]string{"Library brand has the new preset second: 400 × 400 pixels, Inside, JPEG, quality 80, page 2 WIDER"}},
		{"of a page that another shows as large already", presets("{name: second, width: 400, height: 400, format: JPEG, page: 2}"),
			presets("{name: second, width: 400, height: 400, format: JPEG, page: 2}, {name: small, width: 200, height: 200, format: JPEG, page: 2}"), Changed,
			[]string{"Library brand has the new preset small: 200 × 200 pixels, Inside, JPEG, quality 80, page 2"}},
		{"a new preset with the notice of rights", presets(""), presets("{name: press, width: 400, height: 400, format: JPEG, strip: KeepCopyright}"), Wider,
			[]string{"Library brand has the new preset press: 400 × 400 pixels, Inside, JPEG, quality 80, with the notice of rights WIDER"}},
		{"beside one that has it already", presets("{name: web, width: 400, height: 400, format: JPEG, strip: KeepCopyright}"),
			presets("{name: web, width: 400, height: 400, format: JPEG, strip: KeepCopyright}, {name: press, width: 800, height: 800, format: JPEG, strip: KeepCopyright}"), Changed,
			[]string{"Library brand has the new preset press: 800 × 800 pixels, Inside, JPEG, quality 80, with the notice of rights"}},
		{"a new preset whose mark is an image that nobody had to see", presets(""), presets("{name: web, width: 400, height: 400, format: JPEG, watermark: {image: press/secret.png}}"), Wider,
			[]string{"Library brand has the new preset web: 400 × 400 pixels, Inside, JPEG, quality 80, with the watermark \"press/secret.png\" (BottomRight, opacity 50, size 30) WIDER"}},
		{"an image that takes another's place", presets("{name: web, width: 400, format: JPEG, watermark: {image: brand/logo.png}}"), presets("{name: web, width: 400, format: JPEG, watermark: {image: press/secret.png}}"), Wider,
			[]string{"Library brand has the preset web as 400 × any pixels, Inside, JPEG, quality 80, with the watermark \"press/secret.png\" (BottomRight, opacity 50, size 30) instead of 400 × any pixels, Inside, JPEG, quality 80, with the watermark \"brand/logo.png\" (BottomRight, opacity 50, size 30) WIDER"}},
		{"a new preset that shows whole what only a cut one showed as large", presets("{name: cut, width: 4000, height: 4000, fit: Cover, format: JPEG}"),
			presets("{name: cut, width: 4000, height: 4000, fit: Cover, format: JPEG}, {name: whole, width: 4000, height: 4000, format: JPEG}"), Wider,
			[]string{"Library brand has the new preset whole: 4000 × 4000 pixels, Inside, JPEG, quality 80 WIDER"}},
		{"a preset of one large box does not make up for another side", presets("{name: banner, width: 4000, height: 200, format: JPEG}"),
			presets("{name: banner, width: 4000, height: 200, format: JPEG}, {name: large, width: 3000, height: 3000, format: JPEG}"), Wider,
			[]string{"Library brand has the new preset large: 3000 × 3000 pixels, Inside, JPEG, quality 80 WIDER"}},
		{"a preset that is encoded otherwise shows no more", presets("{name: web, width: 400, format: JPEG}"), presets("{name: web, width: 400, format: AVIF, quality: 90, effort: 9, sharpen: Light}"), Changed,
			[]string{"Library brand has the preset web as 400 × any pixels, Inside, AVIF, quality 90, effort 9, sharpened light instead of 400 × any pixels, Inside, JPEG, quality 80"}},
		{"a preset that gets smaller, coarser and is cut", presets("{name: web, width: 400, format: JPEG}"), presets("{name: web, width: 200, height: 200, fit: Cover, quality: 50, format: JPEG}"), Changed,
			[]string{"Library brand has the preset web as 200 × 200 pixels, Cover, JPEG, quality 50 instead of 400 × any pixels, Inside, JPEG, quality 80"}},
		{"a preset with what the API would set is the same", presets("{name: web, width: 400, format: JPEG}"), presets("{name: web, width: 400, fit: Inside, quality: 80, format: JPEG}"), Same, nil},
		{"a preset with more that the API would set is the same", presets("{name: web, width: 400, height: 400, fit: Cover, background: \"#FFCC00\", format: JPEG, watermark: {text: Acme}}"),
			presets("{name: web, width: 400, height: 400, fit: Cover, position: Centre, background: \"#ffcc00\", sharpen: None, strip: All, page: 1, format: JPEG, watermark: {text: Acme, position: BottomRight, opacity: 50, size: 30}}"), Same, nil},
		{"a preset that bears a watermark now", presets("{name: web, width: 400, format: JPEG}"), presets("{name: web, width: 400, format: JPEG, watermark: {text: Acme}}"), Changed,
			[]string{"Library brand has the preset web as 400 × any pixels, Inside, JPEG, quality 80, with the watermark \"Acme\" (BottomRight, opacity 50, size 30) instead of 400 × any pixels, Inside, JPEG, quality 80"}},
		{"a preset that bears an image now, which others see with it", presets("{name: web, width: 400, format: JPEG}"), presets("{name: web, width: 400, format: JPEG, watermark: {image: press/secret.png}}"), Wider,
			[]string{"Library brand has the preset web as 400 × any pixels, Inside, JPEG, quality 80, with the watermark \"press/secret.png\" (BottomRight, opacity 50, size 30) instead of 400 × any pixels, Inside, JPEG, quality 80 WIDER"}},
		{"a preset that bears a watermark no more", presets("{name: web, width: 400, format: JPEG, watermark: {image: brand/logo.png, position: Tile}}"), presets("{name: web, width: 400, format: JPEG}"), Wider,
			[]string{"Library brand has the preset web as 400 × any pixels, Inside, JPEG, quality 80 instead of 400 × any pixels, Inside, JPEG, quality 80, with the watermark \"brand/logo.png\" (Tile, opacity 50, size 30) WIDER"}},
		{"a preset that keeps the notice of rights", presets("{name: web, width: 400, format: JPEG}"), presets("{name: web, width: 400, format: JPEG, strip: KeepCopyright}"), Wider,
			[]string{"Library brand has the preset web as 400 × any pixels, Inside, JPEG, quality 80, with the notice of rights instead of 400 × any pixels, Inside, JPEG, quality 80 WIDER"}},
		{"a preset that loses the notice of rights", presets("{name: web, width: 400, format: JPEG, strip: KeepCopyright}"), presets("{name: web, width: 400, format: JPEG}"), Changed,
			[]string{"Library brand has the preset web as 400 × any pixels, Inside, JPEG, quality 80 instead of 400 × any pixels, Inside, JPEG, quality 80, with the notice of rights"}},
		{"a preset that shows another page, and more", presets("{name: web, width: 400, height: 400, fit: Cover, format: JPEG}"),
			presets("{name: web, width: 400, height: 400, fit: Cover, position: Attention, effort: 9, background: \"#ffcc00\", sharpen: Strong, page: 2, format: JPEG}"), Wider,
			[]string{"Library brand has the preset web as 400 × 400 pixels, Cover, JPEG, quality 80, position Attention, effort 9, background #ffcc00, sharpened strong, page 2 instead of 400 × 400 pixels, Cover, JPEG, quality 80 WIDER"}},
		{"a bucket is taken over with its content", presets(""), strings.Replace(presets(""), "bucket: {name: acme-brand}", "bucket: {name: acme-brand, management: Adopt}", 1), Wider,
			[]string{"Library brand takes over bucket acme-brand with the content that it has, which existing grants and links reach WIDER"}},
		{"who may make links on a collection", hero + "bindings:\n" + binding("a", "viewer", "User/alice", "Collection/hero"), hero + "bindings:\n" + binding("a", "manager", "User/alice", "Collection/hero"), Wider,
			[]string{"Collection hero links on it may be made or sponsored by alice, at times when they could not before WIDER"}},
		{"who may make links on a collection for longer", hero + "bindings:\n" + binding("a", "viewer", "User/alice", "Collection/hero") + binding("b", "manager", "User/alice", "Collection/hero", `notAfter: "`+june+`"`),
			hero + "bindings:\n" + binding("a", "viewer", "User/alice", "Collection/hero") + binding("b", "manager", "User/alice", "Collection/hero", `notAfter: "`+july+`"`), Wider,
			[]string{"Collection hero links on it may be made or sponsored by alice, at times when they could not before WIDER"}},
		{"who may no longer make links on a collection", hero + "bindings:\n" + binding("a", "manager", "User/alice", "Collection/hero"), hero + "bindings:\n" + binding("a", "viewer", "User/alice", "Collection/hero"), Changed,
			[]string{"Collection hero links on it may no longer be made or sponsored by alice, at times when they could before"}},
		{"who may make links on all of the library", hero + "bindings:\n" + binding("a", "library-editor", "User/alice", "Library/brand"),
			hero + "bindings:\n" + binding("a", "library-editor", "User/alice", "Library/brand") + binding("b", "manager", "User/alice", "Collection/hero"), Same, nil},
		{"a collection by another name", hero + "bindings:\n" + binding("a", "manager", "User/alice", "Collection/hero"),
			strings.Replace(hero, "name: hero", "name: heroes", 1) + "bindings:\n" + binding("a", "manager", "User/alice", "Collection/heroes"), Changed,
			[]string{"Collection hero is gone", "Collection heroes is new and has launch/final/hero-*.jpg"}},
		{"a collection takes all in, on which a role gives the right to make links and nothing else", linker + holds("{path: a.jpg}") + makesLinks, linker + holds(`{path: "**"}`) + makesLinks, Wider,
			[]string{"Collection hero has **; no longer has a.jpg",
				"Collection hero links on it may show what no link could before that was made or sponsored by bob WIDER"}},
		{"a collection lets all but a file go again", linker + holds(`{path: "**"}`) + makesLinks, linker + holds("{path: a.jpg}") + makesLinks, Changed,
			[]string{"Collection hero has a.jpg; no longer has **",
				"Collection hero links on it may no longer show all that a link could before that was made or sponsored by bob"}},
		{"a collection has a file that its pattern took in", linker + holds(`{path: "press/*"}`) + makesLinks, linker + holds(`{path: "press/*"}, {path: press/a.jpg}`) + makesLinks, Changed,
			[]string{"Collection hero has press/a.jpg"}},
		{"a collection takes a version in, on which somebody may make links", holds("{path: a.jpg}") + managed, holds("{path: a.jpg}, {path: board/secret.pdf, version: v3}") + managed, Wider,
			[]string{"Collection hero has board/secret.pdf at version v3",
				"Collection hero links on it may show what no link could before that was made or sponsored by bob WIDER"}},
		{"a version that is dropped from beside a pattern", linker + holds(`{path: "press/*"}, {path: press/a.jpg, version: v1}`) + makesLinks, linker + holds(`{path: "press/*"}`) + makesLinks, Wider,
			[]string{"Collection hero no longer has press/a.jpg at version v1",
				"Collection hero links on it may show what no link could before that was made or sponsored by bob WIDER",
				"Collection hero links on it may no longer show all that a link could before that was made or sponsored by bob"}},
		{"a new collection of old versions, for who may make links on all of the library", editor, holds("{path: a.jpg, version: v1}") + editor, Wider,
			[]string{"Collection hero is new and has a.jpg at version v1",
				"Collection hero links on it may be made or sponsored by bob, at times when they could not before WIDER"}},
		{"a version more, for who may make links on all of the library", holds("{path: a.jpg, version: v1}") + editor, holds("{path: a.jpg, version: v1}, {path: b.jpg, version: v1}") + editor, Wider,
			[]string{"Collection hero has b.jpg at version v1",
				"Collection hero links on it may show what no link could before that was made or sponsored by bob WIDER"}},
		{"a collection of versions by another name, for who may make links on all of the library", holds("{path: a.jpg, version: v1}") + editor,
			strings.Replace(holds("{path: a.jpg, version: v1}"), "name: hero", "name: heroes", 1) + editor, Changed,
			[]string{"Collection hero is gone", "Collection heroes is new and has a.jpg at version v1"}},
		{"who may make links on all of the library may make them on each file that a collection takes in", holds("{path: a.jpg}") + editor + more, holds(`{path: "**"}`) + editor + more, Changed,
			[]string{"Collection hero has **; no longer has a.jpg"}},
		{"so may who may make them in the folder of the files", holds("{path: launch/a.jpg}") + managed + binding("c", "manager", "User/bob", "Folder/launch"),
			holds("{path: launch/a.jpg}, {path: launch/*/b.jpg}") + managed + binding("c", "manager", "User/bob", "Folder/launch"), Changed,
			[]string{"Collection hero has launch/*/b.jpg"}},
		{"but not in another folder, nor on another version", holds("{path: launch/a.jpg}") + managed + binding("c", "manager", "User/bob", "Folder/final"),
			holds("{path: launch/a.jpg}, {path: launch/b.jpg}, {path: launch/final/c.jpg, version: v1}") + managed + binding("c", "manager", "User/bob", "Folder/final"), Wider,
			[]string{"bob +preview,download - launch/b.jpg [now]", "Collection hero has launch/b.jpg, launch/final/c.jpg at version v1",
				"Collection hero links on it may show what no link could before that was made or sponsored by bob WIDER"}},
		{"a collection of all has the files of a folder that is restricted no longer", linker + holds(`{path: "**"}`) + makesLinks,
			"folders:\n- {metadata: {name: embargo}, spec: {libraryRef: {name: brand}, path: launch/embargo}}\n" + linker + holds(`{path: "**"}`) + makesLinks, Wider,
			[]string{"Collection hero links on it may show what no link could before that was made or sponsored by bob WIDER"}},
		{"a preset that goes", presets("{name: web, width: 400, format: JPEG}"), presets(""), Changed, []string{"Library brand has the preset web no more"}},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			d := Compare(given(t, c.base), given(t, c.head), noon)
			if diff := cmp.Diff(c.want, rows(d)); diff != "" {
				t.Errorf("other changes (-want +got):\n%s", diff)
			}
			if d.Verdict != c.verdict {
				t.Errorf("it is %s, and should be %s", d.Verdict, c.verdict)
			}
		})
	}
}

// A file cannot say of a link that it is over: its first day is what the cluster knows of it.
func TestFirstDaysAreTheClusters(t *testing.T) {
	const limited = "libraries: [{metadata: {name: brand}, spec: {storeRef: {name: default}, bucket: {name: acme-brand}, links: {defaultTTL: 720h}}}]\n"
	protected, open := limited+plink("passwordSecretRef: {name: s, key: k}"), limited+plink()
	long := func(tenant review.Tenant) review.Tenant {
		tenant.Links[0].Status.FirstSeen = &metav1.Time{Time: noon.AddDate(-20, 0, 0)}
		return tenant
	}
	written := func(tenant review.Tenant) review.Tenant {
		tenant.AgesUnknown = true
		return tenant
	}
	cases := []struct {
		reason     string
		base, head review.Tenant
		want       Verdict
	}{
		{"a new link whose file says that it is over", written(given(t, limited)), written(long(given(t, open))), Wider},
		{"one whose password is removed", written(given(t, protected)), written(long(given(t, open))), Wider},
		{"one of which both files say it", written(long(given(t, protected))), written(long(given(t, open))), Wider},
		{"one that the cluster knows for new", given(t, protected), written(long(given(t, open))), Wider},
		{"one that is over in the cluster", long(given(t, protected)), written(given(t, open)), Changed},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			if d := Compare(c.base, c.head, noon); d.Verdict != c.want {
				t.Errorf("it is %s, and should be %s: %q", d.Verdict, c.want, rows(d))
			}
		})
	}
}

// A field that a later version adds to links counts as a widening until it is known better.
func TestFieldsOfLinksAreJudged(t *testing.T) {
	cases := []struct {
		field   string
		was, is any
		wider   bool
	}{
		{"maxDownloads", 5.0, 50.0, true},
		{"maxDownloads", 50.0, 5.0, false},
		{"maxDownloads", 50.0, nil, true},
		{"sponsor", map[string]any{"name": "a"}, nil, false},
		{"rotate", "1", "2", false},
	}
	for _, c := range cases {
		if judged[c.field](c.was, c.is) != c.wider {
			t.Errorf("%s from %v to %v: it should be wider=%v", c.field, c.was, c.is, c.wider)
		}
	}
	known := fields(&v1alpha1.PublicLinkSpec{Title: "x", Suspend: true})
	if _, ok := known["suspend"]; !ok {
		t.Errorf("the fields were not read: %v", known)
	}
}

// The figures are those of the files in the bucket, each counted once in all.
//
// features: U9
func TestCount(t *testing.T) {
	objects := []Object{
		{"acme-brand", "launch/a.jpg", 10, ""}, {"acme-brand", "launch/final/hero-1.jpg", 100, ""}, {"acme-brand", "launch/final/b.jpg", 1000, ""},
		{"acme-brand", "press/c.jpg", 7, ""}, {"acme-other", "launch/d.jpg", 5, ""}, {"acme-brand-dam", "restricted/embargo/e.jpg", 3, ""}, {"acme-brand-dam", "catalog/x", 9, ""},
		{"acme-brand", "launch/a.jpg", 20, "elsewhere"}, {"acme-brand", "launch/final/._hero-1.jpg", 4, ""},
	}
	base := hero + "bindings:\n" + binding("h", "viewer", "User/alice", "Collection/hero")
	cases := []struct {
		reason         string
		head           string
		objects, bytes int64
	}{
		{"a folder, less what was seen before", base + binding("a", "viewer", "User/alice", "Folder/launch"), 3, 1014},
		{"a folder, for one who saw nothing", base + binding("a", "viewer", "User/bob", "Folder/launch"), 4, 1114},
		{"a file counts once for two people", base + binding("a", "viewer", "User/bob", "Folder/final") + binding("b", "viewer", "User/alice", "Folder/final"), 3, 1104},
		{"files of a restricted folder are in the other bucket", base + binding("a", "viewer", "User/bob", "Folder/embargo"), 1, 3},
		{"a right that shows nothing exposes nothing", "roles: [{metadata: {name: picker}, spec: {permissions: [comment]}}]\n" + base + binding("a", "picker", "User/bob", "Folder/launch"), 0, 0},
		{"a link exposes too", base + plink(), 3, 1104},
		{"a whole library, restricted folders aside", base + binding("a", "library-viewer", "User/bob", "Library/brand"), 5, 1121},
		{"what a pattern matches", base + binding("a", "viewer", "User/bob", "Collection/hero"), 1, 100},
		{"what is no asset is no pattern's", strings.Replace(base, "hero-*", "*", 1) + binding("a", "viewer", "User/bob", "Collection/hero"), 2, 1100},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			d := Compare(given(t, base), given(t, c.head), noon)
			d.Count(objects)
			if d.Exposed.Objects != c.objects || d.Exposed.Bytes != c.bytes {
				t.Errorf("%s, and should be %d objects, %d bytes; the rows are %q", d.Exposed, c.objects, c.bytes, rows(d))
			}
			var listed []Object
			for _, place := range d.Places() {
				for _, o := range objects {
					if place.has(Place{place.Store, o.Bucket, o.Key}) {
						listed = append(listed, o)
					}
				}
			}
			d.Count(listed)
			if d.Exposed.Objects != c.objects || d.Exposed.Bytes != c.bytes {
				t.Errorf("by %+v alone it is %s, and should be %d objects, %d bytes", d.Places(), d.Exposed, c.objects, c.bytes)
			}
		})
	}
}

// What a declaration says can make no markup, no mention and no link in a comment, wherever it stands.
//
// features: U1
func TestMarkdownShowsTextAsText(t *testing.T) {
	const evil = "**x\n\n### ✅ Access stays the same. <img src=x>|@acme/all [x](https://evil.example) `a` **b**"
	quoted := strconv.Quote(evil)
	cases := []struct{ where, head string }{
		{"an item", "collections: [{metadata: {name: hero}, spec: {libraryRef: {name: brand}, items: [{path: " + quoted + "}]}}]\nbindings:\n"},
		{"a version", "collections: [{metadata: {name: hero}, spec: {libraryRef: {name: brand}, items: [{path: a.jpg, version: " + quoted + "}]}}]\n" +
			strings.Replace(plink(), "folder: {name: final}", "collection: {name: hero}", 1) + "bindings:\n"},
		{"a User", "users: [{metadata: {name: alice}}, {metadata: {name: " + quoted + "}}]\nbindings:\n" + binding("b", "viewer", "User/"+quoted, "Folder/final")},
		{"a group", "groups: [{metadata: {name: " + quoted + "}, spec: {members: [bob]}}]\nbindings:\n" + binding("b", "viewer", "UserGroup/"+quoted, "Folder/final")},
		{"a claim", "groups: [{metadata: {name: press}, spec: {federation: {issuer: " + quoted + ", claim: c, value: v}}}]\nbindings:\n" + binding("b", "viewer", "UserGroup/press", "Folder/final")},
		{"a binding", "bindings:\n" + binding(quoted, "viewer", "User/bob", "Folder/final")},
		{"a reason", "bindings:\n" + binding("b", "viewer", "User/bob", "Folder/final", "reason: "+quoted)},
		{"a role", "roles: [{metadata: {name: " + quoted + "}, spec: {permissions: [list]}}]\nbindings:\n- {metadata: {name: b}, spec: {roleRef: {kind: Role, name: " + quoted +
			"}, subjects: [{kind: User, name: bob}], targets: [{kind: Folder, name: final}]}}\n"},
		{"what is missing, which is noted", "bindings:\n" + binding("b", "viewer", "User/"+quoted, "Folder/final")},
		{"a link", strings.Replace(plink("title: "+quoted, "message: "+quoted), "name: out", "name: "+quoted, 1) + "bindings:\n"},
	}
	for _, c := range cases {
		t.Run(c.where, func(t *testing.T) {
			head := given(t, c.head+binding("a", "viewer", "User/alice", "Folder/final"))
			head.Notes = []string{evil}
			var b strings.Builder
			if err := NewReport(Compare(given(t, "bindings: []\n"), head, noon)).WriteMarkdown(&b); err != nil {
				t.Fatal(err)
			}
			got := b.String()
			if !strings.Contains(got, "**list, preview, download** |  | brand: launch/final/ | now |") {
				t.Errorf("there is no row of alice:\n%s", got)
			}
			if !strings.Contains(got, "\n- note: &#42;&#42;x  &#35;&#35;&#35; ✅") {
				t.Errorf("there is no note:\n%s", got)
			}
			for _, bad := range []string{"<img", "@acme", "](", "https://", "`a`", "**b**", "**x", "\n### ✅"} {
				if strings.Contains(got, bad) {
					t.Errorf("it has %q:\n%s", bad, got)
				}
			}
		})
	}
}

// A comment has a longest length at code hosts.
func TestMarkdownIsBounded(t *testing.T) {
	var text strings.Builder
	text.WriteString("links:\n")
	for i := range 500 {
		text.WriteString(strings.Replace(strings.TrimSuffix(strings.TrimPrefix(plink("title: x"), "links: ["), "]\n"), "name: out", "name: out-"+strings.Repeat("x", i%40)+string(rune('a'+i%26))+string(rune('a'+i/26)), 1) + "\n")
	}
	head := strings.ReplaceAll(text.String(), "\n{", "\n- {")
	var b strings.Builder
	d := Compare(given(t, ""), given(t, head), noon)
	if len(d.Changes) < 100 {
		t.Fatalf("%d changes", len(d.Changes))
	}
	if err := NewReport(d).WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 65000 || !strings.Contains(b.String(), "more rows") {
		t.Errorf("it is %d bytes long", b.Len())
	}
	for i := range d.Changes {
		d.Changes[i].Path = strings.Repeat("<", 1000) // each of which takes five characters
		d.Changes[i].Routes = []string{strings.Repeat("@", 1000)}
	}
	b.Reset()
	if err := NewReport(slices.Repeat([]*Diff{d}, 1000)...).WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 65000 || !strings.Contains(b.String(), "more namespaces") {
		t.Errorf("it is %d bytes long", b.Len())
	}
}
