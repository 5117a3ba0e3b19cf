package gateway

// What the gateway may do in Kubernetes. It reads, and it has no write verb.
// The roles are kept in config/rbac (gateway_*.yaml), since controller-gen makes one role for
// all markers and the manager's is another; a test runs the gateway under them.
//
//	everywhere                    dam.vitrine.dev: publiclinks, libraries, objectstores; namespaces    get, list, watch
//	its own namespace             secrets                                                              get, list, watch
//	the manager's namespace       leases                                                               get, list, watch
