// Package testbed starts the real parts that the demo and the suites run against: an
// API server with its etcd and, when asked, the controllers of Kubernetes; and an
// object store with its IAM service.
//
// Everything is a child process on a free loopback port, keeps its files below one
// directory and dies with its parent. Nothing is fixed or shared, so test packages and
// checkouts can run side by side.
//
//	func TestMain(m *testing.M) {
//		dir, _ := os.MkdirTemp("", "suite")
//		cluster, err := testbed.StartCluster(context.Background(), dir, testbed.ClusterOptions{})
//		...
//		code := m.Run()
//		cluster.Stop()
//		os.Exit(code)
//	}
package testbed
