package fault

// Empty closes the connection without a byte.
type Empty struct{}

// Kind implements Action.
func (Empty) Kind() string { return "empty" }

var emptyKind = kind{word: "empty", compile: flag(Empty{}), text: flagText, form: "empty"}
