package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/urfave/cli/v3"
	"go.yaml.in/yaml/v3"
)

// apply gives the flags that neither the command line nor the environment sets the values of the
// file.
func (s *settings) apply(c *cli.Command) error {
	for flag, values := range s.flags {
		if c.IsSet(flag) {
			continue
		}
		for _, v := range values {
			if err := c.Set(flag, v.text); err != nil {
				return fmt.Errorf("%s: %w", v.place, err)
			}
		}
	}
	return nil
}

// configuredAddr is where a server of this working directory listens.
func configuredAddr() string { return cmp.Or(configured("addr"), defaultAddr) }

// configured is what the file of this working directory says for a flag; "" is nothing. A file that
// cannot be read is for serve to complain about.
func configured(flag string) string {
	name, _ := variableOf("config").Lookup()
	text, err := readBounded(cmp.Or(name, configName))
	if err != nil {
		return ""
	}
	s, err := parseSettings(configName, text)
	if err != nil || len(s.flags[flag]) == 0 {
		return ""
	}
	return s.flags[flag][0].text
}

// skip leaves out what is about sandboxes that were loaded: they have it already.
func (s *settings) skip(loaded []string) {
	s.worlds = slices.DeleteFunc(s.worlds, func(w world) bool { return slices.Contains(loaded, cmp.Or(w.name, "default")) })
}

// prepare makes and furnishes the sandboxes of the file. Its error has every fault, each with its
// line.
func (s *settings) prepare(ctx context.Context, emu *emulator.Emulator) error {
	var faults []error
	for _, w := range s.worlds {
		in := emu.Client
		if w.name != "" {
			in = in.In(w.name)
		}
		if w.made != nil {
			if err := w.made.send(ctx, emu.Client); err != nil {
				faults = append(faults, err)
				continue
			}
		}
		for _, e := range w.entries {
			if err := e.send(ctx, in); err != nil {
				faults = append(faults, err)
			}
		}
	}
	return errors.Join(faults...)
}

// send makes the call of an entry. What is refused is told with the line that it came from.
func (e entry) send(ctx context.Context, c *client.Client) error {
	_, err := c.Call(ctx, http.MethodPost, e.path, e.body)
	var p *client.Problem
	if !errors.As(err, &p) {
		return err
	}
	var faults []error
	for _, v := range p.Errors {
		text := v.Message
		if text == "" {
			text = v.Pointer + " breaks " + v.Rule
		}
		faults = append(faults, fmt.Errorf("%s:%d: %s", e.file, locate(e.node, v.Pointer).Line, text))
	}
	if len(faults) == 0 {
		return fmt.Errorf("%s:%d: %s", e.file, e.node.Line, p.Detail)
	}
	return errors.Join(faults...)
}

// locate follows a JSON pointer (RFC 6901) as far as it leads.
func locate(n *yaml.Node, pointer string) *yaml.Node {
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		next := child(resolved(n), strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func child(n *yaml.Node, step string) *yaml.Node {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
}
