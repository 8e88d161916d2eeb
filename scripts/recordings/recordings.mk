# A user's own recordings of a word and a home, in DATA_DIR/recordings/SLUG: docs/recordings.md.

MY_FOLDER = $(DATA_DIR)/recordings/$(SLUG)
##@ Your recordings of a word (docs/recordings.md)
.PHONY: record import-recordings compare forget
## record: record the word, guided, or with SECONDS the sound of the room; with MY_RECORDINGS=on a training then learns from it
record: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.live.record --recordings $(MY_FOLDER) --person $(call shq,$(PERSON)) $(if $(SECONDS),--home-s $(SECONDS))
## import-recordings: copy the recordings below FROM, checked and converted: AS positive (the word), negative or home
import-recordings: | $(ANY_VENV)
	$(if $(FROM),,$(error 'make $@' needs FROM: make $@ WORD="$(WORD)" FROM=directory))
	$(Q)$(PYTHON) -m scripts.recordings.import_recordings --from $(call shq,$(FROM)) --kind $(AS) --person $(call shq,$(PERSON)) --to $(MY_FOLDER)
## compare: the last published models of the word side by side: synthetic voices, your recordings, your home
compare: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.tools.compare --data $(DATA_DIR) --slug $(SLUG) --word "$$WORD" --seed $(SEED) --jobs $(JOBS) \
	  $(if $(filter json,$(FORMAT)),--json)
## forget: delete the word's recordings and everything that was made of them, published models too
forget: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.tools.forget --data $(DATA_DIR) --slug $(SLUG)

own_options = --output $(DATA_DIR)/output --slug $(SLUG)
$(WORK)/recordings.stamp:
	$(if $(filter dense,$(TRAINER)),,$(error MY_RECORDINGS=on needs TRAINER=dense: TRAINER=$(TRAINER) would not bound their share))
	$(call stage,$(SLUG): recordings) -m scripts.recordings.make_features --recordings $(MY_FOLDER) $(own_options) $(sound_options) \
	  --jobs $(JOBS) --out $(@D)/recordings
	@touch $@

$(WORK)/comparison.stamp:
	$(call stage,$(SLUG): comparison) -m scripts.recordings.compare --recordings $(@D)/recordings --features $(@D)/features \
	  --samples $(@D)/samples --model $(@D)/model --evaluation $(@D)/evaluation $(own_options) --jobs $(JOBS) --out $(@D)/comparison
	@touch $@
