"""The files for containers and Spaces: what they start exists, and they agree with each other."""

import json
import re
import tomllib
from pathlib import Path

import click
import yaml

from kikime.cli.results.leaderboard import leaderboard
from kikime.leaderboard.page.access import Access

DEPLOY = Path(__file__).parents[2] / "deploy"


def started(file):
    """The command that an image starts, with the arguments that it gives."""
    text = (DEPLOY / file).read_text(encoding="utf-8")
    (line,) = re.findall(r"^(?:ENTRYPOINT|CMD) (\[.*\])$", text, re.MULTILINE)
    words = json.loads(line)
    assert words[:2] == ["kikime", "leaderboard"]
    return leaderboard.make_context("leaderboard", words[2:]).params


def test_images_listen_only_where_they_were_told_to():
    for file in ("Dockerfile", "space/Dockerfile"):
        given = started(file)
        assert given["allow_remote"]
        assert given["host"] == "0.0.0.0"


def test_a_space_listens_on_the_port_that_its_front_matter_names():
    front = yaml.safe_load((DEPLOY / "space" / "README.md").read_text(encoding="utf-8").split("---")[1])
    given = started("space/Dockerfile")
    assert front["sdk"] == "docker"
    assert front["app_port"] == given["port"]
    assert given["embed"] == ("https://huggingface.co",)
    assert len(front["short_description"]) <= 60


def test_compose_publishes_on_this_machine_alone():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service["ports"])
    flags = [each for each in leaderboard.params if isinstance(each, click.Option)]
    assert services["signed-in"]["command"][0] in {name for flag in flags for name in flag.opts}


def test_the_example_of_a_sign_in_is_one():
    example = tomllib.loads((DEPLOY / "sign-in.example.toml").read_text(encoding="utf-8"))
    roles = Access.model_validate(example).roles
    assert roles.of({"email": "taro@example.com"}) == "admin"
