package engine

import (
	"image"
	"math"
	"syscall"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

// BenchmarkRender makes both built-in presets of one 12-megapixel JPEG; cpu-ms/op is the processor time of one picture, which other
// work on the machine does not change.
func BenchmarkRender(b *testing.B) {
	img := image.NewRGBA(image.Rect(0, 0, 4000, 3000))
	for i := range img.Pix {
		x, y := i/4%4000, i/16000
		img.Pix[i] = uint8(128 + 100*math.Sin(float64(x*(i%4+1))/70)*math.Cos(float64(y)/50) + float64((x*7919+y*104729)%23))
	}
	src := specimen.JPEG(img)
	e := start(b)
	cpu := func() float64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
	}
	before := cpu()
	for b.Loop() {
		info, err := e.Inspect(src, nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := pictures(e, src, info, rendition.Order{Presets: rendition.BuiltIn()}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpu()-before)/float64(b.N), "cpu-ms/op")
}
