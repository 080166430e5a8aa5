package bias

import (
	"fmt"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// write makes a change to the objects of a collection and answers the object that came of it. What the
// change looks up and does not find, it notes as a fault; with any, nothing is changed.
func write[In, Out any](b *Bias, r *api.Request, change func(c *completion, in In) (Out, error)) (api.Response, error) {
	in, err := api.Decode[In](r)
	if err != nil {
		return api.Response{}, err
	}
	c := completion{faults: b.ownFaults(r)}
	var out Out
	err = r.Sandbox.Change(func(tx *sandbox.Tx) (err error) {
		c.tx = tx
		if out, err = change(&c, in); err == nil && len(c.faults) > 0 {
			err = refused(c.faults)
		}
		return err
	})
	if err != nil {
		return api.Response{}, err
	}
	_, of := about(r.Operation)
	return b.answer(of, out), nil
}

// existing returns the object of an operation that changes it.
func existing[T stored](b *Bias, tx *sandbox.Tx, kind, id string) (object T, err error) {
	value := tx.Get(kind, id)
	if b.hidden(value) {
		return object, noObject(id)
	}
	return value.(T), nil
}

// wanted is [existing] for what a deleted object does not take.
func wanted[T stored](b *Bias, tx *sandbox.Tx, kind, id string) (object T, err error) {
	object, err = existing[T](b, tx, kind, id)
	if gone, ok := any(object).(interface{ gone() bool }); err == nil && ok && gone.gone() {
		err = inState(messageDeleted, id)
	}
	return object, err
}

// inState is the error of an object whose state does not allow what was asked for.
//
// Source: docs.biaspay.com, errors: a conflict with the object's state is an invalid_request_error.
func inState(message string, args ...any) error {
	return refused([]checkout.Violation{broken(codeState, nil, nil, fmt.Sprintf(message, args...))})
}

// happens records an event about an object that is no session.
func (b *Bias) happens(tx *sandbox.Tx, word, object string, sub *subject) {
	happening{word, object, sub}.emit(tx, nil)
}
