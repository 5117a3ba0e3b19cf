// Package source reads what one tenant declares, from a cluster or from files of
// YAML. It only reads.
package source
