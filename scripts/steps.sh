# Running the steps of ./quickstart and ./check: one line each with what it does and how long it took,
# a progress line while it works, the end of its output if it fails. Sourced.
# shellcheck shell=bash

steps_logs=${steps_logs:?the folder for the output of the steps}
steps_watcher=""

# steps_progress LOG: the last thing a step said, short: ninja's counter where there is one.
steps_progress() {
  local last
  last=$(tail -c 2000 "$1" 2>/dev/null | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-60)
  [[ $last =~ ^\[[0-9]+/[0-9]+\] ]] && last=${BASH_REMATCH[0]}
  printf '%s' "$last"
}

# On a terminal the progress stands behind the step's text and changes twice a second; in a log file a
# line every half minute shows that there is life.
steps_watch() {
  local text=$1 log=$2 began=$SECONDS
  trap 'exit 0' TERM
  while true; do
    if [[ -t 1 ]]; then
      printf '\r\033[K%s (%d s) %s' "$text" $((SECONDS - began)) "$(steps_progress "$log")"
      sleep 0.5
    else
      sleep 30 &
      wait $!
      printf '   %d s %s\n' $((SECONDS - began)) "$(steps_progress "$log")"
    fi
  done
}

steps_stop_watcher() {
  [[ -n $steps_watcher ]] || return 0
  kill "$steps_watcher" 2>/dev/null || true
  wait "$steps_watcher" 2>/dev/null || true
  steps_watcher=""
}

# step NAME TEXT COMMAND...: the command's exit code. Its output goes to NAME.log.
step() {
  local log=$steps_logs/$1.log text=$2 began=$SECONDS code=0
  shift 2
  mkdir -p "$steps_logs"
  : >"$log"
  [[ -t 1 ]] || echo "$text"
  steps_watch "$text" "$log" 2>/dev/null &
  steps_watcher=$!
  # In the foreground, so that Ctrl-C reaches it and sudo may ask.
  "$@" >"$log" 2>&1 || code=$?
  steps_stop_watcher
  [[ -t 1 ]] && printf '\r\033[K'
  if ((code == 0)); then
    echo "$text: done ($((SECONDS - began)) s)"
    return 0
  fi
  echo "$text: FAILED ($((SECONDS - began)) s). The end of $log:"
  tail -n 40 "$log" | sed 's/^/  | /'
  return "$code"
}

# Compilers run side by side: as many as cores, but no more than memory allows (1.5 GB each).
steps_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
  ((memory >= 1)) || memory=1
  echo $((cores < memory ? cores : memory))
}
