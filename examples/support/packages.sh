# Sourced by examples/run and tests/run (bash): the Debian packages that a purpose needs, and how a missing one is installed.
# An entry is "package", or "command:package" where any program of that name will do.

build_packages=(
  c++:g++ cmake:cmake ninja:ninja-build pkg-config:pkg-config
  libnice-dev libsrtp2-dev libusrsctp-dev libmbedtls-dev libuv1-dev libopus-dev libvpx-dev
  libwebsockets-dev libssl-dev nlohmann-json3-dev libcli11-dev libsqlite3-dev libjwt-dev
)
# For Intel's and AMD's processors only; elsewhere libsrtp2 computes alone.
[ "$(uname -m)" = x86_64 ] && build_packages+=(libipsec-mb-dev)
test_packages=(
  ccache:ccache python3:python3 doctest-dev
  libprotobuf-dev protoc:protobuf-compiler
  clang++:clang clang-format:clang-format clang-tidy:clang-tidy libclang-rt-dev
  node:nodejs npm:npm chromium:chromium firefox-esr:firefox-esr fonts-dejavu-core ca-certificates
)

# Prints the packages among "$@" that are not there, one a line.
missing_packages() {
  local entry
  for entry in "$@"; do
    case $entry in
      *:*) command -v "${entry%%:*}" >/dev/null 2>&1 || echo "${entry#*:}" ;;
      *)
        # Without dpkg nothing can be told; configuring says what it does not find.
        command -v dpkg-query >/dev/null 2>&1 || continue
        [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$entry" 2>/dev/null)" = "ii " ] || echo "$entry"
        ;;
    esac
  done
}

# require_packages INSTALL ENTRY...: installs what is missing and says what; with INSTALL=no it refuses and lists it.
require_packages() {
  local install=$1 missing as_root=()
  shift
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] && return 0
  echo "Not installed yet: ${missing[*]}"
  if [ "$install" = no ]; then
    echo "--no-install was given. To install them: apt-get install --no-install-recommends ${missing[*]}" >&2
    return 1
  fi
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "There is no apt-get here. Install what these Debian packages hold, then run this again." >&2
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      echo "Installing needs root and there is no sudo. As root: apt-get install --no-install-recommends ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
    echo "Installing them with sudo apt-get ..."
  else
    echo "Installing them with apt-get ..."
  fi
  # A third-party source that does not answer must not stop an install from the others: its own failure will tell.
  "${as_root[@]}" apt-get update -qq || echo "apt-get update failed for some source; going on."
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || {
    echo "apt-get could not install: ${missing[*]}" >&2
    return 1
  }
}

# The compiler cache finds a file again in another clone of the repository.
share_compiler_cache() {
  export CCACHE_BASEDIR=$1 CCACHE_NOHASHDIR=1
}
