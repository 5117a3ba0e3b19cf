package controllers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/relocate"
)

// stuck are the files of a Library that could not be moved, to be told in its status. Whoever sees a Library need not see into its restricted
// Folders: of their files the number is told, and no name.
type stuck struct {
	problem    string
	restricted map[string]int
}

// add notes one, with why as it may be told of a file of the open library.
func (s *stuck) add(key access.Key, why string) {
	if key.Restricted == "" {
		s.problem = fmt.Sprintf("%q %s", objectOf(key), why)
		return
	}
	if s.restricted == nil {
		s.restricted = map[string]int{}
	}
	s.restricted[key.Restricted]++
}

// String tells of one file of the open library, and how many there are of each restricted Folder; empty for none.
func (s *stuck) String() string {
	var all []string
	if s.problem != "" {
		all = append(all, s.problem)
	}
	for _, folder := range slices.Sorted(maps.Keys(s.restricted)) {
		all = append(all, fmt.Sprintf("files of the restricted Folder %s could not be moved, %d of them; the manager's log names them and says why, and they are tried again later",
			folder, s.restricted[folder]))
	}
	return strings.Join(all, "; ")
}

// refusedMessage is what an event tells of a file that does not move.
func refusedMessage(key access.Key, refusal *relocate.Refusal) string {
	if key.Restricted == "" {
		return fmt.Sprintf("%q stays where it is: %s", objectOf(key), refusal.Error())
	}
	return fmt.Sprintf("a file of the restricted Folder %s stays where it is: %s; the manager's log names it", key.Restricted, refusal.Reason)
}

// tellDamaged tells of journals that cannot be read, once as long as they are the same; nil for none.
func (r *MovesReconciler) tellDamaged(ctx context.Context, library *v1alpha1.Library, damaged *relocate.DamagedError) {
	told, name := "", client.ObjectKeyFromObject(library)
	if damaged != nil {
		told = damaged.Error()
	}
	if !r.Moves.setDamaged(name, told) {
		return
	}
	r.Notices.wake(libraryController, name, 0)
	if damaged == nil {
		return
	}
	for _, j := range damaged.Journals {
		log.FromContext(ctx).Error(j.Why, "the journal of a move cannot be read", "library", library.Name, "bucket", damaged.Bucket, "object", j.Object)
	}
	r.Events.Eventf(library, nil, corev1.EventTypeWarning, "MoveUnreadable", "Move", "%s", cut(told))
}
