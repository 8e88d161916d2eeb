# Prints the help: targets from the "##@ group" and "## target: text" comments of makefiles, knobs from config.mk.
#   printf 'SAMPLES=4000\n' | awk -f scripts/make/help.awk - config.mk Makefile docker/docker.mk
# The first file holds KNOB=value, the values in force now. With one=KNOB, that knob alone, with its section of docs/KNOBS.md:
#   printf 'SAMPLES=4000\n' | awk -v one=SAMPLES -f scripts/make/help.awk - config.mk Makefile docs/KNOBS.md

FNR == 1 { file++ }
file == 1 { at = index($0, "="); value[substr($0, 1, at - 1)] = substr($0, at + 1); next }

file == 2 && /^# / { text = substr($0, 3) }
file == 2 && /^[A-Z_]+ *=/ { knob[++knobs] = $1; about[$1] = text; standard[$1] = substr($0, index($0, "=") + 2) }

file > 2 && FILENAME !~ /[.]md$/ && /^##@ / { line[++lines] = "\n" substr($0, 5) }
file > 2 && FILENAME !~ /[.]md$/ && /^## / {
  at = index($0, ": ")
  target = substr($0, 4, at - 4)
  text = substr($0, at + 2)
  line[++lines] = length(target) > 20 ? "  " target "\n" sprintf("  %-20s%s", "", text) : sprintf("  %-20s%s", target, text)
}

FILENAME ~ /[.]md$/ && /^## / { section = $2; next }
FILENAME ~ /[.]md$/ && section == one { effects = effects "\n" ($0 == "" ? "" : "  " $0) }

END {
  if (one) {
    print one "=" value[one] (standard[one] == value[one] ? "" : "   (default: " one "=" standard[one] ")") "\n\n  " about[one]
    gsub(/^\n|[[:space:]]+$/, "", effects)
    print effects
    exit
  }
  print "make train WORD=\"hey buster.\"     trains a model that hears the phrase"
  for (i = 1; i <= lines; i++) print line[i]
  print "\nKnobs (KNOB=value on the command line, or for good in config.local.mk)"
  for (i = 1; i <= knobs; i++) {
    shown = knob[i] "=" value[knob[i]]
    if (length(shown) > 29) { print "  " shown; shown = "" }
    printf "  %-30s%s\n", shown, about[knob[i]]
  }
}
