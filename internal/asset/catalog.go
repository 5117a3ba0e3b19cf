package asset

import "time"

// Catalog lists what a PublicLink shows now. The manager writes it into
// Vitrine's bucket whenever it changes; the gateway reads it and serves nothing
// that it does not list.
type Catalog struct {
	// Title that the target was given, for a link without one of its own.
	Title string
	// Assets, ordered by path, those that are only shown at another time included.
	Assets []CatalogAsset
	// Archived counts files that would be shown if they were not archived.
	Archived int
}

// CatalogAsset is one original in a Catalog.
type CatalogAsset struct {
	// ID of the asset in addresses; see ID.
	ID string `json:"id"`
	// Path relative to what the link shares: the folder's own files have no
	// folder in front, and a single file is its name alone.
	Path string `json:"path"`
	// Bucket and Object hold the original; VersionID is its current version.
	Bucket    string `json:"bucket"`
	Object    string `json:"object"`
	VersionID string `json:"versionID,omitempty"`
	// ETag of the original as the store gives it, without quotes.
	ETag string `json:"etag"`
	// Size of the original in bytes.
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	// ContentType, by content; empty until it is known.
	ContentType string `json:"type,omitempty"`
	// Width and Height in pixels as shown; zero when not a picture or not known yet.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// CRC32 (IEEE) of the original in hex; empty until it is known.
	CRC32 string `json:"crc32,omitempty"`
	// Problem says in one word why no rendition can be made; empty otherwise.
	Problem string `json:"problem,omitempty"`
	// Unmade names the presets by which no picture of the file can be made now.
	Unmade []string `json:"unmade,omitempty"`
	// From and Until bound when the file is shown, whatever the link says; zero for no bound.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Fields that the link shows, in the order of the Library's.
	Fields []CatalogField `json:"fields,omitempty"`
	// Renditions that exist.
	Renditions []CatalogRendition `json:"renditions,omitempty"`
}

// Shown tells whether the file is shown at an instant.
func (a *CatalogAsset) Shown(now time.Time) bool {
	return !now.Before(a.From) && (a.Until.IsZero() || now.Before(a.Until))
}

// CatalogField is what a file has in one field.
type CatalogField struct {
	// Title of the field, for people.
	Title  string   `json:"title"`
	Values []string `json:"values"`
}

// CatalogRendition is one rendition of an asset.
type CatalogRendition struct {
	// Preset it was made by.
	Preset string `json:"preset"`
	// Object that holds it, in Vitrine's bucket; ETag as the store gives it, without quotes.
	Object string `json:"object"`
	ETag   string `json:"etag"`
	// Size in bytes.
	Size        int64  `json:"size"`
	ContentType string `json:"type"`
	// Width and Height in pixels; zero when not known.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
}

// DecodeCatalog reads all of what Encode wrote.
func DecodeCatalog(data []byte) (Catalog, error) {
	file, err := OpenCatalog(data)
	if err != nil {
		return Catalog{}, err
	}
	c := Catalog{Title: file.Title, Archived: file.outline.Archived, Assets: make([]CatalogAsset, 0, file.Rows)}
	for i := range file.Rows {
		row, err := file.Row(i)
		if err != nil {
			return Catalog{}, err
		}
		c.Assets = append(c.Assets, *row)
	}
	return c, nil
}
