package access

import "slices"

// Enforcer is a place that says yes or no.
type Enforcer string

// The enforcers.
const (
	// Store: the object store, by the policies that Vitrine renders.
	Store Enforcer = "store"
	// Gateway: the link-serving gateway.
	Gateway Enforcer = "gateway"
	// Manager: the operator, when somebody asks it by a change record.
	Manager Enforcer = "manager"
	// Kubernetes: the API server, by RBAC and admission policies.
	Kubernetes Enforcer = "Kubernetes"
)

// enforcers of each permission. Where the store stands beside the manager, the
// store vouches for who asks: each user may put change records below one place of
// their own, and read the answers below another; the manager decides about what they ask for.
var enforcers = [...][]Enforcer{
	List:       {Store, Gateway},
	Preview:    {Store, Gateway},
	Download:   {Store, Gateway},
	Comment:    {Gateway},
	Upload:     {Store, Manager},
	Describe:   {Store, Manager},
	Collect:    {Kubernetes},
	Publish:    {Store, Manager},
	Approve:    {Store, Manager},
	Delete:     {Store, Manager},
	Moderate:   {Gateway},
	Curate:     {Kubernetes},
	Share:      {Kubernetes},
	Link:       {Kubernetes},
	Restricted: {Store, Manager},
	Audit:      {Manager},
}

// EnforcedBy names the places that enforce a permission. Not to be changed.
func (p Permission) EnforcedBy() []Enforcer {
	if p == 0 || int(p) >= len(enforcers) {
		return nil
	}
	return enforcers[p]
}

// Operation is one thing that people do with assets or Collections. The lists
// here are what the gateway and the documentation read: which permissions make up
// an operation stands nowhere else. The renderer reads permissions one by one; its
// tests make the requests of each operation with what the lists say that it needs.
type Operation struct {
	// ID as in docs/features.md.
	ID string
	// Name in plain words.
	Name string
	// Needs are the permissions on the file, or on the Collection that the
	// operation is about: all of them. Empty where no grant is needed.
	Needs Permissions
	// Also are the permissions that the operation needs elsewhere: on the
	// Collection that a file is added to, on the file that is added to a Collection.
	Also Permissions
	// By are the places that enforce it.
	By []Enforcer
	// Verbs are what Kubernetes asks of whoever applies, where it enforces, beside the right
	// to write the object: the permissions above are a User's, and count for nothing there.
	Verbs string
	// Visitor tells whether whoever opens a public link may do it.
	Visitor bool
}

// What Kubernetes asks, where several operations have it in common.
const (
	collects        = "`collect` on the Library and on the Collection"
	seesLink        = "`get` on the PublicLink"
	deletesLink     = "`delete` on the PublicLink"
	curates         = "`curate` on the Collection"
	linksFile       = "`link` on the Folder or Library"
	linksCollection = "`link` on the Collection"
)

var (
	onFiles = []Operation{
		{ID: "A1.1", Name: "list and search assets", Needs: Of(List), By: []Enforcer{Store, Gateway}, Visitor: true},
		// At the store by listings and by what is rendered: HeadObject is GetObject there, and so goes with download.
		{ID: "A1.2", Name: "see file and version details", Needs: Of(List, Preview), By: []Enforcer{Store, Gateway}, Visitor: true},
		{ID: "A1.3", Name: "download a file", Needs: Of(Download), By: []Enforcer{Store, Gateway}, Visitor: true},
		{ID: "A1.4", Name: "download several as an archive", Needs: Of(Download), By: []Enforcer{Gateway}, Visitor: true},
		{ID: "A1.5", Name: "see one's own downloads", Needs: Of(Download), By: []Enforcer{Gateway}},
		{ID: "A1.6", Name: "read threads and comments", Needs: Of(Preview), By: []Enforcer{Gateway}},
		{ID: "A1.7", Name: "add comments and replies", Needs: Of(Comment), By: []Enforcer{Gateway}},
		{ID: "A1.8", Name: "edit or delete one's own comments", Needs: Of(Comment), By: []Enforcer{Gateway}},
		{ID: "A1.9", Name: "change one's own reaction", Needs: Of(Comment), By: []Enforcer{Gateway}},
		{ID: "A1.10", Name: "resolve or reopen a thread", Needs: Of(Comment), By: []Enforcer{Gateway}},
		{ID: "A1.11", Name: "create a folder", Needs: Of(Upload), By: []Enforcer{Store}},
		{ID: "A1.12", Name: "upload a file or a new version", Needs: Of(Upload), By: []Enforcer{Store}},
		{ID: "A1.13", Name: "restore an old version", Needs: Of(Download, Upload), By: []Enforcer{Store, Manager}},
		{ID: "A1.14", Name: "change custom metadata", Needs: Of(Describe), By: []Enforcer{Manager}},
		{ID: "A1.15", Name: "edit keywords", Needs: Of(Describe), By: []Enforcer{Manager}},
		{ID: "A1.16", Name: "add automatic keywords", Needs: Of(Describe), By: []Enforcer{Manager}},
		{ID: "A1.17", Name: "derive an edited image (background removal)", Needs: Of(Download, Upload), By: []Enforcer{Store}},
		{ID: "A1.18", Name: "remove keywords", Needs: Of(Describe), By: []Enforcer{Manager}},
		{ID: "A1.19", Name: "edit an image", Needs: Of(Download, Upload), By: []Enforcer{Store}},
		{ID: "A1.20", Name: "set a focus area", Needs: Of(Describe), By: []Enforcer{Manager}},
		{ID: "A1.21", Name: "copy an asset", Needs: Of(Download, Upload), By: []Enforcer{Store}},
		{ID: "A1.22", Name: "add an asset to a collection", Needs: Of(Collect), Also: Of(Collect), By: []Enforcer{Kubernetes}, Verbs: collects},
		{ID: "A1.23", Name: "delete a whole thread", Needs: Of(Moderate), By: []Enforcer{Gateway}},
		{ID: "A1.24", Name: "rename a file", Needs: Of(Download, Upload, Delete), By: []Enforcer{Store}},
		{ID: "A1.25", Name: "move an asset", Needs: Of(Download, Upload, Delete), By: []Enforcer{Store}},
		{ID: "A1.26", Name: "delete a non-current version", Needs: Of(Delete), By: []Enforcer{Manager}},
		{ID: "A1.27", Name: "delete an asset", Needs: Of(Delete), By: []Enforcer{Store}},
		{ID: "A1.28", Name: "share an asset", Needs: Of(Share), By: []Enforcer{Kubernetes}, Verbs: "`share` on the Folder or Library, and `bind` on the role"},
		{ID: "A1.29", Name: "see its public links", Needs: Of(Link), By: []Enforcer{Kubernetes}, Verbs: seesLink},
		{ID: "A1.30", Name: "create its public links", Needs: Of(Link), By: []Enforcer{Kubernetes}, Verbs: linksFile},
		{ID: "A1.31", Name: "edit its public links", Needs: Of(Link), By: []Enforcer{Kubernetes}, Verbs: linksFile},
		{ID: "A1.32", Name: "delete its public links", Needs: Of(Link), By: []Enforcer{Kubernetes}, Verbs: deletesLink},
	}

	onCollections = []Operation{
		{ID: "A2.1", Name: "create a collection", By: []Enforcer{Kubernetes}, Verbs: collects},
		{ID: "A2.2", Name: "find and list", Needs: Of(List), By: []Enforcer{Kubernetes}, Verbs: "`list` on Collections", Visitor: true},
		{ID: "A2.3", Name: "see members", Needs: Of(List), By: []Enforcer{Gateway, Kubernetes}, Verbs: "`get` on the Collection", Visitor: true},
		{ID: "A2.4", Name: "see their details", Needs: Of(Preview), By: []Enforcer{Store, Gateway}, Visitor: true},
		{ID: "A2.5", Name: "archive", Needs: Of(Download), By: []Enforcer{Gateway}, Visitor: true},
		{ID: "A2.6", Name: "add members", Needs: Of(Collect), Also: Of(Collect), By: []Enforcer{Kubernetes}, Verbs: collects},
		{ID: "A2.7", Name: "rename", Needs: Of(Curate), By: []Enforcer{Kubernetes}, Verbs: curates},
		{ID: "A2.8", Name: "remove members", Needs: Of(Curate), By: []Enforcer{Kubernetes}, Verbs: curates},
		{ID: "A2.9", Name: "delete", Needs: Of(Curate), By: []Enforcer{Kubernetes}, Verbs: curates},
		{ID: "A2.10", Name: "share", Needs: Of(Share), By: []Enforcer{Kubernetes}, Verbs: "`share` on the Collection, and `bind` on the role"},
		{ID: "A2.11", Name: "see its public links", Needs: Of(Link), By: []Enforcer{Kubernetes}, Verbs: seesLink},
		{ID: "A2.12", Name: "create its public links", Needs: Of(Link), By: []Enforcer{Kubernetes}, Verbs: linksCollection},
		{ID: "A2.13", Name: "edit its public links", Needs: Of(Link), By: []Enforcer{Kubernetes}, Verbs: linksCollection},
		{ID: "A2.14", Name: "delete its public links", Needs: Of(Link), By: []Enforcer{Kubernetes}, Verbs: deletesLink},
	}
)

// FileOperations are what people do with files and folders, in the order of their ids.
func FileOperations() []Operation { return slices.Clone(onFiles) }

// CollectionOperations are what people do with Collections, in the order of their ids.
func CollectionOperations() []Operation { return slices.Clone(onCollections) }

// OperationByID finds an operation.
func OperationByID(id string) (Operation, bool) {
	for _, list := range [][]Operation{onFiles, onCollections} {
		for _, o := range list {
			if o.ID == id {
				return o, true
			}
		}
	}
	return Operation{}, false
}

// May tells whether these permissions, held on the file or Collection, suffice
// for the operation as far as it is about that.
func (o Operation) May(have Permissions) bool { return o.Needs&^have == 0 }

// Levels are the built-in roles that a grant on a Folder or Collection can give, each
// holding the one before.
func Levels() []string { return []string{"viewer", "contributor", "manager"} }

// Level is the least level that suffices for the operation; empty when no grant is needed.
func (o Operation) Level() string {
	if o.Needs == 0 {
		return ""
	}
	for _, level := range Levels() {
		if have, _ := BuiltInRole(level); o.May(have) {
			return level
		}
	}
	return "none"
}
