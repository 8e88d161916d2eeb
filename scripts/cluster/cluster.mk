# Many words, on this machine and on others: docs/cluster.md.

##@ Many words
.PHONY: words common
## words: train each word of the file WORDS, and say at the end which failed
## common: what all words of LANGUAGE share: environment, datasets, common samples, features and pretraining
common: $(COMMON)/samples.stamp $(COMMON)/features.stamp $(PRETRAINED) $(NEGATIVE_STAMPS) | $(TRAINER_STAMP)

# The settings of the command line hold for every word. Of make's own variables these alone go along.
for_all = $(foreach v,$(filter-out WORDS WORD DATA_DIR SEED,$(filter $(SETTINGS),$(given))),--given $(call shq,$(v)=$($(v)))) \
  $(if $(filter SEED,$(given)),--given SEED=$(SEED))
words:
	$(if $(TITLE),$(error TITLE="$(TITLE)" names one word: leave it out, and each word of $(WORDS) gets its own))
	$(if $(PRONUNCIATION),$(error PRONUNCIATION="$(PRONUNCIATION)" is that of one word: write it behind that word in $(WORDS)))
	@bash -p scripts/make/python.sh $(FETCHED_PYTHON) 3.13 -EBm scripts.cluster.words --file $(call shq,$(WORDS)) --data $(DATA_DIR) \
	  --seed $(SEED) --make $(call shq,$(MAKE)) $(for_all)
