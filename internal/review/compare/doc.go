// Package compare tells what becomes of access when one state of a tenant's
// declarations takes the place of another: who gains and who loses what, on which
// prefix, from when until when, by which route; and which links open, last longer or
// are less protected.
//
// It compares what the declarations come to, not their text. Each side's rights
// are the model's (package access), looked at along the paths that people know, and at
// every instant after now at which a right of either side begins or ends. What
// differs in words alone, such as a binding's name or the order of a list, is no
// change; what differs nowhere and never is Same.
package compare
