package relocate

import (
	"slices"

	"github.com/vitrine-dam/vitrine/internal/store"
)

const (
	// maxRounds is how often versions that came while the move was under way are taken along.
	maxRounds = 5
	// removedAtOnce is how many versions are deleted between two looks.
	removedAtOnce = 100
)

// look is what both places were found to hold.
type look struct {
	// source and target have every version and delete marker, the newest first.
	source, target []store.ObjectInfo
	// copies are versions at the target that the journal does not know and that were proven to be copies, by the index of what they are of.
	copies map[string]int
	// spoilt are versions at the target that bear the mark of the move and are no copies of what they say.
	spoilt []string
}

// verb says what is to be done.
type verb string

const (
	copyVersions   verb = "copy versions"
	removeCopies   verb = "remove copies"
	describe       verb = "describe"
	clearOld       verb = "clear"
	removeVersions verb = "remove versions"
	finish         verb = "finish"
	nothing        verb = "nothing"
)

// action is what follows from a look. Step is where the move is once it was done.
type action struct {
	verb    verb
	indexes []int    // of versions to be copied, in their order
	ids     []string // of versions: to be removed, in that order; or, to describe, those of which none may be kept by the store
	step    Step
}

// next says what is to be done, given a journal and a look, and gives the journal with what the look told.
func next(j Journal, seen look) (Journal, action) {
	j.Versions, j.Left, j.Before = slices.Clone(j.Versions), slices.Clone(j.Left), slices.Clone(j.Before)
	switch j.Step {
	case StepCopy:
		return nextCopy(j, seen)
	case StepDescribe:
		return j, action{verb: describe, ids: contents(seen.source), step: StepClear}
	case StepClear:
		return j, action{verb: clearOld, step: StepRemove}
	case StepRemove:
		return nextRemove(j, seen)
	case StepUndo:
		return nextUndo(j, seen)
	case StepDone:
	}
	return j, action{verb: nothing, step: StepDone}
}

func nextCopy(j Journal, seen look) (Journal, action) {
	twins := j.recordCopies(seen)
	if len(twins) > 0 {
		return j, action{verb: removeCopies, ids: twins, step: StepCopy}
	}
	if j.addVersions(seen.source) {
		return j, action{verb: nothing, step: StepCopy} // written down before they are copied, since their marks are by place in the journal
	}
	there := listed(seen.source)
	var pending []int
	copied := 0
	for i := range j.Versions {
		v := &j.Versions[i]
		switch {
		case v.To != "":
			copied++
			if !j.Described && !listed(seen.target)[v.To] {
				return j.giveUp(refuse(ReasonCopyGone, "somebody deleted version %s of %s while the file was moving there; ask for the move again", v.To, j.To.shown()))
			}
		case !there[v.From]:
			v.Gone = true
		case !v.Gone && !slices.Contains(j.Left, v.From):
			pending = append(pending, i)
		}
	}
	switch {
	case len(pending) > 0:
		return j, action{verb: copyVersions, indexes: pending, step: StepCopy}
	case copied == 0:
		return j.giveUp(refuse(ReasonNotFound, "%s was deleted for good while it was about to move", j.From.shown()))
	}
	return next(j.at(StepDescribe), seen)
}

// giveUp begins to undo. What has been described cannot be given up any more, and goes on as it is.
func (j Journal) giveUp(why *Refusal) (Journal, action) {
	j.Refusal = why
	return j.at(StepUndo), action{verb: nothing, step: StepUndo}
}

func (j Journal) at(step Step) Journal {
	j.Step = step
	return j
}

// recordCopies notes copies that the look found, the older of two, and gives the ids of what is to be removed.
func (j *Journal) recordCopies(seen look) (twins []string) {
	for _, v := range slices.Backward(seen.target) {
		if slices.Contains(j.Before, v.VersionID) {
			continue
		}
		if i, is := seen.copies[v.VersionID]; is {
			if j.Versions[i].To == "" {
				j.Versions[i].To = v.VersionID
				continue
			}
			twins = append(twins, v.VersionID)
		}
		if slices.Contains(seen.spoilt, v.VersionID) {
			twins = append(twins, v.VersionID)
		}
	}
	return twins
}

// addVersions notes versions at the old place that are not known yet, as long as the bound of rounds is not reached; it tells whether it did.
func (j *Journal) addVersions(source []store.ObjectInfo) bool {
	if len(source) > 0 && source[0].IsLatest && source[0].DeleteMarker {
		j.Deleted = true
	}
	known := map[string]bool{}
	for _, v := range j.Versions {
		known[v.From] = true
	}
	added := false
	for _, v := range slices.Backward(source) {
		if v.DeleteMarker || known[v.VersionID] || slices.Contains(j.Left, v.VersionID) || j.Rounds >= maxRounds || len(j.Versions) >= 2*MaxVersions {
			continue
		}
		j.Versions = append(j.Versions, Version{From: v.VersionID, Size: v.Size, Modified: v.LastModified})
		added = true
	}
	if added {
		j.Rounds++
	}
	return added
}

func nextRemove(j Journal, seen look) (Journal, action) {
	if twins := j.recordCopies(seen); len(twins) > 0 {
		return j, action{verb: removeCopies, ids: twins, step: StepRemove}
	}
	if j.addVersions(seen.source) {
		return j.at(StepCopy), action{verb: nothing, step: StepCopy}
	}
	copied := map[string]bool{}
	for _, v := range j.Versions {
		copied[v.From] = v.To != "" && listed(seen.target)[v.To]
	}
	var remove, markers, last []string
	stays := false
	// The oldest go first and the current one last, so that no old version is current in between.
	for _, v := range slices.Backward(seen.source) {
		switch {
		case v.DeleteMarker && v.IsLatest:
			last = append(last, v.VersionID)
		case v.DeleteMarker:
			markers = append(markers, v.VersionID)
		case copied[v.VersionID] && !slices.Contains(j.Left, v.VersionID):
			remove = append(remove, v.VersionID)
		default:
			stays = true
			if !slices.Contains(j.Left, v.VersionID) {
				j.Left = append(j.Left, v.VersionID)
			}
		}
	}
	if !stays { // a marker may hide what stays
		remove = slices.Concat(markers, remove, last)
	}
	if len(remove) == 0 {
		return j, action{verb: finish, step: StepDone}
	}
	return j, action{verb: removeVersions, ids: remove[:min(len(remove), removedAtOnce)], step: StepRemove}
}

func nextUndo(j Journal, seen look) (Journal, action) {
	remove := j.recordCopies(seen)
	there := listed(seen.target)
	for _, v := range j.Versions {
		if v.To != "" && there[v.To] && !slices.Contains(j.Before, v.To) {
			remove = append(remove, v.To)
		}
	}
	if len(remove) == 0 {
		return j, action{verb: nothing, step: StepDone}
	}
	return j, action{verb: removeCopies, ids: remove[:min(len(remove), removedAtOnce)], step: StepUndo}
}

// listed are the versions of a listing.
func listed(all []store.ObjectInfo) map[string]bool {
	there := make(map[string]bool, len(all))
	for _, v := range all {
		if !v.DeleteMarker {
			there[v.VersionID] = true
		}
	}
	return there
}

// contents are the ids of the versions of a listing, the oldest first.
func contents(all []store.ObjectInfo) (ids []string) {
	for _, v := range slices.Backward(all) {
		if !v.DeleteMarker {
			ids = append(ids, v.VersionID)
		}
	}
	return ids
}
