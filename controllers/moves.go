package controllers

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// Moves is what is to be told of originals on their way to another place, and what was refused: a memory, which is empty after a restart.
type Moves struct {
	mu       sync.Mutex
	starting map[types.NamespacedName]*sync.Mutex
	problems map[types.NamespacedName]string
	damaged  map[types.NamespacedName]string                   // journals that cannot be read
	refused  map[types.NamespacedName]map[access.Key]time.Time // until when a file is not tried again
	ended    map[types.NamespacedName]map[string]time.Time     // when a move had come to its end, by token
}

// NewMoves makes an empty one.
func NewMoves() *Moves {
	return &Moves{
		starting: map[types.NamespacedName]*sync.Mutex{}, problems: map[types.NamespacedName]string{}, damaged: map[types.NamespacedName]string{},
		refused: map[types.NamespacedName]map[access.Key]time.Time{}, ended: map[types.NamespacedName]map[string]time.Time{},
	}
}

// start is what whoever starts a move holds, and whoever writes what is known of a file from the look whether it moves until it is
// written: nothing is written of a file whose move began in between.
func (m *Moves) start(library types.NamespacedName) *sync.Mutex {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.starting[library] == nil {
		m.starting[library] = &sync.Mutex{}
	}
	return m.starting[library]
}

// of gives what is to be told of a Library's moves; empty for nothing.
func (m *Moves) of(library types.NamespacedName) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	problem, damaged := m.problems[library], m.damaged[library]
	if problem != "" && damaged != "" {
		return damaged + "; " + problem
	}
	return damaged + problem
}

// set notes what is to be told, and tells whether that is something else than before.
func (m *Moves) set(library types.NamespacedName, problem string) (other bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return setOther(m.problems, library, problem)
}

// setDamaged notes what is to be told of journals that cannot be read, likewise.
func (m *Moves) setDamaged(library types.NamespacedName, told string) (other bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return setOther(m.damaged, library, told)
}

func setOther(all map[types.NamespacedName]string, library types.NamespacedName, told string) (other bool) {
	if all[library] == told {
		return false
	}
	all[library] = told
	return true
}

// refuse notes that a file cannot be moved for a while.
func (m *Moves) refuse(library types.NamespacedName, key access.Key, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refused[library] == nil {
		m.refused[library] = map[access.Key]time.Time{}
	}
	m.refused[library][key] = until
}

// rests tells whether a file is not to be tried now.
func (m *Moves) rests(library types.NamespacedName, key access.Key, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, refused := m.refused[library][key]
	if refused && !now.Before(until) {
		delete(m.refused[library], key)
		return false
	}
	return refused
}

func (m *Moves) forget(library types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.problems, library)
	delete(m.damaged, library)
	delete(m.refused, library)
	delete(m.ended, library)
}

// done notes that nothing of a move is left to do at the store.
func (m *Moves) done(library types.NamespacedName, token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended[library] == nil {
		m.ended[library] = map[string]time.Time{}
	}
	m.ended[library][token] = time.Now()
}

// doneSince tells since when nothing of a move is left to do, if that is known.
func (m *Moves) doneSince(library types.NamespacedName, token string) (time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	since, known := m.ended[library][token]
	return since, known
}

// told forgets a move that was reported.
func (m *Moves) told(library types.NamespacedName, token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.ended[library], token)
}
