#!/bin/bash
# Writes the jobs of an OpenPAI cluster, with their configurations and states, for 'yard import openpai-jobs'.
#
#   export-jobs.sh http://old-master/rest-server > jobs.json
#
# TOKEN, if set, is sent along; servers before 0.12 show everything without one. Needs curl and jq.
set -euo pipefail
server=${1:?usage: export-jobs.sh SERVER > FILE}

# The answer to a call, or 'null' for what is not there.
get() {
  local answer status
  answer=$(curl -sS -w '\n%{http_code}' ${TOKEN:+-H "Authorization: Bearer $TOKEN"} "$server/api/v1/$1")
  status=${answer##*$'\n'}
  case $status in
    200) printf '%s' "${answer%$'\n'*}" ;;
    404) printf 'null' ;;
    *) echo "$server/api/v1/$1 answers $status: ${answer%$'\n'*}" >&2; return 1 ;;
  esac
}

get jobs | jq -c '.[]' | while IFS= read -r job; do
  name=$(jq -r '.name | @uri' <<<"$job")
  space=$(jq -r '.namespace // .username | @uri' <<<"$job")
  # A job is in the namespace of its user, or it is a legacy job without one.
  path=user/$space/jobs/$name
  status=null
  if [ "$(jq -r '.legacy // false' <<<"$job")" = false ]; then status=$(get "$path"); fi
  if [ "$status" = null ]; then space=; path=jobs/$name; status=$(get "$path"); fi
  config=$(get "$path/config")
  printf '%s\n%s\n%s\n' "$job" "$status" "$config" |
    jq -c -n --arg space "$space" '[inputs] as [$job, $status, $config] | {name: $job.name, username: $job.username}
      + (if $space == "" then {} else {namespace: $space} end) + {status: ($status // $job), config: $config}'
done | jq -s '{jobs: .}'
