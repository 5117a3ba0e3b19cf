// Package review answers a reviewer's questions about one tenant: who may do
// something, whether somebody may, why and why not, all that a user may do, and
// which roles there are. It asks package access for every decision and adds what a
// person wants to read beside it; it does no I/O and reads no clock.
//
// What is declared is all it knows. Which files a bucket holds it does not, so a
// Collection's pattern is answered for any file that matches it, and every such
// answer says so in its notes.
package review
