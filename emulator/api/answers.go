package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// answer is a kept [Response] as a snapshot has it.
type answer struct {
	Status      int         `json:"status,omitzero"`
	Header      http.Header `json:"header,omitzero"`
	ContentType string      `json:"content_type,omitzero"`
	Text        string      `json:"text,omitzero"`
	Body        *string     `json:"body,omitzero"` // the bytes of JSON; nil: none
}

// Answers is the codec of the responses that idempotency keys keep.
var Answers = sandbox.Codec{
	Append: func(dst []byte, value any) ([]byte, error) {
		resp := value.(Response)
		a := answer{Status: resp.Status, Header: resp.Header, ContentType: resp.ContentType, Text: resp.Text}
		if body, ok := resp.Body.(json.RawMessage); ok {
			a.Body = new(string(body))
		} else if resp.Body != nil {
			return dst, errors.New("the kept answer is not encoded")
		}
		return wire.Append(dst, &a)
	},
	Take: func(text string) (any, string, error) {
		var a answer
		rest, err := wire.Take(text, &a)
		if err != nil {
			return nil, "", err
		}
		resp := Response{Status: a.Status, Header: a.Header, ContentType: a.ContentType, Text: a.Text}
		if a.Body != nil {
			if !json.Valid([]byte(*a.Body)) {
				return nil, "", wire.Below(errors.New("it is not JSON"), "body")
			}
			resp.Body = json.RawMessage(*a.Body)
		}
		return resp, rest, nil
	},
}
