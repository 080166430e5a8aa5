package client_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/localcheckout/localcheckout/openapi"
)

// notOperations are the methods that take a context and are made of operations, or are any.
var notOperations = []string{"AllSessions", "Call", "Provider"}

// TestMethodsAreOperations: every operation of the control document is a method of the client, named
// as its operationId, and no other method calls the server.
func TestMethodsAreOperations(t *testing.T) {
	doc, err := openapi.Load("control.yaml", openapi.Control, openapi.Whole)
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]string{}
	for _, op := range doc.Operations() {
		wanted[methodOf(op.ID)] = op.Method + " " + op.Path
	}
	c := reflect.TypeFor[*client.Client]()
	found := map[string]bool{}
	for i := range c.NumMethod() {
		m := c.Method(i)
		if m.Type.NumIn() < 2 || m.Type.In(1) != reflect.TypeFor[context.Context]() || slices.Contains(notOperations, m.Name) {
			continue
		}
		found[m.Name] = true
		if wanted[m.Name] == "" {
			t.Errorf("the method %s is no operation of control.yaml", m.Name)
		}
	}
	for name, operation := range wanted {
		if !found[name] {
			t.Errorf("the client has no method %s(ctx, …) for %s", name, operation)
		}
	}
}

// methodOf is the name of an operation's method.
func methodOf(operation string) string {
	if operation == "har" {
		return "HAR"
	}
	return strings.ToUpper(operation[:1]) + operation[1:]
}

// TestMustFollowsTheClient: within a test a method takes and gives what the client's does, without
// the context and the error.
func TestMustFollowsTheClient(t *testing.T) {
	c, m := reflect.TypeFor[*client.Client](), reflect.TypeFor[client.Must]()
	for i := range m.NumMethod() {
		short := m.Method(i)
		long, ok := c.MethodByName(short.Name)
		if !ok {
			t.Errorf("Must.%s has no counterpart", short.Name)
			continue
		}
		if got, want := parameters(short.Type, 1), parameters(long.Type, 2); !slices.Equal(got, want) {
			t.Errorf("Must.%s takes %v; want %v", short.Name, got, want)
		}
		for o := range short.Type.NumOut() {
			if got, want := short.Type.Out(o), long.Type.Out(o); got != want {
				t.Errorf("Must.%s returns %v; want %v", short.Name, got, want)
			}
		}
	}
}

func parameters(f reflect.Type, from int) []reflect.Type {
	var all []reflect.Type
	for i := from; i < f.NumIn(); i++ {
		all = append(all, f.In(i))
	}
	return all
}
