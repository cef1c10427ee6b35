# Sourced by the benchmarks, which set $folder and $result: runs commands round by round and prints what they took.
# Environment: ROUNDS (default 5); TOOLS, a folder with the programs (default: they are built); FLAGS for each of them, as "--threads=1".
[[ -x /usr/bin/time ]] || { echo "apt-get install time" >&2; exit 2; }
rounds=${ROUNDS:-5}
read -ra flags <<<"${FLAGS:-}"
times=$(mktemp -d)
declare -A measured=()
order=()

# find_tools NAME...: sets TOOLS, unless it is set, to where they are built.
find_tools() {
  [[ -z ${TOOLS:-} ]] || return 0
  ./bazelw build --noshow_progress -c opt "${@/#///tools:}"
  TOOLS=$(./bazelw info --noshow_progress -c opt bazel-bin)/tools
}

# measure NAME COMMAND...: one run, on a line of its own in NAME's file. What ran before has been written to disk by then, and as many pages
# as the result needs were free just now: in a virtual machine the first use of memory that was given back costs more than the copying.
measure() {
  [[ -v measured[$1] ]] || { measured[$1]=1; order+=("$1"); }
  cp "$result" "$folder/copy"
  sync
  rm -rf "$folder/copy" "$folder/result"
  /usr/bin/time --append --output="$times/$1" --format='%e %U %S %M' "${@:2}" >/dev/null
}

# report INPUT...: a line for each NAME with the median of wall seconds over the rounds, the fastest, processor seconds of that median run,
# GB/s of result, and the peak resident memory.
report() {
  local bytes
  bytes=$(stat --format=%s "$result")
  echo "$(nproc) cores, $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(free -g | awk '/^Mem/ {print $2}') GiB; $rounds rounds"
  echo "inputs $(du -cb "$@" | tail -1 | cut -f1) bytes, result $bytes bytes"
  printf '%-28s %9s %10s %7s %6s %9s\n' '' 'median s' 'fastest s' 'cpu s' 'GB/s' 'peak MiB'
  for name in "${order[@]}"; do
    sort -n "$times/$name" | awk -v name="$name" -v bytes="$bytes" '
      { seconds[NR] = $1; processor[NR] = $2 + $3; if ($4 > peak) peak = $4 }
      END {
        middle = int((NR + 1) / 2)
        printf "%-28s %9.2f %10.2f %7.2f %6.2f %9.0f\n", name, seconds[middle], seconds[1], processor[middle], bytes / seconds[middle] / 1e9,
          peak / 1024
      }'
  done
}
