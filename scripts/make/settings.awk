# Checks settings: prints a sentence about the first invalid one.
#   printf 'SAMPLES=8,000\n' | LC_ALL=C awk -f scripts/make/settings.awk - config.mk
# The first file holds SETTING=value. In config.mk a line "#: RULE" above a setting gives its valid values.

FNR == 1 { file++ }
file == 1 { at = index($0, "="); value[substr($0, 1, at - 1)] = substr($0, at + 1); next }
/^#: / { split(substr($0, 4), rule, " "); may_be = substr($0, 4) }
/^[A-Z_]+ *=/ {
  if (may_be != "" && $1 in value) check($1, value[$1])
  may_be = ""
}

function check(name, text,   i, n, each) {
  if (text ~ /[^\001-\177]/ && !utf8(text)) refuse(name, text, "is not UTF-8 text: set the terminal, or save the file, as UTF-8")
  if (rule[1] == "from") number(name, text, rule[2], rule[4])
  else if (rule[1] == "each") { n = split(text, each, " "); for (i = 1; i <= n; i++) number(name, each[i], rule[3], rule[5]) }
  else if (rule[1] == "one") choice(name, text, substr(may_be, 8))
  else if (rule[1] == "shares") shares(name, text)
  else if (rule[1] == "cutoff") cutoff(name, text)
  else if (rule[1] == "address") address(name, text)
  else if (rule[1] == "figure") figure(name, text)
  else if (rule[1] == "cluster") cluster(name, text)
  else if (rule[1] == "path") path(name, text)
}

function refuse(name, text, why) { print name "=" text " " why; exit }

function number(name, text, lowest, highest,   plain) {
  if (text == "") refuse(name, "", "is empty: write a whole number, like " name "=" (highest < 1000 ? highest : 1000))
  plain = text
  gsub(/[ ,_']/, "", plain)
  sub(/^0+/, "", plain)
  if (plain == "") plain = "0"
  if (plain ~ /[^0-9]/) refuse(name, text, "is not a whole number: write one from " lowest " to " highest)
  if (plain != text) refuse(name, text, "is not a plain whole number: write " name "=" plain)
  if (length(plain) > 15 || plain + 0 < lowest + 0 || plain + 0 > highest + 0) refuse(name, text, "is out of range: it may be from " lowest " to " highest)
}

function choice(name, text, choices) {
  if (text ~ / / || text == "" || !index(" " choices " ", " " text " "))
    refuse(name, text, "is not known: choose one of: " choices (choices == "0 1" ? " (1 is yes)" : ""))
}

# NAME or NAME:SHARE each; after piper: the name of a Piper voice may follow.
function shares(name, text,   i, n, m, each, part) {
  gsub(/,/, " ", text)
  n = split(text, each, " ")
  for (i = 1; i <= n; i++) {
    m = split(each[i], part, ":")
    if (m > 1 && !(part[1] == "piper" && m == 2 && part[2] ~ /_/) && part[m] !~ /^[0-9]+([.][0-9]+)?$/)
      refuse(name, text, "has a share that is not a number, " each[i] ": write it like " part[1] ":20")
  }
}

function cutoff(name, text,   share) {
  if (text == "") return
  share = text
  if (sub(/%$/, "", share)) share = share ~ /^[0-9]+([.][0-9]+)?$/ ? share / 100 : "none"
  if (share !~ /^[0-9]*[.]?[0-9]+$/ || share + 0 < 0.01 || share + 0 > 0.99)
    refuse(name, text, "is not a cutoff: write a number from 0.01 to 0.99, such as CUTOFF=0.95")
}

function address(name, text,   i, n, part) {
  if (text == "") refuse(name, "", "is empty: write an address of this machine, like HOST=127.0.0.1")
  if (text ~ /\//) refuse(name, text, "is not an address to listen at: leave out http:// and what follows the name")
  if (text ~ /^[^:]+:[0-9]+$/) { n = index(text, ":"); refuse(name, text, "holds a port: write HOST=" substr(text, 1, n - 1) " PORT=" substr(text, n + 1)) }
  if (text !~ /^[A-Za-z0-9_.:%-]+$/ || text ~ /^-/) refuse(name, text, "is not an address: write a name or numbers, like HOST=127.0.0.1")
  if (text ~ /^[0-9.]+$/) {
    n = split(text, part, ".")
    for (i = 1; i <= n; i++) if (part[i] == "" || part[i] > 255) n = 0
    if (n != 4) refuse(name, text, "is not an address: it has four numbers from 0 to 255, like HOST=127.0.0.1")
  }
}

function figure(name, text) {
  if (text != "" && text !~ /^[0-9]+([.][0-9]+)?$/) refuse(name, text, "is not a number: write one like " name "=0.5, or leave it out")
}

function cluster(name, text) {
  if (text != "" && text !~ /^local:[1-9][0-9]*$/ && text !~ /^(tcp|tls):\/\/[][A-Za-z0-9_.:-]+$/)
    refuse(name, text, "is no address of workers: write CLUSTER=local:4, CLUSTER=tcp://127.0.0.1:8786 or CLUSTER=tls://machine:8786")
}

# make and the shell would split or interpret these characters.
function path(name, text,   i, c) {
  if (text == "") refuse(name, "", "is empty: write a path, like " name "=" (name == "PYTHON" ? "/usr/bin/python3" : "data"))
  if (text ~ /[ \t]/) refuse(name, text, "holds a space, which make cannot have in a path")
  if (match(text, /['"\\#:;%*?\[\](){}<>|&!~`=,$]/))
    refuse(name, text, "holds a " substr(text, RSTART, 1) ", which make cannot have in a path" (substr(text, RSTART, 5) == "$HOME" ? ": write $(HOME) in config.local.mk" : ""))
  if (text ~ /^-/) refuse(name, text, "begins with a dash, which programs read as an option: write " name "=./" text)
}

function utf8(text) {
  gsub(/[\001-\177]|[\302-\337][\200-\277]|[\340-\357][\200-\277][\200-\277]|[\360-\364][\200-\277][\200-\277][\200-\277]/, "", text)
  return text == ""
}
