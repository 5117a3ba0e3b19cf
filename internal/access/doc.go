// Package access is the model: who may do what with which file, at which
// instant, and by which routes. It takes plain API objects and answers
// questions; it does no I/O and reads no clock.
//
// The rules, in short: nothing is allowed unless granted; a grant on a folder
// covers everything below it; a deeper grant may add and never takes away; a
// person's right is the union over every route; a grant on a Collection gives
// preview and download of its members and nothing else; a restricted Folder
// is outside every cascade and is reached by a grant on itself or by a role with
// the permission restricted; every grant may have a start and an end. What is
// missing or malformed gives nothing and a Problem that says so.
//
// Where a question takes a user, it takes every subject: a User by its name, or a subject that
// opens sessions by a token, as ClaimSubject and ServiceAccountSubject write it.
package access
