"""What errors say can be said in every language: templates are written out, and their values are theirs."""

from __future__ import annotations

from tests.support.phrases import made, placeholders


def test_no_message_is_put_together_where_it_is_raised():
    assert [found.where for found in made() if found.built()] == []


def test_every_template_gets_the_values_that_it_names_and_no_other():
    wrong = []
    for found in made():
        needed = {name for template in found.templates() for name in placeholders(template)}
        if found.templates() and not found.open and needed != found.values:
            wrong.append(f"{found.where}: {sorted(needed ^ found.values)}")
    assert wrong == []
