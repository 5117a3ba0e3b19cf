package rendition

import (
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// MaxProblems is how many failed originals a Plan names; the rest are only counted.
const MaxProblems = 20

// Original is one file as a listing of the store gives it.
type Original struct {
	// Key tells originals apart and is given back in Work; the planner looks only at its extension, and only to report.
	Key string
	// ETag, quoted or not.
	ETag string
	// VersionID, empty where the bucket keeps none.
	VersionID string
	// Size in bytes.
	Size int64
	// Focus of the asset, if it has one.
	Focus *Focus
	// FactsETag is that of the object in which facts were looked for, empty when there is none; it is given back in Work.
	FactsETag string
}

// Known is what exists in Vitrine's own bucket for one original.
type Known struct {
	// Facts under the original's key; nil when there are none or they could not be decoded.
	Facts *asset.Facts
	// Objects are the names of the rendition objects below the original's key: last parts of keys, as of ObjectName.
	Objects map[string]struct{}
}

// World is everything a plan is made from.
type World struct {
	// Originals, each key once.
	Originals []Original
	// Presets of the library, built-in ones included (WithBuiltIn).
	Presets []Preset
	// Held are presets that nothing is made by now; what there is of them stays.
	Held []Preset
	// Known by the original's key.
	Known map[string]Known
	// Marked by the original's key, for originals that links show with a watermark.
	Marked map[string]Marked
	// Asked names the presets that pictures of an original were asked for by, by the original's key; only those with OnRequest matter.
	Asked map[string][]string
	// Documents says that there are workers of class Documents. Without them PDF and SVG have no pictures.
	Documents bool
}

// Marked are further presets of one original: those of its Library with the watermarks of the links that show it (Preset.Marked). They
// are valid. Those in Held cannot be made now.
type Marked struct{ Presets, Held []Preset }

// Beside gives them after those of the Library.
func (m Marked) Beside(presets, held []Preset) (allPresets, allHeld []Preset) {
	if len(m.Presets)+len(m.Held) == 0 {
		return presets, held // of most originals, of which there are many
	}
	return slices.Concat(presets, m.Presets), slices.Concat(held, m.Held)
}

// Class is a kind of worker. What one may read, the other is not asked for.
type Class string

// The classes.
const (
	// Pictures look at every new original, and decode pictures.
	Pictures Class = "pictures"
	// Documents draw what the others found to be a PDF or SVG.
	Documents Class = "documents"
)

// Work is one original of which something is to be made.
type Work struct {
	Original Original
	// Presets to make, in the order of World.Presets and then of World.Marked, at most MaxPresets. None when the original's pictures all exist but for presets that went away.
	Presets []Preset
	// Kept are the renditions that exist and stay, at most one for each preset: what a preset made before it changed stays until
	// what it makes now takes its place.
	Kept []asset.Rendition
	// Unmade is what is known not to come to be, and stays known.
	Unmade []asset.Unmade
	// PresetSet is SetDigest of World.Presets.
	PresetSet string
	// Class of the workers that it is for.
	Class Class
	// Asked: all of Presets make pictures on request, so somebody waits for each of them. What else is missing is not among them.
	Asked bool
}

// Problem is an original that cannot be made into pictures, or not into all.
type Problem struct {
	Key     string
	Reason  asset.Reason
	Message string
}

// Counts are in originals. Originals = Wanted + Skipped, and Wanted = Done + Failed + what is left to do.
type Counts struct {
	Originals int
	// Wanted are originals that should have pictures, those not yet looked at included.
	Wanted int
	// Done are originals of which every preset exists, but for those that are held.
	Done int
	// Failed are originals of which no picture can be made though they look like one, or not that of every preset.
	Failed int
	// Skipped are originals that are no pictures, or none that workers may decode; ordinary assets without renditions.
	Skipped int
}

// Plan is what to do, and how things stand.
type Plan struct {
	// Work in the order of World.Originals.
	Work   []Work
	Counts Counts
	// PresetSet is SetDigest of World.Presets and World.Held.
	PresetSet string
	// Problems are the failed originals, at most MaxProblems, in the order of World.Originals.
	Problems []Problem
}

// NewPlan compares what should be with what is. It is pure, and idempotent: a world in which all Work is done gives no Work.
//
// The rules: an original without facts for its ETag is always work, whatever its name says it is. With facts, the presets whose
// rendition is not both in the facts and among the objects are work, those with OnRequest only where they are asked for, and then ahead of the others, as work of their own. With facts that tell an error, it is not work until the
// ETag or the set of presets changes; the same holds for a single preset whose picture of the original could not be made. A document that
// workers for pictures did not decode is work for those for documents. A preset whose watermark cannot be drawn is to be among
// World.Held; see Undrawable.
func NewPlan(w World) (Plan, error) {
	if err := ValidatePresets(w.Presets); err != nil {
		return Plan{}, fmt.Errorf("plan renditions: %w", err)
	}
	presets := make([]Preset, len(w.Presets))
	for i, p := range w.Presets {
		presets[i] = p.Defaulted()
	}
	set := SetDigest(slices.Concat(presets, w.Held))
	plan := Plan{PresetSet: set}
	for _, o := range w.Originals {
		plan.Counts.Originals++
		known := w.Known[o.Key]
		facts := known.Facts
		if facts != nil && (facts.V != asset.FactsVersion || TrimETag(facts.ETag) != TrimETag(o.ETag)) {
			facts = nil
		}
		class := w.class(facts)
		untried := class == Documents && facts.Error != nil && facts.Error.Reason == asset.ReasonUnsupported
		if facts != nil && facts.Error != nil && facts.PresetSet == set && !untried {
			plan.settleError(o.Key, *facts.Error)
			continue
		}
		plan.Counts.Wanted++
		wanted, held := w.Marked[o.Key].Beside(presets, w.Held)
		work := missing(o, wanted, held, known.Objects, facts, set, w.Asked[o.Key])
		if len(work.Presets) == 0 && facts != nil && facts.Error == nil {
			plan.settle(o.Key, work.Unmade)
			continue
		}
		work.PresetSet, work.Class = set, class
		if facts != nil {
			work.hasten()
		}
		plan.Work = append(plan.Work, work)
	}
	return plan, nil
}

// hasten leaves only what somebody waits for to be made, if anything: the rest is still missing when the next plan is made.
func (work *Work) hasten() {
	asked := slices.DeleteFunc(slices.Clone(work.Presets), func(p Preset) bool { return !p.OnRequest })
	if len(asked) > 0 {
		work.Presets, work.Asked = asked, true
	}
}

// class tells whose work an original is of which facts are known, if any.
func (w World) class(facts *asset.Facts) Class {
	if w.Documents && facts != nil && IsDocument(facts.ContentType) {
		return Documents
	}
	return Pictures
}

// missing gives the presets of o that are to be made and the renditions that stay: those that are as they should be, and older
// ones of the same presets, or of held ones, which serve until there are new ones. There need not be new ones of what is made on request, so
// older ones of that do not stay.
func missing(o Original, presets []Preset, held []Preset, objects map[string]struct{}, facts *asset.Facts, set string, asked []string) Work {
	work := Work{Original: o}
	var known []asset.Rendition
	if facts != nil {
		work.Unmade = settled(o, presets, held, *facts, set)
		known = slices.DeleteFunc(slices.Clone(facts.Renditions), func(r asset.Rendition) bool {
			_, stored := objects[r.Object]
			return !stored
		})
	}
	for _, p := range presets {
		name := ObjectName(p, o.ETag, o.Focus)
		i := slices.IndexFunc(known, func(r asset.Rendition) bool { return r.Object == name })
		if i < 0 {
			unmade := slices.ContainsFunc(work.Unmade, func(u asset.Unmade) bool { return u.Object == name })
			if !unmade && (!p.OnRequest || slices.Contains(asked, p.Name)) && len(work.Presets) < MaxPresets { // the others are for the next Job
				work.Presets = append(work.Presets, p.Defaulted())
			}
			if p.OnRequest {
				continue
			}
			i = slices.IndexFunc(known, func(r asset.Rendition) bool { return r.Preset == p.Name })
		}
		if i >= 0 {
			work.Kept = append(work.Kept, known[i])
		}
	}
	for _, h := range held {
		if i := slices.IndexFunc(known, func(r asset.Rendition) bool { return r.Preset == h.Name }); i >= 0 {
			work.Kept = append(work.Kept, known[i])
		}
	}
	return work
}

// settled gives what facts tell of renditions of o that could not be made, as far as it still counts. What is wrong with a watermark
// counts while some preset is held for it; anything else until the set of presets changes, as it may have been a matter of time.
func settled(o Original, presets, held []Preset, facts asset.Facts, set string) []asset.Unmade {
	var list []asset.Unmade
	for _, u := range facts.Unmade[:min(len(facts.Unmade), MaxPictures)] {
		mine := slices.ContainsFunc(presets, func(p Preset) bool { return ObjectName(p, o.ETag, o.Focus) == u.Object })
		marks := func(p Preset) bool { return p.Watermark != nil && p.Watermark.Identity() == u.Watermark }
		if u.Watermark == "" && mine && facts.PresetSet == set || u.Watermark != "" && (mine || slices.ContainsFunc(held, marks)) {
			list = append(list, u)
		}
	}
	return list
}

// Unmakeable names the presets by which no picture of o comes to be before something changes, as facts of its current version tell.
func Unmakeable(o Original, presets, held []Preset, facts *asset.Facts) []string {
	if facts == nil || len(facts.Unmade) == 0 {
		return nil
	}
	var names []string
	for _, u := range settled(o, presets, held, *facts, SetDigest(slices.Concat(presets, held))) {
		if !slices.Contains(names, u.Preset) {
			names = append(names, u.Preset)
		}
	}
	return names
}

// Undrawable collects, from the facts of a library's originals, what is known of watermarks that cannot be drawn, by Watermark.Identity.
func Undrawable(all iter.Seq[*asset.Facts]) map[string]asset.Unmade {
	found := map[string]asset.Unmade{}
	for facts := range all {
		if facts == nil {
			continue
		}
		for _, u := range facts.Unmade {
			if u.Watermark != "" {
				found[u.Watermark] = u
			}
		}
	}
	return found
}

// settle counts an original of which nothing is left to do.
func (plan *Plan) settle(key string, unmade []asset.Unmade) {
	i := slices.IndexFunc(unmade, func(u asset.Unmade) bool { return u.Watermark == "" })
	if i < 0 {
		plan.Counts.Done++
		return
	}
	// Together they may be longer than a message of a status can be.
	why := asset.NewReadError(asset.Reason(unmade[i].Reason), fmt.Sprintf("preset %s: %s", unmade[i].Preset, unmade[i].Message))
	plan.fail(Problem{Key: key, Reason: why.Reason, Message: why.Message})
}

func (plan *Plan) fail(p Problem) {
	plan.Counts.Failed++
	if len(plan.Problems) < MaxProblems {
		plan.Problems = append(plan.Problems, p)
	}
}

func (plan *Plan) settleError(key string, e asset.ReadError) {
	if skips(key, e.Reason) {
		plan.Counts.Skipped++
		return
	}
	plan.Counts.Wanted++
	plan.fail(Problem{Key: key, Reason: e.Reason, Message: e.Message})
}

// skips tells whether an error is no failure: what is no picture needs no renditions. A file whose name claims a picture
// and whose content is none is a failure, because somebody expects to see it.
func skips(key string, r asset.Reason) bool {
	switch r {
	case asset.ReasonUnsupported:
		return true
	case asset.ReasonNotAnImage:
		switch strings.ToLower(path.Ext(key)) {
		case ".jpg", ".jpeg", ".jpe", ".png", ".webp", ".gif", ".tif", ".tiff", ".heic", ".heif", ".avif":
			return false
		}
		return true
	default:
		return false
	}
}
