# Sourced by the scripts beside it: brings uv, the locked environment and the engines, on a bare Linux with python3 and
# pip or venv. Leaves UV set and the current directory at the root of the repository. Quick when all is there already.

UV_VERSION=0.13.9

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf 'bootstrap: %s\n' "$*" >&2; }

find_uv() {
  for UV in "${UV:-}" "$(command -v uv)" .cache/uv/bin/uv .cache/uv/lib/bin/uv; do
    [ -n "$UV" ] && "$UV" --version >/dev/null 2>&1 && return
  done
  return 1
}

# A venv where Python has ensurepip; else (Debian without python3-venv) pip into a directory.
install_uv() {
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "python3 of 3.11 or newer is needed"; return 1; }
  say "installing uv $UV_VERSION into .cache/uv"
  rm -rf .cache/uv
  mkdir -p .cache
  if python3 -m venv .cache/uv >/dev/null 2>&1; then
    .cache/uv/bin/python -m pip install --quiet "uv==$UV_VERSION"
  else
    rm -rf .cache/uv
    python3 -m pip install --quiet --target .cache/uv/lib "uv==$UV_VERSION"
  fi
}

find_uv || { install_uv && find_uv; } || { say "uv could not be had: it needs python3 with venv or pip"; exit 1; }
export UV_PYTHON_DOWNLOADS="${UV_PYTHON_DOWNLOADS:-never}"
"$UV" sync --locked --quiet || { say "the locked environment could not be installed"; exit 1; }
"$UV" run --no-sync python -m scripts.engines ${ENGINES:-}
