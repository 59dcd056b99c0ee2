# Writes requirements/cpu.txt and requirements/gpu.txt from pyproject.toml: sh tools/lock.sh UV
# Pinned versions stay where they still fit; remove a line first to let it move.
set -eu
. tools/uv_environment.sh

lock() {
  build=$1
  shift
  "$uv" pip compile -q --python-platform x86_64-manylinux_2_28 --python-version 3.11 --no-annotate \
    --custom-compile-command "make lock" pyproject.toml --extra "$build" --extra ui -o "requirements/$build.txt" "$@"
}

uv=$1
# The CPU build names companions of torch that kikime never loads.
lock cpu --no-emit-package torchaudio --no-emit-package torchcodec --no-emit-package torchvision \
  --no-emit-package triton ${TORCH}
sed -i 's/^\(torch==[0-9.]*\)+cpu$/\1/' requirements/cpu.txt
lock gpu
