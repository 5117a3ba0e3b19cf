package gateway

import "github.com/vitrine-dam/vitrine/internal/access"

// Permission is what a route demands before its handler runs. The words are
// those of the access model; Public and Unlock exist at the gateway only.
type Permission uint8

// The permissions.
const (
	// Public is for what belongs to no link: the style sheet, robots.txt.
	Public Permission = iota + 1
	// Unlock is to offer a password.
	Unlock
	// List is to see a link's page and the pages of its assets.
	List
	// Preview is to get renditions.
	Preview
	// Download is to get originals.
	Download
)

// String is the word for logs and metrics.
func (p Permission) String() string {
	return [...]string{"none", "public", "unlock", "list", "preview", "download"}[min(p, Download)]
}

// does is the permission of an operation that visitors of links may do; none,
// which opens nothing, for any other.
func does(id string) Permission {
	o, ok := access.OperationByID(id)
	if !ok || !o.Visitor {
		return 0
	}
	switch {
	case o.Needs.Has(access.Download):
		return Download
	case o.Needs.Has(access.Preview):
		return Preview
	}
	return List
}

// What of an asset is asked for, beside the names of presets.
const (
	whatOriginal = "original"
	whatThumb    = "thumb"
	whatPreview  = "preview"
)

// Subject is what a request is about: nothing for a link's page, an asset for
// the asset's page, and with What one sequence of bytes.
type Subject struct {
	// Asset is the asset's id in addresses; empty for the link as a whole.
	Asset string
	// What is original, thumb, preview or a preset's name; empty for the asset as a whole.
	What string
}

// permissionFor is the permission that bytes of this name need.
func permissionFor(what string) Permission {
	if what == whatOriginal {
		return does("A1.3")
	}
	return does("A1.2")
}
