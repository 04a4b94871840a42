package portal

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// pair is a connection as the portal has it, and its other end.
func pair(t *testing.T, patience time.Duration) (ours, theirs net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if theirs, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if ours, err = (listener{l, patience}).Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ours.Close()
		theirs.Close()
	})
	return ours, theirs
}

// big is more than the system keeps for a reader who takes nothing.
func big(t *testing.T) []byte {
	t.Helper()
	b := make([]byte, 32<<20)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

func file(t *testing.T, content []byte) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// ways are the two ways in which an answer goes out.
var ways = map[string]func(*testing.T, net.Conn, []byte) (int64, error){
	"from memory": func(_ *testing.T, c net.Conn, content []byte) (int64, error) {
		n, err := c.Write(content)
		return int64(n), err
	},
	"from a file": func(t *testing.T, c net.Conn, content []byte) (int64, error) {
		limited := &io.LimitedReader{R: file(t, content), N: int64(len(content))}
		n, err := c.(io.ReaderFrom).ReadFrom(limited)
		if limited.N != int64(len(content))-n {
			t.Errorf("%d bytes sent, %d of %d left", n, limited.N, len(content))
		}
		return n, err
	},
}

func TestAReaderWhoTakesNothingIsCutOff(t *testing.T) {
	for name, send := range ways {
		ours, _ := pair(t, 200*time.Millisecond)
		content := big(t)
		n, err := send(t, ours, content) // comes back by itself, or the test ends by its own timeout
		if err == nil || n >= int64(len(content)) {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
	}
}

// A slow line is no stall: who takes a little all the time gets everything,
// however long it takes.
func TestASlowReaderGetsEverything(t *testing.T) {
	for name, send := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ours, theirs := pair(t, 3*time.Second)
			content := big(t)
			got := make(chan []byte)
			go func() {
				var all bytes.Buffer
				pause := time.NewTicker(25 * time.Millisecond) // more than the patience for all of it
				defer pause.Stop()
				for range pause.C {
					if n, err := io.CopyN(&all, theirs, 256<<10); err != nil || n == 0 {
						break
					}
				}
				got <- all.Bytes()
			}()
			if n, err := send(t, ours, content); err != nil || n != int64(len(content)) {
				t.Errorf("%d bytes, %v", n, err)
			}
			ours.Close()
			if !bytes.Equal(<-got, content) {
				t.Error("something else arrived")
			}
		})
	}
}

// What is only a part of a file stops at its end.
func TestAPartOfAFileIsSent(t *testing.T) {
	ours, theirs := pair(t, time.Second)
	content := big(t)
	got := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(theirs)
		got <- all
	}()
	f := file(t, content)
	if _, err := f.Seek(1000, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if n, err := ours.(io.ReaderFrom).ReadFrom(&io.LimitedReader{R: f, N: 1 << 20}); err != nil || n != 1<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
	if n, err := ours.(io.ReaderFrom).ReadFrom(bytes.NewReader([]byte("end"))); err != nil || n != 3 {
		t.Errorf("%d bytes, %v", n, err)
	}
	ours.Close()
	if want := append(bytes.Clone(content[1000:1000+1<<20]), "end"...); !bytes.Equal(<-got, want) {
		t.Error("something else arrived")
	}
}

// The whole way: a download that nobody takes ends, and its connection with it.
func TestAStalledDownloadIsEnded(t *testing.T) {
	w := newWorld(t)
	text := bytes.Repeat([]byte("年份,人口\n"), 4<<20/16*8)
	_, v := w.File(t, "big.csv", string(text))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- w.app.Listener(listener{l, 200 * time.Millisecond}) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /d/"+v.ResourceID+"/1/big.csv HTTP/1.1\r\nHost: data.example\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	// the first bytes come, then we take nothing more until the server has
	// given up
	if _, err := io.ReadFull(conn, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for range look.C {
		if w.app.Server().GetOpenConnectionsCount() == 0 {
			break
		}
	}
	rest, err := io.Copy(io.Discard, conn)
	if rest >= int64(len(text)) {
		t.Errorf("%d of %d bytes arrived, %v", rest, len(text), err)
	}
	if err := w.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
