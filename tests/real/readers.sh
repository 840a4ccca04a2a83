#!/usr/bin/env bash
# Compares hanok with independent readers of Korean documents, npm's kordoc and @rhwp/core, in the versions that
# readers/package.json names. They are installed once into STORE.
#   tests/real/readers.sh install STORE
#   tests/real/readers.sh compare STORE HANOK FOLDER READ_BY_EYE
#   tests/real/readers.sh examples STORE HANOK READ_BY_EYE WRITER    on documents that the program WRITER makes
# Exit 77 (skipped) when there is no FOLDER, and when the readers cannot be had: no Node.js, no npm, no network, no time.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
what=$1 store=$2
wanted=$here/readers/package.json why=$store/why-not-readers
readers=$store/readers-$(cksum <"$wanted" | cut -d ' ' -f 1)
oldest_node=18

skip() {
  printf 'kordoc, @rhwp/core: %s\n' "$1" | sed -n 1,4p | tee "$why"
  exit 77
}

install() {
  local said
  [ ! -e "$readers/node_modules" ] || return 0
  command -v npm >/dev/null && command -v node >/dev/null || skip "no Node.js or no npm (Debian: npm)"
  said=$(node --version)
  [[ $said =~ ^v([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge "$oldest_node" ] ||
    skip "Node.js $oldest_node or later is needed, this is ${said:-of unknown version}"
  work=$(mktemp -d "$store/npm.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp "$wanted" "$work"
  # What they take along for OCR is left out: half a gigabyte that reads no text.
  said=$(cd "$work" && timeout --kill-after 10 420 \
    npm install --ignore-scripts --no-audit --no-fund --omit=optional --loglevel=error 2>&1) ||
    skip "${said:-no answer in time}"
  rm -rf "$store"/readers-*
  mv "$work" "$readers"
}

compare() {
  [ -d "$2" ] || { echo "no documents in $2"; exit 77; }
  [ -e "$readers/node_modules" ] || { cat "$why" 2>/dev/null || echo "not installed"; exit 77; }
  cd "$readers"
  node "$here/../../tools/compare_documents.mjs" "$@"
}

mkdir -p "$store"
shift 2
case $what in
  install)
    rm -f "$why"
    install ;;
  compare) compare "$@" ;;
  examples)
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    "$3" "$folder"
    HANOK_DOCUMENT_PASSWORD=비밀1234 compare "$1" "$folder" "$2" ;;
esac
