// Package link decides everything about a public link that needs no server:
// its token and the sealed record that outlives a cluster, when it is open,
// its password, and the signatures that open its pages and pictures.
//
// The package is pure: randomness is an io.Reader, the time is a parameter.
// Secrets are held in types that print as a fixed word.
package link
