package fault

// Garbage answers bytes that are not HTTP and closes the connection.
type Garbage struct{}

// Kind implements Action.
func (Garbage) Kind() string { return "garbage" }

var garbageKind = kind{word: "garbage", compile: flag(Garbage{}), text: flagText, form: "garbage"}
