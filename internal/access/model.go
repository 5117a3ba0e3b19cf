package access

import (
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Declarations are what one tenant declares, as plain API objects. The model
// keeps parts of them: do not change them afterwards.
type Declarations struct {
	// NamespaceFrozen says that the tenant's namespace carries the freeze annotation.
	NamespaceFrozen bool

	Libraries    []v1alpha1.Library
	Folders      []v1alpha1.Folder
	Collections  []v1alpha1.Collection
	Users        []v1alpha1.User
	UserGroups   []v1alpha1.UserGroup
	Roles        []v1alpha1.Role
	RoleBindings []v1alpha1.RoleBinding

	// Files lists, by Library, the paths of the files known to be in its bucket
	// of originals. Patterns of Collections are expanded over it; an item that
	// names a file needs no listing, but one that turns out to name a folder is
	// found only by it.
	Files map[string][]string

	// Selected lists, by Collection, the paths of the files in its Library's bucket of originals that its selector
	// picks now. A Collection without a selector has none.
	Selected map[string][]string
}

// Model answers questions about one tenant. It is never changed after New and
// may be used by any number of goroutines.
type Model struct {
	frozen      bool
	libraries   map[string]*library
	folders     map[string]*folder
	collections map[string]*collection
	listings    map[string][]string // by Library with Collections: its files, in order
	users       map[string]bool     // by name: whether anything may come to them
	groups      map[string][]string // by name: members that anything may come to, subjects that are no Users included
	sizes       map[string]int      // by group: Users in it who exist, frozen ones included
	roles       map[string]role
	bindings    []*binding
	byBinding   map[string]*binding
	byUser      map[string][]membership
	bySubject   map[v1alpha1.Subject][]*binding // those that rights can come to
	problems    problemList
}

// New makes the model. It never fails: what is malformed or missing gives
// nothing and a Problem.
func New(d Declarations) *Model { return after(nil, d) }

// Next makes the model of what the same tenant declares now: the one that New makes, sooner
// where Collections, Folders and files are as they were.
func (m *Model) Next(d Declarations) *Model { return after(m, d) }

func after(before *Model, d Declarations) *Model {
	m := &Model{frozen: d.NamespaceFrozen}
	m.addLibraries(d.Libraries)
	m.addFolders(d.Folders)
	m.addCollections(d, before)
	m.addUsers(d.Users)
	m.addGroups(d.UserGroups, d.Users)
	m.addRoles(d.Roles)
	m.addBindings(d.RoleBindings)
	m.problems.sort()
	return m
}

// Grant is a right of one user: permissions on a scope or on single files.
type Grant struct {
	// User, or a subject that is none: see ParseSession.
	User        string
	Permissions Permissions
	// Fields are the only ones that the permission describe is for, in order; nil for all. Not to be changed.
	Fields []string
	// Scope that the permissions cover; nil when Keys says it.
	Scope *Scope
	// Keys are the members of a Collection; nil when Scope says it. Not to be changed.
	Keys []Key
	// Route is how the grant came about.
	Route Route
}

// Route is how a right came about.
type Route struct {
	// Binding is the RoleBinding.
	Binding string
	// Role is the role it gives; BuiltIn says whether it needs no object.
	Role    string
	BuiltIn bool
	// Group through which the user is reached; empty when named directly.
	Group string
	// Target of the binding.
	Target v1alpha1.Target
	// Inherited is the path of the Folder from which the right cascades to the
	// file or place asked about, / for a whole Library; empty when the target is that very
	// place, and for Collections.
	Inherited string
	// NotBefore and NotAfter bound the right in time: it begins at the first
	// instant and is over at the second; nil is without bound.
	NotBefore, NotAfter *time.Time
}

// Decision is an answer with its grounds.
type Decision struct {
	Allowed bool
	// Routes by which it is allowed: all of them, in a stable order.
	Routes []Route
}

// Holder is a user who holds a permission, with every route.
type Holder struct {
	User   string
	Routes []Route
}

// LinkScope is what a link on a target shows.
type LinkScope struct {
	// Library that it is in.
	Library string
	// Scope is everything below a place; nil when Keys says it.
	Scope *Scope
	// Keys are single files; nil when Scope says it. Not to be changed.
	Keys []Key
	// Versions of those Keys of which one version is meant; the current one of
	// the others. Not to be changed.
	Versions map[Key]string
}
