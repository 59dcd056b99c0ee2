"""Formats that somebody wrote for themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.core import messages as chat
from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.prompts import Format, Renderer, control_strings, load_format, role_markers

SIDECAR = """\
id: hotel
title: A talk at a hotel's desk
family: own
source: {kind: own, citation: our own}
stop: ["Gast:"]
eot: "\\n"
bos: false
eos: none
system: preamble
roles: {system: [], user: ["Gast:"], assistant: ["Butler:"]}
n_roles: 2
markers: ["Gast:", "Butler:"]
enclosed: false
lossy: []
"""
TEMPLATE = (
    "{%- for message in messages %}{{- {'system': '', 'user': 'Gast: ', 'assistant': 'Butler: '}[message['role']] }}"
    "{{- message['content'] + '\\n' }}{%- endfor %}{%- if add_generation_prompt %}{{- 'Butler: ' }}{%- endif %}"
)


@pytest.fixture
def sidecar(tmp_path: Path) -> Path:
    path = tmp_path / "hotel.yaml"
    path.write_text(SIDECAR, encoding="utf-8")
    path.with_suffix(".jinja").write_text(TEMPLATE, encoding="utf-8")
    return path


def test_a_format_is_its_yaml_file_and_the_template_beside_it(sidecar: Path):
    rendered = Renderer(load_format(str(sidecar)), None).render([chat.system("館"), chat.user("鍵は")])
    assert rendered.text == "館\nGast: 鍵は\nButler: "


def test_a_path_is_relative_to_the_folder_of_the_file_that_names_it(sidecar: Path):
    assert load_format("hotel.yaml", sidecar.parent).id == "hotel"


def test_a_template_may_stand_inside_the_sidecar(sidecar: Path):
    outside = load_format(str(sidecar))
    sidecar.with_suffix(".jinja").unlink()
    sidecar.write_text(SIDECAR + "template: |-\n  " + TEMPLATE + "\n", encoding="utf-8")
    assert load_format(str(sidecar)) == outside


def test_a_format_without_a_template_is_told_where_to_put_it(sidecar: Path):
    sidecar.with_suffix(".jinja").unlink()
    with pytest.raises(FileFormatError, match=r"hotel.yaml:1: no template: neither 'hotel.jinja' beside this file"):
        load_format(str(sidecar))


def test_a_template_that_does_not_parse_is_told_with_its_line(sidecar: Path):
    sidecar.with_suffix(".jinja").write_text("a\n{% if %}", encoding="utf-8")
    with pytest.raises(FileFormatError, match=r"hotel\.jinja:2: not a valid template"):
        load_format(str(sidecar))


def test_the_checkpoints_own_template_has_its_name_for_itself(sidecar: Path):
    sidecar.write_text(SIDECAR.replace("id: hotel", "id: native") + "template: x\n", encoding="utf-8")
    with pytest.raises(FileFormatError, match="'native' is the name of the checkpoint's own template"):
        load_format(str(sidecar))


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(UsageError, match="no such format file"):
        load_format("nowhere.yaml", tmp_path)


def test_its_role_markers_and_control_strings_count(sidecar: Path):
    formats = [load_format("vicuna"), load_format(str(sidecar))]
    assert {"Gast:", "Butler:", "USER:"} <= set(role_markers(formats))
    assert "</s>" in control_strings(formats)


def test_a_format_survives_the_manifest(sidecar: Path):
    found = load_format(str(sidecar))
    again = Format.model_validate(found.model_dump(mode="json"))
    assert (again, again.hash) == (found, found.hash)


def test_the_hash_of_a_bundled_format_is_the_one_that_earlier_runs_hold():
    assert load_format("vicuna").hash == "a0237d851430d11bf2cfb68324bff323"
    assert load_format("aines_v3").hash == "fca9b8dc3f7daf30918567d3d0e10f0f"
