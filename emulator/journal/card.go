package journal

// Lengths of card numbers, in digits.
//
// Source: ISO/IEC 7812-1.
const (
	cardShortest = 12
	cardLongest  = 19
)

// testCards are the numbers that providers publish for tests: they are nobody's.
//
// Source: docs.tilled.com, testing; LeanRails G1, testing; docs.stripe.com/testing, for Polar, which
// names that page.
var testCards = map[string]bool{
	"4111111111111111": true, "4900770000000001": true, "5100400000000000": true, "6011234567890123": true, "370123456789017": true,
	"4242424242424242": true, "4000056655665556": true, "5555555555554444": true, "2223003122003222": true, "5200828282828210": true,
	"5105105105105100": true, "378282246310005": true, "371449635398431": true, "6011111111111117": true, "6011000990139424": true,
	"3056930009020004": true, "36227206271667": true, "3566002020360505": true, "6200000000000005": true,
	"4000000000000002": true, "4000000000009995": true, "4000000000009987": true, "4000000000009979": true, "4000000000000069": true,
	"4000000000000127": true, "4000000000000119": true, "4000000000000341": true, "4000000000003220": true, "4000002500003155": true,
	"4000002760003184": true, "4000008260003178": true, "4000000000000077": true, "4000000000000259": true,
}

// card finds the next card number in text from an index on: 12 to 19 digits with one space or dash
// between groups of them, a check digit that fits, and none of the published ones. A number that begins
// with 0 or 1 is none, but often an instant in milliseconds. end is -1 when there is none.
func card[T ~string | ~[]byte](text T, from int) (start, end int) {
	for i := from; i < len(text); i++ {
		if !isDigit(text[i]) {
			continue
		}
		end, published := cardAt(text, i)
		if end > 0 && !published && !inUUID(text, i, end) {
			return i, end
		}
		i = max(i, end-1)
		for i+1 < len(text) && isDigit(text[i+1]) {
			i++
		}
	}
	return 0, -1
}

// cardAt returns where the longest card number ends that begins with the group of digits at start, and
// whether it is a published one; 0 when there is none. It ends with a group, too.
func cardAt[T ~string | ~[]byte](text T, start int) (end int, published bool) {
	var digits [cardLongest]byte
	n := 0
	for i := start; i < len(text) && isDigit(text[i]) && n < cardLongest; i++ {
		digits[n] = text[i]
		n++
		if i+1 < len(text) && isDigit(text[i+1]) {
			continue
		}
		switch {
		case n >= cardShortest && testCards[string(digits[:n])]:
			return i + 1, true
		case n >= cardShortest && isCard(digits[:n]):
			end = i + 1
		}
		if i+2 < len(text) && (text[i+1] == ' ' || text[i+1] == '-') {
			i++
		}
	}
	return end, false
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// isCard checks the last digit by the formula of Luhn (ISO/IEC 7812-1, annex B).
func isCard(digits []byte) bool {
	if digits[0] < '2' {
		return false
	}
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// inUUID reports whether a span is part of a UUID, whose groups may be digits by chance.
func inUUID[T ~string | ~[]byte](text T, start, end int) bool {
	const length = 36
	for start > 0 && isUUIDByte(text[start-1]) && end-start <= length {
		start--
	}
	for end < len(text) && isUUIDByte(text[end]) && end-start <= length {
		end++
	}
	if end-start != length {
		return false
	}
	for i := range length {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (text[start+i] == '-') {
			return false
		}
	}
	return true
}

func isUUIDByte(b byte) bool { return isDigit(b) || b == '-' || b|0x20 >= 'a' && b|0x20 <= 'f' }
