// Package runner is the local stand-in for a node: it runs the pods of Jobs in one
// namespace as local processes, so that the demo and the suites need no container
// runtime.
//
// It takes pods that belong to a Job and that nothing has scheduled, runs the command of
// their single container and reports what happened through the pods/status subresource,
// as a kubelet would: Running with a start time, then Succeeded or Failed with the exit
// code. A pod that is deleted is stopped.
//
// What it honours: images (mapped to local programs), command, args, $(NAME) in them,
// env with values, with fields of the pod and with keys of Secrets and ConfigMaps, and
// volumes of Secrets, ConfigMaps and emptyDir. There is no root file system of the
// image's own: an argument or a value that begins with the path of a mount is rewritten
// to where the volume really is. Anything else that a pod asks for fails it with a
// message that says what is not supported; nothing is silently left out but limits,
// security contexts and probes, which a stand-in without containers cannot give.
package runner
