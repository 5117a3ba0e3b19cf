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

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/relocate"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// sweeper remembers, between sweeps of one Library, what was read of its files.
type sweeper struct {
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
	// retired: links deleted while no manager ran have been looked for.
	retired bool
}

// decodeFacts reads facts, but for what the file says of itself: up to 25 KiB for each, and nobody here asks for it.
func decodeFacts(data []byte) (asset.Facts, error) {
	facts, err := asset.DecodeFacts(bytes.NewReader(data))
	facts.Embedded = nil
	return facts, err //nolint:wrapcheck // not shown: facts that cannot be read count as absent
}

func newSweeper(documents bool) *sweeper {
	return &sweeper{
		documents: documents,
		facts:     newKnown(asset.FactsRoot, decodeFacts),
		metadata:  newKnown(asset.MetaRoot, asset.DecodeMetadata),
		states:    newKnown(asset.StateRoot, asset.DecodeState),
		approvals: newKnown(asset.ApprovalsRoot, asset.DecodeApproval),
	}
}

// sweep lists both buckets of a Library and says what it holds. What files
// there are is told as soon as it is known: access hangs on that, and must not
// wait for what is known of each of them.
func (s *sweeper) sweep(ctx context.Context, connection Connection, library *v1alpha1.Library, mover relocate.Mover, tell func(files)) (*Holding, rendition.World, error) {
	found := &Holding{began: time.Now()}
	listed, err := s.originals(ctx, connection, library, found)
	if err != nil {
		return nil, rendition.World{}, err
	}
	tell(listed)
	var rendered map[string]map[string]store.ObjectInfo
	group, both := errgroup.WithContext(ctx) // a large Library's listing takes as long as reading what is known of it
	group.Go(func() (err error) {
		rendered, err = s.renditions(both, connection, library)
		return err
	})
	group.Go(func() error { return s.read(both, connection, library) })
	if err := group.Wait(); err != nil {
		return nil, rendition.World{}, err //nolint:wrapcheck // each says what it was doing
	}
	s.describe(library.Name, found.Assets)
	s.describe(library.Name, found.Archived)
	moving, err := movingKeys(ctx, mover)
	if err != nil {
		return nil, rendition.World{}, err
	}

	for i := range found.Assets {
		a := &found.Assets[i]
		if read := s.facts.of(asset.FactsObject(a.Key)); read != nil && read.ETag == a.ETag && !rewritten(read, a) {
			a.Facts = read
		}
	}
	presets, held := ready(presetsOf(library), library.Name, found.Assets)
	found.Held = held
	s.left = s.unowned(library.Name, found, rendered)
	world := rendition.World{Presets: presets, Documents: s.documents, Known: make(map[string]rendition.Known, len(found.Assets))}
	for _, h := range held {
		world.Held = append(world.Held, h.Preset)
	}
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
		a.Renditions = present(presets, held, a, objects)
		s.left.staleOf(a, presets, world.Held, known)
		if moving[a.Key] {
			continue // nothing is made of it where it may not stay
		}
		world.Originals = append(world.Originals, rendition.Original{Key: name, ETag: a.ETag, Size: a.Size, Focus: a.Focus, FactsETag: s.facts.etags[asset.FactsObject(a.Key)]})
		world.Known[name] = known
	}
	return found, world, nil
}

// movingKeys are the files that are on their way to another place, or have just come from one.
func movingKeys(ctx context.Context, mover relocate.Mover) (map[access.Key]bool, error) {
	under, err := mover.Journals(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says what
	}
	keys := make(map[access.Key]bool, 2*len(under))
	for i := range under {
		keys[under[i].From.Key], keys[under[i].To.Key] = true, true
	}
	return keys, nil
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

func (s *sweeper) originals(ctx context.Context, connection Connection, library *v1alpha1.Library, found *Holding) (files, error) {
	var version maphash.Hash // of names that whoever may upload chooses
	version.SetSeed(fingerprintSeed)
	var listed files
	take := func(key access.Key, info store.ObjectInfo) {
		found.Assets = append(found.Assets, Asset{Key: key, ETag: rendition.TrimETag(info.ETag), Size: info.Size, Modified: info.LastModified})
		found.Bytes += info.Size
	}
	named := false // a file that somebody may want to rename, before any that a program left behind
	ignore := func(path string, why string) {
		mistake := asset.Leftover(path) == ""
		if found.Ignored++; found.Ignored == 1 || mistake && !named {
			found.IgnoredFirst = fmt.Sprintf("%q: %s", path, why)
			named = mistake
		}
	}
	bucket := library.Spec.Bucket.Name
	err := connection.ListObjects(ctx, bucket, "", func(info store.ObjectInfo) error {
		switch why, marker := notAFile(info.Key); {
		case marker:
		case why != "":
			ignore(info.Key, why)
		default:
			take(access.Key{Library: library.Name, Path: info.Key}, info)
			listed.paths = append(listed.paths, info.Key)
			_, _ = version.WriteString(info.Key + "\x00")
		}
		return nil
	})
	if err != nil {
		return files{}, fmt.Errorf("listing bucket %s: %w", bucket, err)
	}
	err = connection.ListObjects(ctx, asset.VitrineBucket(bucket), asset.RestrictedRoot, func(info store.ObjectInfo) error {
		folder, path, ok := strings.Cut(strings.TrimPrefix(info.Key, asset.RestrictedRoot), "/")
		switch why, marker := asset.NoAsset(path); {
		case !ok || marker:
		case why != "":
			ignore(info.Key, why)
		default:
			take(access.Key{Library: library.Name, Restricted: folder, Path: path}, info)
		}
		return nil
	})
	if err != nil {
		return files{}, fmt.Errorf("listing restricted folders: %w", err)
	}
	err = connection.ListObjects(ctx, asset.VitrineBucket(bucket), asset.HeldRoot, func(info store.ObjectInfo) error {
		if key, ok := asset.HeldKey(library.Name, info.Key); ok {
			found.Archived = append(found.Archived, Asset{Key: key, ETag: rendition.TrimETag(info.ETag), Size: info.Size, Modified: info.LastModified})
		}
		return nil
	})
	if err != nil {
		return files{}, fmt.Errorf("listing archived files: %w", err)
	}
	for _, list := range [][]Asset{found.Assets, found.Archived} {
		slices.SortFunc(list, func(a, b Asset) int { return compareKeys(a.Key, b.Key) })
	}
	listed.version = version.Sum64()
	return listed, nil
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
func (s *sweeper) renditions(ctx context.Context, connection Connection, library *v1alpha1.Library) (map[string]map[string]store.ObjectInfo, error) {
	rendered := map[string]map[string]store.ObjectInfo{}
	for _, root := range []string{asset.RenditionsRoot, asset.RestrictedRenditionsRoot} {
		err := connection.ListObjects(ctx, asset.VitrineBucket(library.Spec.Bucket.Name), root, func(info store.ObjectInfo) error {
			cut := strings.LastIndexByte(info.Key, '/') + 1
			prefix, name := info.Key[:cut], info.Key[cut:]
			if rendered[prefix] == nil {
				rendered[prefix] = map[string]store.ObjectInfo{}
			}
			rendered[prefix][name] = info
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", root, err)
		}
	}
	return rendered, nil
}

// read brings what is remembered of files up to date.
func (s *sweeper) read(ctx context.Context, connection Connection, library *v1alpha1.Library) error {
	bucket := asset.VitrineBucket(library.Spec.Bucket.Name)
	return errors.Join(
		s.facts.refresh(ctx, connection, bucket),
		s.metadata.refresh(ctx, connection, bucket),
		s.states.refresh(ctx, connection, bucket),
		s.approvals.refresh(ctx, connection, bucket),
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
