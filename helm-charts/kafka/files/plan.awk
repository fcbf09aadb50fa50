# Reads `kafka-topics --describe` and writes the partitions that change as JSON. Takes first (the id of the first node), number (the
# nodes that keep records), verb (off or spread) and racks ("100=zone-a 101=zone-b"). A replica that goes is replaced by the node that
# has the fewest, in the same place. No two replicas of a partition come to lie in one rack if they did not before; where there are
# fewer racks than replicas, off takes what there is.

# Whether the node may take over from the one at this place.
function allowed(row, place, to,   other) {
  if ((row, to) in on) return 0
  if (rack[to] == "" || rack[to] == rack[ids[row, place]]) return 1
  for (other = 1; other <= size[row]; other++) if (other != place && rack[ids[row, other]] == rack[to]) return 0
  return 1
}

# The node that has the fewest replicas of the scope (a topic, or "" for all) and may take over; with anywhere, also into a rack in use.
# For all, it has fewer of the topic too, so that topics stay even.
function least(row, place, scope, anywhere,   best, id) {
  best = -1
  for (id = first; id < first + number; id++) {
    if (anywhere ? (row, id) in on : !allowed(row, place, id)) continue
    if (scope == "" && count[topic[row], id] >= count[topic[row], ids[row, place]]) continue
    if (best < 0 || count[scope, id] < count[scope, best] || (count[scope, id] == count[scope, best] && count["", id] < count["", best])) best = id
  }
  return best
}

function add(row, id, one) { count["", id] += one; count[topic[row], id] += one }

function move(row, place, to,   from) {
  from = ids[row, place]; ids[row, place] = to; delete on[row, from]; on[row, to] = 1; add(row, from, -1); add(row, to, 1); changed[row] = 1
  if (place == 1) { leads[from]--; leads[to]++ }
}

# Moves replicas of partitions from `begin` to `end` off nodes that have more than `most` of the scope to nodes that have at least two
# fewer, and fewer than `few`. The first replica of a partition, whose node leads it, goes where that node leads more than its share.
function even(scope, begin, end, most, few,   row, step, place, to) {
  for (row = begin; row <= end; row++) for (step = 0; step < size[row]; step++) {
    place = 1 + (step + (leads[ids[row, 1]] * number <= rows)) % size[row]
    if (count[scope, ids[row, place]] <= most) continue
    to = least(row, place, scope, 0)
    if (to >= 0 && count[scope, to] < few && count[scope, to] + 1 < count[scope, ids[row, place]]) move(row, place, to)
  }
}

# First off nodes with more than their share, then to nodes with less, then between those that racks keep apart.
function balance(scope, begin, end,   row, total) {
  for (row = begin; row <= end; row++) total += size[row]
  even(scope, begin, end, int((total + number - 1) / number), total)
  even(scope, begin, end, int(total / number), int(total / number))
  if (racks != "") even(scope, begin, end, 0, total)
}

match($0, /Topic: [^\t ]+/) && /Partition: / {
  rows++
  topic[rows] = substr($0, RSTART + 7, RLENGTH - 7)
  match($0, /Partition: [0-9]+/); partition[rows] = substr($0, RSTART + 11, RLENGTH - 11)
  match($0, /Replicas: [0-9,]+/); size[rows] = split(substr($0, RSTART + 10, RLENGTH - 10), list, ",")
  for (i = 1; i <= size[rows]; i++) { ids[rows, i] = list[i] + 0; on[rows, list[i] + 0] = 1; add(rows, list[i] + 0, 1) }
  leads[ids[rows, 1]]++
}

END {
  many = split(racks, list, " ")
  for (i = 1; i <= many; i++) { split(list[i], pair, "="); rack[pair[1] + 0] = pair[2] }
  for (row = 1; row <= rows; row++) for (i = 1; i <= size[row]; i++)
    if (ids[row, i] >= first + number) {
      to = least(row, i, topic[row], 0)
      if (to < 0) to = least(row, i, topic[row], 1)
      if (to < 0) {
        print "move: " topic[row] "-" partition[row] " has " size[row] " replicas, more than the " number " nodes that stay" >"/dev/stderr"
        exit 3
      }
      move(row, i, to)
    }
  if (verb == "spread") {
    # Topic by topic, as some are busier than others; then all together, as many have a few partitions only.
    for (row = begin = 1; row <= rows; row++) if (row == rows || topic[row] != topic[row + 1]) { balance(topic[row], begin, row); begin = row + 1 }
    balance("", 1, rows)
  }
  printf "{\"version\":1,\"partitions\":["
  for (row = 1; row <= rows; row++) if (row in changed) {
    printf "%s{\"topic\":\"%s\",\"partition\":%d,\"replicas\":[", comma, topic[row], partition[row]; comma = ","
    for (i = 1; i <= size[row]; i++) printf "%s%d", (i > 1 ? "," : ""), ids[row, i]
    printf "]}"
  }
  print "]}"
}
