package sandbox

import (
	"errors"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// each is [wire.Each], or does its work.
type each func(text string, visit func(step any, value string) error) error

// eachLine is [wire.Each] for what snapshots are made of: every session and every section begins a line, so
// that nobody has to look for where the one before ends. A text of another form is cut in wrong places. As
// the value that is cut has no end then, whoever reads the values finds out.
func eachLine(text string, visit func(step any, value string) error) error {
	const sessions, sections = ",\n{", ",\n\""
	text = strings.TrimSuffix(text, "\n")
	switch {
	case strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]"):
		for i, rest, more := 0, text[1:len(text)-1], len(text) > len("[]"); more; i++ {
			var value string
			value, rest, more = cutLine(rest, sessions)
			if err := visit(i, value); err != nil {
				return wire.Below(err, i)
			}
		}
		return nil
	case strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}"):
		first, rest, more := cutLine(text[1:len(text)-1], sections)
		if err := wire.Each("{"+first+"}", visit); err != nil { // which may be several
			return err
		}
		for more {
			var line string
			line, rest, more = cutLine(rest, sections)
			name, value, ok := strings.Cut(line[1:], `":`)
			if !ok {
				return errors.New("a line has no name")
			}
			if err := visit(name, value); err != nil {
				return wire.Below(err, name)
			}
		}
		return nil
	}
	return errors.New("it is neither an object nor an array")
}

// cutLine cuts a text where the next line begins, which keeps the last byte of mark.
func cutLine(text, mark string) (line, rest string, more bool) {
	i := strings.Index(text, mark)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(mark)-1:], true
}
