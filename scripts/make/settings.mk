# Reads the settings as people write them, and refuses invalid ones with a sentence before anything runs.
# config.mk has the defaults and the valid values.

# config.mk as one word. Settings are the lines that begin with a name; $(call settings_below,HEADING): those below "##@ HEADING",
# $(call settings_by,RULE): those below "#: RULE".
config_text    := $(subst $(newline),␤,$(subst $(space),⎵,$(subst $(tab),⎵,$(file <config.mk))))
settings_in     = $(foreach line,$(filter-out ␤$(hash)%,$(subst ␤, ␤,␤$(1))),$(if $(findstring =,$(line)),$(patsubst ␤%,%,$(firstword $(subst ⎵, ,$(subst =, ,$(line)))))))
settings_below  = $(call settings_in,$(firstword $(subst ␤$(hash)$(hash)@, ,$(lastword $(subst $(hash)$(hash)@⎵$(subst $(space),⎵,$(1))␤, ,$(config_text))))))
settings_by     = $(foreach line,$(filter ␞%,$(subst ␤, ,$(subst ␤$(hash):⎵$(1)␤, ␞,$(config_text)))),$(firstword $(subst ⎵, ,$(line:␞%=%))))
SETTINGS       := $(strip $(call settings_in,$(config_text)))

# make accepts Windows' line ends, bash and awk do not.
$(if $(findstring $(hash)!/bin/bash$(newline),$(file <scripts/make/clean.sh)),,$(error This checkout has Windows line ends (CRLF), which bash \
cannot read. Clone it again with: git clone --config core.autocrlf=false ... (Git keeps to .gitattributes; an unpacked zip may not)))

# ---- how make was called
# These flags would let variables of the environment replace those of the Makefile, or count a failed stage as done.
flags := $(filter-out -%,$(firstword $(MAKEFLAGS)))
$(foreach f,e i t,$(if $(findstring $(f),$(flags)),$(error make -$(f) is refused, as it would \
  $(if $(filter e,$(f)),replace variables of the Makefile by those of your environment,count stages as done that failed or never ran): leave -$(f) out)))
$(if $(MAKEFILES),$(error MAKEFILES=$(MAKEFILES) in the environment has every make read that file first. Type: unset MAKEFILES))

# Environment variables are not settings; a warning says so where one could be meant for this build. These names belong to other
# programs too, and give a warning only where they would make sense here.
of_others    := LANGUAGE HOST PYTHON V TITLE TARGET
of_the_shell := $(if $(filter undefined,$(origin WAKEMAKE_SAID)),$(foreach v,$(SETTINGS),$(if $(filter environment,$(origin $(v))),$(if $(value $(v)),$(v)))))
# START may well be meant for another program.
$(if $(filter undefined,$(origin WAKEMAKE_SAID)),$(call refuse_old,$(foreach v,$(filter-out START,$(OLD_NAMES)),$(if $(filter environment,$(origin $(v))),$(v))),environment))
export WAKEMAKE_SAID := once
not_read     := $(filter-out $(of_others),$(of_the_shell)) $(if $(filter try studio tensorboard,$(MAKECMDGOALS)),$(filter HOST,$(of_the_shell)))
$(if $(strip $(not_read)),$(shell printf '%s\n' $(foreach v,$(not_read),$(call shq,$(v)=$(value $(v)) in the environment is not read: write \
it behind make or into config.local.mk)) >&2))

# A failed check must not count as a passed one.
awk_worked = $(if $(filter-out 0,$(.SHELLSTATUS)),$(error The settings could not be checked: awk failed, as it says above))

include config.mk
default_voices := $(if $(filter file,$(origin VOICES)),$(VOICES))

# ---- config.local.mk
# In the image it is a link into the mounted directory, where it may not exist.
ifneq (,$(realpath config.local.mk))
complaint := $(shell LC_ALL=C awk -v settings='$(SETTINGS)' -f scripts/make/settings_file.awk config.local.mk)
$(if $(complaint),$(error config.local.mk, $(complaint)),$(if $(filter-out 0,$(.SHELLSTATUS)),$(error config.local.mk cannot be read: it has to be a file of yours)))
before := $(.VARIABLES)
include config.local.mk
$(call refuse_old,$(foreach v,$(OLD_NAMES),$(if $(filter file override,$(origin $(v))),$(v))),config.local.mk)
$(call refuse_unknown,$(filter-out before $(before),$(.VARIABLES)),config.local.mk)
endif
# Now, because the tidied values below have the origin "override".
given := $(given)
$(call refuse_old,$(given),command line)
$(call refuse_unknown,$(given),command line)
$(call refuse_text,WORD PRONUNCIATION SPELLINGS NEGATIVE_PHRASES TITLE WAV CUTOFF HOST $(given))

# ---- values as people write them: blanks at the ends and quotes around the value are removed, and ~ is the home directory
trailing  = $(or $(findstring $(space)$(newline),$(1)$(newline)),$(findstring $(tab)$(newline),$(1)$(newline)))
leading   = $(findstring $(newline)$(space),$(newline)$(1))
trimmed   = $(if $(trailing),$(call trimmed,$(subst $(trailing),,$(1)$(newline))),$(if $(leading),$(call trimmed,$(subst $(leading),,$(newline)$(1))),$(1)))
# $(call unquoted,TEXT,QUOTE): TEXT without the quotes at its ends, if it has no others.
unquoted  = $(if $(call differs,$(1),$(2)$(subst $(2),,$(1))$(2)),$(1),$(call trimmed,$(subst $(2),,$(1))))
home      = $(if $(filter undefined,$(origin HOME)),~,$(HOME))
at_home   = $(if $(filter ~ ~/%,$(firstword $(1))),$(home)$(subst $(newline)~,,$(newline)$(1)),$(1))
tidied    = $(call unquoted,$(call unquoted,$(call trimmed,$($(1))),"),$(squote))
tidied_path = $(call at_home,$(tidied))
# A value that a program computes (JOBS) is not tidied, and computed only when it is needed.
by_program := $(dollar)(shell
computed  = $(findstring $(by_program),$(value $(1)))
tidy      = $(if $(call computed,$(1)),,$(if $(call differs,$($(1)),$(call $(2),$(1))),$(eval override $(1) := $$(call $(2),$(1)))))
paths    := $(call settings_by,path) $(call settings_by,place)
$(foreach v,$(SETTINGS),$(call tidy,$(v),$(if $(filter $(paths),$(v)),tidied_path,tidied)))

complaint := $(shell printf '%s\n' $(foreach v,$(SETTINGS),$(if $(call computed,$(v)),,$(call shq,$(v)=$($(v))))) | LC_ALL=C awk -f scripts/make/settings.awk - config.mk)
$(if $(complaint),$(error $(complaint)),$(awk_worked))
