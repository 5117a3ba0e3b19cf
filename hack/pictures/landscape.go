package pictures

import (
	"image"
	"math"
	"math/rand/v2"
)

// view is a landscape's mood.
type view struct {
	seed        uint64
	top, bottom rgb // of the sky
	sun         rgb
	sunX, sunY  float64 // as parts of width and height
	far, near   rgb     // of the ridges
	ridges      int
	water       bool // the lower third mirrors the rest
	stars       bool
	trees       bool // on the nearest ridge
}

var (
	dawn   = view{seed: 3, top: hex(0x34507e), bottom: hex(0xffd9b0), sun: hex(0xfff0cf), sunX: .68, sunY: .52, far: hex(0xd9a7a0), near: hex(0x26324a), ridges: 6, trees: true}
	lake   = view{seed: 8, top: hex(0x3f79b5), bottom: hex(0xe4f0f4), sun: hex(0xffffff), sunX: .25, sunY: .22, far: hex(0x9fbccb), near: hex(0x27484a), ridges: 5, water: true}
	dusk   = view{seed: 21, top: hex(0x2b1b4d), bottom: hex(0xff8f6b), sun: hex(0xffd27a), sunX: .38, sunY: .56, far: hex(0xb4567a), near: hex(0x1d1233), ridges: 6, water: true}
	night  = view{seed: 34, top: hex(0x050b1f), bottom: hex(0x2a4a6e), sun: hex(0xe8f1ff), sunX: .74, sunY: .2, far: hex(0x2b4463), near: hex(0x060a14), ridges: 5, stars: true, trees: true}
	meadow = view{seed: 55, top: hex(0x5aa3dc), bottom: hex(0xf3f7df), sun: hex(0xffffee), sunX: .82, sunY: .18, far: hex(0xa8c9a4), near: hex(0x2f5d33), ridges: 5, trees: true}
	fog    = view{seed: 89, top: hex(0xaebac2), bottom: hex(0xe9ecea), sun: hex(0xffffff), sunX: .5, sunY: .35, far: hex(0xcfd6d8), near: hex(0x55646b), ridges: 7, trees: true}
	desert = view{seed: 144, top: hex(0x3d7ea6), bottom: hex(0xffe3bb), sun: hex(0xfff6dd), sunX: .3, sunY: .4, far: hex(0xe3b07f), near: hex(0x8c4a2f), ridges: 4}
	pines  = view{seed: 233, top: hex(0x6f8fb0), bottom: hex(0xf6e7d2), sun: hex(0xfff3da), sunX: .6, sunY: .3, far: hex(0xa9b9b4), near: hex(0x1c3a33), ridges: 7, trees: true}
)

func landscape(w, h int, v view) scene {
	return func() image.Image { return drawLandscape(w, h, v).RGBA }
}

func drawLandscape(w, h int, v view) *canvas {
	c := newCanvas(w, h)
	random := rand.New(rand.NewPCG(v.seed, 2)) //nolint:gosec // pictures, the same each time
	horizon := c.h
	if v.water {
		horizon = c.h * .68
	}
	c.background(fade(v.top, v.bottom, 0, horizon*.85))
	if v.stars {
		drawStars(c, random)
	}
	x, y, r := v.sunX*c.w, v.sunY*c.h, c.h*.045
	c.glow(x, y, c.h*.75, c.h*.75, v.sun, .45)
	c.glow(x, y, c.h*.2, c.h*.2, v.sun, .5)
	c.fill(new(path).ellipse(x, y, r, r), flat(v.sun), 1)

	for i := range v.ridges {
		t := float64(i) / float64(v.ridges-1) // 0 is the farthest
		base := horizon * (.52 + .40*t)
		line := ridge(random, c.w, base, horizon*(.17-.07*t), 2.2+1.6*t)
		colour := mix(v.far, v.near, t)
		haze := mix(colour, v.bottom, .55*(1-t))
		c.fill(ground(line, c.w, horizon), fade(colour, haze, base-horizon*.12, base+horizon*.22), 1)
		if v.trees && i == v.ridges-1 {
			c.fill(forest(random, line, c.w, c.h*.055), flat(colour.scale(.82)), 1)
		}
	}
	if v.water {
		mirror(c, int(horizon), v)
	}
	c.grain(5, v.seed)
	return c
}

func drawStars(c *canvas, random *rand.Rand) {
	for range 260 {
		x, y, r := random.Float64()*c.w, random.Float64()*c.h*.6, c.h*(.0006+.0012*random.Float64())
		c.fill(new(path).ellipse(x, y, r, r), flat(hex(0xf4f7ff)), .3+.7*random.Float64())
	}
}

// samplesOfRidge is how finely a ridge's line is drawn.
const samplesOfRidge = 320

// ridge is the heights of a mountain line: octaves of waves with random phases, folded
// so that they form peaks.
func ridge(random *rand.Rand, width, base, height, frequency float64) []float64 {
	line := make([]float64, samplesOfRidge+1)
	amplitude := height
	for octave := range 6 {
		phase, skew := random.Float64()*2*math.Pi, .8+.4*random.Float64()
		for i := range line {
			x := float64(i) / samplesOfRidge * width / 1000
			wave := math.Sin(x*frequency*skew + phase + 1.3*math.Sin(x*frequency*.37+phase))
			if octave > 0 {
				wave = 1 - 2*math.Abs(wave)
			}
			line[i] += wave * amplitude
		}
		amplitude *= .46
		frequency *= 2.1
	}
	for i := range line {
		line[i] = base - line[i]
	}
	return line
}

func ground(line []float64, width, bottom float64) *path {
	p := new(path).moveTo(0, bottom)
	for i, y := range line {
		p.lineTo(width*float64(i)/samplesOfRidge, math.Min(y, bottom))
	}
	return p.lineTo(width, bottom)
}

// forest sets firs along a line.
func forest(random *rand.Rand, line []float64, width, size float64) *path {
	p := new(path)
	for x := 0.0; x < width; x += size * (.12 + .3*random.Float64()) {
		h := size * (.35 + .65*random.Float64()*random.Float64()*1.6)
		foot := line[int(x/width*samplesOfRidge)] + h*.15
		for tier := range 3 {
			t := float64(tier)
			top, half := foot-h*(1-.27*t), h*(.12+.06*t)
			p.polygon([2]float64{x, top}, [2]float64{x + half, top + h*.45}, [2]float64{x - half, top + h*.45})
		}
	}
	return p
}

// mirror makes everything below a line a lake.
func mirror(c *canvas, horizon int, v view) {
	deep := mix(v.top, v.near, .5)
	for y := horizon; y < int(c.h); y++ {
		depth := float64(y-horizon) / (c.h - float64(horizon))
		source := horizon - 1 - int(float64(y-horizon)*1.35)
		ripple := math.Sin(float64(y)*.55)*3*depth + math.Sin(float64(y)*.13+1)*9*depth
		for x := range int(c.w) {
			sx := min(max(0, x+int(ripple)), int(c.w)-1)
			i := c.PixOffset(sx, max(0, source))
			above := rgb{float64(c.Pix[i]) / 255, float64(c.Pix[i+1]) / 255, float64(c.Pix[i+2]) / 255}
			c.blend(x, y, mix(above, deep, .18+.5*depth), 1)
		}
	}
}
