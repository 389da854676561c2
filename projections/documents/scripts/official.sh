#!/usr/bin/env bash
# Holds every document of testdata/*.xml against the official artefacts: the
# OASIS UBL 2.1 schemas and the CEN/TC 434 validation of EN 16931, and records
# in testdata/validated.txt what passed. A test compares that record with the
# documents, so a changed document fails until this has been run on it.
#
#   scripts/official.sh DIR
#
# DIR holds what is not kept here:
#   xsd/                          of the OASIS package UBL-2.1 (folders common, maindoc)
#   EN16931-UBL-validation.xslt   of the release validation-1.3.16 of
#                                 ConnectingEurope/eInvoicing-EN16931 (EUPL 1.2)
# It needs xmllint, java and Saxon-HE: on Debian libxml2-utils,
# default-jre-headless and libsaxonhe-java, which it installs where it may.
set -euo pipefail
dir=$(cd "${1:?give the folder of the artefacts}" && pwd)
cd "$(dirname "$0")/../testdata"

if ! command -v xmllint >/dev/null || ! command -v java >/dev/null || [ ! -e /usr/share/java/Saxon-HE.jar ]; then
  apt-get install -y --no-install-recommends libxml2-utils default-jre-headless libsaxonhe-java >&2
fi

# Line ends aside, the very files.
check() { # file sha256
  local sum
  sum=$(tr -d '\r' <"$dir/$1" | sha256sum | cut -d' ' -f1)
  [ "$sum" = "$2" ] || { echo "$1 is another version: $sum" >&2; exit 1; }
}
check EN16931-UBL-validation.xslt 39f9d282867f1a49e7708d9e29a53da89643e1ee56f10cec1ebcf1277595fcbd
check xsd/maindoc/UBL-Invoice-2.1.xsd 6943ac608d877dc014b6bda8accdd985f526e3a3314b6f6abdb7eb4ff558cc36
check xsd/maindoc/UBL-CreditNote-2.1.xsd 21eee9df7418a4ec2a26d92ad80c9b41d5e884959a698793311d2c5c6754c4b0
check xsd/common/UBL-CommonAggregateComponents-2.1.xsd 939172ad8dd057cd403e7f763f6532184dd5ed4b9de24c42ebb35db4792ba613
check xsd/common/UBL-CommonBasicComponents-2.1.xsd bd4ad043ee1d9da1c7f8018dabf739cfafdfb59143d0d16b9ef769e6b7c408a7

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/in" "$work/out"

schema() { # file
  local kind=Invoice
  grep -q '<CreditNote ' "$1" && kind=CreditNote
  xmllint --noout --nonet --schema "$dir/xsd/maindoc/UBL-$kind-2.1.xsd" "$1"
}
rules() { java -jar /usr/share/java/Saxon-HE.jar -xsl:"$dir/EN16931-UBL-validation.xslt" -s:"$work/in" -o:"$work/out"; }
failed() { grep -A20 '<svrl:failed-assert' "$1" | grep -o '\[[A-Z].*' || true; } # warnings too

for file in *.xml; do
  schema "$file"
  # What does not claim the standard is held to the schema alone.
  if grep -q 'urn:cen.eu:en16931:2017' "$file"; then cp "$file" "$work/in"; fi
done
# That the validators can fail: an amount that is wrong, an element out of place.
sed '/<cbc:PayableAmount/s/>[0-9.]*</>0.42</' us-freight.xml >"$work/in/spoilt.xml"
sed '/<cbc:IssueDate>/{h;d};/<cbc:DueDate>/{G}' us-freight.xml >"$work/misplaced.xml"
if schema "$work/misplaced.xml" 2>/dev/null; then echo "the schema finds no fault with a misplaced element" >&2; exit 1; fi

rules
failed "$work/out/spoilt.xml" | grep -q 'BR-CO-16' || { echo "the rules find no fault with a wrong amount" >&2; exit 1; }
rm "$work/out/spoilt.xml"
for report in "$work"/out/*.xml; do
  grep -q '<svrl:fired-rule' "$report" || { echo "$report: no rule looked at it" >&2; exit 1; }
  if [ -n "$(failed "$report")" ]; then
    echo "$(basename "$report"): $(failed "$report")" >&2
    exit 1
  fi
done
sha256sum ./*.xml | sed 's|\./||' >validated.txt
echo "$(ls "$work/out" | wc -l) documents conform to EN 16931, $(wc -l <validated.txt) to UBL 2.1"
