package ingest

import (
	"strconv"
	"strings"
)

// strays are the places of a table that lie nowhere on earth: how many, where
// the first of them are, and whether they were only written the wrong way round.
type strays struct {
	names   string // of the column, or the two
	count   int64
	swapped int64    // lie on earth with latitude and longitude changed over
	china   int64    // of these, in China
	rows    []string // the first of them
}

// mostStrays is how many rows are named.
const mostStrays = 10

func (s *strays) add(row int64, lon, lat float64) {
	if s.count++; len(s.rows) < mostStrays {
		s.rows = append(s.rows, strconv.FormatInt(row, 10))
	}
	if !onEarth(lat, lon) {
		return
	}
	if s.swapped++; lat >= 73 && lat <= 136 && lon >= 3 && lon <= 54 { // what China spans, its seas included
		s.china++
	}
}

func onEarth(lon, lat float64) bool { return lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90 }

// finding says so: somebody must have seen it before the file is public.
func (s *strays) finding() Finding {
	rows := strings.Join(s.rows, "、")
	if s.count > int64(len(s.rows)) {
		rows += "、…"
	}
	const kind = "places-outside"
	switch {
	case s.swapped == 0:
		return Finding{kind, note("“%s”有 %d 个位置在地球上不存在（第 %s 行）：可能不是以度为单位的经纬度。", s.names, s.count, rows)}
	case s.china == s.swapped:
		return Finding{kind, note("“%s”有 %d 个位置在地球上不存在（第 %s 行）：经纬度可能写反了，对调之后 %d 个在中国范围内。", s.names, s.count, rows, s.swapped)}
	}
	return Finding{kind, note("“%s”有 %d 个位置在地球上不存在（第 %s 行）：经纬度可能写反了，对调之后 %d 个在地球上。", s.names, s.count, rows, s.swapped)}
}

// pairsOf are the columns that are called longitude and latitude and hold
// numbers, whatever these are: pairs of places among the columns.
func pairsOf(columns []*column) (pairs [][2]int) {
	var lon, lat []int
	for i, c := range columns {
		switch {
		case c.Type != Decimal && c.Type != Integer:
		case namesLon.MatchString(c.Name):
			lon = append(lon, i)
		case namesLat.MatchString(c.Name):
			lat = append(lat, i)
		}
	}
	for i := 0; i < len(lon) && i < len(lat); i++ {
		if metres := strings.EqualFold(columns[lon[i]].Name, "x"); !metres { // x and y are mostly no degrees
			pairs = append(pairs, [2]int{lon[i], lat[i]})
		}
	}
	return pairs
}

// seek looks for strays in a block whose first row has that number, from 1.
func (c *conversion) seek(b *block, first int64) {
	if c.strays == nil {
		c.pairs = pairsOf(c.columns)
		c.strays = make([]strays, len(c.columns)+len(c.pairs))
		for i, column := range c.columns {
			c.strays[i].names = column.Name
		}
		for i, p := range c.pairs {
			c.strays[len(c.columns)+i].names = c.columns[p[0]].Name + "、" + c.columns[p[1]].Name
		}
	}
	for i, column := range c.columns {
		for _, far := range column.far {
			c.strays[i].add(first+int64(far.row), far.lon, far.lat)
		}
	}
	for i, p := range c.pairs {
		for row := range b.rows {
			lon, ok1 := degrees(b.cell(row, p[0]))
			lat, ok2 := degrees(b.cell(row, p[1]))
			if ok1 && ok2 && !onEarth(lon, lat) {
				c.strays[len(c.columns)+i].add(first+int64(row), lon, lat)
			}
		}
	}
}

func degrees(cell []byte) (float64, bool) {
	if v, ok := short(cell); ok {
		return v, true
	}
	n, ok := numberOf(cell)
	if !ok {
		return 0, false
	}
	v, _ := n.decimal()
	return v, true
}
