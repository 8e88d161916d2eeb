# Functions of the Makefile: comparing, quoting, option stamps, and refusing invalid settings.
# None of them starts a process unless make is about to stop with an error.

empty   :=
comma   := ,
space   := $(empty) $(empty)
tab     := $(empty)	$(empty)
squote  := '
dollar  := $$
hash    := \#
define newline


endef

# $(call shq,TEXT): TEXT as one word for the shell.
shq = '$(subst $(squote),'\'',$(1))'

# $(call differs,A,B): "yes" unless A and B are the same text, spaces included.
differs = $(if $(subst x$(1),,x$(2))$(subst x$(2),,x$(1)),yes)

# $(call lacks,A,B): "yes" unless the lines B stand together somewhere in A.
lacks = $(if $(findstring $(newline)$(2),$(newline)$(1)),,yes)

# $(call contents,FILE): what FILE holds, ending in one line break; blank lines do not count. `$(file <FILE)` alone takes
# the last line break away or, in make 4.3, now and then leaves it. A file that is missing or not readable is empty.
contents = $(subst $(newline)$(newline),$(newline),$(if $(wildcard $(1)),$(file <$(1)))$(newline))

# $(call new_names,LINES): the lines of an option stamp with today's names of settings instead of those of earlier versions, which are
# never in the first line.
RENAMED   := STRANGERS:HELDOUT_VOICES START:INIT BEGINNING_STEPS:PRETRAIN_STEPS BEGINNING_VERSION:PRETRAIN_VERSION
new_names  = $(call renamed_in,$(1),$(RENAMED))
renamed_in = $(if $(2),$(call renamed_in,$(call rename_in,$(1),$(subst :, ,$(firstword $(2)))),$(wordlist 2,99,$(2))),$(1))
rename_in  = $(subst $(newline)$(word 1,$(2))=,$(newline)$(word 2,$(2))=,$(1))

# $(call sum,NUMBERS): an arithmetic expression for the shell.
sum = $(subst $(space),+,$(strip 0 $(1)))

# $(call option_lines,SETTING NAMES): SETTING=value, each on a line of its own, as an option stamp holds them.
option_lines = $(subst $(newline) ,$(newline),$(foreach v,$(1),$(v)=$($(v))$(newline)))

# $(eval $(call option_stamp,FILE,SETTING NAMES)): a rule for FILE, which holds the options of a stage's last build.
# FORCE is a prerequisite only if the file differs from the settings now. So a stage is built again exactly when an option
# that it depends on changed, and a build with nothing to do does nothing.
# $(eval $(call stamp_where,FILE,SETTING NAMES,lacks,THESE)): only changes of THESE count; they are adjacent in the file.
.PHONY: FORCE
FORCE:
define option_stamp
$(call stamp_where,$(1),$(2),differs,$(2))
endef
define stamp_where
$(1): $$(if $$(call $(3),$$(call new_names,$$(call contents,$(1))),$$(call option_lines,$(4))),FORCE)
	@mkdir -p $$(@D)
	@printf '%s\n' $$(foreach v,$(2),$$(call shq,$$(v)=$$($$(v)))) >$$@
endef

# $(call nearest,NAME,NAMES): the one of NAMES with the fewest single-letter changes from NAME; $(call nearest_within,NAME,NAMES,LIMIT):
# the same, or nothing if that takes LIMIT changes.
nearest = $(call nearest_within,$(1),$(2),99)
nearest_within = $(shell awk 'function least(a, b) { return a < b ? a : b } \
  function distance(a, b,   i, j, m, n, d) { m = length(a); n = length(b); \
    for (i = 0; i <= m; i++) d[i, 0] = i; for (j = 0; j <= n; j++) d[0, j] = j; \
    for (i = 1; i <= m; i++) for (j = 1; j <= n; j++) \
      d[i, j] = least(least(d[i-1, j], d[i, j-1]) + 1, d[i-1, j-1] + (substr(a, i, 1) != substr(b, j, 1))); \
    return d[m, n] } \
  BEGIN { best = $(3); for (k = 2; k < ARGC; k++) { d = distance(toupper(ARGV[1]), toupper(ARGV[k])); \
    if (d < best) { best = d; name = ARGV[k] } } print name }' $(call shq,$(1)) $(2))

# $(call slug_of,WORD): a name for its directory: lower case, runs of anything but a-z and 0-9 become one _.
slug_of = $(shell export LC_ALL=C; printf '%s' $(call shq,$(1)) | tr A-Z a-z | tr -cs a-z0-9 _ | sed 's/^_//; s/_$$//')

# $(call given,): the variables set on the command line.
given = $(foreach v,$(.VARIABLES),$(if $(filter command,$(origin $(v))),$(v)))

# $(call refuse_old,NAMES,WHERE): stop at a name that a setting had in earlier versions.
new_name   = $(patsubst $(1):%,%,$(filter $(1):%,$(RENAMED)))
OLD_NAMES := $(foreach pair,$(RENAMED),$(firstword $(subst :, ,$(pair)))) BATCH_SIZE
refuse_old = $(foreach v,$(filter $(OLD_NAMES),$(1)),$(error $(v) ($(2)) is $(if $(filter BATCH_SIZE,$(v)),no longer a setting: leave it out. It changed no \
  result,now called $(call new_name,$(v)): write $(call new_name,$(v))=$($(v)). Nothing that was built has to be built again for that)))

# $(call refuse_unknown,NAMES,WHERE): stop at a name that is not a setting.
refuse_unknown = $(foreach v,$(filter-out $(SETTINGS),$(1)),\
  $(error $(v) ($(2)) is not a setting: did you mean $(call nearest,$(v),$(SETTINGS))? 'make help' lists them all$(if $(filter 0,$(MAKELEVEL)),,. \
If another make passed it on, call this one like this: env -u MAKEFLAGS make ...)))

# $(call refuse_text,SETTINGS): stop at a `$` or a line break, which make would interpret.
refuse_text = $(foreach v,$(1),\
  $(if $(findstring $(dollar),$(value $(v))),$(error $(v) holds a dollar sign, which make would read as a variable: leave it out))\
  $(if $(findstring $(newline),$(value $(v))),$(error $(v) holds a line break: write it on one line)))
