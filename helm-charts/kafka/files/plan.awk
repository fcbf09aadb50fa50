# Reads `kafka-topics --describe` and writes the partitions that change as JSON. Takes first (the id of the first node), number (the
# nodes that keep records) and verb (off or spread). A replica that goes is replaced by the node that has the fewest, in the same place.

# The node with the fewest replicas that has none of this partition; -1 when every node has one.
function least(row,   best, id) {
  best = -1
  for (id = first; id < first + number; id++) if (!((row, id) in on) && (best < 0 || count[id] < count[best])) best = id
  return best
}

function move(row, place, to,   from) {
  from = ids[row, place]; ids[row, place] = to; delete on[row, from]; on[row, to] = 1; count[from]--; count[to]++; changed[row] = 1
  if (place == 1) { leads[from]--; leads[to]++ }
}

# Moves replicas from nodes with more than `most` to nodes with fewer than `few`: the first one of a partition, whose node leads it, where
# that node leads more partitions than its share; else another.
function even(most, few,   row, step, place, to) {
  for (row = 1; row <= rows; row++) for (step = 0; step < size[row]; step++) {
    place = 1 + (step + (leads[ids[row, 1]] * number <= rows)) % size[row]
    if (count[ids[row, place]] > most) {
      to = least(row)
      if (to >= 0 && count[to] < few) move(row, place, to)
    }
  }
}

match($0, /Topic: [^\t ]+/) && /Partition: / {
  rows++
  topic[rows] = substr($0, RSTART + 7, RLENGTH - 7)
  match($0, /Partition: [0-9]+/); partition[rows] = substr($0, RSTART + 11, RLENGTH - 11)
  match($0, /Replicas: [0-9,]+/); size[rows] = split(substr($0, RSTART + 10, RLENGTH - 10), list, ",")
  for (i = 1; i <= size[rows]; i++) { ids[rows, i] = list[i] + 0; on[rows, list[i] + 0] = 1; count[list[i] + 0]++; total++ }
  leads[ids[rows, 1]]++
}

END {
  for (row = 1; row <= rows; row++) for (i = 1; i <= size[row]; i++)
    if (ids[row, i] >= first + number) {
      to = least(row)
      if (to < 0) {
        print "move: " topic[row] "-" partition[row] " has " size[row] " replicas, more than the " number " nodes that stay" >"/dev/stderr"
        exit 3
      }
      move(row, i, to)
    }
  if (verb == "spread") {
    low = int(total / number); high = int((total + number - 1) / number)
    even(high, high)
    even(low, low)
  }
  printf "{\"version\":1,\"partitions\":["
  for (row = 1; row <= rows; row++) if (row in changed) {
    printf "%s{\"topic\":\"%s\",\"partition\":%d,\"replicas\":[", comma, topic[row], partition[row]; comma = ","
    for (i = 1; i <= size[row]; i++) printf "%s%d", (i > 1 ? "," : ""), ids[row, i]
    printf "]}"
  }
  print "]}"
}
