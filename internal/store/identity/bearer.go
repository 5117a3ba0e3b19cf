package identity

// Bearer is a user or group of a store with the policies that are its own, whoever made them.
type Bearer struct {
	Kind     HolderKind
	Name     string
	Path     string
	Policies map[string][]byte // by name, as JSON
	Members  []string          // of a group, by name
	Unread   []string          // what could not be read of it, in words
	Shut     bool              // it has no rights now, whatever its policies say, so they are not read
}
