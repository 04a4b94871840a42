//go:build e2e

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/systeminfo"
	"github.com/chromedp/chromedp"
)

// filmed is what a camera sees of a code on paper: turned, on a grey table, so many dots
// wide.
func filmed(t *testing.T, says string, width, height, side int) *image.Gray {
	t.Helper()
	code, err := qr.Encode(says, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	modules := code.Bounds().Dx()
	scaled, err := barcode.Scale(code, modules*8, modules*8)
	if err != nil {
		t.Fatal(err)
	}
	const turned = 9 * math.Pi / 180
	paper := side + side/4 // with the quiet zone
	out := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			dx, dy := float64(x)-float64(width)/2, float64(y)-float64(height)/2
			u, v := dx*math.Cos(turned)+dy*math.Sin(turned), dy*math.Cos(turned)-dx*math.Sin(turned)
			shade := uint8(110 + x*30/width) // the table, lit from one side
			if max(math.Abs(u), math.Abs(v)) < float64(paper)/2 {
				shade = uint8(205 + x*30/width)
			}
			if max(math.Abs(u), math.Abs(v)) < float64(side)/2 {
				at := func(w float64) int { return int((w/float64(side) + .5) * float64(modules*8)) }
				if g := color.GrayModel.Convert(scaled.At(at(u), at(v))).(color.Gray).Y; g < 128 {
					shade = uint8(25 + x*30/width)
				}
			}
			out.SetGray(x, y, color.Gray{Y: shade})
		}
	}
	return out
}

// film is a file of what a camera of a browser under test sees (YUV4MPEG2).
func film(t *testing.T, says string) string {
	t.Helper()
	const width, height = 640, 480
	var out bytes.Buffer
	fmt.Fprintf(&out, "YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n", width, height)
	for range 5 {
		out.WriteString("FRAME\n")
		out.Write(filmed(t, says, width, height, 260).Pix)
		out.Write(bytes.Repeat([]byte{128}, width*height/2))
	}
	name := filepath.Join(t.TempDir(), "camera.y4m")
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func photo(t *testing.T, name string, seen image.Image) string {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, seen, &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The code on paper is read by the camera, or from a photo where there is none; the
// number can be typed. No picture leaves the browser.
func TestACodeIsReadByTheCameraAndFromAPhoto(t *testing.T) {
	p := portalOf(t)
	var number, certificate string
	pool := connect(t, p)
	if err := pool.QueryRow(t.Context(), `SELECT r.product || '@' || r.version, c.number FROM
		(SELECT p.number AS product, v.semver AS version, v.id FROM products p JOIN product_versions v ON v.product_id = p.id WHERE v.state = 'published' ORDER BY v.id LIMIT 1) r,
		(SELECT number FROM product_certificates WHERE number LIKE 'DJZ-%' ORDER BY number LIMIT 1) c`).Scan(&number, &certificate); err != nil {
		t.Fatal(err)
	}

	var said output
	in, err := startChromium(&said, chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-video-capture", film(t, p.base+"/verify/"+number)))
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	person, window, err := windowIn(in)
	if err != nil {
		t.Fatal(err)
	}
	b := tabIn(t, p, in, person, window)
	b.size(375, 720)
	b.open("/verify")
	t.Log("the browser has a reader of its own:", eval[bool](b, `'BarcodeDetector' in self`))
	b.leads(func() { b.click("[data-scan]") })
	if word, at := strings.TrimSpace(b.text("h1.word")), b.at(); word != "真实有效" || at != "/verify/"+number {
		t.Errorf("the camera leads to %s: %q", at, word)
	}
	b.clean("the answer to a code that was filmed")

	b = newTab(t)
	b.size(375, 720)
	b.open("/verify")
	take := func(picture string) {
		b.run(chromedp.SetUploadFiles("#photo", []string{picture}, chromedp.ByQuery))
	}
	take(photo(t, "table.jpg", image.NewGray(image.Rect(0, 0, 800, 600))))
	b.until("that there is no code", `document.querySelector('[data-scanned]').textContent.includes('照片里没有读出码')`)
	b.clean("after a photo without a code")
	b.shot("verify-photo")
	b.leads(func() { take(photo(t, "code.jpg", filmed(t, p.base+"/certificates/"+certificate, 3000, 4000, 700))) })
	if b.at() != "/certificates/"+certificate {
		t.Errorf("the photo leads to %s", b.at())
	}
	b.open("/verify")
	b.forgive("status of 422")
	b.leads(func() {
		take(photo(t, "forged.jpg", filmed(t, "https://shuyuan.example.net/verify/"+number, 800, 600, 400)))
	})
	b.says("a code of another address", "这个网址不是本平台的")
	b.open("/verify")
	b.fill("q", certificate)
	b.follow("form[data-wanted] button[type=submit]")
	if b.at() != "/certificates/"+certificate {
		t.Errorf("the number leads to %s", b.at())
	}
}

// A gigabyte that is dropped on the page is worked out piece by piece: the browser never
// holds more than a few pieces of it, and nothing is sent.
func TestAGigabyteIsDroppedAndHashedInPieces(t *testing.T) {
	const size = 1 << 30
	name := filepath.Join(t.TempDir(), "large.csv")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(size); err != nil { // takes no room on the disk
		t.Fatal(err)
	}
	f.Close()
	sum := sha256.New()
	if _, err := io.CopyN(sum, zeros{}, size); err != nil {
		t.Fatal(err)
	}

	b := newTab(t)
	b.open("/verify")
	b.drops("form[data-verify]", name)
	began, before := time.Now(), b.resident()
	most := before
	for done := false; !done; time.Sleep(50 * time.Millisecond) {
		most = max(most, b.resident())
		done = eval[bool](b, `document.querySelector('[data-progress]').hidden && document.querySelector('[data-status]').textContent.includes('超过了能发来的大小')`)
		if time.Since(began) > 3*time.Minute {
			t.Fatalf("after %s: %s", time.Since(began), b.text("[data-status]"))
		}
	}
	t.Logf("1 GiB in %s; the browser took %d MiB more at most", time.Since(began).Round(100*time.Millisecond), (most-before)>>20)
	if most-before > size/2 {
		t.Errorf("the browser took %d MiB more while it worked the digest out", (most-before)>>20)
	}
	asked := eval[[]string](b, `performance.getEntriesByType('resource').map(r => r.name).filter(n => n.includes('/verify/'))`)
	if len(asked) != 1 || !strings.HasSuffix(asked[0], "/verify/"+hex.EncodeToString(sum.Sum(nil))+"?file=1") {
		t.Errorf("asked was %v", asked)
	}
	if eval[bool](b, `document.querySelector('[data-send]').checkVisibility()`) {
		t.Error("a file that is too large can be sent")
	}
	b.clean("after a large file")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// drops drags a file over what a selector finds and lets it go there.
func (b *tab) drops(selector, file string) {
	b.Helper()
	at := eval[[]float64](b, `(e => { e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })(document.querySelector(`+quoted(selector)+`))`)
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: []string{file}, DragOperationsMask: 1}
	b.run(input.DispatchDragEvent(input.DragEnter, at[0], at[1], data), input.DispatchDragEvent(input.DragOver, at[0], at[1], data))
	if !eval[bool](b, `document.querySelector(`+quoted(selector)+`).classList.contains('over')`) {
		b.Error("one does not see that a file can be dropped")
	}
	b.run(input.DispatchDragEvent(input.Drop, at[0], at[1], data))
}

// resident is the memory of all processes that draw pages and run their scripts.
func (b *tab) resident() (bytes int64) {
	b.Helper()
	all, err := systeminfo.GetProcessInfo().Do(cdp.WithExecutor(b.ctx, chromedp.FromContext(b.ctx).Browser))
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range all {
		if p.Type != "renderer" {
			continue
		}
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.ID))
		if err != nil {
			continue // it has ended
		}
		var size, pages int64
		if _, err := fmt.Sscan(string(raw), &size, &pages); err != nil {
			b.Fatal(err)
		}
		bytes += pages * int64(os.Getpagesize())
	}
	return bytes
}
