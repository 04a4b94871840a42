package main

import (
	"context"

	"shuyuan/cmd/shuyuan/check"
)

func (in *installation) checkedIndex(context.Context) (check.Index, func(), error) {
	return nil, func() {}, nil
}
