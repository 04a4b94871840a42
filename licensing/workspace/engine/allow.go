package engine

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/goccy/go-yaml"

	"shuyuan/internal/fault"
)

//go:embed allow.yaml
var allowText []byte

// allowed is allow.yaml.
type allowed struct {
	Functions  map[string][]int
	Aggregates map[string]aggregation
	Quantiles  [2]float64 // the least and the most
	Windows    []string
	Tables     []string
	Types      []string
	Refused    map[string]string
}

// aggregation is what an aggregate is like.
type aggregation struct {
	Arity  []int
	Nature nature
}

type nature string

const (
	counts   nature = "count"
	sums     nature = "sum"
	spreads  nature = "spread"
	quantile nature = "quantile"
	extreme  nature = "extreme"
)

// readAllowed reads the lists once.
var readAllowed = sync.OnceValues(func() (*allowed, error) {
	a := &allowed{}
	if err := yaml.UnmarshalWithOptions(allowText, a, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("engine: allow.yaml: %w", err)
	}
	return a, nil
})

func (a *allowed) arity(name string) ([]int, bool) {
	if f, ok := a.Functions[name]; ok {
		return f, true
	}
	f, ok := a.Aggregates[name]
	return f.Arity, ok
}

func (a *allowed) aggregate(name string) bool { _, ok := a.Aggregates[name]; return ok }

// refused says why a function of the list is not allowed.
func (a *allowed) refused(name string) *fault.Fault {
	switch a.Refused[name] {
	case "carries":
		return fault.New(fault.Invalid, "函数 %s 会带出一行的原值。请改用 count、sum、avg、median 或 quantile_cont。", name)
	case "chance":
		return fault.New(fault.Invalid, "函数 %s 每次结果不同，不能核对。", name)
	}
	return fault.New(fault.Invalid, "函数 %s 取的是运行时刻，不能核对。请写出日期，或用参数 $名字。", name)
}
