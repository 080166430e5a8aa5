package sandbox

import (
	"fmt"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// commandDoc is a command that falls due later.
type commandDoc struct {
	Do          string          `json:"do"`
	Attempt     int             `json:"attempt,omitzero"`
	DeclineCode string          `json:"decline_code,omitzero"`
	Status      checkout.Status `json:"status,omitzero"`
	Then        *outcomeDoc     `json:"then,omitzero"`
}

// doExpire is what ends a session, and what a deadline does when nothing else is said.
const doExpire = "expire"

type outcomeDoc struct {
	After       string `json:"after"`
	Fail        bool   `json:"fail,omitzero"`
	DeclineCode string `json:"decline_code,omitzero"`
}

// mayWait reports whether a command may wait: what waits must be data, so that a snapshot can hold it.
func mayWait(cmd checkout.Command) bool {
	_, err := newCommandDoc(cmd)
	return err == nil
}

func newCommandDoc(cmd checkout.Command) (commandDoc, error) {
	closure := false
	doc := commandDoc{}
	switch c := cmd.(type) {
	case checkout.Expire:
		doc.Do = doExpire
	case checkout.Cancel:
		doc.Do = "cancel"
	case checkout.Settle:
		doc.Do, doc.Attempt = "settle", c.Attempt
	case checkout.Fail:
		doc.Do, doc.Attempt, doc.DeclineCode = "fail", c.Attempt, c.DeclineCode
	case checkout.Decline:
		doc.Do, doc.DeclineCode, closure = "decline", c.Code, c.Set != nil
	case checkout.Pay:
		doc.Do, closure = "pay", c.Set != nil
	case checkout.Force:
		doc.Do, doc.Status = "force", c.Status
	case checkout.Confirm:
		doc.Do, closure = "confirm", c.Set != nil
		if t := c.Then; t != nil {
			doc.Then = &outcomeDoc{After: t.After.String(), Fail: t.Fail, DeclineCode: t.DeclineCode}
		}
	default:
		closure = true
	}
	if closure {
		return doc, fmt.Errorf("a %T that edits the session cannot wait", cmd)
	}
	return doc, nil
}

func (d commandDoc) command() (checkout.Command, error) {
	switch d.Do {
	case doExpire:
		return checkout.Expire{}, nil
	case "cancel":
		return checkout.Cancel{}, nil
	case "settle":
		return checkout.Settle{Attempt: d.Attempt}, nil
	case "fail":
		return checkout.Fail{Attempt: d.Attempt, DeclineCode: d.DeclineCode}, nil
	case "decline":
		return checkout.Decline{Code: d.DeclineCode}, nil
	case "pay":
		return checkout.Pay{}, nil
	case "force":
		return checkout.Force{Status: d.Status}, knownStatus(d.Status)
	case "confirm":
		cmd := checkout.Confirm{}
		if d.Then == nil {
			return cmd, nil
		}
		after, err := time.ParseDuration(d.Then.After)
		cmd.Then = &checkout.Outcome{After: after, Fail: d.Then.Fail, DeclineCode: d.Then.DeclineCode}
		return cmd, err
	}
	return nil, fmt.Errorf("there is no command %q", d.Do)
}
