package review

import (
	"encoding/json"
	"strings"
	"testing"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// The sample of an audit on a schedule is taken by the API server, and its command, with its ServiceAccount's token, lists who has what.
//
// features: D11
func TestTheSampleAuditsOnASchedule(t *testing.T) {
	const sample = "config/samples/audit"
	admin(t, "apply", "--server-side", "-k", sample)
	defer admin(t, "delete", "--ignore-not-found", "-k", sample)
	var args []string
	if err := json.Unmarshal([]byte(admin(t, "get", "cronjob", "audit", "-n", tenant, "-o", "jsonpath={.spec.jobTemplate.spec.template.spec.containers[0].args}")), &args); err != nil {
		t.Fatal(err)
	}
	account := admin(t, "get", "cronjob", "audit", "-n", tenant, "-o", "jsonpath={.spec.jobTemplate.spec.template.spec.serviceAccountName}")
	token := strings.TrimSpace(admin(t, "create", "token", account, "-n", tenant))
	as := kubeconfig(t, func(_ *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) {
		*user = clientcmdapi.AuthInfo{Token: token}
	})
	if s := ask(t, as, args...); s.code != 0 || !strings.HasPrefix(s.out, "namespace,user,library,") || !strings.Contains(s.out, "\n"+tenant+",alice,") {
		t.Errorf("%q: %+v", args, s)
	}
	admin(t, "delete", "rolebinding.rbac.authorization.k8s.io", "audit", "-n", tenant)
	if s := ask(t, as, args...); s.code == 0 {
		t.Errorf("without its rights: %+v", s)
	}
}
