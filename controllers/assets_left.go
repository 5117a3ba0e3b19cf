package controllers

import (
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/relocate"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// left is what a sweep found in Vitrine's bucket that serves no file.
type left struct {
	// gone are originals that are not there, of which there still is something.
	gone map[access.Key]*remains
	// stale are the renditions, of originals that are there, that serve nothing any more.
	stale map[access.Key]staleRenditions
	// notNew are originals that are not to be taken for what became of others, although nothing that can be read was said of them.
	notNew map[access.Key]bool
}

// remains are the objects of an original that is gone.
type remains struct {
	renditions, documents []string
	facts                 bool
}

type staleRenditions struct {
	etag    string // of the original
	objects []string
}

// unowned finds what serves no file of a Library.
func (s *sweeper) unowned(library string, found *Holding, rendered map[string]map[string]store.ObjectInfo) left {
	all := left{gone: map[access.Key]*remains{}, stale: map[access.Key]staleRenditions{}, notNew: map[access.Key]bool{}}
	said := func(object string, key access.Key, ok, readable bool) {
		if ok && !readable {
			all.notNew[key] = true
		}
		if r := all.remainsOf(found, key, ok); r != nil {
			r.documents = append(r.documents, object)
		}
	}
	for object, document := range s.metadata.said {
		key, ok := asset.Described(library, asset.MetaRoot, object)
		said(object, key, ok, document != nil)
	}
	for object, document := range s.states.said {
		key, ok := asset.Described(library, asset.StateRoot, object)
		said(object, key, ok, document != nil)
	}
	for object, document := range s.approvals.said {
		key, ok := asset.Approved(library, object)
		said(object, key, ok, document != nil)
	}
	for object := range s.facts.said {
		key, ok := asset.Described(library, asset.FactsRoot, object)
		if r := all.remainsOf(found, key, ok); r != nil {
			r.facts = true
		}
	}
	for prefix, objects := range rendered {
		key, ok := asset.Rendered(library, prefix)
		for name := range objects {
			if !rendition.IsObjectName(name) {
				continue // not ours
			}
			if r := all.remainsOf(found, key, ok); r != nil {
				r.renditions = append(r.renditions, prefix+name)
			}
		}
	}
	for _, r := range all.gone {
		slices.Sort(r.documents)
		slices.Sort(r.renditions)
	}
	return all
}

// remainsOf gives what is left of an original that is gone, to be added to; nil when it is there, or ok is false.
func (l *left) remainsOf(found *Holding, key access.Key, ok bool) *remains {
	if !ok {
		return nil
	}
	if _, there := find(found.Assets, key); there {
		return nil
	}
	if l.gone[key] == nil {
		l.gone[key] = &remains{}
	}
	return l.gone[key]
}

// elsewhere leaves out originals that are archived, or on their way to another place: they are not gone, and not new either.
func (l *left) elsewhere(archived []access.Key, moves []relocate.Journal) {
	for _, key := range archived {
		delete(l.gone, key)
	}
	for _, move := range moves {
		for _, key := range []access.Key{move.From.Key, move.To.Key} {
			delete(l.gone, key)
			l.notNew[key] = true
		}
	}
}

// staleOf notes the renditions of an original that serve nothing.
func (l *left) staleOf(a *Asset, presets, held []rendition.Preset, known rendition.Known) {
	if len(known.Objects) == len(a.Renditions)+len(a.Marked) {
		return // each of them serves
	}
	original := rendition.Original{Key: objectOf(a.Key), ETag: a.ETag, Size: a.Size, Focus: a.Focus}
	names := rendition.Stale(original, presets, held, known)
	if len(names) == 0 {
		return
	}
	objects := make([]string, len(names))
	for i, name := range names {
		objects[i] = asset.Renditions(a.Key) + name
	}
	l.stale[a.Key] = staleRenditions{a.ETag, objects}
}

// lately remembers since when something of a Library has been left. After a restart the time begins anew.
type lately struct {
	gone  map[access.Key]*goneSince
	stale map[string]time.Time
}

// goneSince is what is known of an original that is not there.
type goneSince struct {
	since time.Time
	// looked is when the store was last asked for the rest; zero when it is to be asked.
	looked time.Time
	disappearance
}

// seen notes what is left now; what is no more, or found its original again, is forgotten.
func (m *lately) seen(l left, now time.Time) {
	gone, stale := make(map[access.Key]*goneSince, len(l.gone)), map[string]time.Time{}
	for key := range l.gone {
		if gone[key] = m.gone[key]; gone[key] == nil {
			gone[key] = &goneSince{since: now}
		}
	}
	for _, of := range l.stale {
		for _, object := range of.objects {
			first, known := m.stale[object]
			if !known {
				first = now
			}
			stale[object] = first
		}
	}
	m.gone, m.stale = gone, stale
}

// graces are how long things are left before they are taken away: what machines made, and what people said.
type graces struct{ made, said time.Duration }

// doomed are objects whose time is over, of one original.
type doomed struct {
	key access.Key
	// etag of the original, where it is there; empty where it is gone.
	etag    string
	objects []string
}

// due gives what has been left for its grace, in the order of keys. Facts go with what was said of the file, since they tell under which
// other name it comes back; matched are further originals whose facts are needed for that.
func (m *lately) due(l left, matched map[access.Key]bool, now time.Time, g graces) []doomed {
	var all []doomed
	for key, r := range l.gone {
		age := now.Sub(m.gone[key].since)
		d := doomed{key: key}
		if age >= g.made {
			d.objects = append(d.objects, r.renditions...)
		}
		if age >= g.said {
			d.objects = append(d.objects, r.documents...)
		}
		if r.facts && (age >= g.said || age >= g.made && len(r.documents) == 0 && !matched[key]) {
			d.objects = append(d.objects, asset.FactsObject(key))
		}
		if len(d.objects) > 0 {
			all = append(all, d)
		}
	}
	for key, of := range l.stale {
		d := doomed{key: key, etag: of.etag}
		for _, object := range of.objects {
			if now.Sub(m.stale[object]) >= g.made {
				d.objects = append(d.objects, object)
			}
		}
		if len(d.objects) > 0 {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b doomed) int { return compareKeys(a.key, b.key) })
	return all
}

// begins lets the time begin anew of what is not as it was found.
func (m *lately) begins(d doomed) {
	delete(m.gone, d.key)
	for _, object := range d.objects {
		delete(m.stale, object)
	}
}

// kindOf names the kind of an object of Vitrine's bucket for a metric.
func kindOf(object string) string {
	kind, _, _ := strings.Cut(object, "/")
	return strings.TrimPrefix(kind, "restricted-")
}
