package identity

import "testing"

func TestDocumentsAreComparedByWhatTheySay(t *testing.T) {
	const written = `{"Version":"2012-10-17","Statement":[{"Sid":"List","Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::b"],` +
		`"Condition":{"StringLike":{"s3:prefix":["launch/*","press/*"]},"Bool":{"aws:SecureTransport":true}}}]}`
	cases := []struct {
		reason string
		other  string
		want   bool
	}{
		{"the very bytes", written, true},
		{
			"blanks, another order and a single value for a list of one are how stores give it back",
			`{ "Statement": [ {"Effect":"Allow","Sid":"List","Resource":"arn:aws:s3:::b","Action":"s3:ListBucket",
			   "Condition":{"Bool":{"aws:SecureTransport":["true"]},"StringLike":{"s3:prefix":["press/*","launch/*","press/*"]}}} ], "Version":"2012-10-17" }`, true,
		},
		{"a prefix more is more access", `{"Version":"2012-10-17","Statement":[{"Sid":"List","Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::b"],"Condition":{"StringLike":{"s3:prefix":["launch/*","press/*","*"]},"Bool":{"aws:SecureTransport":true}}}]}`, false},
		{"a condition less is more access", `{"Version":"2012-10-17","Statement":[{"Sid":"List","Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::b"],"Condition":{"StringLike":{"s3:prefix":["launch/*","press/*"]}}}]}`, false},
		{"a statement that denies is not one that allows", `{"Version":"2012-10-17","Statement":[{"Sid":"List","Effect":"Deny","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::b"],"Condition":{"StringLike":{"s3:prefix":["launch/*","press/*"]},"Bool":{"aws:SecureTransport":true}}}]}`, false},
		{"an exception turns a statement round", `{"Version":"2012-10-17","Statement":[{"Sid":"List","Effect":"Allow","NotAction":["s3:ListBucket"],"Resource":["arn:aws:s3:::b"],"Condition":{"StringLike":{"s3:prefix":["launch/*","press/*"]},"Bool":{"aws:SecureTransport":true}}}]}`, false},
		{"an older version means other things", `{"Version":"2008-10-17","Statement":[]}`, false},
		{"nothing", ``, false},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			if got := SameDocument([]byte(written), []byte(c.other)); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
			if SameDocument([]byte(c.other), []byte(written)) != c.want {
				t.Error("the other way round it is not so")
			}
		})
	}
	if SameDocument(nil, nil) {
		t.Error("two documents that are none are the same")
	}
	// Values that would join to the same text are told apart.
	one, other := `{"Statement":[{"Action":["a b"]}]}`, `{"Statement":[{"Action":["a","b"]}]}`
	if SameDocument([]byte(one), []byte(other)) {
		t.Errorf("%s and %s are the same", one, other)
	}
}

func TestNamesOfDocumentsAreTakenApart(t *testing.T) {
	const holder = "v-van7s7hjhgknmbphyjarqsspw6"
	for _, shard := range []int{0, 7, 12} {
		if got, ok := ShardOf(holder, DocumentName(holder, shard)); !ok || got != shard {
			t.Errorf("shard %d: got %d, %t", shard, got, ok)
		}
	}
	for _, other := range []string{holder, holder + "-", holder + "-x", holder + "-01", holder + "--1", "readwrite", "v-another-0", holder + "-0-0"} {
		if shard, ok := ShardOf(holder, other); ok {
			t.Errorf("%s was taken for shard %d", other, shard)
		}
	}
}
