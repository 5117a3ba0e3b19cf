package pictures

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

var (
	ink, paper = hex(0x1d2430), hex(0xffffff)

	warm = []rgb{hex(0xe4572e), hex(0xf3a712), hex(0xf7e3c4), hex(0x8c2f39), hex(0x2e282a)}
	cool = []rgb{hex(0x17557a), hex(0x4fb0c6), hex(0xe6f1f2), hex(0x1d3354), hex(0x9fd8cb)}
	mono = []rgb{hex(0x222222), hex(0x777777), hex(0xbbbbbb), hex(0xf4f4f4)}
)

// pattern lays tiles of quarter circles, discs and triangles.
func pattern(w, h int, colours []rgb, seed uint64) scene {
	return func() image.Image {
		c := newCanvas(w, h)
		random := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // pictures, the same each time
		size := c.h / 6
		for y := 0.0; y < c.h; y += size {
			for x := 0.0; x < c.w; x += size {
				drawTile(c, random, x, y, size, colours)
			}
		}
		return c.RGBA
	}
}

func drawTile(c *canvas, random *rand.Rand, x, y, size float64, colours []rgb) {
	order := random.Perm(len(colours))
	c.rect(x, y, x+size, y+size, flat(colours[order[0]]))
	a, b := flat(colours[order[1]]), flat(colours[order[2]])
	corner := [][2]float64{{x, y}, {x + size, y}, {x + size, y + size}, {x, y + size}}
	turn := random.IntN(4)
	at := func(i int) [2]float64 { return corner[(turn+i)%4] }
	switch random.IntN(4) {
	case 0:
		c.fill(quarter(at(0), at(2), size), a, 1)
		c.fill(quarter(at(0), at(2), size*.5), b, 1)
	case 1:
		c.fill(new(path).ellipse(x+size/2, y+size/2, size*.42, size*.42), a, 1)
		c.fill(new(path).ellipse(x+size/2, y+size/2, size*.16, size*.16), b, 1)
	case 2:
		c.fill(new(path).polygon(at(0), at(1), at(2)), a, 1)
	default:
		c.fill(quarter(at(0), at(2), size), a, 1)
		c.fill(quarter(at(2), at(0), size), b, 1)
	}
}

// quarter is a quarter of a disc around a corner, towards the opposite one.
func quarter(from, to [2]float64, r float64) *path {
	sx, sy := math.Copysign(r, to[0]-from[0]), math.Copysign(r, to[1]-from[1])
	return new(path).moveTo(from[0], from[1]).lineTo(from[0]+sx, from[1]).
		curveTo(from[0]+sx, from[1]+sy*round, from[0]+sx*round, from[1]+sy, from[0], from[1]+sy)
}

// logo is acme's mark and name on nothing.
func logo(w, h int, colour rgb) scene {
	return func() image.Image {
		c := newCanvas(w, h)
		r, cx, cy := c.h*.3, c.h*.5, c.h*.5
		c.fill(new(path).ellipse(cx, cy, r, r), flat(copper), 1)
		c.fill(new(path).polygon([2]float64{cx - r*.78, cy + r*.62}, [2]float64{cx - r*.12, cy - r*.5}, [2]float64{cx + r*.34, cy + r*.22},
			[2]float64{cx + r*.5, cy - r*.02}, [2]float64{cx + r*.8, cy + r*.6}), flat(colour), 1)
		c.fill(new(path).ellipse(cx+r*.38, cy-r*.42, r*.16, r*.16), flat(hex(0xffe2a8)), 1)
		c.write("acme", c.h*.95, c.h*.66, c.h*.5, colour)
		return c.RGBA
	}
}

// titled is a landscape with a line of text, as on the first page of a press kit.
func titled(w, h int, v view, text string) scene {
	return func() image.Image {
		c := drawLandscape(w, h, v)
		c.write(text, c.w*.07, c.h*.30, c.h*.15, paper)
		c.write("by acme", c.w*.073, c.h*.38, c.h*.05, paper)
		return c.RGBA
	}
}

// write sets text with its baseline at y.
func (c *canvas) write(text string, x, y, size float64, colour rgb) {
	parsed, err := opentype.Parse(gobold.TTF)
	if err != nil {
		panic("the font that comes with x/image does not parse: " + err.Error())
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		panic("the font that comes with x/image has no face: " + err.Error())
	}
	d := font.Drawer{
		Dst: c.RGBA, Face: face,
		Src: image.NewUniform(color.NRGBA{uint8(colour.r * 255), uint8(colour.g * 255), uint8(colour.b * 255), 255}),
		Dot: fixed.P(int(x), int(y)),
	}
	d.DrawString(text)
}

// person is somebody of the team.
type person struct {
	wall, disc, shirt, skin, hair rgb
	style                         int // of the hair
}

var (
	alma  = person{hex(0xf2c14e), hex(0xf7d98c), hex(0x2e4057), hex(0xe8b796), hex(0x5b2a1d), 0}
	bo    = person{hex(0x6fa8a0), hex(0x9cc9c1), hex(0xe4572e), hex(0xf3cfb3), hex(0xcf9f4a), 1}
	chidi = person{hex(0xdb8a74), hex(0xebb5a3), hex(0x24504f), hex(0x7a4a33), hex(0x1c1412), 2}
	dana  = person{hex(0x8aa1c9), hex(0xb7c6e2), hex(0xf0ead6), hex(0xc98d66), hex(0x2b2430), 3}
)

// portraitSide is both sides of a portrait, which is square.
const portraitSide = 1600

// portrait draws a person in flat colours.
func portrait(p person) scene {
	return func() image.Image {
		c := newCanvas(portraitSide, portraitSide)
		c.background(flat(p.wall))
		cx, u := c.w*.5, c.h
		c.fill(new(path).ellipse(cx, u*.46, u*.36, u*.36), flat(p.disc), 1)
		hair, skin, shade := flat(p.hair), flat(p.skin), flat(p.skin.scale(.85))
		switch p.style { // what falls behind the head
		case 0:
			c.fill(new(path).box(cx-u*.19, u*.24, cx+u*.19, u*.66, u*.16), hair, 1)
		case 3:
			c.fill(new(path).ellipse(cx, u*.185, u*.085, u*.085), hair, 1)
		}
		c.fill(new(path).moveTo(cx-u*.36, u).curveTo(cx-u*.36, u*.70, cx-u*.16, u*.70, cx, u*.70).
			curveTo(cx+u*.16, u*.70, cx+u*.36, u*.70, cx+u*.36, u), flat(p.shirt), 1)
		c.fill(new(path).box(cx-u*.065, u*.54, cx+u*.065, u*.74, u*.06), shade, 1)
		for _, side := range []float64{-1, 1} {
			c.fill(new(path).ellipse(cx+side*u*.148, u*.43, u*.025, u*.038), shade, 1)
		}
		c.fill(new(path).ellipse(cx, u*.42, u*.148, u*.185), skin, 1)
		fringe := u * .36
		if p.style == 2 {
			fringe = u * .33
			c.fill(new(path).moveTo(cx-u*.13, u*.47).curveTo(cx-u*.12, u*.66, cx+u*.12, u*.66, cx+u*.13, u*.47).
				curveTo(cx+u*.06, u*.53, cx-u*.06, u*.53, cx-u*.13, u*.47), hair, 1)
		}
		c.fill(new(path).moveTo(cx-u*.16, u*.42).curveTo(cx-u*.18, u*.16, cx+u*.18, u*.16, cx+u*.16, u*.42).
			curveTo(cx+u*.12, fringe-u*.04, cx-u*.02, fringe, cx-u*.16, u*.42), hair, 1)
		for _, side := range []float64{-1, 1} {
			c.fill(new(path).ellipse(cx+side*u*.058, u*.43, u*.012, u*.016), flat(ink), 1)
		}
		smile := new(path).moveTo(cx-u*.05, u*.505).curveTo(cx-u*.02, u*.545, cx+u*.02, u*.545, cx+u*.05, u*.505).
			curveTo(cx+u*.02, u*.528, cx-u*.02, u*.528, cx-u*.05, u*.505)
		c.fill(smile, flat(p.skin.scale(.5)), 1)
		return c.RGBA
	}
}
