// Package asset says what an asset is: where its original, its renditions and
// what is known of it are kept, and what a link shows of it. It does no I/O.
package asset
