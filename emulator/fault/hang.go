package fault

// Hang never answers: it ends when the caller leaves, when the server stops, or after [DelayAtMost], with the
// connection closed.
type Hang struct{}

// Kind implements Action.
func (Hang) Kind() string { return "hang" }

var hangKind = kind{word: "hang", compile: flag(Hang{}), text: flagText, form: "hang"}
