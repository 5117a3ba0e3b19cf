// Package relocate brings an original with all its versions from one place in a Library's two buckets to another: into the archive and
// back, and into, out of and between restricted Folders. A store has no move, so it is a sequence of copies and deletions that may be cut
// anywhere; a journal in Vitrine's bucket, written before the first of them, says what is on its way.
//
// Start refuses what cannot be done, and writes the journal. Resume does a bounded piece of the work: it looks at both places, a pure
// function (next) says what follows, and that is done. Every copy bears a mark in its user metadata, so that a look tells what was copied,
// whatever became of the answer. Nothing is deleted before all of it was copied, and proven to be the same; nothing at all of a file of
// which the store keeps a version from being deleted.
//
// The manager alone moves, and writes what people said of a file: while a journal names a key (Journal.Names), no other part of it changes
// metadata, state, approvals or versions of that key, or makes renditions of it.
package relocate
