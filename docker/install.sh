#!/bin/sh
# Installs the product into TARGET, a new environment that holds nothing else: sh docker/install.sh TARGET [--extra local]
# The image is built by it (Dockerfile) and measured by it (dev/image_size.py).
set -eu
target=$1
shift
wheel=$(mktemp -d)
trap 'rm -rf "$wheel"' EXIT

uv venv --quiet --python "${PYTHON:-python3}" "$target"
export VIRTUAL_ENV="$target" UV_LINK_MODE=copy # what is stripped below are no links into a cache
# What pyproject.toml asks for, in the versions and with the hashes of the one lock; nothing is compiled.
uv pip install --quiet --only-binary :all: --require-hashes --constraint requirements.lock -r pyproject.toml "$@"
uv build --quiet --wheel --out-dir "$wheel" .
uv pip install --quiet --no-deps "$wheel"/*.whl

# A third of the packages is for debuggers. Only what carries debugging sections is stripped: libraries that a
# wheel's maker has patched may not survive it.
find "$target" -name '*.so' -type f | while read -r library; do
  if objdump --section-headers "$library" | grep -q '\.debug_info'; then strip --strip-unneeded "$library"; fi
done
# Nothing here reads these: where phone numbers are at home in words, tests of a package, older previews of Vision.
for unread in phonenumbers/geodata phonenumbers/carrierdata google/genai/tests 'google/cloud/vision_v1p*'; do
  find "$target" -path "*/site-packages/$unread" -prune -exec rm -r {} +
done
# What installing compiled is a seventh of the weight: a process compiles into PYTHONPYCACHEPREFIX, 1.5 s once a pod.
find "$target" -name __pycache__ -prune -exec rm -r {} +
