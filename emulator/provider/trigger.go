package provider

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Trigger is how an event of a provider's own is made on demand, with the objects that it needs. One of
// its members is set.
type Trigger struct {
	// Do makes it, by calls of the provider's API and actions on sessions.
	Do func(m *Maker) error
	// Why is the reason, as the end of a sentence, for which nothing but the application can make it.
	Why string
}

// Triggerer is a provider whose events can be made on demand.
type Triggerer interface {
	// Triggers has one for each event that the dialect's policy emits.
	Triggers() map[string]Trigger
	// Caller returns the headers of a call to the provider's API with a credential.
	Caller(b *sandbox.Sandbox, credential string) http.Header
}

// Maker does what a trigger asks for, in one sandbox.
type Maker struct {
	Sandbox *sandbox.Sandbox
	// Serial tells what one trigger makes from what others of the sandbox do.
	Serial uint64
	// Call calls the provider's API as an application would, with a path below its base URL, and returns
	// the object that it answers. body is encoded as JSON; nil sends none. Any answer but a success is an
	// error. No fault strikes it, and the journal does not have it.
	Call func(method, path string, body any) (map[string]any, error)
	// Act does a command to a session.
	Act func(session string, cmd checkout.Command) error
}

// Create calls the operation that makes an object, and returns its id.
func (m *Maker) Create(path string, body any) (id string, err error) {
	made, err := m.Call(http.MethodPost, path, body)
	id, _ = made["id"].(string)
	return id, err
}

// Step is one step of a trigger: a call, or with Act a command to a session.
type Step struct {
	// Call is a method and a path below the provider's base URL, or the session of a command. Body is JSON,
	// "" sends none. In both {serial} stands for [Maker.Serial], {1} for the id of what the first step
	// answered, and {1.items.0.id} for another member of it.
	Call, Body string
	Act        checkout.Command
}

// Calling is the trigger that does steps one after the other.
func Calling(steps ...Step) Trigger {
	return Trigger{Do: func(m *Maker) error {
		var answers []any
		for _, step := range steps {
			made, err := step.do(m, answers)
			if err != nil {
				return err
			}
			answers = append(answers, made)
		}
		return nil
	}}
}

func (s Step) do(m *Maker, answers []any) (any, error) {
	call, err := filled(s.Call, m.Serial, answers)
	if err != nil {
		return nil, err
	}
	if s.Act != nil {
		return map[string]any{"id": call}, m.Act(call, s.Act)
	}
	method, path, _ := strings.Cut(call, " ")
	if s.Body == "" {
		return m.Call(method, path, nil)
	}
	body, err := filled(s.Body, m.Serial, answers)
	if err != nil {
		return nil, err
	}
	return m.Call(method, path, json.RawMessage(body))
}

// filled puts what earlier steps answered into a text.
func filled(text string, serial uint64, answers []any) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		out.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		switch value, err := mentioned(name, serial, answers); {
		case !found:
			return out.String(), nil
		case err != nil:
			return "", err
		case closed && value != "":
			out.WriteString(value)
			text = after
		default: // a brace of JSON
			out.WriteByte('{')
			text = rest
		}
	}
}

// mentioned is what a name in braces stands for; "" when it is no name.
func mentioned(name string, serial uint64, answers []any) (string, error) {
	if name == "serial" {
		return strconv.FormatUint(serial, 10), nil
	}
	number, path, _ := strings.Cut(name, ".")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(answers) {
		return "", nil
	}
	at := answers[n-1]
	for step := range strings.SplitSeq(cmp.Or(path, "id"), ".") {
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			if i, err := strconv.Atoi(step); err == nil && i < len(v) {
				at = v[i]
			} else {
				at = nil
			}
		default:
			at = nil
		}
	}
	if text, ok := at.(string); ok && text != "" {
		return text, nil
	}
	return "", fmt.Errorf("the answer to step %d has no text at %q", n, cmp.Or(path, "id"))
}

// Opening is the trigger that opens a session, and then does commands to it.
func Opening(open func(m *Maker) (session string, err error), then ...checkout.Command) Trigger {
	return Trigger{Do: func(m *Maker) error {
		id, err := open(m)
		for i := 0; i < len(then) && err == nil; i++ {
			err = m.Act(id, then[i])
		}
		return err
	}}
}
