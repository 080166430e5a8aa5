package client

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// Wait is for how many a call waits, and how long. The zero value is one, and 5 s of wall time.
type Wait struct {
	Count   int
	Timeout time.Duration
}

// waitUsual is how long the server waits unless told otherwise.
const waitUsual = 5 * time.Second

// awaited makes a call that waits; with a 408 it also returns what did arrive.
func awaited[T any](ctx context.Context, c *Client, path string, query values, w Wait) (T, error) {
	query.number("count", uint64(w.Count))
	if w.Timeout != 0 {
		query.text("timeout", w.Timeout.String())
	}
	out, err := call[T](ctx, c, request{method: http.MethodGet, path: path, query: url.Values(query), waits: cmp.Or(w.Timeout, waitUsual)})
	var p *Problem
	if errors.As(err, &p) && p.Status == http.StatusRequestTimeout {
		_ = json.Unmarshal(p.body, &out)
	}
	return out, err
}

// pieceAtMost bounds one event of a stream, in bytes.
const pieceAtMost = 16 << 20

// streamed reads server-sent events, each with one line of data. One that the end of the stream cuts short is
// none.
func streamed[T any](ctx context.Context, c *Client, path string, query values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		resp, err := c.send(ctx, request{method: http.MethodGet, path: path, query: url.Values(query)})
		if err != nil {
			yield(none, err)
			return
		}
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, pieceAtMost)
		var data []byte
		for lines.Scan() {
			if part, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: ")); ok {
				data = append(data[:0], part...)
			}
			if len(lines.Bytes()) > 0 || len(data) == 0 { // an empty line ends the event
				continue
			}
			var item T
			err := json.Unmarshal(data, &item)
			data = data[:0]
			if err != nil {
				err = fmt.Errorf("GET /_control%s: an event is not of this version: %w", path, err)
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
		if err := lines.Err(); err != nil && ctx.Err() == nil {
			yield(none, fmt.Errorf("GET /_control%s: %w", path, err))
		}
	}
}
