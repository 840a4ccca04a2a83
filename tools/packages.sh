# The Debian 12 packages Hanok needs, in one place; sourced by run and test.
build_packages=(g++ cmake ninja-build pkg-config libfmt-dev libexpected-dev nlohmann-json3-dev libcli11-dev libpcre2-dev
  libutf8proc-dev libcurl4-openssl-dev libssl-dev libzip-dev libedit-dev ca-certificates python3-pip)
test_packages=(libgtest-dev libgmock-dev libcpp-httplib-dev clang-format)

# say KOREAN ENGLISH: one line in the user's language, on standard error.
say() {
  case "${HANOK_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}" in
    ko*) printf '%s\n' "$1" >&2 ;;
    *) printf '%s\n' "$2" >&2 ;;
  esac
}

# install_packages NAME...: installs those that are missing; asks for root only then.
install_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "패키지를 설치합니다: ${missing[*]}" "Installing packages: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { say "root 권한이 필요합니다: apt-get install ${missing[*]}" "Needs root: apt-get install ${missing[*]}"; return 1; }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -q >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}

# build PRESET: configures once and builds what changed; quiet when nothing did.
build() {
  local preset=$1 log
  log=$(mktemp)
  if [ ! -f "build/$preset/build.ninja" ]; then
    say "빌드를 준비합니다 ($preset)" "Configuring ($preset)"
    cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; return 1; }
  fi
  rm -f "$log"
  if [ "$(ninja -C "build/$preset" -n 2>/dev/null | tail -n 1)" != "ninja: no work to do." ]; then
    say "빌드합니다 ($preset)" "Building ($preset)"
    ninja -C "build/$preset" >&2
  fi
}
