package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// call is one operation under load.
type call struct {
	name   string
	method string
	path   string
	body   string
	bytes  int // of the answer
}

const token = "polar_oat_load"

// prepare makes the sessions that are read and records each operation's answer.
func prepare(addr string) ([]call, answers, error) {
	product, err := anyProduct(addr)
	if err != nil {
		return nil, nil, err
	}
	create := fmt.Sprintf(`{"products":[%q],"customer_email":"ada@example.com","customer_name":"Ada Lovelace",`+
		`"customer_billing_address":{"country":"FR","line1":"1 rue de la Paix","postal_code":"75002","city":"Paris"},`+
		`"success_url":"https://shop.example/thanks?checkout_id={CHECKOUT_ID}","metadata":{"order":"1001","cart":"a-b-c"}}`, product)
	calls := []call{{name: "create", method: http.MethodPost, path: "/polar/v1/checkouts/", body: create}}
	var recorded answers
	var id string
	for range 20 {
		status, body, err := once(addr, calls[0])
		if err != nil || status != http.StatusCreated {
			return nil, nil, fmt.Errorf("create = %d %s, %v", status, body, err)
		}
		var made struct{ ID string }
		if err := json.Unmarshal(body, &made); err != nil {
			return nil, nil, err
		}
		id = made.ID
	}
	calls = append(calls,
		call{name: "get", method: http.MethodGet, path: "/polar/v1/checkouts/" + id},
		call{name: "list", method: http.MethodGet, path: "/polar/v1/checkouts/?limit=10"})
	for i, c := range calls {
		status, body, err := once(addr, c)
		if err != nil {
			return nil, nil, err
		}
		calls[i].bytes = len(body)
		path, _, _ := strings.Cut(strings.Replace(c.path, id, ":id", 1), "?")
		recorded = append(recorded, answer{Method: c.method, Path: path, Status: status, Body: string(body)})
	}
	return calls, recorded, nil
}

// anyProduct returns the first product of the catalog with one fixed price.
func anyProduct(addr string) (string, error) {
	_, body, err := once(addr, call{method: http.MethodGet, path: "/_control/fixtures"})
	if err != nil {
		return "", err
	}
	var catalog struct {
		Polar struct{ Products []struct{ ID string } }
	}
	if err := json.Unmarshal(body, &catalog); err != nil || len(catalog.Polar.Products) == 0 {
		return "", fmt.Errorf("the catalog has no product: %v", err)
	}
	return catalog.Polar.Products[0].ID, nil
}

func once(addr string, c call) (int, []byte, error) {
	conn, err := dial(addr)
	if err != nil {
		return 0, nil, err
	}
	defer conn.Close()
	return conn.do(c.encode(addr))
}

// encode writes the request once; it is sent many times.
func (c call) encode(addr string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n", c.method, c.path, addr, token)
	if c.body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(c.body))
	}
	b.WriteString("\r\n" + c.body)
	return b.Bytes()
}

// connection speaks just enough HTTP to cost next to nothing: what is measured is the server.
type connection struct {
	net.Conn
	r    *bufio.Reader
	body []byte
}

func dial(addr string) (*connection, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c, r: bufio.NewReaderSize(c, 64<<10)}, nil
}

var errNoLength = errors.New("an answer came without Content-Length")

func (c *connection) do(request []byte) (status int, body []byte, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, nil, err
	}
	length := -1
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		switch {
		case status == 0:
			status, _ = strconv.Atoi(string(line[9:12]))
		case len(line) == 2:
			if length < 0 {
				return status, nil, errNoLength
			}
			if cap(c.body) < length {
				c.body = make([]byte, length)
			}
			c.body = c.body[:length]
			_, err := io.ReadFull(c.r, c.body)
			return status, c.body, err
		case length < 0 && bytes.EqualFold(line[:min(15, len(line))], []byte("content-length:")):
			length, _ = strconv.Atoi(string(bytes.TrimSpace(line[15:])))
		}
	}
}

type result struct {
	rate float64 // requests a second
	cpu  float64 // processor seconds a request
}

// round keeps the connections busy for the length of a round.
func round(ctx context.Context, p plan, c call, server *process) (result, error) {
	request := c.encode(server.addr)
	ctx, cancel := context.WithTimeout(ctx, p.length)
	defer cancel()
	counts, failures := make([]int, p.connections), make([]error, p.connections)
	before, began := server.cpu(), time.Now()
	var wg sync.WaitGroup
	for i := range p.connections {
		wg.Go(func() { counts[i], failures[i] = busy(ctx, server.addr, request) })
	}
	wg.Wait()
	took, used := time.Since(began).Seconds(), server.cpu()-before
	total := 0
	for _, n := range counts {
		total += n
	}
	return result{rate: float64(total) / took, cpu: used / float64(max(total, 1))}, errors.Join(failures...)
}

func busy(ctx context.Context, addr string, request []byte) (n int, err error) {
	conn, err := dial(addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	for ctx.Err() == nil {
		status, body, err := conn.do(request)
		if err != nil {
			return n, err
		}
		if status/100 != 2 {
			return n, fmt.Errorf("answered %d %s", status, body)
		}
		n++
	}
	return n, nil
}
