package controllers

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// sweeper remembers the facts of one Library between sweeps, so that only
// those that changed are read again.
type sweeper struct {
	facts map[string]knownFacts // by object
	// retired: links deleted while no manager ran have been looked for.
	retired bool
}

type knownFacts struct {
	etag  string
	facts *asset.Facts
}

// factsAtOnce bounds the reads of facts under way. They are small, and most of
// their time is the way to the store.
const factsAtOnce = 16

// sweep lists both buckets of a Library and says what it holds. What files
// there are is told as soon as it is known: access hangs on that, and must not
// wait for what is known of each of them.
func (s *sweeper) sweep(ctx context.Context, connection Connection, library *v1alpha1.Library, tell func(files)) (*Holding, rendition.World, error) {
	found := &Holding{}
	listed, err := s.originals(ctx, connection, library, found)
	if err != nil {
		return nil, rendition.World{}, err
	}
	tell(listed)
	rendered, err := s.renditions(ctx, connection, library)
	if err != nil {
		return nil, rendition.World{}, err
	}
	if err := s.readFacts(ctx, connection, library); err != nil {
		return nil, rendition.World{}, err
	}

	for i := range found.Assets {
		a := &found.Assets[i]
		if read := s.facts[asset.FactsObject(a.Key)].facts; read != nil && read.ETag == a.ETag {
			a.Facts = read
		}
	}
	presets, held := ready(presetsOf(library), library.Name, found.Assets)
	found.Held = held
	world := rendition.World{Presets: presets, Known: make(map[string]rendition.Known, len(found.Assets))}
	for _, h := range held {
		world.Held = append(world.Held, h.Preset)
	}
	for i := range found.Assets {
		a := &found.Assets[i]
		name := objectOf(a.Key)
		objects := rendered[asset.Renditions(a.Key)]
		known := rendition.Known{Facts: s.facts[asset.FactsObject(a.Key)].facts, Objects: make(map[string]struct{}, len(objects))}
		for object := range objects {
			known.Objects[object] = struct{}{}
		}
		a.Renditions = present(presets, held, a, objects)
		world.Originals = append(world.Originals, rendition.Original{Key: name, ETag: a.ETag, Size: a.Size, Focus: a.Focus})
		world.Known[name] = known
	}
	return found, world, nil
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

// readFacts brings the remembered facts up to date.
func (s *sweeper) readFacts(ctx context.Context, connection Connection, library *v1alpha1.Library) error {
	bucket := asset.VitrineBucket(library.Spec.Bucket.Name)
	next := make(map[string]knownFacts, len(s.facts))
	var changed []store.ObjectInfo
	err := connection.ListObjects(ctx, bucket, asset.FactsRoot, func(info store.ObjectInfo) error {
		if known, ok := s.facts[info.Key]; ok && known.etag == info.ETag {
			next[info.Key] = known
			return nil
		}
		changed = append(changed, info)
		return nil
	})
	if err != nil {
		return fmt.Errorf("listing facts: %w", err)
	}
	read := make([]knownFacts, len(changed))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(factsAtOnce)
	for i, info := range changed {
		group.Go(func() error {
			data, etag, err := connection.GetObject(ctx, bucket, info.Key)
			if isMissing(err) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("reading %s: %w", info.Key, err)
			}
			read[i].etag = etag
			// Facts that cannot be read count as absent: the original is looked at again.
			if facts, err := asset.DecodeFacts(bytes.NewReader(data)); err == nil {
				read[i].facts = &facts
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, info := range changed {
		next[info.Key] = read[i]
	}
	s.facts = next
	return nil
}
