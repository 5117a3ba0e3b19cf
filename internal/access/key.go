package access

// Key names one file of a tenant, by where it really is: the same words as in
// a path of the library, told apart from files of restricted folders, which
// live under a root of their own.
type Key struct {
	// Library is the Library's name.
	Library string
	// Restricted is the name of the restricted Folder whose root holds the
	// file; empty for files in the bucket of originals.
	Restricted string
	// Path is relative to that root, with single slashes between segments.
	Path string
}

// Scope is a Library's root, or everything below a prefix of it.
type Scope struct {
	// Library is the Library's name.
	Library string
	// Restricted is the name of the restricted Folder whose root this is; empty
	// for the bucket of originals.
	Restricted string
	// Prefix ends in a slash, or is empty for the whole root. It never covers a
	// neighbour whose name merely begins alike: brand/ is not brand-2/.
	Prefix string
}
