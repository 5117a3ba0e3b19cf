package link

// CheckPHC says whether VerifyPassword could use a hash, without the cost of trying.
func CheckPHC(phc string) error {
	_, err := parsePHC(phc)
	return err
}
