package pdf

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/boombuler/barcode/qr"
)

// Sizes, in mm but for those of letters, which are in points.
const (
	pageWide, pageHigh = 210.0, 297.0
	margin             = 25.0
	foot               = 20.0
	textWide           = pageWide - 2*margin
	pointMM            = 25.4 / 72
	body               = 10.5 // 五号
	leading            = 1.7
)

// Info is what a document says of itself.
type Info struct {
	Title   string
	Subject string
	Author  string
	Lang    string    // BCP 47
	Made    time.Time // when what it says came to be: no clock is read
	Foot    string    // at the foot of each page, before its number
}

// Doc is a document that is being set.
type Doc struct {
	info    Info
	face    *face
	missing map[rune]bool
	pages   [][]func(*fpdf.Fpdf)
	y       float64
	within  []fpdf.Attachment
	xmp     []byte
}

// Attach puts a file into the document. Whoever refuses PDFs with files within
// refuses it: only documents whose purpose is to carry one have any.
func (d *Doc) Attach(name, about string, body []byte) {
	d.within = append(d.within, fpdf.Attachment{Content: body, Filename: name, Description: about})
}

// Metadata is what programs read of the document: XMP (ISO 16684-1).
func (d *Doc) Metadata(xmp []byte) { d.xmp = xmp }

// New begins a document.
func New(info Info) (*Doc, error) {
	f, err := theFace()
	if err != nil {
		return nil, err
	}
	d := &Doc{info: info, face: f, missing: map[rune]bool{}}
	d.page()
	return d, nil
}

func (d *Doc) page() {
	d.pages = append(d.pages, nil)
	d.y = margin
}

// room begins another page where there are not so many mm left.
func (d *Doc) room(high float64) {
	if d.y+high > pageHigh-foot-5 {
		d.page()
	}
}

func (d *Doc) do(op func(*fpdf.Fpdf)) {
	d.pages[len(d.pages)-1] = append(d.pages[len(d.pages)-1], op)
}

// at draws one line of text.
func (d *Doc) at(x, y, size float64, grey int, s string) {
	if s == "" {
		return
	}
	d.do(func(p *fpdf.Fpdf) {
		p.SetTextColor(grey, grey, grey)
		p.SetFont(family, "", size)
		p.Text(x, y, s)
	})
}

// Title is the name of the document, in the middle.
func (d *Doc) Title(s string) {
	const size = 18
	for _, l := range d.lines(d.shown(s), size, textWide) {
		d.room(12)
		d.y += 9
		d.at(margin+(textWide-d.measure(l, size))/2, d.y, size, 25, l)
		d.y += 3
	}
	d.y += 4
}

// Heading begins a part.
func (d *Doc) Heading(s string) {
	d.room(20)
	d.y += 10
	d.at(margin, d.y, 12, 25, d.shown(s))
	d.y += 2
}

// Keep begins a new page unless so many millimetres are left on this one: what
// follows stays together.
func (d *Doc) Keep(height float64) { d.room(height) }

// Text is prose, a paragraph a line.
func (d *Doc) Text(s string) {
	for l := range strings.SplitSeq(strings.TrimSuffix(s, "\n"), "\n") {
		d.paragraph(margin, l, body, textWide, 25)
	}
}

func (d *Doc) paragraph(x float64, s string, size, width float64, grey int) {
	step := size * pointMM * leading
	for _, l := range d.lines(d.shown(s), size, width) {
		d.room(step)
		d.y += step
		d.at(x, d.y, size, grey, l)
	}
}

// Pair is a name and what it is, beside one another.
func (d *Doc) Pair(name, value string) {
	const wide, size = 32.0, 9.5
	d.room(size * pointMM * leading)
	from := d.y
	page := len(d.pages)
	d.at(margin, from+size*pointMM*leading, size, 95, d.shown(name))
	d.paragraph(margin+wide, value, size, textWide-wide, 25)
	if d.y == from && page == len(d.pages) {
		d.y += size * pointMM * leading
	}
	d.y++
}

// Note is small print.
func (d *Doc) Note(s string) {
	d.y++
	d.paragraph(margin, s, 8.5, textWide, 95)
}

// vermilion is the colour of the seal, and of nothing else (oklch 0.545 0.190 31).
var vermilion = [3]int{201, 52, 33}

// sealWide is how wide the seal is.
const sealWide = 30.0

// Seal draws the seal with its four words, read downwards from the right, and its
// number below; beside it the code that leads to address, and what that is for.
func (d *Doc) Seal(words [4]string, number, address, says string) error {
	d.room(sealWide + 12)
	d.y += 6
	d.seal(margin, d.y, words, d.shown(number))
	return d.code(margin+sealWide+8, address, says)
}

// Code draws the code that leads to address, and beside it what that is for.
func (d *Doc) Code(address, says string) error {
	d.room(sealWide + 12)
	d.y += 6
	return d.code(margin, address, says)
}

func (d *Doc) code(left float64, address, says string) error {
	code, err := qr.Encode(address, qr.M, qr.Auto)
	if err != nil {
		return fmt.Errorf("pdf: %w", err)
	}
	y, n := d.y, code.Bounds().Dx()
	module := sealWide / float64(n)
	d.do(func(p *fpdf.Fpdf) {
		p.SetFillColor(25, 25, 25)
		for row := range n {
			for col := 0; col < n; {
				run := 0
				for col+run < n && dark(code.At(col+run, row)) {
					run++
				}
				if run > 0 {
					p.Rect(left+float64(col)*module, y+float64(row)*module, float64(run)*module, module, "F")
				}
				col += max(run, 1)
			}
		}
	})
	end := y + sealWide
	d.y = y - 2
	d.paragraph(left+sealWide+5, says, 8.5, pageWide-margin-left-sealWide-5, 95)
	d.y = max(d.y, end) + 4
	return nil
}

// seal is a stone that was cut by hand: its edge is not quite straight. The same
// number gives the same edge.
func (d *Doc) seal(x, y float64, words [4]string, number string) {
	const parts = 14
	seed := uint32(2166136261)
	for _, c := range []byte(number) { // FNV-1a
		seed = (seed ^ uint32(c)) * 16777619
	}
	chip := func() float64 {
		seed = seed*1664525 + 1013904223
		return float64(seed>>16&0xFF) / 255 * 0.55
	}
	var edge []fpdf.PointType
	for side := range 4 {
		for i := range parts {
			along, in := float64(i)/parts*sealWide, chip()
			switch side {
			case 0:
				edge = append(edge, fpdf.PointType{X: x + along, Y: y + in})
			case 1:
				edge = append(edge, fpdf.PointType{X: x + sealWide - in, Y: y + along})
			case 2:
				edge = append(edge, fpdf.PointType{X: x + sealWide - along, Y: y + sealWide - in})
			case 3:
				edge = append(edge, fpdf.PointType{X: x + in, Y: y + sealWide - along})
			}
		}
	}
	d.do(func(p *fpdf.Fpdf) {
		p.SetFillColor(vermilion[0], vermilion[1], vermilion[2])
		p.Polygon(edge, "F")
		p.SetDrawColor(252, 248, 242)
		p.SetLineWidth(0.45)
		p.Rect(x+1.8, y+1.8, sealWide-3.6, sealWide-3.6, "D")
		p.SetTextColor(252, 248, 242)
		const size = 27.0
		p.SetFont(family, "", size)
		wide := size * pointMM
		for i, w := range words {
			p.Text(x+sealWide*[2]float64{0.73, 0.27}[i/2]-wide/2, y+[2]float64{11.6, 22.2}[i%2], w)
		}
		p.SetFont(family, "", 6)
		p.Text(x+(sealWide-d.measure(number, 6))/2, y+26.6, number)
	})
}

func dark(c interface{ RGBA() (r, g, b, a uint32) }) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}

const family = "noto"

// Bytes sets the document.
func (d *Doc) Bytes() ([]byte, error) {
	p := fpdf.New("P", "mm", "A4", "")
	p.SetCatalogSort(true)
	p.SetCreationDate(d.info.Made.UTC())
	p.SetModificationDate(d.info.Made.UTC())
	p.SetProducer("Shuyuan", false)
	p.SetTitle(d.info.Title, true)
	p.SetSubject(d.info.Subject, true)
	p.SetAuthor(d.info.Author, true)
	p.SetLang(d.info.Lang)
	p.SetDisplayMode("fullpage", "continuous")
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(false, 0)
	p.AddUTF8FontFromBytes(family, "", bytes.Clone(d.face.ttf)) // it is written to
	for i, ops := range d.pages {
		p.AddPage()
		for _, op := range ops {
			op(p)
		}
		p.SetTextColor(95, 95, 95)
		p.SetFont(family, "", 8.5)
		number := fmt.Sprintf("第 %d 页 共 %d 页", i+1, len(d.pages))
		p.Text(margin, pageHigh-foot+6, d.shown(d.info.Foot))
		p.Text(pageWide-margin-d.measure(number, 8.5), pageHigh-foot+6, number)
	}
	if d.xmp != nil {
		p.SetXmpMetadata(d.xmp)
	}
	p.SetAttachments(d.within)
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	if len(d.within) > 0 {
		return out.Bytes(), nil
	}
	return noFiles.ReplaceAllFunc(out.Bytes(), func(list []byte) []byte { return bytes.Repeat([]byte(" "), len(list)) }), nil
}

// noFiles is the list of files within that the library writes where there is
// none: those who refuse PDFs with files within (we are among them) look for its
// name. Blanks of the same length keep every place in the document.
var noFiles = regexp.MustCompile(`/EmbeddedFiles << /Names \[\s*\] >>`)
