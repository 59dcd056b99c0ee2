# Sourced before `uv pip install`: hands uv what pip knows about folders with wheels and mirrors.
# TORCH chooses the CPU build of torch, unless a folder with wheels has one.

pip_knows() {
  "${PYTHON:-python3}" -m pip config get "global.$1" 2>/dev/null || true
}

: "${UV_FIND_LINKS:=$(printf %s "${PIP_FIND_LINKS:-$(pip_knows find-links)}" | tr -s ' \n' ',,')}"
: "${UV_DEFAULT_INDEX:=${PIP_INDEX_URL:-$(pip_knows index-url)}}"
export UV_FIND_LINKS UV_DEFAULT_INDEX
[ -n "$UV_FIND_LINKS" ] || unset UV_FIND_LINKS
[ -n "$UV_DEFAULT_INDEX" ] || unset UV_DEFAULT_INDEX

TORCH="--torch-backend cpu"
for place in $(printf %s "${UV_FIND_LINKS:-}" | tr ',' ' '); do
  ls "$place"/torch-*+cpu-*.whl >/dev/null 2>&1 && TORCH=
done
