package iam

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// latin writes a document for AWS, which takes no characters above U+00FF in policies of identities
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html): they are written as JSON's escapes.
func latin(document []byte) *string {
	var b strings.Builder
	for _, r := range string(document) { // above ASCII there is nothing but within texts
		if r <= unicode.MaxLatin1 {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return aws.String(b.String())
}
