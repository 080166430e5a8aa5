package wire

// Each calls visit for each member of the object, or each element of the array, in text: with its
// name or index and its own text, which is not looked into beyond its end. Errors of visit get the
// step in front.
func Each(text string, visit func(step any, value string) error) error {
	rest, err := Along(text, func(step any, text string) (string, error) {
		value, rest, err := Cut(text)
		if err != nil {
			return "", err
		}
		return rest, visit(step, value)
	})
	if err != nil {
		return err
	}
	return End(rest)
}

// Cut returns the value that text begins with, which is not looked into, and what comes after it.
func Cut(text string) (value, rest string, err error) {
	r := reader{text: text}
	value, err = r.skip()
	return value, text[r.at:], err
}

// Along goes through the object, or the array, that text begins with: visit gets the name or index of each
// value with the text from there on, and returns what comes after the value. So does Along.
func Along(text string, visit func(step any, text string) (rest string, err error)) (rest string, err error) {
	r := reader{text: text}
	next := func(step any) error {
		r.peek()
		rest, err := visit(step, text[r.at:])
		r.at = len(text) - len(rest)
		return err
	}
	switch r.peek() {
	case '{':
		err = r.members(func(name string) error { return next(name) })
	case '[':
		err = r.elements(func(i int) error { return next(i) })
	default:
		err = r.broken("it is neither an object nor an array")
	}
	return text[r.at:], err
}
