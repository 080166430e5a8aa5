package wire

// IsUUID reports whether text is a UUID in its canonical form: lower case, dashed.
func IsUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

// IsUUID4 reports whether text is a version 4 UUID in its canonical form.
func IsUUID4(text string) bool {
	return IsUUID(text) && text[14] == '4' && (text[19] == '8' || text[19] == '9' || text[19] == 'a' || text[19] == 'b')
}
