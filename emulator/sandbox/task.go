package sandbox

import (
	"fmt"
	"time"

	"github.com/localcheckout/localcheckout/emulator/clock"
)

// Task is something that a dialect has to do later, such as the renewal of a subscription. It is data, so
// that it can wait in a snapshot. It is about an object, or about none.
type Task struct {
	Provider string `json:"provider"`
	Do       string `json:"do"`              // the dialect's own word, which a move of the clock tells
	Object   string `json:"object,omitzero"` // id; "" is none
}

// Later has the dialect do a task, see [Dialect.Due], at an instant on the sandbox's clock: at the next one
// when that is over. Nothing is planned when the section fails.
func (tx *Tx) Later(at time.Time, t Task) {
	tx.tasks = append(tx.tasks, waiting{later(at, tx.now.Add(clock.Resolution)).Truncate(clock.Resolution), t})
}

type waiting struct {
	at   time.Time
	task Task
}

// taskLocked does a task that fell due.
func (b *Sandbox) taskLocked(t Task, at time.Time) Fired {
	f := Fired{At: at, Object: t.Object, Action: t.Do}
	due := b.set.dialect(t.Provider).Due
	if due == nil {
		f.Skipped = "the provider knows no such task"
		return f
	}
	tx := &Tx{b: b, now: at}
	due(tx, t)
	tx.commit()
	f.Events = b.recordLocked(tx)
	return f
}

// readTask checks a task of a snapshot.
func (set *Set) readTask(t Task) error {
	if set.dialect(t.Provider).Due == nil {
		return fmt.Errorf("the provider %q has no tasks", t.Provider)
	}
	return nil
}
