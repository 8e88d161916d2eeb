# Checks config.local.mk: prints the first line that make would understand differently from its author.
#   LC_ALL=C awk -v settings='WORD SAMPLES' -f scripts/make/settings_file.awk config.local.mk

BEGIN {
  n = split(settings, names, " ")
  for (i = 1; i <= n; i++) setting[names[i]] = known[names[i]] = 1
  for (name in ENVIRON) known[name] = 1
  known["CURDIR"] = known["MAKE"] = known["SHELL"] = 1
  setup = "config.local.mk"
}
NR == 1 && (/^\377\376/ || /^\376\377/) { stop("is UTF-16: save the file as UTF-8") }
NR == 1 { sub(/^\357\273\277/, "") }
{ sub(/\r$/, "") }
/[^\001-\177]/ {
  rest = $0
  gsub(/[\001-\177]|[\302-\337][\200-\277]|[\340-\357][\200-\277][\200-\277]|[\360-\364][\200-\277][\200-\277][\200-\277]/, "", rest)
  if (rest != "") stop("is not UTF-8: save the file as UTF-8")
}
{
  code = $0
  gsub(/\\#/, "", code)
  sub(/#.*/, "", code)
  continued = continues
  continues = code ~ /\\$/
  if (!continued && match(code, /^[ \t]*((override|export)[ \t]+)?[A-Za-z_0-9]+[ \t]*[:+?!]?:?=/)) {
    name = code
    sub(/^[ \t]*((override|export)[ \t]+)?/, "", name)
    sub(/[^A-Za-z_0-9].*/, "", name)
    known[name] = 1
  }
  else if (!continued && match(code, /^[ \t]*[A-Za-z_]+[ \t]*([ \t]|:)/)) {
    name = code
    sub(/^[ \t]*/, "", name)
    rest = name
    sub(/[^A-Za-z_].*/, "", name)
    sub(/^[A-Za-z_]+[ \t]*:?[ \t]*/, "", rest)
    if (toupper(name) in setting) stop("sets nothing: write " toupper(name) " = " rest)
  }
  gsub(/\$\$/, "", code)
  if (match(code, /\$[^({]/) || code ~ /\$$/) {
    rest = substr(code, RSTART + 1)
    sub(/[^A-Za-z_0-9].*/, "", rest)
    stop("holds a dollar sign that make would read as a variable of one letter: write " (rest == "" ? "$$" : "$(" rest ")"))
  }
  while (match(code, /\$[({][A-Za-z_0-9]+[)}]/)) {
    name = substr(code, RSTART + 2, RLENGTH - 3)
    if (!(name in known)) stop("names $(" name "), which nothing sets")
    code = substr(code, RSTART + RLENGTH)
  }
}

function stop(why) { print "line " NR " " why; exit }
