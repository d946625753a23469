#!/bin/sh
# Makes a project of your own with the files beside this script and three jobs, each of which runs after the one before
# has succeeded, and starts the first.
# Needs YARD_TOKEN, and YARD_SERVER if the server is not on http://127.0.0.1:8484.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
yard=${YARD:-$here/../../../yard}
server=${YARD_SERVER:-http://127.0.0.1:8484}
call() { curl -fsS -H "Authorization: Bearer $YARD_TOKEN" "$@"; }
first() { sed 's/^{"id":"\{0,1\}\([0-9-]*\).*/\1/'; }

owner=$(call "$server/api/yard/v1/me" | sed 's/.*"name":"\([^"]*\)".*/\1/')
project=$(call "$server/api/yard/v1/projects" -d '{"name": "Loans"}' | first)
for file in loans.csv clean.py train.py report.py; do
  call -T "$here/$file" "$server/api/yard/v1/projects/$owner/loans/files/"
done

parent=
for step in clean train report; do
  parent=$(call "$server/api/v2/projects/$project/jobs" -d "{\"name\": \"$step\", \"script\": \"$step.py\", \"parent_id\": \"$parent\"}" | first)
  echo "$step is job $parent"
done
"$yard" start "$owner/loans/clean" --follow
echo "The others follow; 'yard runs' lists all three."
