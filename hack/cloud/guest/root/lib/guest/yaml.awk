# A part of YAML as lines `PATH<tab>VALUE`: keys and numbers of items joined by dots; \n, \t and \\ in values stand for what
# they mean. Understood: maps and lists (in blocks, or in brackets), plain and quoted scalars on one line, | and >, comments.
# Not understood: scalars over several lines, anchors, tags, a second document. Such a line comes out as `!<tab>LINE`.

{ sub(/\r$/, ""); line[NR] = $0 }

END {
  if (line[1] ~ /^---[ \t]*$/) line[1] = ""
  at = 1
  while (more())
    if (line[at] ~ /^[[{]/) brackets(trimmed(line[at]), ""); else block(depth(), "")
}

# Goes to the next line with content, this one included; is there one?
function more() {
  while (at <= NR && line[at] ~ /^[ \t]*(#.*)?$/) at++
  return at <= NR
}

function depth() { match(line[at], /^ */); return RLENGTH }
function is_item() { return line[at] ~ /^ *-( |$)/ }
function under(path, key) { return path == "" ? key : path "." key }
function trimmed(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
function nothing(text) { return text ~ /^[ \t]*(#.*)?$/ }
function strange() { print "!\t" trimmed(line[at++]) }

function emit(path, value) {
  gsub(/\\/, "&&", value)
  gsub(/\n/, "\\n", value)
  gsub(/\t/, "\\t", value)
  print path "\t" value
}

# The list, or the map, whose lines begin at this column.
function block(column, path,    list, item) {
  list = is_item()
  item = 0
  while (more() && depth() == column && is_item() == list)
    if (list) entry(column, under(path, item++)); else pair(column, path)
  while (more() && depth() > column) strange()
}

function entry(column, path,    text) {
  sub(/-/, " ", line[at])
  text = trimmed(line[at])
  if (nothing(text)) { at++; nested(column, path, 0) }
  else if (is_item() || key_of(text)) block(depth(), path)
  else scalar(text, column, path)
}

function pair(column, path,    text, end, key) {
  text = trimmed(line[at])
  if (!(end = key_of(text))) { strange(); return }
  key = unquoted(trimmed(substr(text, 1, end - 1)))
  text = trimmed(substr(text, end + 1))
  if (nothing(text)) { at++; nested(column, under(path, key), 1) }
  else scalar(text, column, under(path, key))
}

# What stands below a key or a dash. A list below a key may begin at the key's own column.
function nested(column, path, below_key) {
  if (more() && (depth() > column || below_key && depth() == column && is_item())) block(depth(), path)
  else emit(path, "")
}

# Where the key that a text begins with ends (its colon); 0 if it begins with none.
function key_of(text,    length_of_key) {
  if (text ~ /^["']/) {
    length_of_key = quoted(text)
    return length_of_key && substr(text, length_of_key + 1) ~ /^:( |$)/ ? length_of_key + 1 : 0
  }
  return text ~ /^[[{|>&*!%@`]/ ? 0 : index(text " ", ": ")
}

function scalar(text, column, path,    length_of_scalar) {
  if (text ~ /^[|>]/) { at++; emit(path, literal(text, column)) }
  else if (text ~ /^[[{]/) brackets(text, path)
  else if (text ~ /^["']/) {
    length_of_scalar = quoted(text)
    if (length_of_scalar && nothing(substr(text, length_of_scalar + 1))) {
      emit(path, unquoted(substr(text, 1, length_of_scalar)))
      at++
    } else strange()
  }
  else if (text ~ /^[&*!%@`]/) strange()
  else { sub(/[ \t]+#.*$/, "", text); emit(path, text); at++ }
}

# How long the quoted scalar is that a text begins with.
function quoted(text) {
  if (text ~ /^"/) match(text, /^"([^"\\]|\\.)*"/); else match(text, /^'([^']|'')*'/)
  return RLENGTH > 0 ? RLENGTH : 0
}

function unquoted(text,    inner, value, i, c) {
  inner = substr(text, 2, length(text) - 2)
  if (text ~ /^'/) { gsub(/''/, "'", inner); return inner }
  if (text !~ /^"/) return text
  for (i = 1; i <= length(inner); i++) {
    c = substr(inner, i, 1)
    if (c == "\\") {
      c = substr(inner, ++i, 1)
      c = c == "n" ? "\n" : c == "t" ? "\t" : c
    }
    value = value c
  }
  return value
}

# The lines of a | or > scalar, from where we are.
function literal(header, column,    indent, value, blank, piece) {
  for (indent = 0; at <= NR; at++) {
    if (line[at] ~ /^ *$/) { blank = blank "\n"; continue }
    if (!indent) indent = depth()
    if (depth() < indent || indent <= column) break
    piece = substr(line[at], indent + 1)
    if (header !~ /^>/) value = value blank piece "\n"
    else value = value (value == "" ? "" : blank == "" ? " " : blank) piece
    blank = ""
  }
  if (header ~ /^>/ && value != "") value = value "\n"
  if (header ~ /^.-/) sub(/\n$/, "", value)
  return header ~ /^.\+/ ? value blank : value
}

# A list or map in brackets, which may go on over the next lines.
function brackets(text, path,    begun) {
  begun = at
  while (still_open(text) && at < NR) text = text " " trimmed(line[++at])
  flowing = text
  place = 1
  if (flow(path) && nothing(substr(flowing, place))) at++
  else { at = begun; strange() }
}

function still_open(text,    opened) {
  gsub(/"([^"\\]|\\.)*"|'([^']|'')*'/, "", text)
  opened = gsub(/[[{]/, "", text)
  return opened > gsub(/[]}]/, "", text)
}

function next_is(wanted) {
  while (substr(flowing, place, 1) == " ") place++
  if (index(wanted, substr(flowing, place, 1)) == 0 || place > length(flowing)) return ""
  return substr(flowing, place++, 1)
}

# One value of those in brackets; 0 if it is not understood.
function flow(path,    opened, item, key) {
  opened = next_is("[{")
  if (opened == "") { emit(path, word()); return 1 }
  for (item = 0; !next_is("]}"); item++) {
    if (item && !next_is(",")) return 0
    if (next_is("]}")) break
    key = opened == "[" ? item : word()
    if (opened == "{" && !next_is(":")) return 0
    if (!flow(under(path, key))) return 0
  }
  return 1
}

function word(    rest, found) {
  next_is("")
  rest = substr(flowing, place)
  if (rest ~ /^["']/) found = quoted(rest)
  else { match(rest, /^([^],:}]|:[^ ])*/); found = RLENGTH }
  place += found
  return unquoted(trimmed(substr(rest, 1, found)))
}
