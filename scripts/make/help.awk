# Prints the help: targets from the "##@ group" and "## target: text" comments of makefiles, settings from config.mk, in its groups,
# but first those of its line "# Everyday: NAMES".
#   printf 'SAMPLES=4000\n' | awk -f scripts/make/help.awk - config.mk Makefile docker/docker.mk
# The first file holds SETTING=value, the values in force now. With one=SETTING, that setting alone, with its section of docs/SETTINGS.md:
#   printf 'SAMPLES=4000\n' | awk -v one=SAMPLES -f scripts/make/help.awk - config.mk Makefile docs/SETTINGS.md

FNR == 1 { file++ }
file == 1 { at = index($0, "="); value[substr($0, 1, at - 1)] = substr($0, at + 1); next }

file == 2 && /^##@ / { group = substr($0, 5) }
file == 2 && /^# Everyday: / { everyday = substr($0, 13); next }
file == 2 && /^# / { text = substr($0, 3) }
file == 2 && /^[A-Z_]+ *=/ { setting[++settings] = $1; about[$1] = text; of[$1] = group; standard[$1] = substr($0, index($0, "=") + 2) }

file > 2 && FILENAME !~ /[.]md$/ && /^##@ / { line[++lines] = "\n" substr($0, 5) }
file > 2 && FILENAME !~ /[.]md$/ && /^## / {
  at = index($0, ": ")
  target = substr($0, 4, at - 4)
  text = substr($0, at + 2)
  line[++lines] = length(target) > 20 ? "  " target "\n" sprintf("  %-20s%s", "", text) : sprintf("  %-20s%s", target, text)
}

FILENAME ~ /[.]md$/ && /^## / { section = $2; next }
FILENAME ~ /[.]md$/ && section == one { effects = effects "\n" ($0 == "" ? "" : "  " $0) }

function show(name,   shown) {
  shown = name "=" value[name]
  if (length(shown) > 29) { print "  " shown; shown = "" }
  printf "  %-30s%s\n", shown, about[name]
}

END {
  if (one) {
    print one "=" value[one] (standard[one] == value[one] ? "" : "   (default: " one "=" standard[one] ")") "\n\n  " about[one]
    gsub(/^\n|[[:space:]]+$/, "", effects)
    print effects
    exit
  }
  print "make train WORD=\"hey buster.\"     trains a model that detects the phrase"
  for (i = 1; i <= lines; i++) print line[i]
  print "\nEveryday settings (SETTING=value on the command line, or for good in config.local.mk)"
  n = split(everyday, name, " ")
  for (i = 1; i <= n; i++) { show(name[i]); shown_first[name[i]] = 1 }
  for (i = 1; i <= settings; i++) {
    if (setting[i] in shown_first) continue
    if (of[setting[i]] != group_shown) print "\n" (group_shown = of[setting[i]])
    show(setting[i])
  }
}
