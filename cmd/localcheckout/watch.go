package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// watchEvery is how often files are looked at.
const watchEvery = 250 * time.Millisecond

// watcher reads files of fixtures again when they change. It looks at them instead of being told: what is
// mounted into a container from another machine tells nothing, and an editor that writes a file anew and
// renames it is no special case.
type watcher struct {
	parts []fixturePart
	set   func(f client.Fixtures, alone ...string) (changed int, err error)
	log   *slog.Logger

	seen    map[string]fs.FileInfo // nil: the file is not there
	changed bool                   // since the files were read

	cancel  context.CancelFunc
	running sync.WaitGroup
}

// watch begins to look at the files of fixtures, until Close.
func watch(emu *emulator.Emulator, parts []fixturePart, log *slog.Logger) (*watcher, error) {
	w := newWatcher(parts, emu.SetFixtures, log)
	if len(w.seen) == 0 {
		return nil, fmt.Errorf("%s has nothing to look at; name files with %s", setting("watch"), setting("fixtures"))
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.running.Go(func() {
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				w.look()
			case <-ctx.Done():
				return
			}
		}
	})
	return w, nil
}

func newWatcher(parts []fixturePart, set func(client.Fixtures, ...string) (int, error), log *slog.Logger) *watcher {
	w := &watcher{parts: parts, set: set, log: log, seen: map[string]fs.FileInfo{}}
	for _, part := range parts {
		if part.file != "" {
			w.seen[part.file] = stat(part.file)
		}
	}
	return w
}

// Close ends the looking, and returns when it has ended.
func (w *watcher) Close() {
	w.cancel()
	w.running.Wait()
}

func stat(file string) fs.FileInfo {
	info, err := os.Stat(file)
	if err != nil {
		return nil
	}
	return info
}

// look reads the files again when one has changed since they were read, and none has since the last
// look: a file that is being written is left alone.
func (w *watcher) look() {
	moving := false
	for file, before := range w.seen {
		if now := stat(file); !sameFile(before, now) {
			w.seen[file], moving = now, true
		}
	}
	if moving {
		w.changed = true
		return
	}
	if w.changed {
		w.changed = false
		w.load()
	}
}

func sameFile(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == b
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// load puts what the files say now in the place of what they said. With a fault in any of them, what
// there was stays.
func (w *watcher) load() {
	parts := make([]fixturePart, len(w.parts))
	var faults []error
	for i, part := range w.parts {
		parts[i] = part
		if part.file == "" {
			continue
		}
		read, err := readFixtureFiles([]string{part.file})
		if faults = append(faults, err); err == nil {
			parts[i] = read[0]
		}
	}
	err := errors.Join(faults...)
	var changed int
	if err == nil {
		f, alone := joined(parts)
		changed, err = w.set(f, alone...)
	}
	if err != nil {
		w.log.Error("the fixtures stay as they were", "error", err)
		return
	}
	w.parts = parts
	w.log.Info("the fixtures were read again", "changed", changed)
}
