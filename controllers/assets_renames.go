package controllers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// aftermath settles, after a sweep of a Library, what is left of originals that are gone.
type aftermath struct {
	*Deps
	connection Connection
	library    *v1alpha1.Library
	sweeper    *sweeper
	found      *Holding
	tenant     *Tenant
}

// prepare brings what is remembered up to date. A *relocate.DamagedError when it is not known of all files whether they move.
func (a aftermath) prepare(ctx context.Context) error {
	s := a.sweeper
	if s.damaged != nil {
		return s.damaged
	}
	if len(s.left.gone) > 0 {
		archived := make([]access.Key, len(a.found.Archived)) // listed after the others, so that one on its way there is seen
		for i := range archived {
			archived[i] = a.found.Archived[i].Key
		}
		moves, err := a.mover(a.connection, a.library).Journals(ctx)
		if err != nil {
			return err //nolint:wrapcheck // it says what
		}
		s.left.elsewhere(archived, moves)
	}
	s.lately.seen(s.left, a.Clock.Now())
	return nil
}

// renamesAtOnce is how many files get back what was said of them after one sweep; the others do after the next.
const renamesAtOnce = 500

// rename brings what was said of files along with those that got another name, and notes those of which that is not certain.
func (a aftermath) rename(ctx context.Context) error {
	gone, came := asset.Alike(a.gone(), a.came())
	gone, err := a.went(ctx, gone)
	if err != nil {
		return err
	}
	certain, unclear := asset.Renames(gone, came)
	a.found.Unclear = unclear
	a.tellUnclear(ctx, unclear)
	done := make([]followed, min(len(certain), renamesAtOnce))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(filesAtOnce)
	for i := range done {
		group.Go(func() error {
			var err error
			done[i], err = a.follow(ctx, certain[i])
			if err != nil {
				return fmt.Errorf("bringing what was said of %s along to %s: %w", objectOf(certain[i].From), objectOf(certain[i].To), err)
			}
			return nil
		})
	}
	err = group.Wait()
	count, restated := 0, 0
	for i, is := range done {
		if is != notFollowed {
			count++
			if is == restatedThere {
				restated++
			}
			*a.sweeper.left.gone[certain[i].From] = remains{renditions: a.sweeper.left.gone[certain[i].From].renditions}
		}
	}
	if count > 0 {
		filesRenamed.Add(float64(count))
		a.Events.Eventf(a.library, nil, corev1.EventTypeNormal, "FilesRenamed", "Sweep", "%s", renamedMessage(count, restated))
	}
	return err
}

// followed is what became of what was said of a file under its old name.
type followed int

const (
	// notFollowed: it stays where it is, for now.
	notFollowed followed = iota
	// kept: all of it went along.
	kept
	// restatedThere: all but the state did, which is the new Folder's now.
	restatedThere
)

// renamedMessage tells of files that got other names.
func renamedMessage(count, restated int) string {
	message := fmt.Sprintf("%d files got other names and kept what was said and decided of them", count)
	if restated > 0 {
		message += fmt.Sprintf(", but for the state of %d, which came into another Folder and have the state that it gives: publish them there", restated)
	}
	return message
}

// gone are the originals that are not there, as their facts tell of them.
func (a aftermath) gone() []asset.Content {
	var all []asset.Content
	for key, r := range a.sweeper.left.gone {
		facts := a.sweeper.facts.of(asset.FactsObject(key))
		if facts == nil {
			continue
		}
		all = append(all, asset.Content{
			Key: key, SHA256: facts.SHA256, Size: facts.Size, Came: facts.ModifiedAt, Described: len(r.documents) > 0,
		})
	}
	return all
}

// came are the originals of which nobody said anything, or nothing but what somebody said of a file of the same content that is gone: then
// a cut came between.
func (a aftermath) came() []asset.Content {
	said := map[string][]access.Key{}
	for key, r := range a.sweeper.left.gone {
		if facts := a.sweeper.facts.of(asset.FactsObject(key)); facts != nil && len(r.documents) > 0 {
			said[facts.SHA256] = append(said[facts.SHA256], key)
		}
	}
	var all []asset.Content
	if len(said) == 0 {
		return nil // nothing is lost
	}
	for i := range a.found.Assets {
		f := &a.found.Assets[i]
		if f.Facts == nil || a.sweeper.left.notNew[f.Key] {
			continue
		}
		blank := f.Said.Documents() == 0 || slices.ContainsFunc(said[f.Facts.SHA256], func(key access.Key) bool {
			return f.Said.Within(a.carried(a.saidOf(key), asset.Rename{From: key, To: f.Key}, a.sweeper.facts.of(asset.FactsObject(key)), f.Facts))
		})
		if blank {
			all = append(all, asset.Content{Key: f.Key, SHA256: f.Facts.SHA256, Size: f.Facts.Size, Came: f.Modified})
		}
	}
	return all
}

// saidOf gives what was said of an original that is gone.
func (a aftermath) saidOf(key access.Key) Said {
	s := a.sweeper
	said := Said{Metadata: s.metadata.of(asset.MetaObject(key)), State: s.states.of(asset.StateObject(key))}
	prefix := asset.ApprovalsPrefix(key)
	for _, object := range s.left.gone[key].documents {
		if approval := s.approvals.of(object); strings.HasPrefix(object, prefix) && approval != nil {
			said.Approvals = append(said.Approvals, *approval)
		}
	}
	return said
}

// carried gives what of that goes along to a new name.
func (a aftermath) carried(said Said, r asset.Rename, from, to *asset.Facts) Said {
	there, here := a.tenant.Lifecycles.of(r.From), a.tenant.Lifecycles.of(r.To)
	there.Folder, here.Folder = a.nearest(r.From), a.nearest(r.To)
	return said.Carried(*from, *to, there, here)
}

// nearest gives the path of the nearest Folder that is declared above a file, within its root; empty for the root.
func (a aftermath) nearest(key access.Key) string {
	path := ""
	for i := range a.tenant.Declared.Folders {
		at, known := a.tenant.Model.FolderScope(a.tenant.Declared.Folders[i].Name)
		if known && at.Library == key.Library && at.Restricted == key.Restricted && strings.HasPrefix(key.Path, at.Prefix) && len(at.Prefix) > len(path) {
			path = at.Prefix
		}
	}
	return path
}

// went looks at the store when each of them was deleted, and leaves out those that are back, and those whose last content is another than
// their facts are of.
func (a aftermath) went(ctx context.Context, gone []asset.Content) ([]asset.Content, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(smallReads)
	for _, key := range a.sweeper.lately.toAsk(gone) {
		group.Go(func() error {
			told, err := a.disappearanceOf(ctx, key)
			if err == nil {
				a.sweeper.lately.gone[key].told(told, a.Clock.Now())
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err //nolint:wrapcheck // it says what
	}
	var all []asset.Content
	for _, c := range gone {
		known := a.sweeper.lately.gone[c.Key]
		if !known.fits() {
			continue
		}
		if c.Went = known.went; c.Went.IsZero() {
			c.Went = known.since
		}
		all = append(all, c)
	}
	return all, nil
}

// disappearanceOf asks the store for how an original went.
func (a aftermath) disappearanceOf(ctx context.Context, key access.Key) (disappearance, error) {
	bucket, object := a.placeOf(key)
	versions, err := a.connection.VersionsOf(ctx, bucket, object)
	if err != nil {
		return disappearance{}, fmt.Errorf("looking at the versions of %s, which is gone: %w", object, err)
	}
	return disappeared(versions, a.sweeper.facts.of(asset.FactsObject(key))), nil
}

func (a aftermath) placeOf(key access.Key) (bucket, object string) {
	return (&desk{library: a.library}).placeOf(key)
}

// errSaidOtherwise: somebody said something of a file while what was said of its old name was brought along.
var errSaidOtherwise = errors.New("something else was said of it meanwhile")

// follow brings along what was said of one file: it is copied, signed as it was, and removed from the old name when all of it is at the new one.
// A cut anywhere leaves a file that is still certain, or remains that nothing matches any more. Nothing follows when the files are not what they were.
func (a aftermath) follow(ctx context.Context, r asset.Rename) (followed, error) {
	at, found := find(a.found.Assets, r.To)
	facts := a.sweeper.facts.of(asset.FactsObject(r.From))
	if !found || facts == nil {
		return notFollowed, nil
	}
	to := &a.found.Assets[at]
	told, err := a.disappearanceOf(ctx, r.From)
	if err != nil {
		return notFollowed, err
	}
	if known := a.sweeper.lately.gone[r.From]; !told.same(known.disappearance) {
		known.told(told, a.Clock.Now()) // what was decided is of another one
		return notFollowed, nil
	}
	bucket, object := a.placeOf(r.To)
	info, err := a.connection.StatObject(ctx, bucket, object, "")
	switch {
	case isMissing(err):
		return notFollowed, nil
	case err != nil:
		return notFollowed, err //nolint:wrapcheck // it names the file
	case rendition.TrimETag(info.ETag) != to.ETag || info.VersionID != "" && info.VersionID != to.Facts.VersionID:
		return notFollowed, nil
	}
	was := a.saidOf(r.From)
	said, became := a.carried(was, r, facts, to.Facts), kept
	if was.State != said.State {
		became = restatedThere
	}
	if err := a.write(ctx, r.To, said); err != nil {
		if errors.Is(err, errSaidOtherwise) {
			return notFollowed, nil // the next sweep decides anew
		}
		return notFollowed, err
	}
	if gone, err := a.isGone(ctx, r.From); err != nil || !gone {
		return notFollowed, err
	}
	// First the facts, without which nothing matches what may be left after a cut.
	for _, object := range append([]string{asset.FactsObject(r.From)}, a.sweeper.left.gone[r.From].documents...) {
		if err := a.connection.PurgeObject(ctx, a.library.Status.VitrineBucket, object); err != nil {
			return notFollowed, err //nolint:wrapcheck // it names the object
		}
	}
	log.FromContext(ctx).Info("a file got another name and keeps what was said of it", "from", objectOf(r.From), "to", objectOf(r.To), "sha256", facts.SHA256, "state", became == kept)
	to.Said = said
	return became, nil
}

// write writes what was said of a file under its new name, where nothing is.
func (a aftermath) write(ctx context.Context, key access.Key, said Said) error {
	if said.Metadata != nil {
		if err := a.writeAbsent(ctx, asset.MetaObject(key), *said.Metadata); err != nil {
			return err
		}
	}
	if said.State != nil {
		if err := a.writeAbsent(ctx, asset.StateObject(key), *said.State); err != nil {
			return err
		}
	}
	for _, approval := range said.Approvals {
		if err := a.writeAbsent(ctx, asset.ApprovalObject(key, approval.VersionID), approval); err != nil {
			return err
		}
	}
	return nil
}

// writeAbsent writes a document where there is none. errSaidOtherwise when there is another one.
func (a aftermath) writeAbsent(ctx context.Context, object string, document interface{ Encode() ([]byte, error) }) error {
	data, err := document.Encode()
	if err != nil {
		return err //nolint:wrapcheck // it says what
	}
	_, err = a.connection.PutObject(ctx, a.library.Status.VitrineBucket, object, data, jsonType, store.IfAbsent())
	if !errors.Is(err, store.ErrPreconditionFailed) {
		return err //nolint:wrapcheck // it names the object
	}
	there, _, err := a.connection.GetObject(ctx, a.library.Status.VitrineBucket, object)
	switch {
	case isMissing(err), err == nil && !bytes.Equal(there, data):
		return errSaidOtherwise
	case err != nil:
		return err //nolint:wrapcheck // it names the object
	}
	return nil // by an earlier look that was cut
}

// tellUnclear tells of files that may have been renamed, once as long as they are the same.
func (a aftermath) tellUnclear(ctx context.Context, unclear []asset.Unclear) {
	if reflect.DeepEqual(a.sweeper.unclear, unclear) {
		return
	}
	a.sweeper.unclear = unclear
	if len(unclear) > 0 {
		log.FromContext(ctx).Info("it is not certain which file is which", "library", a.library.Name, "gone", unclear[0].Gone, "came", unclear[0].Came, "contents", len(unclear))
		a.Events.Eventf(a.library, nil, corev1.EventTypeWarning, "RenameUnclear", "Sweep", "%s", strings.TrimPrefix(unclearMessage(unclear, a.Settings.DescriptionGrace), "; "))
	}
}

// unclearMessage names the first of the files that may have been renamed; empty when there are none.
func unclearMessage(unclear []asset.Unclear, grace time.Duration) string {
	if len(unclear) == 0 {
		return ""
	}
	message := fmt.Sprintf("; %s went and %s came with the same content, so it is not certain which is which, and what was said of the former is kept for %s and given to none: "+
		"delete the ones that it is not, or describe them anew", severalKeys(unclear[0].Gone), severalKeys(unclear[0].Came), grace)
	if more := len(unclear) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more contents)", more)
	}
	return message
}

// severalKeys names the first of some files of one root. Whoever reads it need not see into a restricted Folder, so of its files the number is told.
func severalKeys(keys []access.Key) string {
	if len(keys) > 0 && keys[0].Restricted != "" {
		return fmt.Sprintf("of the restricted Folder %s %d", keys[0].Restricted, len(keys))
	}
	const most = 3
	var names []string
	for _, key := range keys[:min(len(keys), most)] {
		names = append(names, fmt.Sprintf("%q", objectOf(key)))
	}
	text := strings.Join(names, ", ")
	if more := len(keys) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
