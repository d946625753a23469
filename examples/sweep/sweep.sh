#!/bin/sh
# Makes the job beside this script on a running server and sweeps it: over a grid, then over a list of sets.
# Needs YARD_TOKEN, and YARD_SERVER if the server is not on http://127.0.0.1:8484.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
yard=${YARD:-$here/../../yard}
server=${YARD_SERVER:-http://127.0.0.1:8484}
id=$(curl -fsS -H "Authorization: Bearer $YARD_TOKEN" "$server/api/yard/v1/jobs" -d @"$here/job.json" | sed 's/[^0-9]*\([0-9]*\).*/\1/')
"$yard" sweep "$id" -p alpha=0.1,0.2,0.5 -p beta=1,10 --preview
"$yard" sweep "$id" -p alpha=0.1,0.2,0.5 -p beta=1,10 --follow
"$yard" sweep "$id" --set "$here/sets.json" --follow
