package asset

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A link's catalog is written so that one of a hundred thousand files is read in a moment, and takes little more memory than bytes: it is
// a file of blocks, and beside them it has the first 8 bytes of the ID of each row's asset.
const (
	catalogMagic = "vitrine catalog 2\n"
	// MaxCatalogRows bounds the files of one catalog.
	MaxCatalogRows = 2_000_000
)

// outline is what is known of a catalog without its rows.
type outline struct {
	Title    string `json:"title,omitempty"`
	Archived int    `json:"archived,omitempty"`
	Rows     int    `json:"rows"`
	// Bytes of all originals.
	Bytes int64 `json:"bytes"`
	// Blocks are the lengths of the frames.
	Blocks []int `json:"blocks"`
	// Timed are the rows that are not always shown.
	Timed []timedRow `json:"timed,omitempty"`
}

type timedRow struct {
	Row   int       `json:"row"`
	Size  int64     `json:"size"`
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// Encode gives the catalog as it is stored; equal catalogs give equal bytes.
func (c Catalog) Encode() ([]byte, error) {
	if len(c.Assets) > MaxCatalogRows {
		return nil, fmt.Errorf("encoding the catalog: %d files, at most %d", len(c.Assets), MaxCatalogRows)
	}
	o := outline{Title: c.Title, Archived: c.Archived, Rows: len(c.Assets)}
	data := []byte(catalogMagic)
	for block := range slices.Chunk(c.Assets, blockRows) {
		packed, length, err := packFrame(data, block)
		if err != nil {
			return nil, err
		}
		data, o.Blocks = packed, append(o.Blocks, length)
	}
	for i := range c.Assets {
		a := &c.Assets[i]
		data = binary.BigEndian.AppendUint64(data, idPrefix(a.ID))
		o.Bytes += a.Size
		if !a.From.IsZero() || !a.Until.IsZero() {
			o.Timed = append(o.Timed, timedRow{i, a.Size, a.From, a.Until})
		}
	}
	return sealOutline(data, o)
}

// idPrefix is the beginning of an ID as a number; 0 for what is no ID.
func idPrefix(id string) uint64 {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(id[:min(len(id), 16)]))
	if err != nil || len(raw) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(raw)
}

// CatalogFile is a catalog as it is stored, of which only the rows that are asked for are unpacked. It may be used by any number
// of goroutines.
type CatalogFile struct {
	outline
	size   int      // bytes
	blocks [][]byte // packed
	ids    []uint64 // idPrefix of each row, in ascending order
	rows   []uint32 // the row of each of ids

	mu     sync.Mutex
	recent []unpacked // blocks used last, the newest first
}

type unpacked struct {
	block int
	rows  []CatalogAsset
}

// recentBlocks is how many unpacked blocks are kept: what a page needs, and the page beside it.
const recentBlocks = 4

// OpenCatalog reads what Encode wrote. It keeps data, which must not be changed afterwards. ErrCatalog when it is something else, as
// far as that shows without its rows.
func OpenCatalog(data []byte) (*CatalogFile, error) {
	c := &CatalogFile{size: len(data)}
	body, err := openOutline(catalogMagic, data, &c.outline)
	if err != nil {
		return nil, err
	}
	if c.Rows > MaxCatalogRows || c.Archived < 0 || c.Bytes < 0 {
		return nil, badCatalog("its outline says what cannot be")
	}
	var ids []byte
	if c.blocks, ids, err = cutBlocks(body, c.Blocks, c.Rows); err != nil {
		return nil, err
	}
	if len(ids) != 8*c.Rows {
		return nil, badCatalog("its parts do not add up")
	}
	for _, t := range c.Timed {
		if t.Row < 0 || t.Row >= c.Rows || t.Size < 0 {
			return nil, badCatalog("a row that is not there is shown at a time")
		}
	}
	c.index(ids)
	return c, nil
}

// index makes rows findable by ID.
func (c *CatalogFile) index(ids []byte) {
	c.rows = make([]uint32, c.Rows)
	for i := range c.rows {
		c.rows[i] = uint32(i)
	}
	of := func(row uint32) uint64 { return binary.BigEndian.Uint64(ids[8*row:]) }
	slices.SortFunc(c.rows, func(a, b uint32) int {
		if x, y := of(a), of(b); x != y {
			if x < y {
				return -1
			}
			return 1
		}
		return int(a) - int(b)
	})
	c.ids = make([]uint64, c.Rows)
	for i, row := range c.rows {
		c.ids[i] = of(row)
	}
}

// Len is how many rows there are, those that are not shown now included.
func (c *CatalogFile) Len() int { return c.Rows }

// TargetTitle is the title that the target was given.
func (c *CatalogFile) TargetTitle() string { return c.Title }

// Row gives one row. ErrCatalog when it cannot be read, or says what cannot be.
func (c *CatalogFile) Row(i int) (*CatalogAsset, error) {
	if i < 0 || i >= c.Rows {
		return nil, badCatalog("there is no row %d of %d", i, c.Rows)
	}
	rows, err := c.block(i / blockRows)
	if err != nil {
		return nil, err
	}
	return &rows[i%blockRows], nil
}

// Find gives the row of an ID, and its number. False when there is none, or it cannot be read.
func (c *CatalogFile) Find(id string) (row *CatalogAsset, number int, found bool) {
	prefix := idPrefix(id)
	at, _ := slices.BinarySearch(c.ids, prefix)
	for ; at < len(c.ids) && c.ids[at] == prefix; at++ {
		number = int(c.rows[at])
		if row, err := c.Row(number); err == nil && row.ID == id {
			return row, number, true
		}
	}
	return nil, 0, false
}

func (c *CatalogFile) block(n int) ([]CatalogAsset, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := slices.IndexFunc(c.recent, func(u unpacked) bool { return u.block == n })
	if at >= 0 {
		used := c.recent[at]
		c.recent = slices.Insert(slices.Delete(c.recent, at, at+1), 0, used)
		return used.rows, nil
	}
	rows, err := unpackBlock(c.blocks, n, c.Rows, (*CatalogAsset).sane)
	if err != nil {
		return nil, err
	}
	c.recent = slices.Insert(c.recent[:min(len(c.recent), recentBlocks-1)], 0, unpacked{n, rows})
	return rows, nil
}

// sane tells whether a row can be served from: what writes catalogs is our own, and sizes become memory.
func (a *CatalogAsset) sane() bool {
	if a.ID == "" || a.Path == "" || a.Size < 0 {
		return false
	}
	return !slices.ContainsFunc(a.Renditions, func(r CatalogRendition) bool { return r.Size < 0 || r.Width < 0 || r.Height < 0 })
}

// Weight is about the memory that the catalog takes, in bytes.
func (c *CatalogFile) Weight() int64 {
	return int64(c.size) + int64(c.Rows)*12 + recentBlocks*blockRows*1024
}

// CatalogView is what of a catalog is shown at one instant.
type CatalogView struct {
	*CatalogFile
	// Bytes of the originals that are shown; Archived counts files that are over.
	Bytes    int64
	Archived int
	hidden   []int // rows, in order
}

// At gives what is shown at an instant.
func (c *CatalogFile) At(now time.Time) CatalogView {
	v := CatalogView{CatalogFile: c, Bytes: c.Bytes, Archived: c.outline.Archived}
	for _, t := range c.Timed {
		if row := (CatalogAsset{From: t.From, Until: t.Until}); row.Shown(now) {
			continue
		}
		v.hidden = append(v.hidden, t.Row)
		v.Bytes -= t.Size
		if !now.Before(t.From) { // it was shown
			v.Archived++
		}
	}
	return v
}

// Len is how many files are shown.
func (v CatalogView) Len() int { return v.Rows - len(v.hidden) }

// Asset gives the file at a place among those that are shown.
func (v CatalogView) Asset(place int) (*CatalogAsset, error) {
	row := place
	for _, hidden := range v.hidden { // in order, so each that is not beyond moves it by one
		if hidden > row {
			break
		}
		row++
	}
	return v.Row(row)
}

// Place tells where among the files that are shown a row is; false when it is not.
func (v CatalogView) Place(row int) (place int, shown bool) {
	before, hidden := slices.BinarySearch(v.hidden, row)
	return row - before, !hidden
}
