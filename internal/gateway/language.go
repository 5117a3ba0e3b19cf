package gateway

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// words is one language, from one file: web/lang/<tag>.json.
type words struct {
	// Tag of BCP 47, Name in itself, and direction of writing: ltr or rtl.
	Tag string `json:"tag"`
	Dir string `json:"dir"`
	// Decimal separates a number's fraction.
	Decimal string `json:"decimal"`
	// Months, January first, and Date with {day}, {month}, {year} and {time} in UTC.
	Months []string `json:"months"`
	Date   string   `json:"date"`
	// Text by key. Where a number decides, the keys end in .one and .other.
	Text map[string]string `json:"text"`
}

// languages are all languages of the pages; the first is for whoever wants none of them.
type languages struct {
	all     []*words
	matcher language.Matcher
}

const firstLanguage = "en"

func readLanguages(files fs.FS) (*languages, error) {
	names, err := fs.Glob(files, "lang/*.json")
	if err != nil {
		return nil, fmt.Errorf("listing languages: %w", err)
	}
	ls := &languages{}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("reading a language: %w", err)
		}
		var w words
		if err := json.Unmarshal(data, &w); err != nil {
			return nil, fmt.Errorf("reading language %s: %w", path.Base(name), err)
		}
		if len(w.Months) != 12 {
			return nil, fmt.Errorf("reading language %s: it has %d months", path.Base(name), len(w.Months))
		}
		ls.all = append(ls.all, &w)
		if w.Tag == firstLanguage {
			last := len(ls.all) - 1
			ls.all[0], ls.all[last] = ls.all[last], ls.all[0]
		}
	}
	var tags []language.Tag
	for _, w := range ls.all {
		tag, err := language.Parse(w.Tag)
		if err != nil {
			return nil, fmt.Errorf("reading language %s: %w", w.Tag, err)
		}
		tags = append(tags, tag)
	}
	ls.matcher = language.NewMatcher(tags)
	return ls, nil
}

// maxAcceptLanguage bounds what is parsed of a header; a browser sends less than 100 bytes.
const maxAcceptLanguage = 512

// choose gives the language that a visitor's browser asks for.
func (ls *languages) choose(r *http.Request) *words {
	header := r.Header.Get("Accept-Language")
	if len(header) > maxAcceptLanguage {
		return ls.all[0]
	}
	_, i := language.MatchStrings(ls.matcher, header)
	return ls.all[i]
}

// text gives a sentence with its {names} filled in from pairs of name and value.
func (w *words) text(key string, pairs ...string) (string, error) {
	s, ok := w.Text[key]
	if !ok {
		return "", fmt.Errorf("language %s has no text %s", w.Tag, key)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, "{"+pairs[i]+"}", pairs[i+1])
	}
	return s, nil
}

// count gives the text of a key for a number, {n} being the number.
func (w *words) count(key string, n int) (string, error) {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return w.text(key+form, "n", strconv.Itoa(n))
}

// when writes an instant in words; visitors' time zones are not known, so UTC is said.
func (w *words) when(t time.Time) string {
	t = t.UTC()
	return strings.NewReplacer("{day}", strconv.Itoa(t.Day()), "{month}", w.Months[t.Month()-1],
		"{year}", strconv.Itoa(t.Year()), "{time}", t.Format("15:04")).Replace(w.Date)
}

// size writes a number of bytes as people do: decimal units, as file managers and mail programs count.
func (w *words) size(bytes int64) string {
	units := []string{"B", "KB", "MB", "GB", "TB"}
	v, u := float64(bytes), 0
	for v >= 999.5 && u < len(units)-1 {
		v, u = v/1000, u+1
	}
	digits := 0
	if u > 1 && v < 99.95 {
		digits = 1
	}
	return strings.ReplaceAll(strconv.FormatFloat(v, 'f', digits, 64), ".", w.Decimal) + "\u00a0" + units[u]
}

// wait writes a length of time to wait, rounded up.
func (w *words) wait(d time.Duration) (string, error) {
	if d > 90*time.Second {
		return w.count("wait.minutes", int((d+time.Minute-1)/time.Minute))
	}
	return w.count("wait.seconds", int((d+time.Second-1)/time.Second))
}
