# Refuse goals that are not targets before anything runs: make takes the words of a phrase without quotes for goals.

# The targets are those that the help lists: "## target: text" in the Makefile and four of its parts, and names of a pattern like download-NAME.
needs_word := sample samples features train evaluate report summary verify detect listen try judge record import-recordings compare forget
documented_in := Makefile scripts/environment/environment.mk scripts/cluster/cluster.mk scripts/recordings/recordings.mk docker/docker.mk
documented := $(filter $(hash)$(hash)⎵%,$(subst $(newline), ,$(subst $(space),⎵,$(foreach f,$(documented_in),$(file <$(f))$(newline)))))
documented := $(sort $(foreach d,$(documented),$(subst ⎵, ,$(firstword $(subst :, ,$(patsubst $(hash)$(hash)⎵%,%,$(d)))))))
patterns   := help-% print-% download-% extract-% convert-%
# A path is a file that a stage makes.
unknown    := $(strip $(foreach g,$(filter-out $(documented) $(patterns),$(MAKECMDGOALS)),$(if $(findstring /,$(g)),,$(g))))

ifneq (,$(unknown))
known     := $(filter-out $(unknown),$(MAKECMDGOALS))
of_a_word := $(filter $(needs_word) docker-run,$(known))
# The settings on the command line whose value may end at a missing quote; if there are none, the phrase.
broken    := $(filter WORD PRONUNCIATION SPELLINGS NEGATIVE_PHRASES TITLE VOICES HELDOUT_VOICES WAV RECORDINGS MORE_DATASETS SEEDS BENCH WORDS,$(given))
broken    := $(strip $(foreach s,$(broken),$(if $(word 2,$($(s))),,$(s))))
broken    := $(or $(broken),$(if $(filter WORD,$(given)),,$(if $(or $(of_a_word),$(word 2,$(unknown))),WORD)))
close     := $(call nearest_within,$(firstword $(unknown)),$(filter-out %-NAME %-SETTING %-VAR TARGET=%,$(documented)),3)
uncurled   = $(subst “,,$(subst ”,,$(subst „,,$(1))))
in_quotes  = $(if $(findstring ",$(1)),$(call shq,$(1)),"$(1)")
as_meant   = make $(or $(of_a_word),$(known),train) $(1)=$(call in_quotes,$(call uncurled,$(if $(filter $(1),$(given)),$($(1)) )$(patsubst WORD:%,%,$(patsubst WORD=%,%,$(unknown)))))
quotes    := $(if $(and $(broken),$(or $(known),$(word 2,$(unknown)),$(if $(close),,quotes))),yes)
meant_line = $(if $(word 2,$(broken)),$(broken:%=%="..."),$(call as_meant,$(broken)))
$(error '$(firstword $(unknown))' is not a target$(if $(quotes),. A value with a blank needs quotes: $(meant_line),$(if \
  $(close),: did you mean 'make $(close)'?,.) 'make help' lists them all))
endif

# Those that look at a published model say which there are: the links in DATA_DIR/output, whose names begin with no time.
uses_model := report summary detect listen try judge compare
there       = $(filter-out 20%,$(notdir $(wildcard $(DATA_DIR)/output/*)))
there_is    = $(if $(filter $(uses_model),$(1)),$(if $(there), Trained are: $(there).))
$(if $(WORD),,$(foreach goal,$(filter $(needs_word),$(MAKECMDGOALS)),$(error 'make $(goal)' needs a word.$(call there_is,$(goal)) Type: make $(goal) WORD="$(or $(if $(filter $(uses_model),$(goal)),$(firstword $(there))),hey buster.)")))
