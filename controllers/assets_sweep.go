package controllers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/relocate"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// sweeper remembers, between sweeps of one Library, what was read of its files.
type sweeper struct {
	// of is the Library that it is about.
	of        types.UID
	facts     known[asset.Facts]
	metadata  known[asset.Metadata]
	states    known[asset.StateRecord]
	approvals known[asset.Approval]
	// documents: there are workers that draw them.
	documents bool
	// left serves no file; lately is since when, and unclear what was last told of files that may have been renamed.
	left    left
	lately  lately
	unclear []asset.Unclear
	// damaged are journals of moves that the last sweep could not read; nil for none.
	damaged *relocate.DamagedError
	// catalogs are what is remembered of those of its places.
	catalogs catalogMemory
	// asked are the presets by which visitors asked for pictures, by the asset's ID.
	asked map[string][]string
	// served are those of them that the last sweep found to be settled.
	served []renditionRequest
	// pinned are the ETags of versions that links with watermarks show.
	pinned map[versionAt]string
	// history of rendering.
	history rendition.History
	// retired: links deleted while no manager ran have been looked for.
	retired bool
	// gathered is what the sweep under way has found so far, or the one that was cut; nil between sweeps.
	gathered *gathered
	progress progress
	// last is the last whole sweep.
	last wholeSweep
}

// decodeFacts reads facts, but for what the file says of itself: up to 25 KiB for each, and nobody here asks for it.
func decodeFacts(data []byte) (asset.Facts, error) {
	facts, err := asset.DecodeFacts(bytes.NewReader(data))
	facts.Embedded = nil
	return facts, err //nolint:wrapcheck // not shown: facts that cannot be read count as absent
}

// newSweeper makes one that reads so many small objects at once.
func newSweeper(documents bool, reads int) *sweeper {
	return &sweeper{
		documents: documents,
		facts:     newKnown(asset.FactsRoot, decodeFacts, reads),
		metadata:  newKnown(asset.MetaRoot, asset.DecodeMetadata, reads),
		states:    newKnown(asset.StateRoot, asset.DecodeState, reads),
		approvals: newKnown(asset.ApprovalsRoot, asset.DecodeApproval, reads),
	}
}

// sweep lists both buckets of a Library and says what it holds. What files
// there are is told as soon as it is known: access hangs on that, and must not
// wait for what is known of each of them. One that fails goes on where it was when it is called again. What
// links ask for is asked once all else is known.
func (s *sweeper) sweep(ctx context.Context, connection Connection, library *v1alpha1.Library, mover relocate.Mover, tell func(files), asked func() ([]marking, error)) (*Holding, rendition.World, error) {
	g := s.gather(origin{library.UID, connection.Opened}, objectsBefore(library))
	if err := s.originals(ctx, connection, library, g); err != nil {
		return nil, rendition.World{}, err
	}
	if !g.told {
		tell(g.listed)
		g.told = true
	}
	found, rendered := g.found, g.rendered
	s.progress.enter(v1alpha1.SweepDetails)
	group, both := errgroup.WithContext(ctx) // a large Library's listing takes as long as reading what is known of it
	group.Go(func() error { return s.renditions(both, connection, library, g) })
	group.Go(func() error { return s.read(both, connection, library) })
	if err := group.Wait(); err != nil {
		return nil, rendition.World{}, err //nolint:wrapcheck // each says what it was doing
	}
	s.describe(library.Name, found.Assets)
	s.describe(library.Name, found.Archived)
	moving, err := inTransit(ctx, mover)
	if err != nil {
		return nil, rendition.World{}, err
	}
	for i := range found.Assets {
		a := &found.Assets[i]
		if read := s.facts.of(asset.FactsObject(a.Key)); read != nil && read.ETag == a.ETag && !rewritten(read, a) {
			a.Facts = read
		}
	}
	if err := moving.keep(ctx, found.Assets, copiedAt(connection, library)); err != nil {
		return nil, rendition.World{}, err
	}
	links, err := asked()
	if err != nil {
		return nil, rendition.World{}, err
	}
	s.damaged = moving.damaged
	world := s.world(library, found, rendered, moving.keys, links)
	s.finish(library, time.Now())
	return found, world, nil
}

// world is what renditions are planned from. It notes in the holding what there is of each file, and in the sweeper what serves nothing.
func (s *sweeper) world(library *v1alpha1.Library, found *Holding, rendered map[string]map[string]store.ObjectInfo, moving map[access.Key]bool, links []marking) rendition.World {
	undrawable := undrawable(found.Assets)
	presets, held := ready(presetsOf(library), library.Name, found.Assets, undrawable)
	found.Held, found.Marks = held, marksOf(library, found.Assets, undrawable)
	s.left = s.unowned(library.Name, found, rendered)
	world := rendition.World{
		Presets: presets, Documents: s.documents, Known: make(map[string]rendition.Known, len(found.Assets)), Marked: map[string]rendition.Marked{},
	}
	for _, h := range held {
		world.Held = append(world.Held, h.Preset)
	}
	marker := newMarker(presets, found.Marks, links)
	world.Asked = map[string][]string{}
	for i := range found.Assets {
		a := &found.Assets[i]
		name := objectOf(a.Key)
		objects := rendered[asset.Renditions(a.Key)]
		known := rendition.Known{Facts: s.facts.of(asset.FactsObject(a.Key)), Objects: make(map[string]struct{}, len(objects))}
		if known.Facts != nil && known.Facts.ETag == a.ETag && a.Facts == nil {
			known.Facts = nil // it is read again
		}
		for object := range objects {
			known.Objects[object] = struct{}{}
		}
		a.Renditions = present(presets, world.Held, a, objects)
		marked := marker.of(a)
		a.note(marked)
		marked = marker.withKept(marked, a)
		a.Marked = present(marked.Presets, marked.Held, a, objects)
		serving, kept := marked.Beside(presets, world.Held)
		s.left.staleOf(a, serving, kept, known)
		if moving[a.Key] {
			continue // nothing is made of it where it may not stay
		}
		original := rendition.Original{Key: name, ETag: a.ETag, Size: a.Size, Focus: a.Focus, FactsETag: s.facts.etags[asset.FactsObject(a.Key)]}
		a.Unmade = unmakeable(original, presets, held, a.Facts)
		if asked := s.unserved(a); len(asked) > 0 {
			world.Asked[name] = asked
		}
		world.Originals = append(world.Originals, original)
		world.Known[name] = known
		if len(marked.Presets)+len(marked.Held) > 0 {
			world.Marked[name] = marked
		}
	}
	return world
}

// unserved gives the presets by which pictures of an original are asked for and not there, and notes those that are, or cannot be.
func (s *sweeper) unserved(a *Asset) []string {
	if len(s.asked) == 0 {
		return nil
	}
	id := asset.ID(a.Key)
	return slices.DeleteFunc(slices.Clone(s.asked[id]), func(preset string) bool {
		there := slices.ContainsFunc(a.Renditions, func(r asset.CatalogRendition) bool { return r.Preset == preset })
		if there || slices.Contains(a.Unmade, preset) {
			s.served = append(s.served, renditionRequest{id, preset})
			return true
		}
		return false
	})
}

// rewritten tells whether a file was put again, with the same ETag, since facts were read: that is another version, of which nothing was
// decided, and an ETag is no proof that its bytes are the same. Stores tell times in seconds or finer.
func rewritten(facts *asset.Facts, a *Asset) bool {
	return !facts.ModifiedAt.IsZero() && !a.Modified.IsZero() && a.Modified.Sub(facts.ModifiedAt).Abs() > 2*time.Second
}

// objectOf names an original uniquely within its Library.
func objectOf(k access.Key) string {
	_, name := asset.Object(k)
	return name
}

// originals lists what files there are.
func (s *sweeper) originals(ctx context.Context, connection Connection, library *v1alpha1.Library, g *gathered) error {
	if g.told {
		return nil
	}
	bucket, vitrine := library.Spec.Bucket.Name, asset.VitrineBucket(library.Spec.Bucket.Name)
	err := g.open.run(ctx, connection.ListObjectsAfter, bucket, "", func(info store.ObjectInfo) {
		s.progress.see()
		switch why, marker := notAFile(info.Key); {
		case marker:
		case why != "":
			g.ignore(info.Key, fmt.Sprintf("%q: %s", info.Key, why))
		default:
			g.take(access.Key{Library: library.Name, Path: info.Key}, info)
			g.listed.paths = append(g.listed.paths, info.Key)
		}
	})
	if err != nil {
		return err
	}
	err = g.restricted.run(ctx, connection.ListObjectsAfter, vitrine, asset.RestrictedRoot, func(info store.ObjectInfo) {
		s.progress.see()
		folder, path, ok := strings.Cut(strings.TrimPrefix(info.Key, asset.RestrictedRoot), "/")
		switch why, marker := asset.NoAsset(path); {
		case !ok || marker:
		case why != "":
			g.ignore(info.Key, "in the restricted Folder "+folder) // whoever reads this need not see into it
		default:
			g.take(access.Key{Library: library.Name, Restricted: folder, Path: path}, info)
		}
	})
	if err != nil {
		return err
	}
	err = g.held.run(ctx, connection.ListObjectsAfter, vitrine, asset.HeldRoot, func(info store.ObjectInfo) {
		s.progress.see()
		if key, ok := asset.HeldKey(library.Name, info.Key); ok {
			g.found.Archived = append(g.found.Archived, assetAt(key, info))
		}
	})
	if err != nil {
		return err
	}
	for _, list := range [][]Asset{g.found.Assets, g.found.Archived} {
		slices.SortFunc(list, func(a, b Asset) int { return compareKeys(a.Key, b.Key) })
	}
	g.listed.version = versionOfPaths(g.listed.paths)
	return nil
}

func assetAt(key access.Key, info store.ObjectInfo) Asset {
	return Asset{Key: key, ETag: rendition.TrimETag(info.ETag), Size: info.Size, Modified: info.LastModified}
}

func (g *gathered) take(key access.Key, info store.ObjectInfo) {
	g.found.Assets = append(g.found.Assets, assetAt(key, info))
	g.found.Bytes += info.Size
}

// ignore counts a file that is left out, and names a file that somebody may want to rename before any that a program left behind.
func (g *gathered) ignore(path, told string) {
	mistake := asset.Leftover(path) == ""
	if g.found.Ignored++; g.found.Ignored == 1 || mistake && !g.named {
		g.found.IgnoredFirst = told
		g.named = mistake
	}
}

// versionOfPaths tells one list of files from another, by names that whoever may upload chooses.
func versionOfPaths(paths []string) uint64 {
	var version maphash.Hash
	version.SetSeed(fingerprintSeed)
	for _, path := range paths {
		_, _ = version.WriteString(path + "\x00")
	}
	return version.Sum64()
}

// notAFile says why an object of the bucket of originals is none: empty for a
// file; a marker that some tools leave for an empty folder needs no reason.
func notAFile(name string) (why string, marker bool) {
	if why, marker := asset.NoAsset(name); why != "" || marker {
		return why, marker
	}
	if asset.Reserved(name) {
		return "the top folder restricted is reserved", false
	}
	return "", false
}

// renditions lists what was rendered: by prefix of the original, by name.
func (s *sweeper) renditions(ctx context.Context, connection Connection, library *v1alpha1.Library, g *gathered) error {
	for i, root := range []string{asset.RenditionsRoot, asset.RestrictedRenditionsRoot} {
		err := g.renditions[i].run(ctx, connection.ListObjectsAfter, asset.VitrineBucket(library.Spec.Bucket.Name), root, func(info store.ObjectInfo) {
			s.progress.see()
			cut := strings.LastIndexByte(info.Key, '/') + 1
			prefix, name := info.Key[:cut], info.Key[cut:]
			if g.rendered[prefix] == nil {
				g.rendered[prefix] = map[string]store.ObjectInfo{}
			}
			g.rendered[prefix][name] = info
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// read brings what is remembered of files up to date.
func (s *sweeper) read(ctx context.Context, connection Connection, library *v1alpha1.Library) error {
	bucket := asset.VitrineBucket(library.Spec.Bucket.Name)
	s.recall(ctx, connection, bucket)
	return errors.Join(
		s.facts.refresh(ctx, connection, bucket, s.progress.see),
		s.metadata.refresh(ctx, connection, bucket, s.progress.see),
		s.states.refresh(ctx, connection, bucket, s.progress.see),
		s.approvals.refresh(ctx, connection, bucket, s.progress.see),
	)
}

// describe notes of each file what people said and decided of it.
func (s *sweeper) describe(library string, assets []Asset) {
	decided := map[access.Key][]asset.Approval{}
	for _, object := range slices.Sorted(maps.Keys(s.approvals.said)) {
		key, ok := asset.Approved(library, object)
		if approval := s.approvals.of(object); ok && approval != nil {
			decided[key] = append(decided[key], *approval)
		}
	}
	for i := range assets {
		a := &assets[i]
		a.Said = Said{Metadata: s.metadata.of(asset.MetaObject(a.Key)), State: s.states.of(asset.StateObject(a.Key)), Approvals: decided[a.Key]}
		if a.Said.Metadata != nil {
			a.Focus = a.Said.Metadata.Focus
		}
	}
}
