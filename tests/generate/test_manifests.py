"""What helm renders becomes files that can be applied without it."""

from generate.manifests import split

RENDERED = """\
---
# Source: vireo/templates/serviceaccount.yaml
kind: ServiceAccount
metadata:
  labels:
    app.kubernetes.io/name: vireo
    app.kubernetes.io/managed-by: Helm
    helm.sh/chart: vireo-0.1.0
---
# Source: vireo/templates/rbac.yaml
# What it may do.
kind: Role
---
# Source: vireo/templates/deployment.yaml
kind: Deployment
spec:
  args: ["---"]

"""


def test_a_file_is_a_template_and_the_operator_is_one_file() -> None:
    assert {name: templates for name, (templates, _) in split(RENDERED).items()} == {
        "operator": ["serviceaccount", "deployment"],
        "rbac": ["rbac"],
    }


def test_objects_keep_their_words_and_lose_the_labels_that_say_that_helm_manages_them() -> None:
    parts = split(RENDERED)
    assert parts["rbac"][1] == ["# What it may do.\nkind: Role\n"]
    assert parts["operator"][1] == [
        "kind: ServiceAccount\nmetadata:\n  labels:\n    app.kubernetes.io/name: vireo\n",
        'kind: Deployment\nspec:\n  args: ["---"]\n',
    ]
