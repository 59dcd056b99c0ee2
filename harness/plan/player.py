"""Who plays the user of dialogues where the banks do not: the loaded engine, a served model, or a second checkpoint."""

from __future__ import annotations

from collections.abc import Sequence

from kikime.harness.core import messages as chat
from kikime.harness.core.errors import KikimeError, UsageError
from kikime.harness.core.messages import Message
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import Checkpoint, resolve_checkpoint
from kikime.harness.plan.partner import SELF
from kikime.harness.prompts import Rendered, Renderer, load_format, load_tokenizer
from kikime.harness.prompts.format import NATIVE
from kikime.harness.suites.grid import Materials


def user_model(materials: Materials, options: EngineOptions) -> Checkpoint | None:
    """The model that ``--user-model`` names; None for ``self`` and for the banks' own lines.

    Raises:
        UsageError: there is no such model, it cannot be loaded here, or no task of the suite is a dialogue.
    """
    given = options.user_model
    if given is None:
        return None
    if not any(task.kind == "dialogue" for task in materials.tasks.values()):
        raise UsageError("--user-model: this suite has no dialogue", hint="for example --suite dialogue")
    if given == SELF:
        return None
    found = resolve_checkpoint(given)
    check_place(found, options)
    return found


def check_place(user: Checkpoint | None, options: EngineOptions) -> None:
    """Refuse a second checkpoint on a Ray cluster, whose GPUs are the replicas'.

    Raises:
        UsageError: it is one.
    """
    if options.engine == "ray" and is_beside(user):
        raise UsageError(
            "--user-model {model}: with --engine ray only a served model, or self",
            hint="serve it (vllm serve {model}), then give openai:NAME@BASE_URL",
            model=options.user_model,
        )


def is_beside(user: Checkpoint | None) -> bool:
    """Whether the user's model is a checkpoint that is loaded beside the character's."""
    return user is not None and user.base_url is None


def spoken_by(options: EngineOptions, user: Checkpoint | None, fingerprint: str) -> str:
    """What comparisons call the model that plays the user; empty where the banks do.

    ``fingerprint``: the character's checkpoint, which belongs to it where it plays the user too. A second checkpoint is the
    same one wherever it lies.
    """
    if options.user_model in {None, SELF}:
        return f"{SELF}:{fingerprint[:12]}" if options.user_model else ""
    if user is None or user.base_url:
        return str(options.user_model).partition("@")[0]
    return f"checkpoint:{user.fingerprint[:12]}"


class UserPrompts:
    """What a second checkpoint is asked as the user, in its own chat template and without thinking."""

    def __init__(self, user: Checkpoint, options: EngineOptions) -> None:
        """Load its tokenizer.

        Raises:
            UsageError: it has no chat template.
        """
        tokenizer = load_tokenizer(str(user.path), trust_remote_code=options.trust_remote_code)
        try:
            self._renderer = Renderer(load_format(NATIVE), tokenizer, template_args={"enable_thinking": False})
        except UsageError as error:
            raise UsageError(
                "--user-model {model}: {reason}",
                hint="give a checkpoint with a chat template",
                model=options.user_model,
                reason=error,
            ) from None
        self._knows_system = self._renders([chat.system("a"), chat.user("b")])

    @property
    def tags(self) -> frozenset[str]:
        """Closing tags of its thinking."""
        return self._renderer.thinking.tags

    def render(self, messages: Sequence[Message]) -> Rendered:
        """The prompt; where the template knows no system message, the first user message begins with it."""
        if not self._knows_system:
            system, opening, *others = messages
            messages = [chat.user(f"{system['content']}\n\n{opening['content']}"), *others]
        return self._renderer.render(messages)

    def _renders(self, messages: Sequence[Message]) -> bool:
        try:
            self._renderer.render(messages)
        except KikimeError:
            return False
        return True
