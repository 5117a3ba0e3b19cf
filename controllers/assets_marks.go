package controllers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Mark is a watermark that links can name, as it stands.
type Mark struct {
	Name      string
	Watermark rendition.Watermark
	// Reason and Message say why nothing is rendered with it now; empty when it can be drawn.
	Reason, Message string
}

// marksOf gives the watermarks of a Library, by name, with the ETags of their images and with what keeps each from being drawn.
func marksOf(library *v1alpha1.Library, assets []Asset, undrawable map[string]asset.Unmade) map[string]Mark {
	if len(library.Spec.Watermarks) == 0 {
		return nil
	}
	marks := make(map[string]Mark, len(library.Spec.Watermarks))
	for i := range library.Spec.Watermarks {
		declared := &library.Spec.Watermarks[i]
		marks[declared.Name] = settleMark(library.Name, declared, assets, undrawable)
	}
	return marks
}

func settleMark(library string, declared *v1alpha1.LinkWatermark, assets []Asset, undrawable map[string]asset.Unmade) Mark {
	p := rendition.BuiltIn()[0].Marked(declared.Name, *watermarkOf(&declared.RenditionWatermark))
	p, reason, message := settleWatermark(p, library, assets, undrawable)
	return Mark{declared.Name, *p.Watermark, reason, message}
}

// markable names the presets whose pictures a link shows or gives when it has a watermark: those that every Library has, and those that
// the link offers, but for any with a watermark of its own, whose pictures would bear two.
func markable(library *v1alpha1.Library, obj *v1alpha1.PublicLink) []string {
	names := []string{rendition.Preview, rendition.Thumb}
	for i := range library.Spec.Renditions {
		if p := &library.Spec.Renditions[i]; p.Watermark == nil && slices.Contains(obj.Spec.Renditions, p.Name) {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return names
}

// marking is what one link with a watermark asks for.
type marking struct {
	watermark string
	presets   []string
	shown     members
	view      view
	// lost: its target is missing, so nobody can tell what it shows. It may be back.
	lost bool
	// pinned are the ETags of those versions that it shows, as far as they are known.
	pinned map[access.Key]string
}

// asksForMarks tells whether pictures are made for a link with a watermark: also while it is out of service, as it may come back, and not once it is over.
func asksForMarks(tenant *Tenant, obj *v1alpha1.PublicLink, now time.Time) bool {
	if obj.Spec.Watermark == "" || !obj.DeletionTimestamp.IsZero() {
		return false
	}
	ends := linkVerdict(tenant, obj, now).ExpiresAt
	return ends.IsZero() || now.Before(ends)
}

// markings are what the links into a Library ask for.
func markings(tenant *Tenant, library *v1alpha1.Library, now time.Time) []marking {
	var all []marking
	for i := range tenant.Links {
		obj := &tenant.Links[i]
		if !asksForMarks(tenant, obj, now) {
			continue
		}
		shown, err := tenant.Model.LinkScope(obj.Spec.Target)
		if err != nil {
			if was := obj.Status.Library; was == "" || was == library.Name {
				all = append(all, marking{watermark: obj.Spec.Watermark, presets: markable(library, obj), lost: true})
			}
			continue
		}
		if shown.Library != library.Name {
			continue
		}
		all = append(all, marking{watermark: obj.Spec.Watermark, presets: markable(library, obj), shown: membersOf(shown), view: newView(tenant, library, obj)})
	}
	return all
}

// marker puts watermarks to the presets of originals that links show with them.
type marker struct {
	presets  map[string]rendition.Preset
	marks    map[string]Mark
	markings []marking
}

// newMarker makes it of the presets of a Library by which pictures are made now.
func newMarker(presets []rendition.Preset, marks map[string]Mark, all []marking) marker {
	m := marker{presets: make(map[string]rendition.Preset, len(presets)), marks: marks, markings: all}
	for _, p := range presets {
		m.presets[p.Name] = p
	}
	return m
}

// of gives the presets with watermarks of one original: each preset with each watermark once, however many links ask for it.
func (m marker) of(a *Asset) rendition.Marked {
	var wanted map[[2]string]bool
	for i := range m.markings {
		one := &m.markings[i]
		if one.lost || !one.asksFor(a) {
			continue
		}
		if wanted == nil {
			wanted = map[[2]string]bool{}
		}
		for _, preset := range one.presets {
			wanted[[2]string{preset, one.watermark}] = true
		}
	}
	var marked rendition.Marked
	for _, pair := range slices.SortedFunc(maps.Keys(wanted), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		preset, declared := m.presets[pair[0]]
		mark, there := m.marks[pair[1]]
		switch p := preset.Marked(mark.Name, mark.Watermark); {
		case !declared || !there:
		case mark.Reason != "":
			marked.Held = append(marked.Held, p)
		default:
			marked.Presets = append(marked.Presets, p)
		}
	}
	return marked
}

// withKept adds to what is asked for of an original what was made of it for links whose target is missing: that stays, as it does of a
// watermark that cannot be drawn, and nothing is made.
func (m marker) withKept(asked rendition.Marked, a *Asset) rendition.Marked {
	if a.Facts == nil {
		return asked
	}
	kept := slices.Clone(asked.Held)
	for i := range m.markings {
		one := &m.markings[i]
		if !one.lost {
			continue
		}
		for _, name := range one.presets {
			preset, declared := m.presets[name]
			mark, there := m.marks[one.watermark]
			p := preset.Marked(mark.Name, mark.Watermark)
			named := func(other rendition.Preset) bool { return other.Name == p.Name }
			made := func(r asset.Rendition) bool { return r.Preset == p.Name }
			if declared && there && slices.ContainsFunc(a.Facts.Renditions, made) && !slices.ContainsFunc(asked.Presets, named) && !slices.ContainsFunc(kept, named) {
				kept = append(kept, p)
			}
		}
	}
	return rendition.Marked{Presets: asked.Presets, Held: kept}
}

// asksFor tells whether the link shows a file, now or at another time.
func (m *marking) asksFor(a *Asset) bool {
	if !m.shown.hold(a.Key) {
		return false
	}
	if version := m.shown.Versions[a.Key]; version != "" && !a.pictures(version) && m.pinned[a.Key] != a.ETag {
		return false // it shows another version, of which nothing is rendered
	}
	_, _, ever := m.view.window(a)
	return ever
}

// pictures tells whether the pictures of a file are those of a version, as far as the file itself tells. In a link's own holding it is that version
// (PublicLinkReconciler.pinned), and has facts where its ETag is the current one.
func (a *Asset) pictures(version string) bool {
	return a.Facts != nil && (a.Facts.VersionID == version || a.Version == version)
}

// versionAt is one version of a file, which has the same ETag for ever.
type versionAt struct {
	key     access.Key
	version string
}

// pin notes in what links ask for which ETags the versions have that they show: what is rendered of the current version serves for another with
// the same ETag. Each version is looked at once; of one that is not there nothing is noted.
func (s *sweeper) pin(all []marking, etagOf func(key access.Key, version string) (string, error)) error {
	seen := map[versionAt]string{}
	for i := range all {
		one := &all[i]
		for key, version := range one.shown.Versions {
			if version == "" {
				continue
			}
			at := versionAt{key, version}
			etag, known := s.pinned[at]
			if read := s.facts.of(asset.FactsObject(key)); read != nil && read.VersionID == version {
				etag, known = read.ETag, true
			}
			if !known {
				var err error
				switch etag, err = etagOf(key, version); {
				case isMissing(err), errors.Is(err, store.ErrInvalid): // as in a link's catalog
					continue
				case err != nil:
					return fmt.Errorf("looking at version %s of %s: %w", version, key.Path, err)
				}
			}
			seen[at] = etag
			if one.pinned == nil {
				one.pinned = map[access.Key]string{}
			}
			one.pinned[key] = etag
		}
	}
	s.pinned = seen
	return nil
}

// members are what a link's target has in it, to be asked for by key.
type members struct {
	access.LinkScope
	keys map[access.Key]bool
}

func membersOf(shown access.LinkScope) members {
	m := members{shown, make(map[access.Key]bool, len(shown.Keys))}
	for _, key := range shown.Keys {
		m.keys[key] = true
	}
	return m
}

func (m members) hold(key access.Key) bool {
	return m.keys[key] || m.Scope != nil && m.Scope.Covers(key)
}

// note tells in a holding what is asked for of an original.
func (a *Asset) note(marked rendition.Marked) {
	for _, p := range marked.Presets {
		a.Asked = append(a.Asked, p.Name)
	}
	for _, p := range marked.Held {
		a.Asked = append(a.Asked, p.Name)
	}
}
