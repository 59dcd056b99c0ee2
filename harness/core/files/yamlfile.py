"""YAML files read into strict models, with errors that name file, line and the nearest valid key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args, get_origin

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.names import or_known
from kikime.harness.core.reasons import Phrase, parser_reason, system_reason

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


WRONG = {
    "bool_parsing": "true or false is needed here",
    "bool_type": "true or false is needed here",
    "date_from_datetime_parsing": "a date is needed here (YYYY-MM-DD)",
    "enum": "Input should be {expected}",
    "finite_number": "a finite number is needed here",
    "float_parsing": "a number is needed here",
    "float_type": "a number is needed here",
    "frozen_set_type": "a list is needed here",
    "greater_than": "Input should be greater than {gt}",
    "greater_than_equal": "Input should be greater than or equal to {ge}",
    "int_from_float": "a whole number is needed here",
    "int_parsing": "a whole number is needed here",
    "int_type": "a whole number is needed here",
    "less_than": "Input should be less than {lt}",
    "less_than_equal": "Input should be less than or equal to {le}",
    "list_type": "a list is needed here",
    "literal_error": "Input should be {expected}",
    "missing": "Field required",
    "string_pattern_mismatch": "String should match pattern '{pattern}'",
    "string_too_long": "a text of at most {max_length} {max_length:character|characters} is needed here",
    "string_too_short": "a text of at least {min_length} {min_length:character|characters} is needed here",
    "string_type": "a text is needed here",
    "too_long": "at most {max_length} are needed here, not {actual_length}",
    "too_short": "at least {min_length} are needed here, not {actual_length}",
    "tuple_type": "a list is needed here",
}
"""Templates by pydantic's type of error; their values are its context."""
_MAPPING = Phrase("a mapping (key: value)")
_LIST = Phrase("a list")


class StrictModel(BaseModel):
    """A frozen model that refuses unknown keys and proposes the nearest known one."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, data: object) -> object:
        if isinstance(data, Mapping):
            for key in data:
                if key not in cls.model_fields:
                    known = list(cls.model_fields)
                    raise problem_at([key], "unknown key '{key}'{meant}", key=key, meant=or_known(str(key), known))
        return data

    @model_validator(mode="before")
    @classmethod
    def _no_flags_as_numbers(cls, data: object) -> object:
        """Refuse ``true`` where a number is due: pydantic, as Python, takes it for 1."""
        if not isinstance(data, Mapping):
            return data
        for name in _numbers(cls):
            for where, value in _leaves(data.get(name), (name,)):
                if isinstance(value, bool):
                    raise problem_at(
                        where,
                        "{place}: a number is needed here, not {value}",
                        place=".".join(map(str, where)),
                        value=str(value).lower(),
                    )
        return data


@cache
def _numbers(model: type[BaseModel]) -> tuple[str, ...]:
    """Fields that take numbers and no truth values."""
    kinds = {name: set(_kinds(field.annotation)) for name, field in model.model_fields.items()}
    return tuple(name for name, found in kinds.items() if found & {int, float} and not found & {bool, object, Any})


def _kinds(annotation: object) -> Iterator[object]:
    """What an annotation is made of: ``int`` and ``None`` of ``tuple[int, ...] | None``; of literals their types."""
    parts = get_args(annotation)
    if get_origin(annotation) is Literal:
        yield from map(type, parts)
    elif get_origin(annotation) is Annotated or not parts:
        yield from _kinds(parts[0]) if parts else [annotation]
    else:
        for part in parts:
            yield from _kinds(part)


def _leaves(value: object, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """What lists and mappings hold, and where; models look after themselves."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, (*where, str(name)))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _leaves(inner, (*where, number))
    else:
        yield where, value


class GrownModel(StrictModel):
    """A model that got fields in later versions: content that does not use them is written, and hashed, as it was before."""

    LATER: ClassVar[frozenset[str]] = frozenset()
    """Names of these fields; left out where they say nothing."""

    @model_serializer(mode="wrap")
    def _without_what_it_lacks(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        written: dict[str, object] = write(self)
        return {name: value for name, value in written.items() if name not in self.LATER or value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The schema of its fields; the later ones need not be there."""
        while core_schema["type"] != "model-fields":
            core_schema = core_schema["schema"]
        shape = handler(core_schema)
        return {**shape, "required": [name for name in shape.get("required", ()) if name not in cls.LATER]}


def problem_at(place: Sequence[int | str], template: str, /, **values: object) -> PydanticCustomError:
    """What a model's validator raises to name a place inside the model; :func:`load_yaml` finds its line."""
    problem = Phrase(template, **values)
    return PydanticCustomError("problem_at", "{problem}", {"problem": problem, "place": list(place)})


def second_of_two(values: Sequence[str]) -> int | None:
    """Position of the first value that was there before."""
    seen: set[str] = set()
    for number, value in enumerate(values):
        if value in seen:
            return number
        seen.add(value)
    return None


Model = TypeVar("Model", bound=BaseModel)


def load_yaml(path: Path | str, model: type[Model]) -> Model:
    """Read one YAML document into ``model``; validators find the file in ``info.context["path"]`` and ``["folder"]``.

    What ``--json`` of a command printed is such a document too: its ``schema_version`` is no part of it.

    Raises:
        FileFormatError: unreadable file, broken YAML, duplicate or unknown key, wrong value; with the line.
    """
    root = _compose(Path(path))
    data = _construct(Path(path), root)
    if isinstance(data, dict):
        data.pop("schema_version", None)
    try:
        return model.model_validate(data, context={"path": Path(path), "folder": Path(path).parent})
    except ValidationError as error:
        (place, first), *others = problems_of(error)
        further = [
            Phrase("also line {line}: {problem}", line=_line_of(root, where), problem=problem)
            for where, problem in others
        ]
        raise FileFormatError(path, _line_of(root, place), Phrase.joined("\n  ", [first, *further])) from None


def problems_of(error: ValidationError) -> list[tuple[list[int | str], str]]:
    """Every place of a model that is wrong, and what is wrong there, each place once."""
    found: dict[tuple[int | str, ...], str] = {}
    for detail in error.errors():
        place = list(detail["loc"])
        problem = _problem(detail)
        if detail["type"] == "problem_at":
            place += detail["ctx"]["place"]
        elif place:
            problem = Phrase("{place}: {problem}", place=".".join(map(str, place)), problem=problem)
        found.setdefault(tuple(place), problem)
    return [(list(place), problem) for place, problem in found.items()]


def _problem(detail: ErrorDetails) -> str:
    """What one value has wrong; where its kind is wrong, in YAML's terms."""
    wanted = {"model_type": _MAPPING, "dict_type": _MAPPING, "tuple_type": _LIST}
    if detail["type"] in wanted:
        kinds = {
            dict: Phrase("a mapping"),
            list: Phrase("a list"),
            str: Phrase("a text"),
            type(None): Phrase("nothing"),
        }
        value = detail["input"]
        found = kinds.get(type(value), repr(value))
        return Phrase("{wanted} is needed here, not {found}", wanted=wanted[detail["type"]], found=found)
    return problem_of(detail)


def problem_of(detail: ErrorDetails) -> str:
    """The problem that pydantic found, or that a validator of ours raised as a ``ValueError`` of a message."""
    values = detail.get("ctx", {})
    raised = values.get("error", values.get("problem"))
    if isinstance(raised, ValueError):
        raised = raised.args[0]
    if isinstance(raised, Phrase):
        return raised
    if detail["type"] in WRONG:
        return Phrase(WRONG[detail["type"]], **values)
    return detail["msg"].removeprefix("Value error, ")


def _compose(path: Path) -> yaml.Node:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileFormatError(path, None, "no such file") from None
    except UnicodeDecodeError as error:
        raise FileFormatError(
            path, None, "cannot be read: not UTF-8 (byte {byte})", hint="save the file as UTF-8", byte=error.start + 1
        ) from None
    except OSError as error:
        raise FileFormatError(path, None, "cannot be read: {reason}", reason=system_reason(error)) from None
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise FileFormatError(path, line, "not valid YAML: {reason}", reason=parser_reason(error)) from None
    except yaml.YAMLError as error:
        raise FileFormatError(path, None, "not valid YAML: {reason}", reason=error) from None
    if root is None:
        raise FileFormatError(path, None, "the file is empty")
    if (line := _recursion(root)) is not None:
        raise FileFormatError(path, line, "a value contains itself", hint="write it out instead of an alias")
    for key in _duplicate_keys(root):
        line = key.start_mark.line + 1
        if isinstance(key, yaml.ScalarNode):
            raise FileFormatError(path, line, "duplicate key '{key}'", key=key.value)
        raise FileFormatError(path, line, "a key is not a plain word")
    return root


def _construct(path: Path, root: yaml.Node) -> object:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise FileFormatError(path, line, "not valid YAML: {reason}", reason=parser_reason(error)) from None
    except (ValueError, TypeError) as error:
        raise FileFormatError(
            path, None, "a value cannot be read: {reason}", hint="put it in quotes", reason=error
        ) from None


def _recursion(node: yaml.Node, above: frozenset[int] = frozenset()) -> int | None:
    """The line of a node that contains itself through an alias."""
    if id(node) in above:
        return int(node.start_mark.line) + 1
    children: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        children = [child for pair in node.value for child in pair]
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    inside = above | {id(node)}
    return next((line for child in children if (line := _recursion(child, inside)) is not None), None)


def _duplicate_keys(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                yield key
                return
            seen.add(key.value)
            yield from _duplicate_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _duplicate_keys(child)


def _line_of(node: yaml.Node, location: Sequence[int | str]) -> int:
    line = node.start_mark.line + 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            match = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if match is None:
                continue
            line, node = match[0].start_mark.line + 1, match[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line
