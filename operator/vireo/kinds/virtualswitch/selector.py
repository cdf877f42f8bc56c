"""Which namespaces a selector means: Kubernetes' label selectors."""

from collections.abc import Mapping

from vireo.kinds.virtualswitch.types import NamespaceSelector, PortGroup, Requirement


def may_use(group: PortGroup, labels: Mapping[str, str]) -> bool:
    """Whether a port group is for a namespace with those labels."""
    return group.namespaces is not None and selects(group.namespaces, labels)


def selects(selector: NamespaceSelector, labels: Mapping[str, str]) -> bool:
    """Whether all that the selector says is so of the labels."""
    named = all(labels.get(key) == value for key, value in selector.match_labels.items())
    return named and all(_holds(one, labels) for one in selector.match_expressions)


def _holds(one: Requirement, labels: Mapping[str, str]) -> bool:
    """NotIn holds also where there is no such label, as everywhere in Kubernetes."""
    match one.operator:
        case "In":
            return labels.get(one.key) in one.values
        case "NotIn":
            return labels.get(one.key) not in one.values
        case "Exists":
            return one.key in labels
        case "DoesNotExist":
            return one.key not in labels
