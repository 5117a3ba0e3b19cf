// Package gateway serves public links over HTTP: pages and bytes.
//
// A request passes through four steps, and there is no way round any of them:
//
//	route      one function registers every route and demands a permission (routes.go)
//	gather     what cluster state knows of the link, from informers' memory (gather.go)
//	authorise  one pure function decides (authorise.go); only it can name an object of the store
//	answer     a page, bytes, or the refusal that the decision asks for
//
// Handlers receive what was opened and decided, never a key from an address.
//
// In Kubernetes it reads and has no write verb. Its roles are config/rbac/gateway-*.yaml,
// and a test runs it under them:
//
//	everywhere                 dam.vitrine.dev: publiclinks, libraries, objectstores; namespaces    get, list, watch
//	its own namespace          secrets                                                              get, list, watch
//	the manager's namespace    leases                                                               get, list, watch
package gateway
