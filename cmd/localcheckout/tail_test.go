package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/client"
)

// following is a command that shows things as they happen.
type following struct {
	lines chan string // closed at its end
	stop  context.CancelFunc
	ended chan int
	errs  *bytes.Buffer // complete after ended
}

// follow runs a tail.
func follow(t *testing.T, args ...string) *following {
	t.Helper()
	return lasting(t, append([]string{"tail"}, args...)...)
}

// lasting runs a command that lasts.
func lasting(t *testing.T, args ...string) *following {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, writer := io.Pipe()
	f := &following{lines: make(chan string, 1000), stop: cancel, ended: make(chan int, 1), errs: &bytes.Buffer{}}
	go func() { // so that it never waits for its reader
		defer close(f.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			f.lines <- s.Text()
		}
	}()
	go func() {
		code := run(ctx, append([]string{"localcheckout"}, args...), writer, f.errs)
		writer.Close()
		f.ended <- code
	}()
	t.Cleanup(cancel)
	return f
}

// next reads lines until one contains every text, and returns it.
func (f *following) next(t *testing.T, wants ...string) string {
	t.Helper()
	for line := range f.lines {
		found := true
		for _, want := range wants {
			found = found && strings.Contains(line, want)
		}
		if found {
			return line
		}
	}
	t.Fatalf("it ended before a line with %q: %s", wants, f.errs)
	return ""
}

// TestTail shows what was, then what happens, from the very first event on; Ctrl-C ends it with 0.
func TestTail(t *testing.T) {
	s := newStation(t)
	f := follow(t)
	id := s.session(s.URL("tilled"))
	f.next(t, "session.created", "tilled", id)
	s.Must(t).Pay(id)
	f.next(t, "session.succeeded", id)
	f.stop()
	if code := <-f.ended; code != exitOK {
		t.Errorf("tail = %d, %s; want 0", code, f.errs)
	}
	other := s.session(s.URL("tilled"))
	f = follow(t, "--json", "--session", id, "--lines", "1")
	var e client.Event
	if err := json.Unmarshal([]byte(f.next(t, "")), &e); err != nil || e.Session != id {
		t.Errorf("tail --json begins with %+v, %v; want the session's last event", e, err)
	}
	s.Must(t).Pay(other)
	if _, err := s.Force(t.Context(), id, "failed"); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(f.next(t, "session.forced")), &e); err != nil || e.Session != id {
		t.Errorf("tail --json goes on with %+v, %v; want the session's own event", e, err)
	}
}

// TestTailOnce ends by itself.
func TestTailOnce(t *testing.T) {
	s := newStation(t)
	if out := s.ok("tail", "--once"); out != "" {
		t.Errorf("tail --once = %q; want nothing yet", out)
	}
	s.Must(t).Pay(s.session(s.URL("tilled")))
	contains(t, s.ok("tail", "--once", "--type", "session.succeeded", "--provider", "tilled"), "session.succeeded")
	if lines := strings.Count(s.ok("tail", "--once", "-n", "1"), "\n"); lines != 1 {
		t.Errorf("tail -n 1 has %d lines", lines)
	}
}

// TestTailOfAServerThatStops ends with 1 and says so.
func TestTailOfAServerThatStops(t *testing.T) {
	clean(t)
	s := start(t, "--addr", "127.0.0.1:0")
	t.Setenv("LOCALCHECKOUT_URL", s.base)
	for _, before := range []bool{false, true} { // an event
		if before {
			(&station{t: t}).session(s.base + "/tilled")
		}
		f := follow(t, "--json")
		if before {
			f.next(t, "session.created")
			continue
		}
		f.stop()
		<-f.ended
	}
	f := follow(t)
	f.next(t, "session.created")
	s.stop()
	if code := <-f.ended; code != exitFailure || !strings.Contains(f.errs.String(), s.base) {
		t.Errorf("tail = %d, %q; want 1 and the address", code, f.errs)
	}
}

// TestSnapshotFiles: a sandbox goes into a file and back, or through pipes; what is broken is refused
// with its place.
func TestSnapshotFiles(t *testing.T) {
	s := newStation(t)
	s.Must(t).Freeze() // the time is in it
	id := s.session(s.URL("tilled"))
	file := filepath.Join(t.TempDir(), "snapshot.json")
	contains(t, s.ok("snapshot", file), file)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v; want it for its owner only", info, err)
	}
	written, err := os.ReadFile(file)
	if err != nil || strings.TrimSpace(s.ok("snapshot")) != strings.TrimSpace(string(written)) {
		t.Errorf("printed and written snapshots differ, %v", err)
	}
	s.ok("reset")
	contains(t, s.ok("restore", file), file)
	contains(t, s.ok("sessions"), id)
	s.ok("restore", file, "--sandbox", "copy")
	contains(t, s.ok("sessions", "--sandbox", "copy"), id)
	if err := os.WriteFile(file, []byte(`{"localcheckout_snapshot": 9}`), 0o600); err != nil {
		t.Fatal(err)
	}
	contains(t, s.fails(exitFailure, "restore", file), "localcheckout_snapshot")
	contains(t, s.fails(exitFailure, "restore", file+".none"), file+".none")
	contains(t, s.fails(exitFailure, "snapshot", file+"/below"), file)
	if err := os.WriteFile(file, []byte("no JSON"), 0o600); err != nil {
		t.Fatal(err)
	}
	contains(t, s.fails(exitFailure, "restore", file), "the snapshot is broken", "nothing was restored")
}
