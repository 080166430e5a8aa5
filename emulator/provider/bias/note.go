package bias

import (
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// note is the metadata of a session that was changed when nothing else of it could be changed any
// more. The engine edits open sessions only, so it is kept beside the session.
type note struct {
	version  uint64 // counts changes from 1; zero: the session's own metadata
	metadata map[string]any
}

// noteOf returns the metadata of a session.
func noteOf(tx *sandbox.Tx, rec *sandbox.Record) note {
	if n, ok := tx.Get(kindNote, rec.Session.ID).(*note); ok && n.metadata != nil {
		return *n
	}
	return note{metadata: rec.Session.Metadata}
}

func putNote(tx *sandbox.Tx, rec *sandbox.Record, metadata map[string]any) {
	tx.Put(kindNote, rec.Session.ID, &note{version: noteOf(tx, rec).version + 1, metadata: metadata})
}

// forget drops the note of a session that became payable again and has its own metadata from now on.
func forget(tx *sandbox.Tx, rec *sandbox.Record) {
	if n := noteOf(tx, rec); n.version > 0 {
		tx.Put(kindNote, rec.Session.ID, &note{})
	}
}
