package asset

import (
	"slices"
	"strings"
)

// A part is a file of blocks of rows, which lack what was made of each file. That is in as many blocks behind them: it is half of all,
// and who lists files does without.
const partMagic = "vitrine part 1\n"

// made is what was made of one file.
type made struct {
	Renditions []Rendition `json:"renditions,omitempty"`
	Unmade     []Unmade    `json:"unmade,omitempty"`
}

// without gives a row without what was made of its file, and that.
func (r PlaceRow) without() (PlaceRow, made) {
	if r.Facts == nil || r.Facts.Says == nil {
		return r, made{}
	}
	facts := *r.Facts.Says
	m := made{facts.Renditions, facts.Unmade}
	facts.Renditions, facts.Unmade = nil, nil
	r.Facts = &Noted[Facts]{ETag: r.Facts.ETag, Says: &facts}
	return r, m
}

// partOutline is what is known of a part without its rows.
type partOutline struct {
	Rows   int   `json:"rows"`
	Blocks []int `json:"blocks"`
	Made   []int `json:"made"`
	// Firsts are the paths with which blocks begin.
	Firsts []string `json:"firsts"`
}

// EncodePart gives rows, which are sane and in the order of their paths, as a file of blocks, and how a PlaceCatalog names it.
func EncodePart(rows []PlaceRow) ([]byte, PlacePart, error) {
	o := partOutline{Rows: len(rows)}
	data := []byte(partMagic)
	bare, beside := make([]PlaceRow, len(rows)), make([]made, len(rows))
	for i, r := range rows {
		bare[i], beside[i] = r.without()
	}
	for block := range slices.Chunk(bare, blockRows) {
		packed, length, err := packFrame(data, block)
		if err != nil {
			return nil, PlacePart{}, err
		}
		data, o.Blocks, o.Firsts = packed, append(o.Blocks, length), append(o.Firsts, block[0].Path)
	}
	for block := range slices.Chunk(beside, blockRows) {
		packed, length, err := packFrame(data, block)
		if err != nil {
			return nil, PlacePart{}, err
		}
		data, o.Made = packed, append(o.Made, length)
	}
	data, err := sealOutline(data, o)
	if err != nil {
		return nil, PlacePart{}, err
	}
	return data, PlacePart{Name: NamePart(rows), First: rows[0].Path, Last: rows[len(rows)-1].Path, Rows: len(rows), Sum: sumOf(data)}, nil
}

// Part is a part as it is stored, of which only the blocks that are asked for are unpacked.
type Part struct {
	outline partOutline
	named   PlacePart
	blocks  [][]byte
	made    [][]byte
}

// OpenPart reads what EncodePart wrote, as a PlaceCatalog names it; ErrCatalog when it is something else.
func OpenPart(data []byte, named PlacePart) (*Part, error) {
	if sumOf(data) != named.Sum {
		return nil, badCatalog("part %s has other bytes", named.Name)
	}
	p := &Part{named: named}
	body, err := openOutline(partMagic, data, &p.outline)
	if err != nil {
		return nil, err
	}
	blocks, behind, err := cutBlocks(body, p.outline.Blocks, p.outline.Rows)
	if err != nil {
		return nil, err
	}
	made, behind, err := cutBlocks(behind, p.outline.Made, p.outline.Rows)
	if err != nil {
		return nil, err
	}
	if len(behind) > 0 || p.outline.Rows != named.Rows || len(p.outline.Firsts) != len(blocks) {
		return nil, badCatalog("the parts of part %s do not add up", named.Name)
	}
	p.blocks, p.made = blocks, made
	return p, nil
}

// All visits all rows, in order, as Below does, and with what was made of each file.
func (p *Part) All(visit func(*PlaceRow) error) error {
	at := 0
	var block []made
	return p.Below("", func(r *PlaceRow) (err error) {
		if at%blockRows == 0 {
			if block, err = unpackBlock(p.made, at/blockRows, p.outline.Rows, func(*made) bool { return true }); err != nil {
				return err
			}
		}
		if m := block[at%blockRows]; r.Facts != nil {
			r.Facts.Says.Renditions, r.Facts.Says.Unmade = m.Renditions, m.Unmade
			if !r.Sane() {
				return badCatalog("what was made of row %d cannot be", at)
			}
		}
		at++
		return visit(r)
	})
}

// Below visits the rows whose paths begin with a prefix, in order: facts without Renditions and Unmade. An error of visit ends it and is returned as it is; ErrCatalog when
// rows cannot be read, some of which may have been visited.
func (p *Part) Below(prefix string, visit func(*PlaceRow) error) error {
	firsts := p.outline.Firsts
	last := ""
	for i := range p.blocks {
		if i+1 < len(firsts) && firsts[i+1] < prefix || firsts[i] > prefix && !strings.HasPrefix(firsts[i], prefix) {
			continue
		}
		rows, err := unpackBlock(p.blocks, i, p.outline.Rows, (*PlaceRow).Sane)
		if err != nil {
			return err
		}
		if rows[0].Path != firsts[i] {
			return badCatalog("block %d begins otherwise", i)
		}
		for j := range rows {
			row := &rows[j]
			if row.Path < last || row.Path < p.named.First || row.Path > p.named.Last {
				return badCatalog("a row is not in its place")
			}
			last = row.Path
			if !strings.HasPrefix(row.Path, prefix) {
				continue
			}
			if err := visit(row); err != nil {
				return err
			}
		}
	}
	return nil
}
