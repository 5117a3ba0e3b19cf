package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the group and version of every kind in this package.
var GroupVersion = schema.GroupVersion{Group: "dam.vitrine.dev", Version: "v1alpha1"}

var schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

// AddToScheme registers the kinds of this package with a scheme.
var AddToScheme = schemeBuilder.AddToScheme

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&ObjectStore{}, &ObjectStoreList{},
		&Library{}, &LibraryList{},
		&Folder{}, &FolderList{},
		&Collection{}, &CollectionList{},
		&User{}, &UserList{},
		&UserGroup{}, &UserGroupList{},
		&Role{}, &RoleList{},
		&RoleBinding{}, &RoleBindingList{},
		&PublicLink{}, &PublicLinkList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
