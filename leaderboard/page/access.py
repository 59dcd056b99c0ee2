"""Who may do what on a shared page: Streamlit's own OIDC sign-in, and a role by the e-mail address that the provider vouches for."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from hmac import compare_digest
from pathlib import Path
from typing import Annotated, Literal

import streamlit as st
from pydantic import Field, ValidationError

from kikime.harness.core.errors import UsageError
from kikime.harness.core.files.yamlfile import StrictModel, problems_of
from kikime.harness.words.catalogue import Translator

Role = Literal["viewer", "rater", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "rater", "admin")
"""Each may do what those before it may: read; rate and note; say what a model is."""
LINK = "kikime_link"
"""The cookie that keeps a reader's link."""
_NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")


class Roles(StrictModel):
    """E-mail addresses, or patterns such as ``*@example.com``, of each role."""

    viewer: tuple[str, ...] = ()
    rater: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()

    def of(self, user: Mapping[str, object]) -> Role | None:
        """The highest role of a person, by the address that the provider vouches for; None: no access.

        >>> Roles(viewer=("*@example.com",), admin=("a@example.com",)).of({"email": "A@example.com"})
        'admin'
        """
        address = str(user.get("email") or "").casefold()
        if not address or user.get("email_verified") is False:
            return None
        held = [role for role in ROLES if any(fnmatchcase(address, p.casefold()) for p in getattr(self, role))]
        return held[-1] if held else None


class Access(StrictModel):
    """The file of ``--sign-in``: ``[auth]`` as Streamlit takes it, ``[roles]`` for whom it lets in, ``[links]`` for readers."""

    auth: dict[str, object]
    roles: Roles = Field(default=Roles())
    links: dict[str, Annotated[str, Field(min_length=24)]] = {}
    """Secret texts by the name of who has them: an address with ``?link=TEXT`` lets its visitor read."""

    def reader(self, link: str | None) -> str | None:
        """Whose a link is; None where it is nobody's."""
        given = (link or "").encode()
        return next((name for name, own in self.links.items() if compare_digest(own.encode(), given)), None)


def load_access(path: Path) -> Access:
    """Read the file of the sign-in.

    Raises:
        UsageError: it cannot be read, or lacks something.
    """
    try:
        found = Access.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError("{path}: cannot be read: {reason}", path=path, reason=str(error)) from None
    except ValidationError as error:
        raise UsageError("{path}: {problem}", path=path, problem=problems_of(error)[0][1]) from None
    missing = next((name for name in _NEEDED if not found.auth.get(name)), None)
    if missing is not None:
        raise UsageError(
            "{path}: [auth] lacks {name}", hint="deploy/sign-in.example.toml shows how", path=path, name=missing
        )
    if not any((found.roles.viewer, found.roles.rater, found.roles.admin, found.links)):
        raise UsageError("{path}: [roles] lets nobody in", hint='for example viewer = ["*@example.com"]', path=path)
    return found


@lru_cache(maxsize=1)
def _access(path: str) -> Access:
    return load_access(Path(path))


def configured() -> Access | None:
    """The sign-in of this page; None where it has none, as on one's own machine."""
    path = os.environ.get("KIKIME_SIGN_IN")
    return _access(path) if path else None


def role() -> Role | None:
    """The visitor's role: of one's own page the highest, else that of who is signed in, or a reader's who has a link."""
    access = configured()
    if access is None:
        return "admin"
    own = access.roles.of(st.user.to_dict()) if st.user.is_logged_in else None
    return own or ("viewer" if _reader() else None)


def _reader() -> str | None:
    """Whose link the visitor came by."""
    access = configured()
    return access.reader(st.context.cookies.get(LINK)) if access else None


def may(wanted: Role) -> bool:
    """Whether the visitor has a role, or a higher one."""
    held = role()
    return held is not None and ROLES.index(held) >= ROLES.index(wanted)


def person() -> str | None:
    """The address of who is signed in; None on a page without sign-in."""
    return str(st.user.email) if configured() is not None and st.user.is_logged_in else None


def admitted(t: Translator) -> bool:
    """Whether the page may be drawn; else a sign-in is drawn, and nothing of the runs."""
    if role() is not None:
        return True
    st.title(t("app.title"), anchor=False)
    if st.user.is_logged_in:
        st.error(t("access.refused"))
        st.text(str(st.user.email))
        st.button(t("access.sign_out"), on_click=st.logout, key="sign_out")
    else:
        st.info(t("access.needed"))
        st.button(t("access.sign_in"), on_click=st.login, key="sign_in", type="primary")
    return False


def signed_in_as(t: Translator) -> None:
    """Say below a page who is signed in, and let them leave; nothing where there is no sign-in."""
    held = role()
    if configured() is None or held is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{person() or _reader()} · {t(f'access.{held}')}")
        if st.user.is_logged_in:
            st.button(t("access.sign_out"), on_click=st.logout, key="sign_out", type="tertiary")
        else:
            st.button(t("access.sign_in"), on_click=st.login, key="sign_in", type="tertiary")
