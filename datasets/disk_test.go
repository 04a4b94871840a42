package datasets

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"shuyuan/internal/fault"
)

// Where the disk is full the sender is told so, and nothing counts as kept.
func TestAFullDiskIsSaid(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	r := &receipt{u: &Upload{Bytes: 100}, f: full}
	err = r.copy(t.Context(), Chunk{Reader: strings.NewReader("代码")})
	if f := fault.Of(err); f.Kind != fault.Unavailable || f.Sentence != "存储空间已满，文件没有保存。" || r.u.Got != 0 {
		t.Errorf("%d bytes, %v", r.u.Got, err)
	}
	for cause, want := range map[error]string{syscall.ENOSPC: "已满", syscall.EDQUOT: "已满", syscall.EIO: "没有响应"} {
		if f := fault.Of(diskFault(fmt.Errorf("write: %w", cause))); f.Kind != fault.Unavailable || !strings.Contains(f.Sentence, want) {
			t.Errorf("%v: %s", cause, f.Sentence)
		}
	}
	if err := diskFault(nil); !errors.Is(err, nil) {
		t.Errorf("nothing happened: %v", err)
	}
}
