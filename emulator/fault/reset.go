package fault

// Reset resets the TCP connection instead of answering.
type Reset struct{}

// Kind implements Action.
func (Reset) Kind() string { return "reset" }

var resetKind = kind{word: "reset", compile: flag(Reset{}), text: flagText, form: "reset"}
