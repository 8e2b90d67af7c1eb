#!/usr/bin/env bash
# The dashboard as a newcomer meets it, on a real terminal (tmux): opens the demo, finds an order, goes through its history,
# compares two versions, stages two events, commits them, verifies the log, breaks the schema in an editor and mends it.
#
#   tests/tui_story.sh            walks through it; ends with 1 where the screen does not say what it should
#   tests/tui_story.sh --write    also puts the screens and the keys into the README
set -euo pipefail
# Whatever the machine speaks: the pictures are drawn in Unicode.
export LC_ALL=C.UTF-8 TERM=xterm-256color
cd "$(dirname "$0")/.."
here=$PWD
pictures=
[ "${1:-}" = --write ] && pictures=yes

target="${CARGO_TARGET_DIR:-$PWD/target}"
dbx="$target/debug/dbx"
# Always: one that is there may be of other sources.
cargo build --locked

folder=$(mktemp -d)
socket="dbx-story-$$"
screen() { tmux -L "$socket" "$@"; }
trap 'screen kill-server >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT

# An editor that does by itself what the next line of the story wants done to a file: a script of sed.
cat >"$folder/editor" <<'EDITOR'
for file; do :; done
sed -i -f "$(dirname "$0")/edit" "$file"
EDITOR
edits() { printf '%s\n' "$1" >"$folder/edit"; }

shows() { # TEXT...: waits until the screen shows every one
  local text shown deadline=$((SECONDS + 60))
  for text in "$@"; do
    while shown=$(screen capture-pane -p -t story) && ! grep -qF -- "$text" <<<"$shown"; do
      if [ "$SECONDS" -ge "$deadline" ]; then
        printf 'the screen never showed `%s`:\n%s\n' "$text" "$shown" >&2
        exit 1
      fi
      sleep 0.05
    done
  done
}
keys() { screen send-keys -t story "$@"; }
types() { screen send-keys -t story -l "$1"; }
# A picture is for the README: what goes away by itself, as a receipt does, is not in it.
picture() {
  [ "$pictures" ] || return 0
  sleep 6
  screen capture-pane -p -t story | sed 's/ *$//' >"$folder/$1.screen"
}
step() { printf '  %s\n' "$1"; }

step "the demo opens the dashboard"
screen -f /dev/null new-session -d -s story -x 80 -y 24 \
  "cd '$folder' && EDITOR='sh $folder/editor' DBX_CLOCK=2026-11-28T09:00:00Z '$dbx' --color never demo shop; echo ended with \$?; read -r _"
shows "[1 Aggregates]" "all · 184" "● local" "customer/c-01"

step "finding an order"
keys /
types "type:order status:shipped 1070"
shows "1 of 184"
keys Enter
shows "▸ order/o-1070" "event 4  order_shipped"
picture aggregates

step "going through its history, and comparing two versions"
keys Enter
shows "[2 Timeline]" "v4 of 4" '~ status    "packed" → "shipped"'
keys Left Left
shows "v2 of 4" "order_paid"
keys m End
shows "v4 of 4" "compare ◇ v2" "v2 → v4"
shows '~ status    "paid" → "shipped"' "3 changed · 0 touched · 4 same"
picture timeline

step "staging two events"
edits 's/"status": "shipped"/"status": "delivered"/'
keys s
shows "what happens to order/o-1070"
types "deliv"
shows "▸ order_delivered"
keys Enter
shows "4 Stage(1)"
edits 's/"status": "[a-z]*"/"status": "returned"/; s/"reason": "[^"]*"/"reason": "grinder arrived broken"/; s|// "reason": .*|"reason": "grinder arrived broken",|'
keys s
shows "what happens to order/o-1070"
types "return"
shows "▸ order_returned"
keys Enter
shows "4 Stage(2)"
keys 4
shows "[4 Stage(2)]" "2 of 2 selected" "v5→6" '~ status  "delivered" → "returned"'
picture stage

step "committing them"
keys c
shows "commit 2 events" "one atomic batch"
types "order 1070 came, and comes back"
shows "order 1070 came, and comes back"
picture commit
keys C-s
shows "c500" "571→573" "Nothing waits for its commit"

step "verifying the log"
keys 3
shows "[3 Verify]"
keys R
shows "573/573" "no fault"
picture verify

step "breaking the schema in an editor, and mending it"
edits 's/field city { type = "text" }/field city { type = "tex" }/'
keys 5
shows "[5 Schema]" "nothing is wrong"
keys e
shows "[5 Schema✗1]" "unknown type" "did you mean \`text\`?"
picture schema
keys n f
shows "[5 Schema]" "nothing is wrong"

step "seeing what another terminal commits"
keys 6
shows "[6 Tail" "order_returned"
"$dbx" -C "$folder/shop" -q aggregate apply order o-1073 order_delivered -f status=delivered >/dev/null
shows "order/o-1073 v5" '~ status  "shipped"' "#574"
picture tail

step "leaving"
keys C-c
shows "ended with 0"
"$dbx" -C "$folder/shop" verify | grep -qF "574 events"

if [ "$pictures" ]; then
  python3 - "$folder" "$here/README.md" <<'PYTHON'
import pathlib, re, sys

folder, readme = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
text = readme.read_text()
for screen in sorted(folder.glob("*.screen")):
    block = f"<!-- screen: {screen.stem} -->\n```text\n{screen.read_text().rstrip()}\n```\n"
    pattern = rf"<!-- screen: {screen.stem} -->\n```text\n.*?```\n"
    text = re.sub(pattern, lambda _: block, text, flags=re.DOTALL)
keys = (readme.parent / "snapshots/tui__keys.snap").read_text().split("---\n", 2)[2].strip()
text = re.sub(r"<!-- keys -->\n.*?</details>", lambda _: f"<!-- keys -->\n\n{keys}\n\n</details>", text, flags=re.DOTALL)
readme.write_text(text)
PYTHON
fi
