// Package worldtest makes up random tenants for property tests: folders nested and
// restricted within restricted, names that begin alike, spaces, signs and letters of all
// kinds, overlapping groups with members by name, mail domain and claim, windows, collections with files of
// one version, roles of their own, references to what does not exist, and things frozen or on their way out.
package worldtest

import (
	"math/rand/v2"
	"time"

	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// Start is when every world begins; windows open and close in the hours after it.
var Start = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)

// Hours is how many hours after Start windows open and close in.
const Hours = 4

// World is a tenant, and what to ask about it.
type World struct {
	access.Declarations
	// Keys to ask about, in every root.
	Keys []access.Key
	// Instants to ask at.
	Instants []time.Time
}

// Size bounds a world: each number is the most there is of a thing.
type Size struct {
	Libraries, Folders, Files, Collections, Users, Groups, Bindings int
	// OddFiles lets files have names that no declaration can have, as uploaders
	// give them: another Unicode form or case of a folder's name, and signs that policies read as patterns.
	OddFiles bool
	// FolderNames lets files have the names of folders: a store that is no file system keeps both.
	FolderNames bool
	// Sessions lets groups have members who are no Users: holders of a claim, and ServiceAccounts.
	Sessions bool
}

var (
	// Small worlds are for properties that are asked about everything in them.
	Small = Size{Libraries: 2, Folders: 7, Files: 12, Collections: 2, Users: 4, Groups: 3, Bindings: 6, Sessions: true}
	// Odd worlds are small ones with all kinds of files.
	Odd = Size{Libraries: 2, Folders: 7, Files: 12, Collections: 2, Users: 4, Groups: 3, Bindings: 6, OddFiles: true, FolderNames: true, Sessions: true}
	// Large worlds have something of everything, most of the time, but for sessions: they are for the people's own keys.
	Large = Size{Libraries: 3, Folders: 12, Files: 24, Collections: 3, Users: 6, Groups: 4, Bindings: 24, OddFiles: true}
)

// Draw makes up a small world, which rapid makes simpler when a property fails.
func Draw(t *rapid.T) World { return DrawSize(t, Small) }

// DrawSize makes up a world of a size, which rapid makes simpler when a property fails.
func DrawSize(t *rapid.T, s Size) World {
	return build(s, func(what string, from, to int) int { return rapid.IntRange(from, to).Draw(t, what) })
}

// Random makes up a world of a size; the same source gives the same world.
// Numbers are spread evenly, whereas rapid prefers small ones.
func Random(r *rand.Rand, s Size) World {
	return build(s, func(_ string, from, to int) int { return from + r.IntN(to-from+1) })
}

func build(s Size, number func(what string, from, to int) int) World {
	var w World
	for i := range Hours + 1 {
		w.Instants = append(w.Instants, Start.Add(time.Duration(i)*time.Hour))
	}
	d := drawer{number: number, w: &w, size: s}
	d.libraries()
	d.folders()
	d.collections()
	d.people()
	d.roles()
	d.bindings()
	w.NamespaceFrozen = d.rarely("frozen namespace")
	return w
}
