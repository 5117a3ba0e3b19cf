package main

import (
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// sizes of pictures, 12 to 24 megapixels, as cameras have them.
var sizes = [][2]int{{4000, 3000}, {4896, 3264}, {5472, 3648}, {6000, 4000}}

// draw makes so many different JPEGs: waves of all lengths, which have edges and gradients, with the grain of a sensor. Each takes 5 to 11
// MiB, as those of cameras do.
func draw(ctx context.Context, dir string, count int) (files []string, megapixels float64, err error) {
	files = make([]string, count)
	for i := range files {
		files[i] = filepath.Join(dir, fmt.Sprintf("%03d.jpg", i))
	}
	var pixels atomic.Int64
	err = atOnce(ctx, files, func(_ context.Context, file string) error {
		var n int
		if _, err := fmt.Sscanf(strings.TrimSuffix(filepath.Base(file), ".jpg"), "%d", &n); err != nil {
			return fmt.Errorf("naming a picture: %w", err)
		}
		size := sizes[n%len(sizes)]
		pixels.Add(int64(size[0]) * int64(size[1]))
		f, err := os.Create(file)
		if err != nil {
			return fmt.Errorf("making a picture: %w", err)
		}
		if err := jpeg.Encode(f, waves(size[0], size[1], uint64(n)), &jpeg.Options{Quality: 90}); err != nil {
			return fmt.Errorf("encoding a picture: %w", err)
		}
		return f.Close()
	})
	return files, float64(pixels.Load()) / 1e6, err
}

// waves draws one picture.
func waves(width, height int, seed uint64) image.Image {
	random := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // pictures, the same each time
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	along, down := make([]float64, width), make([]float64, height)
	for octave := 1; octave <= 256; octave *= 2 {
		strength, phase := 40/math.Sqrt(float64(octave)), random.Float64()*6
		for x := range along {
			along[x] += strength * math.Sin(phase+float64(x*octave)*2/float64(width))
		}
		for y := range down {
			down[y] += strength * math.Cos(phase+float64(y*octave)*3/float64(height))
		}
	}
	grain := rand.NewPCG(seed, 8)
	for y := range height {
		row := img.Y[y*img.YStride : y*img.YStride+width]
		for x := 0; x < width; x += 8 {
			bits := grain.Uint64()
			for i := x; i < min(x+8, width); i++ {
				row[i] = uint8(min(max(128+along[i]+down[y]+float64(bits&7)-3.5, 0), 255))
				bits >>= 8
			}
		}
	}
	for i := range img.Cb {
		x, y := i%img.CStride*2, i/img.CStride*2
		img.Cb[i], img.Cr[i] = uint8(128+down[min(y, height-1)]/2), uint8(128+along[min(x, width-1)]/2)
	}
	return img
}
