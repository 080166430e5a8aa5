package emulator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LoadState makes the sandboxes of a file that [Emulator.SaveState] has written, and returns their names.
// A file that does not exist is none. One that is damaged is left as it is, and nothing is made.
func (e *Emulator) LoadState(file string) (sandboxes []string, err error) {
	doc, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	sandboxes, err = e.sandboxes.Load(doc)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return sandboxes, nil
}

// SaveState writes every sandbox into a file: whole, or not at all. Only its owner may read it, as it
// holds client secrets.
func (e *Emulator) SaveState(file string) (err error) {
	doc, err := e.sandboxes.Save()
	if err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary.Name())
			err = fmt.Errorf("write the state to %s: %w", file, err)
		}
	}()
	_, err = temporary.Write(doc)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), file)
}
