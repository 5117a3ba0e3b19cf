package pictures

import (
	"image"
	"math"
	"math/rand/v2"

	"golang.org/x/image/vector"
)

// rgb is a colour, each part from 0 to 1.
type rgb struct{ r, g, b float64 }

// hex reads a colour as the web writes it, 0xrrggbb.
func hex(c uint32) rgb {
	return rgb{float64(c>>16&255) / 255, float64(c>>8&255) / 255, float64(c&255) / 255}
}

// mix goes from a (0) to b (1).
func mix(a, b rgb, t float64) rgb {
	if t <= 0 {
		return a
	}
	if t >= 1 {
		return b
	}
	return rgb{a.r + (b.r-a.r)*t, a.g + (b.g-a.g)*t, a.b + (b.b-a.b)*t}
}

// scale makes a colour darker (below 1) or lighter.
func (c rgb) scale(f float64) rgb { return rgb{c.r * f, c.g * f, c.b * f} }

// paint gives the colour of a point.
type paint func(x, y float64) rgb

func flat(c rgb) paint { return func(_, _ float64) rgb { return c } }

// fade goes from one colour at y0 down to another at y1.
func fade(top, bottom rgb, y0, y1 float64) paint {
	return func(_, y float64) rgb { return mix(top, bottom, (y-y0)/(y1-y0)) }
}

// canvas is a picture being drawn. Coordinates are pixels, y goes down.
type canvas struct {
	*image.RGBA
	w, h float64
}

func newCanvas(w, h int) *canvas {
	return &canvas{image.NewRGBA(image.Rect(0, 0, w, h)), float64(w), float64(h)}
}

// blend puts a colour over a pixel.
func (c *canvas) blend(x, y int, p rgb, alpha float64) {
	i := c.PixOffset(x, y)
	pix := c.Pix[i : i+4 : i+4]
	if alpha >= 1 {
		pix[0], pix[1], pix[2], pix[3] = level(p.r*255), level(p.g*255), level(p.b*255), 255
		return
	}
	rest, part := 1-alpha, 255*alpha
	pix[0] = level(float64(pix[0])*rest + p.r*part)
	pix[1] = level(float64(pix[1])*rest + p.g*part)
	pix[2] = level(float64(pix[2])*rest + p.b*part)
	pix[3] = level(float64(pix[3])*rest + part)
}

// level rounds to what a byte holds. Comparisons, since this runs for every pixel and
// math.Max would spend most of the time on NaN.
func level(v float64) uint8 {
	if v <= 0 {
		return 0
	}
	if v >= 254.5 {
		return 255
	}
	return uint8(v + 0.5)
}

// background paints everything.
func (c *canvas) background(p paint) { c.rect(0, 0, c.w, c.h, p) }

// rect paints a rectangle of whole pixels.
func (c *canvas) rect(x0, y0, x1, y1 float64, p paint) {
	for y := int(y0); y < min(int(y1), int(c.h)); y++ {
		for x := int(x0); x < min(int(x1), int(c.w)); x++ {
			c.blend(x, y, p(float64(x), float64(y)), 1)
		}
	}
}

// grain adds what sensors add, so that gradients do not show steps.
func (c *canvas) grain(strength float64, seed uint64) {
	random := rand.NewPCG(seed, 1)
	for i := 0; i+3 < len(c.Pix); i += 4 {
		bits := random.Uint64()
		for j := range 3 {
			noise := (float64(bits>>(16*j)&0xffff)*(1.0/0xffff) - 0.5) * strength
			c.Pix[i+j] = level(float64(c.Pix[i+j]) + noise)
		}
	}
}

// glow lays light of a colour over an ellipse, strongest in its middle.
func (c *canvas) glow(cx, cy, rx, ry float64, p rgb, strength float64) {
	for y := max(0, int(cy-ry)); y < min(int(c.h), int(cy+ry)); y++ {
		for x := max(0, int(cx-rx)); x < min(int(c.w), int(cx+rx)); x++ {
			dx, dy := (float64(x)-cx)/rx, (float64(y)-cy)/ry
			if d := 1 - dx*dx - dy*dy; d > 0 {
				c.blend(x, y, p, strength*d*d)
			}
		}
	}
}

// path is a closed outline, or several.
type path struct{ steps []step }

type step struct {
	points [3][2]float64
	n      int // 0 begins an outline, 1 is a line, 3 a cubic curve
}

func (p *path) moveTo(x, y float64) *path {
	p.steps = append(p.steps, step{points: [3][2]float64{{x, y}}})
	return p
}

func (p *path) lineTo(x, y float64) *path {
	p.steps = append(p.steps, step{points: [3][2]float64{{x, y}}, n: 1})
	return p
}

func (p *path) curveTo(ax, ay, bx, by, x, y float64) *path {
	p.steps = append(p.steps, step{points: [3][2]float64{{ax, ay}, {bx, by}, {x, y}}, n: 3})
	return p
}

// round is the length of a Bézier handle that makes a quarter of a circle of radius 1.
const round = 0.5522847498

func (p *path) ellipse(cx, cy, rx, ry float64) *path {
	kx, ky := rx*round, ry*round
	return p.moveTo(cx+rx, cy).
		curveTo(cx+rx, cy+ky, cx+kx, cy+ry, cx, cy+ry).
		curveTo(cx-kx, cy+ry, cx-rx, cy+ky, cx-rx, cy).
		curveTo(cx-rx, cy-ky, cx-kx, cy-ry, cx, cy-ry).
		curveTo(cx+kx, cy-ry, cx+rx, cy-ky, cx+rx, cy)
}

// box is a rectangle with corners of a radius.
func (p *path) box(x0, y0, x1, y1, r float64) *path {
	k := r * (1 - round)
	return p.moveTo(x0+r, y0).lineTo(x1-r, y0).curveTo(x1-k, y0, x1, y0+k, x1, y0+r).
		lineTo(x1, y1-r).curveTo(x1, y1-k, x1-k, y1, x1-r, y1).
		lineTo(x0+r, y1).curveTo(x0+k, y1, x0, y1-k, x0, y1-r).
		lineTo(x0, y0+r).curveTo(x0, y0+k, x0+k, y0, x0+r, y0)
}

func (p *path) polygon(points ...[2]float64) *path {
	for i, q := range points {
		if i == 0 {
			p.moveTo(q[0], q[1])
			continue
		}
		p.lineTo(q[0], q[1])
	}
	return p
}

// bounds is the smallest rectangle of pixels around all points, within the canvas.
func (p *path) bounds(in image.Rectangle) image.Rectangle {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, s := range p.steps {
		for _, q := range s.points[:max(1, s.n)] {
			x0, y0, x1, y1 = math.Min(x0, q[0]), math.Min(y0, q[1]), math.Max(x1, q[0]), math.Max(y1, q[1])
		}
	}
	return image.Rect(int(math.Floor(x0)), int(math.Floor(y0)), int(math.Ceil(x1))+1, int(math.Ceil(y1))+1).Intersect(in)
}

// fill paints the inside of an outline with smooth edges.
func (c *canvas) fill(p *path, with paint, alpha float64) {
	b := p.bounds(c.Bounds())
	if b.Empty() {
		return
	}
	r := vector.NewRasterizer(b.Dx(), b.Dy())
	at := func(q [2]float64) (float32, float32) {
		return float32(q[0] - float64(b.Min.X)), float32(q[1] - float64(b.Min.Y))
	}
	for i, s := range p.steps {
		ax, ay := at(s.points[0])
		switch s.n {
		case 0:
			if i > 0 {
				r.ClosePath()
			}
			r.MoveTo(ax, ay)
		case 1:
			r.LineTo(ax, ay)
		default:
			bx, by := at(s.points[1])
			cx, cy := at(s.points[2])
			r.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	r.ClosePath()
	mask := image.NewAlpha(image.Rect(0, 0, b.Dx(), b.Dy()))
	r.Draw(mask, mask.Bounds(), image.Opaque, image.Point{})
	for y := range b.Dy() {
		row := mask.Pix[y*mask.Stride : y*mask.Stride+b.Dx()]
		for x, cover := range row {
			if cover != 0 {
				px, py := b.Min.X+x, b.Min.Y+y
				c.blend(px, py, with(float64(px), float64(py)), alpha*float64(cover)/255)
			}
		}
	}
}
