"""When each alert comes, and when not: series, a sample a minute in the notation of Prometheus' own unit tests, and what is said then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RESOURCE = "virtualmachines.vireo.dev"


@dataclass(frozen=True)
class Case:
    """`comes` are the labels of the alert that fires in that minute, beside its name and severity; None if none does."""

    alert: str
    series: Mapping[str, str]
    minute: int
    comes: Mapping[str, str] | None


def histogram(name: str, labels: str, **buckets: str) -> dict[str, str]:
    """The buckets of a histogram; le_2_5 is that of what takes 2.5 at most."""
    bounds = {key.removeprefix("le_").replace("_", "."): values for key, values in buckets.items()}
    last = list(bounds.values())[-1]
    return {f'{name}_bucket{{{labels},le="{le}"}}': values for le, values in {**bounds, "+Inf": last}.items()}


_LEADER = 'vireo_leader{pod="%s"}'
_OLDEST = "vireo_queue_oldest_seconds"
_LAG, _LAG_OF = "vireo_event_loop_lag_seconds", 'pod="a"'
_FAILURES = f'vireo_step_failures_total{{resource="{RESOURCE}",reason="Refused",pod="a"}}'
_ERRORS = f'vireo_reconcile_duration_seconds_count{{resource="{RESOURCE}",result="error",pod="a"}}'
_ACT = f'resource="{RESOURCE}",act="Migrate"'
_OFF, _OFF_OF = "vireo_estimate_error_ratio", f'{_ACT},basis="learned"'
_ENDS = "vireo_admission_certificate_expiry_timestamp_seconds"
_ANSWERS, _ANSWERS_OF = "vireo_extender_request_duration_seconds", 'outcome="answered",pod="a"'
_UP = 'vireo_load_source_up{source="prometheus",pod="%s"}'
_DROPPED = 'vireo_load_samples_dropped_total{reason="%s",pod="a"}'
_IMBALANCE = "vireo_imbalance_ratio"

CASES = (
    Case("VireoHasNoLeader", {_LEADER % "a": "0x9", _LEADER % "b": "0x9"}, 4, {}),
    Case("VireoHasNoLeader", {}, 4, {}),
    Case("VireoHasNoLeader", {_LEADER % "a": "0x9", _LEADER % "b": "1x9"}, 4, None),
    Case("VireoHasNoLeader", {_LEADER % "a": "1x3 0x9", _LEADER % "b": "0x4 1x9"}, 9, None),
    Case("VireoQueueStands", {_OLDEST: "0+60x20"}, 15, {}),
    Case("VireoQueueStands", {_OLDEST: "5x20"}, 15, None),
    Case("VireoQueueStands", {_OLDEST: "0 70 130 0x20"}, 15, None),
    Case("VireoLoopLags", histogram(_LAG, _LAG_OF, le_0_5="0x30", le_2_5="0+60x30"), 25, {"pod": "a"}),
    Case("VireoLoopLags", histogram(_LAG, _LAG_OF, le_0_5="0+60x30", le_2_5="0+61x30"), 25, None),
    Case("VireoStepsFail", {_FAILURES: "0+30x40"}, 35, {"resource": RESOURCE, "reason": "Refused"}),
    Case("VireoStepsFail", {_FAILURES: "0+0.2x40"}, 35, None),
    Case("VireoReconcilesBreakOff", {_ERRORS: "0+1x40"}, 35, {"resource": RESOURCE}),
    Case("VireoReconcilesBreakOff", {_ERRORS: "0+5x4 20x40"}, 35, None),
    Case(
        "VireoEstimatesAreOff",
        {
            **histogram(_OFF, _OFF_OF, le_1_0="0x500", le_5_0="0+0.1x500"),
            f"{_OFF}_count{{{_OFF_OF}}}": "0+0.1x500",
        },
        480,
        {"resource": RESOURCE, "act": "Migrate"},
    ),
    Case(
        "VireoEstimatesAreOff",
        {**histogram(_OFF, _OFF_OF, le_1_0="0+0.1x500", le_5_0="0+0.1x500"), f"{_OFF}_count{{{_OFF_OF}}}": "0+0.1x500"},
        480,
        None,
    ),
    Case(
        "VireoEstimatesAreOff",
        {**histogram(_OFF, _OFF_OF, le_1_0="0x500", le_5_0="0x300 3x200"), f"{_OFF}_count{{{_OFF_OF}}}": "0x300 3x200"},
        480,
        None,
    ),
    Case("VireoAdmissionIsDown", {}, 15, {}),
    Case("VireoAdmissionIsDown", {_ENDS: "0x30"}, 15, {}),
    Case("VireoAdmissionIsDown", {_ENDS: "300x30"}, 20, {}),
    Case("VireoAdmissionIsDown", {_ENDS: "864000x30"}, 20, None),
    Case("VireoCertificateEnds", {_ENDS: "1000000x120"}, 90, {}),
    Case("VireoCertificateEnds", {_ENDS: "2592000x120"}, 90, None),
    Case("VireoCertificateEnds", {_ENDS: "0x120"}, 90, None),
    Case("VireoExtenderIsDown", {}, 8, {}),
    Case("VireoExtenderIsDown", {_IMBALANCE: "0x9"}, 8, None),
    Case("VireoExtenderIsSlow", histogram(_ANSWERS, _ANSWERS_OF, le_0_1="0x40", le_0_2="0+9x40"), 30, {"pod": "a"}),
    Case("VireoExtenderIsSlow", histogram(_ANSWERS, _ANSWERS_OF, le_0_0025="0+9x40", le_0_2="0+9x40"), 30, None),
    Case("VireoLoadSourceIsSilent", {_UP % "a": "0x20", _UP % "b": "1x20"}, 15, {"source": "prometheus"}),
    Case("VireoLoadSourceIsSilent", {_UP % "a": "1 0 0 1x20", _UP % "b": "1x20"}, 15, None),
    Case("VireoLoadSamplesAreDropped", {_DROPPED % "Negative": "0+1x40"}, 35, {"reason": "Negative"}),
    Case("VireoLoadSamplesAreDropped", {_DROPPED % "Late": "0+9x40", _DROPPED % "Unknown": "0+9x40"}, 35, None),
    Case("VireoNodesAreUneven", {_IMBALANCE: "0.5x90"}, 75, {}),
    Case("VireoNodesAreUneven", {_IMBALANCE: "0.1x90"}, 75, None),
    Case("VireoNodesAreUneven", {_IMBALANCE: "0.5x30 0.1x60"}, 75, None),
)


def unit_test(case: Case, rule: Mapping[str, Any], rule_file: str) -> dict[str, Any]:
    """What `promtool test rules` reads."""
    labels = {"alertname": case.alert, "alertstate": "firing", **rule["labels"], **(case.comes or {})}
    said = ",".join(f'{key}="{value}"' for key, value in labels.items())
    sample = {"labels": f"ALERTS{{{said}}}", "value": 1}
    expected = {
        "expr": f'ALERTS{{alertname="{case.alert}",alertstate="firing"}}',
        "eval_time": f"{case.minute}m",
        "exp_samples": [] if case.comes is None else [sample],
    }
    series = [{"series": name, "values": values} for name, values in case.series.items()]
    test = {"interval": "1m", "input_series": series, "promql_expr_test": [expected]}
    return {"rule_files": [rule_file], "evaluation_interval": "1m", "tests": [test]}
