package wire

import (
	"fmt"
	"strings"
)

var pointerForm = strings.NewReplacer("~", "~0", "/", "~1")

// Pointer writes a path of string keys and int indexes as a JSON pointer (RFC 6901).
func Pointer(path []any) string {
	var b strings.Builder
	for _, step := range path {
		b.WriteByte('/')
		b.WriteString(pointerForm.Replace(fmt.Sprint(step)))
	}
	return b.String()
}
