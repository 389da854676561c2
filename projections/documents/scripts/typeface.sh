#!/usr/bin/env bash
# Makes the typeface of PDFs anew: font/*.ttf and font/coverage.txt, from Noto
# Sans of Debian's fonts-noto-core by its fonttools. Run it after a change of
# the ranges below; the result is kept in the repository.
set -euo pipefail
cd "$(dirname "$0")/../font"
for tool in pyftsubset fc-query; do
  command -v $tool >/dev/null || { echo "install fonttools, fontconfig and fonts-noto-core" >&2; exit 1; }
done
# Latin with its supplements, Greek, Cyrillic, punctuation, currencies, letterlike
# signs, arrows and signs of arithmetic, and U+FFFD for what lacks.
ranges=U+0020-007E,U+00A0-024F,U+0259,U+02C6,U+02C7,U+02D8-02DD,U+0370-03FF,U+0400-045F,U+0490-0493,U+1E80-1E85,U+1E9E,U+1EA0-1EF9,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+2030,U+2032,U+2033,U+2039,U+203A,U+20A0-20BF,U+2116,U+2122,U+2190-2193,U+2212,U+2248,U+2260,U+2264,U+2265,U+FFFD
for style in Regular Bold; do
  pyftsubset /usr/share/fonts/truetype/noto/NotoSans-$style.ttf --unicodes="$ranges" --layout-features= \
    --no-hinting --desubroutinize --name-IDs='*' --drop-tables+=GSUB,GPOS,GDEF,meta,STAT,DSIG --no-recalc-timestamp \
    --output-file="$(echo $style | tr RB rb).ttf"
done
# What both have; the characters of the first are taken, and must be the second's.
/usr/bin/python3 - <<'PYTHON'
from fontTools.ttLib import TTFont
have = [set(TTFont(name).getBestCmap()) for name in ("regular.ttf", "bold.ttf")]
both = sorted(have[0] & have[1])
with open("coverage.txt", "w") as out:
    first = last = None
    for c in both + [0x110000]:
        if last is not None and c != last + 1:
            out.write("%04X-%04X\n" % (first, last))
            first = None
        first, last = (c if first is None else first), c
PYTHON
