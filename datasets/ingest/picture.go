package ingest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
)

// marks begin the details that a camera writes into a picture: a TIFF after the
// mark of JPEG, WebP and HEIF, and after that of PNG (Exif 2.32, 4.7.2; PNG 1.5
// extensions, 3.7).
var marks = [][]byte{[]byte("Exif\x00\x00"), []byte("eXIf")}

// A block of details is at most as long as a segment of JPEG can be.
const detailsBytes = 64 << 10

var placeNote = note("图片里带着拍摄地点，请去掉再传。")

// tellsPlace reports whether a part of a file has a picture that says where it
// was taken, in its details or beside them (XMP).
func tellsPlace(part []byte) bool {
	for _, mark := range marks {
		for rest := part; ; {
			at := bytes.Index(rest, mark)
			if at < 0 {
				break
			}
			if rest = rest[at+len(mark):]; hasPlace(rest) {
				return true
			}
		}
	}
	return bytes.Contains(part, []byte("exif:GPSLatitude"))
}

// hasPlace reports whether the first directory of a TIFF leads to one of places
// (Exif 2.32, 4.6.3: tag GPSInfo).
func hasPlace(tiff []byte) bool {
	const head, entry, place = 8, 12, 0x8825
	var order binary.ByteOrder
	switch {
	case len(tiff) < head:
		return false
	case string(tiff[:4]) == "II*\x00":
		order = binary.LittleEndian
	case string(tiff[:4]) == "MM\x00*":
		order = binary.BigEndian
	default:
		return false
	}
	at := int(order.Uint32(tiff[4:]))
	if at < head || at > len(tiff)-2 {
		return false
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entry {
			return false
		}
		if order.Uint16(entries) == place {
			return true
		}
		entries = entries[entry:]
	}
	return false
}

// inParts shows a file to look in parts of a megabyte. What lies across their
// border is whole in the second, unless it is longer than overlap; fresh is
// where in a part that begins which was not shown before.
func inParts(r io.Reader, overlap int, look func(part []byte, fresh int) error) error {
	buf, kept := make([]byte, 1<<20), 0
	for {
		n, err := io.ReadFull(r, buf[kept:])
		part := buf[:kept+n]
		if n > 0 || kept == 0 {
			if err := look(part, kept); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		kept = copy(buf, part[len(part)-overlap:])
	}
}

// picture looks at one picture.
func picture(found *findings, r io.Reader) error {
	return inParts(r, detailsBytes, func(part []byte, _ int) error {
		if tellsPlace(part) {
			found.add("picture-place", placeNote)
		}
		return nil
	})
}

// pictures looks at the pictures in a workbook or document.
func (p parts) pictures(found *findings) error {
	var names []string
	for name := range p.files {
		if strings.Contains(name, "/media/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	left := p.limit // of all together
	for _, name := range names {
		r, err := p.files[name].Open()
		if err != nil {
			return err
		}
		in := &counted{r: r, left: left}
		err = picture(found, in)
		r.Close()
		if err != nil {
			return err
		}
		left = in.left
	}
	return nil
}
