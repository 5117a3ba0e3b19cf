package policy

// Narrow gives what of the allows a document gives already: the part of a new
// policy that only takes away. It is for when the whole would not fit, so that
// whoever loses a right loses it all the same. Errors are ErrResource and
// ErrTooLarge.
func Narrow(bucket string, now Document, allows []Allow) (Document, error) {
	var held []Allow
	for _, a := range allows {
		if a.Bucket != bucket {
			continue
		}
		one, err := Render(bucket, []Allow{a}, Options{})
		if err != nil {
			return Document{}, err
		}
		if !Widens(now, one) {
			held = append(held, a)
		}
	}
	return Render(bucket, held, Options{})
}
