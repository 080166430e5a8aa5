package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/labstack/echo/v4"
)

// answers are what the product answered, for the bare server to answer as well.
type answers []answer

type answer struct {
	Method, Path string // in echo's form
	Status       int
	Body         string
}

func (a answers) save(file string) error {
	data, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

// serveBare is the yardstick: echo, routes, bytes; bodies are read and forgotten.
func serveBare(ctx context.Context, file string) error {
	debug.SetGCPercent(400) // as the product does
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var all answers
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	e := echo.New()
	for _, a := range all {
		body, length := []byte(a.Body), strconv.Itoa(len(a.Body))
		e.Add(a.Method, a.Path, func(c echo.Context) error {
			if _, err := io.ReadAll(c.Request().Body); err != nil {
				return err
			}
			c.Response().Header().Set(echo.HeaderContentLength, length) // else echo sends it in chunks
			return c.Blob(a.Status, echo.MIMEApplicationJSON, body)
		})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("%s%s\n", announced, l.Addr())
	s := &http.Server{Handler: e}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	_ = s.Serve(l)
	return nil
}
