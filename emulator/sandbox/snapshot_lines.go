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
	const session, section = '{', '"'
	text = strings.TrimSuffix(text, "\n")
	switch {
	case strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]"):
		for i, rest, more := 0, text[1:len(text)-1], len(text) > len("[]"); more; i++ {
			var value string
			value, rest, more = cutLine(rest, session)
			if err := visit(i, value); err != nil {
				return wire.Below(err, i)
			}
		}
		return nil
	case strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}"):
		first, rest, more := cutLine(text[1:len(text)-1], section)
		if err := wire.Each("{"+first+"}", visit); err != nil { // which may be several
			return err
		}
		for more {
			var line string
			line, rest, more = cutLine(rest, section)
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

// cutLine cuts a text where the next line begins that has the given first byte, which it keeps. The line before
// ends with a comma.
func cutLine(text string, first byte) (line, rest string, more bool) {
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return text, "", false
		}
		i += at
		if at = i + 1; i > 0 && text[i-1] == ',' && at < len(text) && text[at] == first {
			return text[:i-1], text[at:], true
		}
	}
}
