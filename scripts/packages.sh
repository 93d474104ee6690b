# Debian 12 packages, by what they are needed for, and a function that installs those that are missing.
# Sourced by ./quickstart and ./check. docs/dependencies.md says what each library is for.
# shellcheck shell=bash disable=SC2034

# Compiling dnstorm.
packages_build=(
  build-essential cmake ninja-build pkg-config
  libcaf-dev libfmt-dev libpcap-dev libyaml-cpp-dev libxxhash-dev libzstd-dev liblzma-dev zlib1g-dev
  libcurl4-openssl-dev libsqlite3-dev libmicrohttpd-dev libpsl-dev libidn2-dev nlohmann-json3-dev libcli11-dev publicsuffix
  libmaxminddb-dev libssl-dev libseccomp-dev libncurses-dev liblua5.4-dev librdkafka-dev
  libzmq3-dev cppzmq-dev libzookeeper-mt-dev libhiredis-dev
)
# Building the board's page. Any node from 18 on will do; where one is installed already, it is taken.
packages_board=(nodejs npm ca-certificates)
# Building and running the tests: libraries, the second compiler (fuzz targets), and the programs that
# dnstorm's answers are compared with.
packages_test=(
  libgtest-dev libgmock-dev libbenchmark-dev ccache lld clang libclang-rt-14-dev python3 python3-venv curl shellcheck
  influxdb victoria-metrics sqlite3 zstd tshark dnstop tcpreplay iproute2 chromium libmaxmind-db-writer-perl
  unbound knot knot-module-dnstap bind9 bind9-dnsutils dnstap-ldns dnsperf
  kcat zookeeperd redis-server
)

# missing_packages PACKAGE...: prints those that are not installed, one a line.
missing_packages() {
  local package
  for package in "$@"; do
    case $package in
      nodejs) command -v node >/dev/null && continue ;;
      npm) command -v npm >/dev/null && continue ;;
    esac
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

# as_root COMMAND...: by sudo if need be.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "this needs root and there is no sudo; as root: $*" >&2
    return 1
  fi
}

# install_packages PACKAGE...: refreshes the package lists and installs. No service that comes with a
# package is started: the tests start what they need themselves, on ports of their own.
install_packages() {
  # shellcheck disable=SC2016  # expanded by the inner shell
  as_root bash -c '
    set -e
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
      trap "rm -f $policy" EXIT
      printf "#!/bin/sh\nexit 101\n" > $policy
      chmod +x $policy
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=600 update
    apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "$@"' install "$@" </dev/null
}
