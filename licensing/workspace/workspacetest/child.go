package workspacetest

import (
	"shuyuan/internal/sandbox"
	"shuyuan/licensing/workspace/engine"
)

// The engine works in children: whoever imports this package is such a program.
func init() {
	if engine.Jobs()[sandbox.Asked()] != nil {
		sandbox.Main(engine.Jobs())
	}
}
