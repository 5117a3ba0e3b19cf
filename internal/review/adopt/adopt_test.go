package adopt

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is exported into testdata")

// found is a bucket with a policy in which everything occurs that can be said, and what cannot.
var found = Found{
	Bucket: "acme-archive", Objects: 3, Bytes: 42, Tops: []string{"Launch 2026", "press", "restricted"},
	Users: []User{
		{Name: "Alice.Smith", Principal: "arn:aws:iam::000000000000:user/Alice.Smith"},
		{Name: "bob", Principal: "arn:aws:iam::000000000000:user/bob", Policies: map[string][]byte{
			"own": []byte(`{"Statement": {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::acme-archive/press/*"}}`),
		}},
		{Name: "carol", Principal: "arn:aws:iam::000000000000:user/carol"},
		{Name: "unrelated", Principal: "arn:aws:iam::000000000000:user/unrelated"},
	},
	Groups: []Group{
		{Name: "press team", Members: []string{"carol", "ghost"}, Policies: map[string][]byte{
			"readers": []byte(`{"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}, {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}`),
			"wide":    []byte(`{"Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": ["arn:aws:s3:::acme-archive*", "arn:aws:s3:::*/press/*", "arn:aws:s3:::acme-other*"]}]}`),
			"others":  []byte(`{"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::acme-other/*"}]}`),
			"vitrine": []byte(`{"Statement": [{"Sid": "VitrineRead123", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-archive/x/*"}]}`),
		}},
		{Name: "empty", Policies: map[string][]byte{"all": []byte(`{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}`)}},
	},
	Policy: []byte(`{"Version": "2012-10-17", "Statement": [
{"Sid": "read", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::000000000000:user/Alice.Smith", "arn:aws:iam::000000000000:user/bob"]}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-archive/Launch 2026/*"},
{"Sid": "list", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/Alice.Smith"}, "Action": ["s3:ListBucket"], "Resource": "arn:aws:s3:::acme-archive", "Condition": {"StringLike": {"s3:prefix": ["Launch 2026/*"]}}},
{"Sid": "all", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/bob"}, "Action": ["s3:GetObject", "s3:ListBucket", "s3:GetObjectTagging"], "Resource": ["arn:aws:s3:::acme-archive", "arn:aws:s3:::acme-archive/*"]},
{"Sid": "world", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-archive/press/*"},
{"Sid": "file", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/bob"}, "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::acme-archive/press/logo.png", "arn:aws:s3:::acme-archive/press*"]},
{"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::acme-archive/secret/*"},
{"Sid": "office", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/bob"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-archive/*", "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}},
{"Sid": "gone", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/gone"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-archive/*"},
{"Sid": "but", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/bob"}, "NotAction": "s3:DeleteObject", "Resource": "arn:aws:s3:::acme-archive/*"},
{"Sid": "VitrineList123", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/bob"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-archive/x/*"},
{"Sid": "other", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/unrelated"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-archive-2/*"}
]}`),
}

// Everything that a store has is declared, or named as not expressed; nothing is given to whom the
// store gave nothing.
//
// features: U11
func TestExport(t *testing.T) {
	got, err := Export(found, Options{Namespace: "acme", Library: LibraryName("acme.archive"), Store: "default"})
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/export.yaml"
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-reviewed +now)\n%s", diff)
	}
}
