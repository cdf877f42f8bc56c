"""The alerts and the dashboard: what they name exists, Prometheus' own checker takes them, and each alert comes when it should."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from chart.alerting import CASES, unit_test
from chart.helm import CHART, Helm, Object

from cloud.build import binary
from cloud.settings import CHECKOUT
from generate.references import registries

RULES = sorted((CHART / "files/rules").glob("*.yaml"))
DASHBOARD = json.loads((CHART / "files/dashboard.json").read_text())
RULE_API = "--api-versions=monitoring.coreos.com/v1/PrometheusRule"
ENABLED = "--set=prometheusRule.enabled=true,prometheusRule.labels.release=prometheus,dashboard.enabled=true"
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
LABELS = {
    *("act", "app_kubernetes_io_component", "basis", "le", "node", "outcome", "pod", "reason", "resource", "result"),
    *("source", "verb"),
}


def alerts() -> Iterator[dict[str, Any]]:
    for file in RULES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from group["rules"]


def queries() -> list[str]:
    shown = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return [*(rule["expr"] for rule in alerts()), *shown]


def series() -> set[str]:
    """The names of all series of Vireo's own."""
    return {
        f"{family.name}{suffix}"
        for registry in registries().values()
        for family in registry.collect()
        for suffix in SUFFIXES.get(family.type, ("",))
    }


def promtool(*arguments: str) -> str:
    """What it prints. It ends with 0 only if all is well."""
    done = subprocess.run([str(binary("promtool")), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def section(title: str) -> str:
    """The anchor of a heading, as it is made of Markdown."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_each_metric_that_is_named_exists() -> None:
    named = {name for query in queries() for name in re.findall(r"\bvireo_\w+", query)}
    assert named <= series(), named - series()


def test_nothing_is_named_that_is_not_vireos_own() -> None:
    """Whoever scrapes Vireo has all that rules and dashboard need: words that are no function are metrics or labels."""
    for query in queries():
        text = re.sub(r'"[^"]*"|\$__rate_interval|\[\w+\]', "", query)
        words = set(re.findall(r"\b[a-z_]{2,}\b(?!\s*\()", text)) - {"by", "and", "or", "sum", "min", "max"}
        assert words <= series() | LABELS, query


@pytest.mark.parametrize("rule", list(alerts()), ids=lambda rule: rule["alert"])
def test_each_alert_says_what_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    said = rule["annotations"]
    assert said.keys() == {"summary", "description", "runbook_url"}
    page, _, anchor = said["runbook_url"].partition("#")
    headings = re.findall(r"^## (.+)$", (CHECKOUT / page).read_text(), re.MULTILINE)
    assert anchor in {section(title) for title in headings}


def test_each_alert_is_tried() -> None:
    tried = {(case.alert, case.comes is not None) for case in CASES}
    assert tried == {(rule["alert"], comes) for rule in alerts() for comes in (True, False)}


@pytest.mark.chart
@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_prometheus_checker_takes_the_rules(file: Path) -> None:
    assert "SUCCESS" in promtool("check", "rules", "--lint=all", "--lint-fatal", str(file))


@pytest.mark.chart
@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_each_alert_comes_when_it_should_and_not_else(file: Path, tmp_path: Path) -> None:
    rules = {rule["alert"]: rule for rule in by_group(file)}
    tests = [tmp_path / f"{number}.yaml" for number, case in enumerate(CASES) if case.alert in rules]
    found = [case for case in CASES if case.alert in rules]
    for test, case in zip(tests, found, strict=True):
        test.write_text(yaml.safe_dump(unit_test(case, rules[case.alert], str(file))))
    promtool("test", "rules", *map(str, tests))


@pytest.mark.chart
def test_prometheus_understands_what_the_dashboard_asks(tmp_path: Path) -> None:
    asked = [
        target["expr"].replace("$__rate_interval", "1m") for panel in DASHBOARD["panels"] for target in panel["targets"]
    ]
    rules = [{"record": f"asked:{number}", "expr": query} for number, query in enumerate(asked)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", str(file))


def test_the_dashboard_is_one_screen() -> None:
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert place["y"] + place["h"] <= 25
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def named(shown: list[Object], kind: str, name: str) -> Object:
    (found,) = [one for one in shown if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


@pytest.mark.chart
def test_the_chart_brings_the_rules_as_they_were_checked(helm: Helm) -> None:
    rendered = named(helm.rendered(ENABLED, RULE_API), "PrometheusRule", "vireo")
    assert rendered["metadata"]["labels"]["release"] == "prometheus"
    assert [rule for group in rendered["spec"]["groups"] for rule in group["rules"]] == by_group(*RULES)


def by_group(*files: Path) -> list[dict[str, Any]]:
    return [rule for file in files for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


@pytest.mark.chart
@pytest.mark.parametrize("part", ["admission", "scheduler"])
def test_what_is_not_installed_is_not_missed(helm: Helm, part: str) -> None:
    shown = helm.rendered(ENABLED, RULE_API, f"--set={part}.enabled=false")
    groups = named(shown, "PrometheusRule", "vireo")["spec"]["groups"]
    assert [rule for group in groups for rule in group["rules"]] == by_group(*(f for f in RULES if f.stem != part))


@pytest.mark.chart
def test_an_alert_leads_to_the_runbook_where_people_read_it(helm: Helm) -> None:
    shown = helm.rendered(ENABLED, RULE_API, "--set=prometheusRule.runbook=https://wiki.example/vireo")
    groups = named(shown, "PrometheusRule", "vireo")["spec"]["groups"]
    links = [rule["annotations"]["runbook_url"] for group in groups for rule in group["rules"]]
    assert all(link.startswith("https://wiki.example/vireo#") for link in links)


@pytest.mark.chart
def test_there_are_rules_only_where_they_are_asked_for_and_served(helm: Helm) -> None:
    for options in ((ENABLED,), (RULE_API,)):
        assert not [one for one in helm.rendered(*options) if one["kind"] == "PrometheusRule"]


@pytest.mark.chart
def test_grafana_finds_the_dashboard(helm: Helm) -> None:
    found = named(helm.rendered(ENABLED), "ConfigMap", "vireo-dashboard")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(found["data"]["vireo.json"]) == DASHBOARD
    assert not [one for one in helm.rendered() if one["metadata"]["name"] == "vireo-dashboard"]


@pytest.mark.chart
def test_the_extender_asks_a_prometheus_where_one_is_named(helm: Helm) -> None:
    def told(*options: str) -> list[str]:
        pod = named(helm.rendered(*options), "Deployment", "vireo-scheduler")["spec"]["template"]["spec"]
        (args,) = [one["args"] for one in pod["containers"] if one["name"] == "extender"]
        return [one for one in args if "prometheus" in one]

    url = "http://prometheus.monitoring.svc:9090"
    assert told(f"--set=scheduler.extender.prometheus={url}") == [f"--prometheus={url}"]
    assert told() == []
