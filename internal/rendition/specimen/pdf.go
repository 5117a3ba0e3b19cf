package specimen

import (
	"bytes"
	"crypto/md5" //nolint:gosec // PDF's standard security handler is made of these two
	"crypto/rc4" //nolint:gosec // likewise
	"fmt"
)

// PDF is what to put into a file of that kind (PDF 1.7).
type PDF struct {
	// Pages, each Width x Height points; the quarters of each have the colours of Scene.
	Pages         int
	Width, Height int
	// Rotate every page by so many degrees clockwise when it is shown.
	Rotate int
	// Title in the document's information.
	Title string
	// Content of a page, in place of the quarters.
	Content string
	// Password without which nobody opens it.
	Password string
}

// File gives the file.
func (p PDF) File() []byte {
	w, h := p.Width/2, p.Height/2
	content := p.Content
	if content == "" {
		for _, q := range []struct {
			c    [3]uint8
			x, y int // from the lower left
		}{
			{[3]uint8{UpperLeft.R, UpperLeft.G, UpperLeft.B}, 0, h}, {[3]uint8{UpperRight.R, UpperRight.G, UpperRight.B}, w, h},
			{[3]uint8{LowerRight.R, LowerRight.G, LowerRight.B}, w, 0}, {[3]uint8{LowerLeft.R, LowerLeft.G, LowerLeft.B}, 0, 0},
		} {
			content += fmt.Sprintf("%.3f %.3f %.3f rg %d %d %d %d re f\n", float64(q.c[0])/255, float64(q.c[1])/255, float64(q.c[2])/255, q.x, q.y, w, h)
		}
	}
	const firstPage = 5
	var kids bytes.Buffer
	for i := range p.Pages {
		_, _ = fmt.Fprintf(&kids, "%d 0 R ", firstPage+i)
	}
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", kids.String(), p.Pages),
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
		fmt.Sprintf("<< /Title (%s) >>", p.Title),
	}
	for range p.Pages {
		objects = append(objects, fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Rotate %d /Contents 3 0 R /Resources << >> >>", p.Width, p.Height, p.Rotate))
	}
	trailer := fmt.Sprintf("/Size %d /Root 1 0 R /Info 4 0 R", len(objects)+1)
	if p.Password != "" {
		trailer += p.lock()
	}
	out := bytes.NewBufferString("%PDF-1.4\n")
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = out.Len()
		_, _ = fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	table := out.Len()
	_, _ = fmt.Fprintf(out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		_, _ = fmt.Fprintf(out, "%010d 00000 n \n", offset)
	}
	_, _ = fmt.Fprintf(out, "trailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n", trailer, table)
	return out.Bytes()
}

// lock gives the entries of the trailer that ask for the password: revision 2 of the standard handler (PDF 1.7, section 7.6.3), 40 bits.
// What is in the file stays in the clear, as nobody gets so far as to read it.
func (p PDF) lock() string {
	const (
		padding = "\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a"
		id      = "0123456789abcdef"
		bits    = 5
	)
	sealed := func(key, text []byte) []byte {
		c, err := rc4.NewCipher(key) //nolint:gosec // see the import
		if err != nil {
			panic(fmt.Sprintf("specimen: %v", err))
		}
		out := make([]byte, len(text))
		c.XORKeyStream(out, text)
		return out
	}
	password := []byte((p.Password + padding)[:len(padding)])
	owner := md5.Sum(password) //nolint:gosec // see the import
	o := sealed(owner[:bits], password)
	all := append(append(append(bytes.Clone(password), o...), 0xfc, 0xff, 0xff, 0xff), id...) // permissions -4
	key := md5.Sum(all)                                                                       //nolint:gosec // see the import
	u := sealed(key[:bits], []byte(padding))
	return fmt.Sprintf(" /ID [<%x> <%x>] /Encrypt << /Filter /Standard /V 1 /R 2 /O <%x> /U <%x> /P -4 >>", id, id, o, u)
}
