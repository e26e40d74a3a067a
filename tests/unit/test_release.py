# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The release plumbing names only what exists, and asks for no more than it needs."""

import configparser
import pathlib
import re
import subprocess
import typing as tp

import pytest
import yaml

REPO = pathlib.Path(__file__).parents[2]
WORKFLOWS = sorted((REPO / ".github" / "workflows").glob("*.y*ml"))
# a major version, an exact one, a branch of a major one, or a commit
PINNED = re.compile(r"@(v\d+(\.\d+)*|release/v\d+|[0-9a-f]{40})\Z")
SEED_TARGETS = {
    "help",
    "build",
    "install",
    "wheel",
    "publish-wheel",
    "lint",
    "format",
    "test",
    "functional",
    "typecheck",
}


def jobs(workflow: pathlib.Path) -> dict[str, dict[str, tp.Any]]:
    return dict(yaml.safe_load(workflow.read_text())["jobs"])


def steps(workflow: pathlib.Path) -> list[dict[str, tp.Any]]:
    return [step for job in jobs(workflow).values() for step in job.get("steps", [])]


def targets() -> set[str]:
    text = (REPO / "Makefile").read_text().replace("\\\n", " ")
    (phony,) = re.findall(r"^\.PHONY:(.*)$", text, re.M)
    return set(phony.split())


def tox_environments() -> set[str]:
    config = configparser.ConfigParser(interpolation=None)
    config.read(REPO / "tox.ini")
    found = set(re.findall(r"[\w-]+", config["tox"]["env_list"]))
    for section in config.sections():
        name = section.removeprefix("testenv:")
        several = re.fullmatch(r"py\{([\d,]+)\}(.*)", name)
        if several is None:
            found.add(name)
        else:
            found |= {f"py{v}{several[2]}" for v in several[1].split(",")}
    return found


def test_make_has_the_targets_that_its_users_know() -> None:
    assert targets() >= SEED_TARGETS


@pytest.mark.parametrize("target", sorted(targets()))
def test_make_knows_how_to_make_each_target_and_tells_of_it(target: str) -> None:
    subprocess.run(["make", "-n", target], cwd=REPO, check=True, capture_output=True)
    told = subprocess.run(["make", "help"], cwd=REPO, capture_output=True, text=True)
    assert target == "help" or target in re.findall(r"[\w-]+", told.stdout)


@pytest.mark.parametrize(
    "file",
    [*WORKFLOWS, REPO / "README.md", REPO / "CONTRIBUTING.md"],
    ids=lambda path: path.name,
)
def test_named_targets_and_environments_exist(file: pathlib.Path) -> None:
    text = file.read_text()
    if file in WORKFLOWS:
        text = "\n".join(step.get("run", "") for step in steps(file))
    lines = re.findall(r"^\W*make ([a-z][a-z0-9 -]*)", text, re.M)
    lines += re.findall(r"`make ([a-z][a-z0-9 -]*)`", text)
    named = {target for line in lines for target in line.split()}
    assert named <= targets()
    for environments in re.findall(r"tox (?:run )?-e ([\w,-]+)", text):
        assert set(environments.split(",")) <= tox_environments()


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_permissions_are_least(workflow: pathlib.Path) -> None:
    assert yaml.safe_load(workflow.read_text())["permissions"] == {}
    for name, job in jobs(workflow).items():
        wanted = job["permissions"]
        assert wanted, f"{name} names its permissions"
        if workflow.name != "publish.yaml":
            assert wanted == {"contents": "read"}
    for step in steps(workflow):
        if "uses" in step:
            assert PINNED.search(step["uses"]), step["uses"]
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_only_the_job_that_publishes_may_ask_for_an_identity_of_the_registry() -> None:
    wanted = {
        name: job["permissions"]
        for name, job in jobs(REPO / ".github/workflows/publish.yaml").items()
    }
    assert wanted == {
        "tests": {"contents": "read"},
        "build": {"contents": "read"},
        "registry": {"id-token": "write"},
        "release": {"contents": "write", "id-token": "write"},
    }


def test_what_is_published_was_tested_and_built_before() -> None:
    found = jobs(REPO / ".github/workflows/publish.yaml")
    assert found["tests"]["uses"] == "./.github/workflows/tests.yaml"
    assert [found[name].get("needs") for name in ("build", "registry", "release")] == [
        "tests",
        "build",
        "registry",
    ]
