#!/usr/bin/env bash
# bench/compare with programs that only print numbers: a peer that announces its rounds, one that does not, one that fails.
#   tests/check_compare.sh PROJECT
set -euo pipefail
compare=$(realpath "$1")/bench/compare
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
touch model.gguf

program() {
  cat >"$1"
  chmod +x "$1"
}
program hanok <<'END'
#!/bin/sh
echo '{"results": [{"tokens_per_second": 30.0, "share_of_limit": 0.5}]}'
END
program announcing <<'END'
#!/bin/sh
[ "$1" != --help ] || { echo '--progress'; exit; }
for round in 1 2 3; do
  echo "llama-bench: benchmark $round/3: starting" >&2
  case "$*" in
    *'-fa auto'*) echo "{\"avg_ts\": 1$round.0}" ;;
    *) echo '{"avg_ts": 5.0}' ;;
  esac
done
END
program silent <<'END'
#!/bin/sh
case "$*" in
  --help) echo 'no such option' ;;
  *'-gp 64,32'*'-fa 0'*) echo '[{"avg_ts": 6.0}]' ;;
  *'-fa 0'*) echo '[{"avg_ts": 15.0}]' ;;
  *) exit 3 ;;
esac
END
program failing <<'END'
#!/bin/sh
[ "$1" != --help ] || { echo '--progress'; exit; }
echo 'no memory' >&2
exit 4
END

run() {
  python3 "$compare" model.gguf --hanok "$work/hanok" --runs 2 --prompt '' --threads 1 "$@" 2>&1
}
expect() {
  [[ $out == *"$1"* ]] || { printf 'expected: %s\ngot:\n%s\n' "$1" "$out"; exit 1; }
}
# The warm-up's 11 does not count, and the setting that is slower in it is left out.
out=$(run --peer ./announcing --depth 0 || true)
expect $'round 1: hanok 30.0  peer (auto) 12.0\n'
expect '| decode 32 | 30.0 | 50 % | 12.5 (auto) | 2.40 | 2.31–2.50 |'
out=$(run --peer ./silent --depth 0,64 --flash off || true)
expect '| decode 32 | 30.0 | 50 % | 15.0 (off) | 2.00 | 2.00–2.00 |'
expect '| decode 32 at depth 64 | 30.0 | 50 % | 6.0 (off) | 5.00 | 5.00–5.00 |'
out=$(run --peer ./silent --flash auto || true)
expect 'ended with 3'
out=$(run --peer ./failing || true)
expect 'ended with 4'
expect 'no memory'
