package fault

// Truncate sends the headers of the answer, its true Content-Length included, and stops within the
// body with the connection closed.
type Truncate struct {
	Bytes int // of the body that are sent; a shorter body is sent without its last byte
}

// Kind implements Action.
func (Truncate) Kind() string { return "truncate" }

var truncateKind = kind{
	word:   "truncate",
	spoils: true,
	compile: func(arg any, at []any) (Action, error) {
		n, err := integer(arg, at, 0, 1<<20)
		return Truncate{n}, err
	},
	text: numberText,
	form: "truncate=20",
}
