# shellcheck shell=bash
# What the scripts share: words to the user, and installing what is missing.

# The folder of the repository; every script works from there.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

say() { printf '%s\n' "$*" >&2; }

# Ends with a sentence that says what to do.
die() {
  say "stopped: $*"
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# The Debian packages that are missing, collected by `need` and installed once by `install`.
missing=()

# need PACKAGES COMMAND…: remembers the packages unless the command succeeds.
need() {
  local packages=$1
  shift
  "$@" >/dev/null 2>&1 && return
  local package
  for package in $packages; do
    missing+=("$package")
  done
}

install() {
  ((${#missing[@]})) || return 0
  say "installing with apt-get: ${missing[*]}"
  have apt-get || die "this is no Debian: install the equivalents of \`${missing[*]}\` by hand, and run this again"
  local as_root=()
  if ((EUID != 0)); then
    have sudo || die "run this as root or install sudo, or have \`apt-get install ${missing[*]}\` run for you"
    as_root=(sudo)
  fi
  # The package list of a fresh machine is empty or old.
  "${as_root[@]}" apt-get update -qq ||
    die "the package list cannot be fetched: look at the network and at /etc/apt/sources.list, and run this again"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    die "apt-get could not install \`${missing[*]}\`: install them by hand, and run this again"
  missing=()
}

compiles() { have cc && have make; }

# The portal's styles and script, embedded at build: nothing of them is in the repository.
install_styles() {
  say "installing with npm, into gateway/portal/node_modules: the portal's styles"
  npm ci --prefix gateway/portal --no-audit --no-fund --silent ||
    die "npm could not install the portal's styles: look at the network, and run this again"
}

# Cargo, and what compiles C: AWS-LC, SQLite and the allocator are C, and Rust links with it.
need_rust() {
  have cargo || die "there is no cargo: install the Rust toolchain (https://rustup.rs), and run this again"
  need "gcc libc6-dev make" compiles
}
