package server

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/openapi"
)

func (m *mounted) body(op *openapi.Operation, r *api.Request, raw []byte) ([]checkout.Violation, error) {
	if len(raw) == 0 && !op.NeedsBody {
		return nil, nil
	}
	if len(raw) == 0 {
		return []checkout.Violation{{In: checkout.InBody, Rule: checkout.RuleRequired}}, nil
	}
	tree, err := m.parse(r.Header.Get(echo.HeaderContentType), raw)
	if err != nil {
		return nil, err
	}
	if n, ok := m.surface.(api.Normalizer); ok {
		tree = n.Normalize(op.ID, tree)
	}
	r.Body = tree
	variant, faults := op.Body(tree)
	r.Variant = variant
	if strings.Contains(string(raw), `\u0000`) {
		for _, p := range wire.NUL(tree) {
			faults = append(faults, checkout.Violation{In: checkout.InBody, Variant: variant, Path: p, Rule: checkout.RuleNUL, Value: wire.Lookup(tree, p)})
		}
	}
	return faults, nil
}

// parse reads a body by its content type; none means JSON.
func (m *mounted) parse(contentType string, raw []byte) (any, error) {
	media := contentType
	if media != echo.MIMEApplicationJSON {
		media, _, _ = mime.ParseMediaType(contentType)
	}
	var tree any
	var err error
	if p, ok := m.surface.(api.BodyParser); ok {
		var known bool
		if tree, known, err = p.ParseBody(media, raw); known {
			return tree, malformed(err)
		}
	}
	if media != "" && media != "application/json" && !strings.HasSuffix(media, "+json") {
		return nil, &checkout.Error{Code: checkout.CodeUnsupportedMedia, Message: "the body is declared as " + media + "; send application/json"}
	}
	tree, err = wire.Parse(raw)
	return tree, malformed(err)
}

func malformed(err error) error {
	if err == nil {
		return nil
	}
	v := checkout.Violation{In: checkout.InBody, Rule: checkout.RuleJSON, Message: err.Error()}
	var se *wire.SyntaxError
	if errors.As(err, &se) {
		v.Limit, v.Message = se.Offset, se.Reason
	}
	return &checkout.Error{Code: checkout.CodeMalformed, Message: err.Error(), Violations: []checkout.Violation{v}}
}

// drainAtMost is how much of a body that is too large is read and forgotten, so that the caller, who
// is still sending, gets to see the answer.
const drainAtMost = 32 << 20

// rawBody returns how large the body of an operation may be, and whether it is handed over as bytes.
func (m *mounted) rawBody(op *openapi.Operation) (atMost int64, whole bool) {
	if rb, ok := m.surface.(api.RawBodies); ok {
		if atMost, ok := rb.RawBody(op.ID); ok {
			return atMost, true
		}
	}
	return BodyAtMost, false
}

// knownAtMost is the most memory that is taken for a body because its sender says how large it is.
const knownAtMost = 16 << 20

// readBody reads the body up to the limit; over it, it is a CodeTooLarge. With an error the beginning is read.
func readBody(req *http.Request, atMost int64) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	if n := req.ContentLength; n > 0 && n < min(atMost, knownAtMost) {
		body := make([]byte, n)
		read, err := io.ReadFull(req.Body, body)
		return body[:read], cutShort(err, read)
	}
	var body bytes.Buffer
	if n := req.ContentLength; n > 0 {
		body.Grow(int(min(n, atMost, knownAtMost)) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(io.LimitReader(req.Body, atMost)); err != nil {
		return body.Bytes(), cutShort(err, body.Len())
	}
	if int64(body.Len()) < atMost {
		return body.Bytes(), nil
	}
	if more, _ := io.CopyN(io.Discard, req.Body, drainAtMost); more > 0 {
		return body.Bytes(), &checkout.Error{Code: checkout.CodeTooLarge, Message: "the body is over " + strconv.FormatInt(atMost, 10) + " bytes"}
	}
	return body.Bytes(), nil
}

// cutShort is the error for a body that ended after so many bytes, nil when it did not.
func cutShort(err error, after int) error {
	if err == nil {
		return nil
	}
	return &checkout.Error{Code: checkout.CodeMalformed, Message: "read the body: " + err.Error(),
		Violations: []checkout.Violation{{In: checkout.InBody, Rule: checkout.RuleJSON, Limit: int64(after), Message: "the body ended early"}}}
}
