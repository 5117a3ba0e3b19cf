package asset

import (
	"slices"
	"strings"
)

const partMagic = "vitrine part 1\n"

// partOutline is what is known of a part without its rows.
type partOutline struct {
	Rows   int   `json:"rows"`
	Blocks []int `json:"blocks"`
	// Firsts are the paths with which blocks begin.
	Firsts []string `json:"firsts"`
}

// EncodePart gives rows, which are sane and in the order of their paths, as a file of blocks, and how a PlaceCatalog names it.
func EncodePart(rows []PlaceRow) ([]byte, PlacePart, error) {
	o := partOutline{Rows: len(rows)}
	data := []byte(partMagic)
	for block := range slices.Chunk(rows, blockRows) {
		packed, length, err := packFrame(data, block)
		if err != nil {
			return nil, PlacePart{}, err
		}
		data, o.Blocks, o.Firsts = packed, append(o.Blocks, length), append(o.Firsts, block[0].Path)
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
	if len(behind) > 0 || p.outline.Rows != named.Rows || len(p.outline.Firsts) != len(blocks) {
		return nil, badCatalog("the parts of part %s do not add up", named.Name)
	}
	p.blocks = blocks
	return p, nil
}

// Below visits the rows whose paths begin with a prefix, in order. An error of visit ends it and is returned as it is; ErrCatalog when
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
