package api

var objectStores = table{
	kind: "ObjectStore",
	base: `
spec:
  driver: IAM
  endpoint: https://s3.example.org
  iam: {endpoint: https://iam.example.org}
  credentialsSecretRef: {namespace: vitrine-system, name: store-admin}
  installationID: demo
  tenants:
  - {namespaces: [acme], buckets: ["acme-*"]}
`,
	cases: []refusable{
		accepted("an object store is declared", ``),
		accepted("an endpoint may have a port and a closing slash", `spec: {endpoint: "http://127.0.0.1:7070/", iam: {endpoint: "http://[::1]:7071"}}`),
		accepted("a store may wait for its first tenant", `spec: {tenants: null}`),
		accepted("a private authority is trusted", `spec: {caBundle: LS0tLS1CRUdJTg==}`),
		accepted("the longest list of tenants fits", `spec: {tenants: `+many(256,
			`{namespaces: [`+long(55)+`%03[1]d, `+long(54)+`b%03[1]d], buckets: ["`+long(58)+`%03[1]d*", "`+long(58)+`b%03[1]d"]}`)+`}`),
		accepted("the longest lists of one tenant fit", `spec: {tenants: [{namespaces: `+many(64, long(60)+"%03d")+`, buckets: `+many(64, long(60)+"%03d")+`}]}`),

		accepted("MinIO's admin API is at the endpoint of S3", `spec: {driver: MinIO, iam: null}`),
		accepted("a condition that does not hold may be lived with", `spec: {untrustedConditions: Accept}`),

		refused("a driver is one that exists", `spec: {driver: Azure}`, `spec.driver: Unsupported value`),
		refused("the MinIO driver has no IAM endpoint", `spec: {driver: MinIO}`, `remove it: the MinIO driver finds the admin API at endpoint`),
		refused("untrusted conditions are refused or accepted", `spec: {untrustedConditions: Ask}`, `spec.untrustedConditions: Unsupported value`),
		refused("a driver is named", `spec: {driver: null}`, `spec.driver: Required value`),
		refused("an endpoint is given", `spec: {endpoint: null}`, `spec.endpoint: Required value`),
		refused("an endpoint is not empty", `spec: {endpoint: ""}`, `spec.endpoint: Invalid value: "": spec.endpoint in body should be at least 1 chars`, `write https://s3.example.org`),
		refused("an endpoint is a URL", `spec: {endpoint: s3.example.org}`, `write https://s3.example.org`),
		refused("an endpoint has a scheme for HTTP", `spec: {endpoint: "ftp://s3.example.org"}`, `write https://s3.example.org`),
		refused("an endpoint has a host", `spec: {endpoint: "https://"}`, `write https://s3.example.org`),
		refused("an endpoint has no path", `spec: {endpoint: "https://s3.example.org/bucket"}`, `write https://s3.example.org`),
		refused("an endpoint has no query", `spec: {endpoint: "https://s3.example.org?x=y"}`, `write https://s3.example.org`),
		refused("an endpoint has no fragment", `spec: {endpoint: "https://s3.example.org#x"}`, `write https://s3.example.org`),
		refused("an endpoint carries no credentials", `spec: {endpoint: "https://key:secret@s3.example.org"}`, `put credentials into credentialsSecretRef`),
		refused("an endpoint is not endless", `spec: {endpoint: "https://`+long(505)+`"}`, `spec.endpoint: Too long`),
		refused("the IAM driver has an IAM endpoint", `spec: {iam: null}`, `set it, or use driver MinIO`),
		refused("an IAM endpoint is named", `spec: {iam: {endpoint: null}}`, `spec.iam.endpoint: Required value`),
		refused("an IAM endpoint is not empty", `spec: {iam: {endpoint: ""}}`, `at least 1 chars`, `such as https://iam.example.org`),
		refused("an IAM endpoint is a URL", `spec: {iam: {endpoint: iam}}`, `such as https://iam.example.org`),
		refused("an IAM endpoint has no path", `spec: {iam: {endpoint: "https://iam.example.org/v1"}}`, `such as https://iam.example.org`),
		refused("an IAM endpoint is not endless", `spec: {iam: {endpoint: "https://`+long(505)+`"}}`, `spec.iam.endpoint: Too long`),
		refused("a region is not empty", `spec: {region: ""}`, `at least 1 chars`),
		refused("a region is one word", `spec: {region: "us east"}`, `spec.region in body should match`),
		refused("a region is short", `spec: {region: `+long(64)+`}`, `spec.region: Too long`),
		refused("credentials are named", `spec: {credentialsSecretRef: null}`, `spec.credentialsSecretRef: Required value`),
		refused("credentials are in a namespace", `spec: {credentialsSecretRef: {namespace: null}}`, `spec.credentialsSecretRef.namespace: Required value`),
		refused("a namespace has a name", `spec: {credentialsSecretRef: {namespace: ""}}`, `at least 1 chars`),
		refused("a namespace's name is a DNS label", `spec: {credentialsSecretRef: {namespace: a.b}}`, `spec.credentialsSecretRef.namespace in body should match`),
		refused("a namespace's name is at most 63 characters long", `spec: {credentialsSecretRef: {namespace: `+long(64)+`}}`, `spec.credentialsSecretRef.namespace: Too long`),
		refused("credentials have a name", `spec: {credentialsSecretRef: {name: null}}`, `spec.credentialsSecretRef.name: Required value`),
		refused("the credentials' name is not empty", `spec: {credentialsSecretRef: {name: ""}}`, `at least 1 chars`),
		refused("a Secret's name is a DNS name", `spec: {credentialsSecretRef: {name: Store_Admin}}`, `spec.credentialsSecretRef.name in body should match`),
		refused("a Secret's name is at most 253 characters long", `spec: {credentialsSecretRef: {name: `+long(254)+`}}`, `spec.credentialsSecretRef.name: Too long`),
		refused("a CA bundle is not empty", `spec: {caBundle: ""}`, `spec.caBundle in body should be at least 1 chars`, `spec.caBundle in body must be of type byte`),
		refused("a CA bundle is not endless", `spec: {caBundle: `+long(65540)+`}`, `spec.caBundle: Too long`),
		refused("an installation has an ID", `spec: {installationID: null}`, `spec.installationID: Required value`),
		refused("an installation's ID is not empty", `spec: {installationID: ""}`, `at least 1 chars`),
		refused("an installation's ID is a label", `spec: {installationID: EU_prod}`, `spec.installationID in body should match`),
		refused("an installation's ID is short", `spec: {installationID: `+long(41)+`}`, `spec.installationID: Too long`),
		refused("there are at most 256 tenants", `spec: {tenants: `+many(257, `{namespaces: [a%d], buckets: [acme]}`)+`}`, `spec.tenants: Too many`),
		refused("a tenant names namespaces", `spec: {tenants: [{buckets: [acme]}]}`, `spec.tenants[0].namespaces: Required value`),
		refused("a tenant names at least one namespace", `spec: {tenants: [{namespaces: [], buckets: [acme]}]}`, `spec.tenants[0].namespaces in body should have at least 1 items`),
		refused("a tenant names at most 64 namespaces", `spec: {tenants: [{namespaces: `+many(65, "a%d")+`, buckets: [acme]}]}`, `spec.tenants[0].namespaces: Too many`),
		refused("a tenant's namespaces are not patterns", `spec: {tenants: [{namespaces: ["*"], buckets: [acme]}]}`, `spec.tenants[0].namespaces[0] in body should match`),
		refused("a tenant's namespaces are not empty", `spec: {tenants: [{namespaces: [""], buckets: [acme]}]}`, `at least 1 chars`),
		refused("a tenant's namespaces can exist", `spec: {tenants: [{namespaces: [`+long(64)+`], buckets: [acme]}]}`, `spec.tenants[0].namespaces[0]: Too long`),
		refused("a namespace is named once", `spec: {tenants: [{namespaces: [a, a], buckets: [acme]}]}`, `spec.tenants[0].namespaces[1]: Duplicate value`),
		refused("a tenant names buckets", `spec: {tenants: [{namespaces: [acme]}]}`, `spec.tenants[0].buckets: Required value`),
		refused("a tenant names at least one bucket", `spec: {tenants: [{namespaces: [acme], buckets: []}]}`, `spec.tenants[0].buckets in body should have at least 1 items`),
		refused("a tenant names at most 64 buckets", `spec: {tenants: [{namespaces: [acme], buckets: `+many(65, "ab%d")+`}]}`, `spec.tenants[0].buckets: Too many`),
		refused("a tenant cannot be given all buckets", `spec: {tenants: [{namespaces: [acme], buckets: ["*"]}]}`, `at least 2 chars`),
		refused("a star stands at the end", `spec: {tenants: [{namespaces: [acme], buckets: ["*-acme"]}]}`, `spec.tenants[0].buckets[0] in body should match`),
		refused("a bucket's name is at most 63 characters long", `spec: {tenants: [{namespaces: [acme], buckets: [`+long(64)+`]}]}`, `spec.tenants[0].buckets[0]: Too long`),
		refused("a bucket is named once", `spec: {tenants: [{namespaces: [acme], buckets: [acme, acme]}]}`, `spec.tenants[0].buckets[1]: Duplicate value`),
	},
	updates: []refusable{
		accepted("a store may move", `spec: {endpoint: "https://s3.example.net", region: eu-central-1}`),
		accepted("a store may become another with the other driver", `spec: {driver: MinIO, iam: null}`),
		accepted("tenants come and go", `spec: {tenants: null}`),
		refused("the installation's ID stays", `spec: {installationID: other}`, `make a new ObjectStore`),
	},
}
