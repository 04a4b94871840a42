package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"shuyuan/datasets/rows"
)

// Samples makes rows that look like a mount's, of its statistics alone: no row of
// the mount is read for it, and columns are made each by itself, so that nothing
// of how they hang together is in them. The same mount always has the same.
func Samples(p *Prepared, n int) [][]any {
	d := &dice{seed: sha256.Sum256([]byte("samples of " + p.Name + " " + p.File))}
	out := make([][]any, n)
	for i := range out {
		for _, c := range p.Statistics.Columns {
			out[i] = append(out[i], c.sample(d, i))
		}
	}
	return out
}

// dice is chance that is always the same: a hash of a seed and a number.
type dice struct {
	seed [sha256.Size]byte
	n    uint64
}

// roll is a number from 0 to 1, without 1.
func (d *dice) roll() float64 {
	d.n++
	h := sha256.Sum256(binary.BigEndian.AppendUint64(d.seed[:], d.n))
	return float64(binary.BigEndian.Uint64(h[:8])>>11) / (1 << 53)
}

func (c ColumnStatistics) sample(d *dice, i int) any {
	chance, null := d.roll(), d.roll()
	if null < c.Nulls {
		return nil
	}
	if c.Use == Subject {
		return int64(chance * 1e9)
	}
	switch c.Type {
	case rows.Integer:
		return int64(math.Round(c.between(chance)))
	case rows.Decimal:
		return digits(c.between(chance), 3)
	case rows.Boolean:
		return c.share(chance, "true") == "true"
	case rows.Date, rows.DateTime:
		return c.moment(chance)
	}
	return c.share(chance, fmt.Sprintf("示例%d", i+1))
}

// between is a number that lies as the column's do: half of them on either side of
// the middle.
func (c ColumnStatistics) between(chance float64) float64 {
	if c.Low == nil || c.Middle == nil || c.High == nil {
		return 0
	}
	if chance < 0.5 {
		return *c.Low + (*c.Middle-*c.Low)*2*chance
	}
	return *c.Middle + (*c.High-*c.Middle)*(2*chance-1)
}

// share is one of the frequent values, as often as it is; otherwise other.
func (c ColumnStatistics) share(chance float64, other string) string {
	for _, f := range c.Frequent {
		if chance -= f.Of; chance < 0 {
			return f.Value
		}
	}
	return other
}

func (c ColumnStatistics) moment(chance float64) any {
	from, err1 := time.Parse("2006-01", c.From)
	to, err2 := time.Parse("2006-01", c.To)
	if err1 != nil || err2 != nil || to.Before(from) {
		return nil
	}
	at := from.Add(time.Duration(chance * float64(to.AddDate(0, 1, 0).Sub(from))))
	if c.Type == rows.Date {
		return at.Format(time.DateOnly)
	}
	return at.Truncate(time.Hour).Format(momentForm)
}
