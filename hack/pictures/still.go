package pictures

import (
	"image"
	"math"
	"math/rand/v2"
)

// body is one lantern standing on the table.
type body struct {
	x, size float64 // middle and height, as parts of width and height
	colour  rgb
	lit     float64 // from 0 to 1
}

// setting is a still life.
type setting struct {
	wall, floor rgb
	table       float64 // where the floor begins, as a part of the height
	bodies      []body
	seed        uint64 // of the grain; 0 means none
}

var (
	copper, slate, sand, moss = hex(0xb8653f), hex(0x46535f), hex(0xcdb79a), hex(0x5f7358)

	stillHero   = setting{hex(0x2a2438), hex(0x4a3440), .70, []body{{.32, .52, copper, 1}}, 1}
	stillFront  = setting{hex(0xe9dfd2), hex(0xd6c4b0), .76, []body{{.5, .56, copper, .7}}, 2}
	stillPair   = setting{hex(0xcfd9dc), hex(0xb3c0c4), .74, []body{{.36, .58, slate, .6}, {.66, .48, sand, .9}}, 3}
	stillFamily = setting{hex(0xf0e4d8), hex(0xe0cbb6), .76, []body{{.16, .40, moss, .5}, {.38, .54, copper, .8}, {.62, .60, slate, .6}, {.85, .44, sand, 1}}, 4}
	stillPrint  = setting{hex(0xf6f3ee), hex(0xe6e0d6), .78, []body{{.5, .60, moss, .8}}, 0}
	stillNext   = setting{hex(0x101418), hex(0x1b2228), .74, []body{{.42, .56, hex(0x2c3a46), 1}, {.60, .34, hex(0x51606c), .6}}, 6}
)

func still(w, h int, s setting) scene {
	return func() image.Image {
		c := newCanvas(w, h)
		table := s.table * c.h
		c.rect(0, 0, c.w, table, fade(s.wall.scale(.82), s.wall, 0, table))
		c.rect(0, table, c.w, c.h, fade(s.floor.scale(.92), s.floor.scale(1.05), table, c.h))
		// The edge of the table is out of focus.
		for y := -24.0; y < 24; y++ {
			c.rect(0, table+y, c.w, table+y+1, flat(mix(s.wall, s.floor.scale(.92), (y+24)/48)))
		}
		for _, b := range s.bodies {
			c.glow(b.x*c.w, table-b.size*c.h*.55, c.h*.62, c.h*.55, hex(0xffe6bd), .35*b.lit)
		}
		for _, b := range s.bodies {
			drawBody(c, b, table)
		}
		if s.seed != 0 { // lossless formats stay small without
			c.grain(3, s.seed)
		}
		return c.RGBA
	}
}

func drawBody(c *canvas, b body, table float64) {
	cx, height := b.x*c.w, b.size*c.h
	half := height * .26
	foot := table + c.h*.06
	top := foot - height
	flatten := half * .2 // how open the round top looks

	c.glow(cx+half*.4, foot+flatten*.2, half*1.9, flatten*2.1, rgb{}, .55)

	// Light from the left, a second soft edge on the right, as on any turned thing.
	turned := func(base rgb) paint {
		return func(x, _ float64) rgb {
			u := (x - cx) / half
			light := .62 + .5*bump((u+.45)/.35) + .18*bump((u-.85)/.12) - .25*u*u*u
			return base.scale(light)
		}
	}
	side := new(path).moveTo(cx-half, top).lineTo(cx+half, top).lineTo(cx+half, foot).
		curveTo(cx+half, foot+flatten*1.3, cx-half, foot+flatten*1.3, cx-half, foot)
	c.fill(side, turned(b.colour), 1)

	// The shade that glows.
	y0, y1 := top+height*.10, top+height*.52
	band := func(a, z float64) *path {
		return new(path).moveTo(cx-half, a).curveTo(cx-half, a+flatten*1.3, cx+half, a+flatten*1.3, cx+half, a).
			lineTo(cx+half, z).curveTo(cx+half, z+flatten*1.3, cx-half, z+flatten*1.3, cx-half, z)
	}
	warmth := mix(hex(0x8a7560), hex(0xffd898), b.lit)
	c.fill(band(y0, y1), func(x, y float64) rgb {
		u, v := (x-cx)/half, (y-(y0+y1)/2)/(y1-y0)
		return mix(warmth, hex(0xfff8e6), b.lit*math.Exp(-2.2*u*u-5*v*v)).scale(1 - .28*u*u)
	}, 1)
	// Its ribs.
	for i := 1; i < 12; i++ {
		angle := math.Pi * float64(i) / 12
		x, width := cx-half*math.Cos(angle), half*.012*(.4+math.Sin(angle))
		sag := flatten * .98 * math.Sin(angle)
		c.fill(new(path).box(x-width, y0+sag, x+width, y1+sag, width*.5), flat(b.colour.scale(.55)), .55)
	}
	// A fine seam, the lid and the handle.
	c.fill(band(y1, y1+height*.012), turned(b.colour.scale(.5)), 1)
	c.fill(new(path).ellipse(cx, top, half, flatten), turned(b.colour.scale(1.12)), 1)
	c.fill(new(path).ellipse(cx, top-flatten*.08, half*.72, flatten*.66), turned(b.colour.scale(.9)), 1)
	handle := new(path).moveTo(cx-half*.55, top).curveTo(cx-half*.5, top-height*.26, cx+half*.5, top-height*.26, cx+half*.55, top).
		lineTo(cx+half*.48, top).curveTo(cx+half*.42, top-height*.22, cx-half*.42, top-height*.22, cx-half*.48, top)
	c.fill(handle, turned(b.colour.scale(.75)), 1)
	// The mark.
	c.fill(new(path).ellipse(cx, foot-height*.16+flatten*.9, half*.07, half*.07), flat(hex(0xf3e7d6)), .9)
}

// bump is 1 at 0 and falls off smoothly to both sides.
func bump(x float64) float64 { return math.Exp(-x * x) }

// fromAbove shows the lid of a lantern, ring by ring.
func fromAbove(w, h int) scene {
	return func() image.Image {
		c := newCanvas(w, h)
		c.background(flat(hex(0xe8e2d8)))
		cx, cy, r := c.w*.5, c.h*.5, c.h*.36
		for i := range 14 { // a shadow of whole steps stays small as PNG
			t := float64(i) / 14
			c.fill(new(path).ellipse(cx+r*.07, cy+r*.10, r*(1.16-.16*t), r*(1.16-.16*t)), flat(hex(0xe8e2d8).scale(1-.25*t)), 1)
		}
		for i, ring := range []struct {
			size  float64
			shade float64
		}{{1, .95}, {.96, 1.12}, {.78, .82}, {.75, 1.02}, {.50, .9}, {.48, 1.2}, {.16, .7}, {.13, 1.3}} {
			c.fill(new(path).ellipse(cx, cy, r*ring.size, r*ring.size), flat(copper.scale(ring.shade)), 1)
			if i == 1 {
				c.fill(vents(cx, cy, r), flat(copper.scale(.5)), 1)
			}
		}
		c.fill(new(path).box(cx-r*.62, cy-r*.05, cx+r*.62, cy+r*.05, r*.05), flat(copper.scale(.62)), 1)
		return c.RGBA
	}
}

func vents(cx, cy, r float64) *path {
	p := new(path)
	for i := range 48 {
		angle := 2 * math.Pi * float64(i) / 48
		p.ellipse(cx+r*.87*math.Cos(angle), cy+r*.87*math.Sin(angle), r*.018, r*.018)
	}
	return p
}

// sketch is a page of the designer's book: the next model in thin lines.
func sketch(w, h int) scene {
	return func() image.Image {
		c := newCanvas(w, h)
		c.background(flat(hex(0xf7f4ec)))
		random := rand.New(rand.NewPCG(9, 9)) //nolint:gosec // pictures, the same each time
		line := flat(hex(0x2f4a63))
		stroke := func(x0, y0, x1, y1, width float64) {
			n := math.Hypot(x1-x0, y1-y0)
			dx, dy := (y1-y0)/n*width, -(x1-x0)/n*width
			bend := n * .01 * (random.Float64() - .5)
			p := new(path).moveTo(x0-dx, y0-dy).curveTo(x0+bend-dx, y0+bend-dy, x1+bend-dx, y1+bend-dy, x1-dx, y1-dy).
				lineTo(x1+dx, y1+dy).curveTo(x1+bend+dx, y1+bend+dy, x0+bend+dx, y0+bend+dy, x0+dx, y0+dy)
			c.fill(p, line, .85)
		}
		for i := 1; i < 16; i++ {
			c.rect(0, c.h*float64(i)/16, c.w, c.h*float64(i)/16+1, flat(hex(0xdfe6ea)))
		}
		for _, m := range []struct{ x, y, half, height float64 }{{.27, .80, .11, .55}, {.62, .80, .07, .36}, {.84, .80, .05, .22}} {
			cx, foot, half, height := m.x*c.w, m.y*c.h, m.half*c.w, m.height*c.h
			for range 3 { // drawn over and over, as one does
				jitter := func() float64 { return (random.Float64() - .5) * c.w * .006 }
				stroke(cx-half+jitter(), foot+jitter(), cx-half*.8+jitter(), foot-height+jitter(), 1.6)
				stroke(cx+half+jitter(), foot+jitter(), cx+half*.8+jitter(), foot-height+jitter(), 1.6)
				stroke(cx-half*.8+jitter(), foot-height+jitter(), cx+half*.8+jitter(), foot-height+jitter(), 1.6)
				stroke(cx-half+jitter(), foot+jitter(), cx+half+jitter(), foot+jitter(), 1.6)
				stroke(cx-half*.9+jitter(), foot-height*.45+jitter(), cx+half*.9+jitter(), foot-height*.45+jitter(), 1.2)
			}
			for i := range 9 { // hatching on the shaded side
				t := float64(i) / 9
				stroke(cx+half*(.45+.4*t), foot-height*(.05+.3*t), cx+half*(.55+.4*t), foot-height*(.12+.3*t), 1)
			}
		}
		return c.RGBA
	}
}
