package sheet

import "strings"

// What a program for spreadsheets may take for a formula when a cell begins with it, and the mark that keeps it from doing so. The
// mark guards itself, so that no text is lost on the way. Some programs take the wide forms for the narrow ones.
const (
	formula = "=+-@\t\r＝＋－＠"
	guard   = '\''
)

// guarded is a text as a cell holds it: nothing in it is run by whoever opens the sheet.
func guarded(text string) string {
	if risky(text) {
		return string(guard) + text
	}
	return text
}

// unguarded is the text that a cell holds. What begins with the mark for another reason stays as it is.
func unguarded(cell string) string {
	if rest, ok := strings.CutPrefix(cell, string(guard)); ok && risky(rest) {
		return rest
	}
	return cell
}

func risky(text string) bool {
	for _, first := range text {
		return first == guard || strings.ContainsRune(formula, first)
	}
	return false
}

// The values of a list stand in one cell, parted by separator. A backslash takes the separator, or itself, for what it is.
const (
	separator = ';'
	escape    = '\\'
)

var escaped = strings.NewReplacer(`\`, `\\`, `;`, `\;`)

// joined puts the values of a list into one text.
func joined(values []string) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = escaped.Replace(v)
	}
	return strings.Join(all, string(separator))
}

// split takes the values out of a text again. Blanks around them and values of nothing else are left out, as people write them.
func split(text string) []string {
	var all []string
	var value strings.Builder
	end := func() {
		if v := strings.TrimSpace(value.String()); v != "" {
			all = append(all, v)
		}
		value.Reset()
	}
	literal := false
	for _, c := range text {
		switch {
		case literal:
			value.WriteRune(c)
			literal = false
		case c == escape:
			literal = true
		case c == separator:
			end()
		default:
			value.WriteRune(c)
		}
	}
	if literal { // a backslash with nothing behind it is one
		value.WriteRune(escape)
	}
	end()
	return all
}
