// Package policy turns grants into the policies that a store enforces.
//
// The way of a right: a grant becomes Allows (who, which bucket, which verb,
// below which prefix); the Allows of a bucket become one Document, folded into
// few statements and written in canonical form; package evaluate, which shares
// no code with this, judges the result against the model before it is applied.
// There is never a Deny, and never a condition but the prefix of a listing and the end of a right.
package policy
