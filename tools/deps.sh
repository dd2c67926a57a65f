#!/bin/sh
# Installs the Debian packages that daicho needs, only those that are missing.
#   tools/deps.sh         to build and run
#   tools/deps.sh test    also what the tests and the fuzzers need
#   tools/deps.sh bench   also what the measurements compare with
#   tools/deps.sh web     also the browser that drives the pages, and fonts for them
set -eu
need="build-essential meson ninja-build pkg-config python3 libtalloc-dev libjansson-dev libicu-dev libsodium-dev libssl-dev
 libsqlite3-dev libpq-dev libyaml-dev libmicrohttpd-dev libqrencode-dev libical-dev liboath-dev libldap-dev
 libcurl4-openssl-dev libcjose-dev"
# The build describes its tests, too, so their library is needed from the start.
need="$need libcmocka-dev libgumbo-dev"
case "${1:-}" in
    "") ;;
    test) need="$need slapd glewlwyd dbconfig-sqlite3 python3-cryptography postgresql-15 sqlite3 golang-go golang-golang-x-mod-dev clang libclang-rt-14-dev" ;;
    bench) need="$need nginx-light postgresql-15 slapd" ;;
    web) need="$need chromium chromium-driver python3-selenium fonts-noto-cjk" ;;
    *) echo "usage: $0 [test|web|bench]" >&2; exit 2 ;;
esac

missing=
for package in $need; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
echo "installing:$missing"
as_root apt-get update -q
# The tests run servers of their own; the package's would take port 389 of the machine.
case "$missing" in *slapd*) echo "slapd slapd/no_configuration boolean true" | as_root debconf-set-selections ;; esac
# The provider's would even serve sign-ins with a password that everybody knows.
case "$missing" in *glewlwyd*) as_root mkdir -p /etc/systemd/system && as_root ln -sf /dev/null /etc/systemd/system/glewlwyd.service ;; esac
# shellcheck disable=SC2086  # a list of words
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
