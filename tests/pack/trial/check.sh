#!/bin/sh
# Puts the trial packs beside the shipped ones and checks every combination that can be adopted.
set -e
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/../../../packs/core" "$here/../../../packs/sme" "$here/pms" "$here/municipal" "$work"
"$1" pack check "$work"
