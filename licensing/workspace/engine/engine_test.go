package engine

import (
	"testing"
)

const festival = `-- 节日与平日的 PM2.5，每站每日一行再求均值
with d as (
  select station, cast(time as date) as d,
         avg(PM25) as m, count(PM25) as h
  from air_hourly
  group by 1, 2
  having count(PM25) >= 10
)
select coalesce(k.节日名称, '平日') as 日子,
       count(*) as 站日, round(avg(m), 1) as 均值
from d left join holidays k
  on k.日期 = d.d and k.安排 = '放假'
group by 1
order by 均值 desc`

func TestTheHonestQuestion(t *testing.T) {
	r := newRig(t, nil)
	j := r.job(t, festival)
	v, err := r.Vet(t.Context(), allMounts, j.Code)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range v.Findings {
		t.Error(f.Line, f.Column, f.Text())
	}
	t.Logf("%+v", v)
	got, err := r.Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", got)
	m, err := r.Measure(t.Context(), j, got.Table)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v %v", m.Table.Subjects, m.Table.Weights)
	t.Logf("%+v", m.Resources)
}
