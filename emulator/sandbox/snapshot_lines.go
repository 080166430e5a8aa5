package sandbox

import (
	"errors"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// form is how a document is taken apart.
type form struct {
	// members visits the members of an object with their names.
	members func(text string, visit func(step any, value string) error) error
	// elements returns the texts of an array's elements.
	elements func(text string) ([]string, error)
}

// byValues takes any document apart.
var byValues = form{wire.Each, func(text string) (texts []string, err error) {
	err = wire.Each(text, func(_ any, text string) error {
		texts = append(texts, text)
		return nil
	})
	if err == nil && text[0] != '[' {
		err = errNoArray
	}
	return texts, err
}}

// byLines is byValues for what snapshots are made of: every session, every event and every section begins a
// line, so that nobody has to look for where the one before ends. A text of another form is cut in wrong
// places. As the value that is cut has no end then, whoever reads the values finds out.
var byLines = form{membersByLine, elementsByLine}

var errNoArray = errors.New("it is not an array")

// Each line begins with one of these.
const (
	element = '{'
	member  = '"'
)

func elementsByLine(text string) (texts []string, err error) {
	if !strings.HasPrefix(text, "[") || !strings.HasSuffix(text, "]") {
		return nil, errNoArray
	}
	texts = make([]string, 0, 1+strings.Count(text, ",\n{"))
	for rest, more := text[1:len(text)-1], len(text) > len("[]"); more; {
		var value string
		value, rest, more = cutLine(rest, element)
		texts = append(texts, value)
	}
	return texts, nil
}

func membersByLine(text string, visit func(step any, value string) error) error {
	text = strings.TrimSuffix(text, "\n")
	if !strings.HasPrefix(text, "{") || !strings.HasSuffix(text, "}") {
		return errors.New("it is not an object")
	}
	first, rest, more := cutLine(text[1:len(text)-1], member)
	if err := wire.Each("{"+first+"}", visit); err != nil { // which may be several
		return err
	}
	for more {
		var line string
		line, rest, more = cutLine(rest, member)
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
