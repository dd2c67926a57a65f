#!/bin/sh
# Puts the trial packs beside the shipped ones, checks every combination that can be adopted, and counts the forms.
set -e
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/../../../packs/core" "$here/../../../packs/sme" "$here/pms" "$here/municipal" "$here/entrusted" "$work"
"$1" pack check "$work"
for want in pms:20 municipal:10 entrusted:10; do
    forms=$(find "$here/${want%:*}/forms" -name '*.yaml' | wc -l)
    facets=$(grep -l '^is: ' "$here/${want%:*}/forms"/*.yaml | wc -l)
    echo "${want%:*}: $forms forms, $facets of them facets of shared registers"
    [ "$forms" -ge "${want#*:}" ] || { echo "at least ${want#*:} are wanted" >&2; exit 1; }
done
