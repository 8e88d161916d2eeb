# Many words, on this machine and on others: docs/cluster.md.

##@ Many words, and many machines
.PHONY: words common zoo scheduler worker cluster-status cluster-keys test-cluster
## words: train each word of the file WORDS, here or by the workers of CLUSTER, and say at the end which failed
## common: what all words of LANGUAGE share: environment, datasets, common samples, features and pretraining
common: $(COMMON)/samples.stamp $(COMMON)/features.stamp $(PRETRAINED) $(NEGATIVE_STAMPS) | $(TRAINER_STAMP)

# The stages hear of it by environment (scripts/core/parallel.py), as they hear of no other setting that changes no result.
export WAKEMAKE_CLUSTER := $(CLUSTER)
export WAKEMAKE_DATA    := $(DATA_DIR)
export CLUSTER_INSECURE

# The settings of the command line hold for every word. What speaks of this machine stays here.
own_python = $(if $(VENV_STAMP),,--given PYTHON=$(PYTHON))
of_here   := WORDS WORD DATA_DIR SEED PYTHON CLUSTER CLUSTER_INSECURE
for_all    = $(foreach v,$(filter-out $(of_here),$(filter $(SETTINGS),$(given))),--given $(call shq,$(v)=$($(v)))) \
  $(if $(filter SEED,$(given)),--given SEED=$(SEED)) $(own_python)
words:
	$(if $(TITLE),$(error TITLE="$(TITLE)" names one word: leave it out, and each word of $(WORDS) gets its own))
	$(if $(PRONUNCIATION),$(error PRONUNCIATION="$(PRONUNCIATION)" is that of one word: write it behind that word in $(WORDS)))
	@bash -p scripts/make/python.sh $(FETCHED_PYTHON) 3.13 -EBm scripts.cluster.words --file $(call shq,$(WORDS)) --data $(DATA_DIR) \
	  --seed $(SEED) --make $(call shq,$(MAKE)) $(for_all) $(if $(CLUSTER),--cluster $(CLUSTER))

## zoo: the published words of the file WORDS as a directory OUT for a static host: models, figures, a page, a zip
zoo: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.cluster.zoo --file $(call shq,$(WORDS)) --data $(DATA_DIR) --seed $(SEED) --out $(OUT) \
	  $(if $(LEAST_RECALL),--least-recall $(LEAST_RECALL)) $(if $(MOST_FALSE_ACCEPTS),--most-false-accepts $(MOST_FALSE_ACCEPTS))

## scheduler: start the scheduler of CLUSTER, which stands between workers and those who have work
scheduler: | $(VENV_STAMP) $(CLUSTER_LOCK)
	$(Q)exec $(PYTHON) -m scripts.cluster.scheduler --address '$(CLUSTER)' --data $(DATA_DIR)
## worker: start JOBS workers on this machine for the scheduler of CLUSTER
this_machines_make := $(MAKE)
worker: | $(VENV_STAMP) $(CLUSTER_LOCK)
	$(Q)exec $(PYTHON) -m scripts.cluster.worker --address '$(CLUSTER)' --data $(DATA_DIR) --jobs $(JOBS) --make $(this_machines_make) $(own_python)
## cluster-status: the workers of CLUSTER: what each is, and what it does
cluster-status: | $(VENV_STAMP) $(CLUSTER_LOCK)
	$(Q)$(PYTHON) -m scripts.cluster.status --address '$(CLUSTER)' --data $(DATA_DIR)
## cluster-keys: make the certificate that CLUSTER=tls://... needs
cluster-keys: | $(VENV_STAMP) $(CLUSTER_LOCK)
	$(Q)$(PYTHON) -m scripts.cluster.keys --data $(DATA_DIR)
## test-cluster: run the tests of many machines, with schedulers and workers on loopback: half an hour
test-cluster: | $(VENV_STAMP) $(CLUSTER_LOCK) $(VENV_DEV)
	$(PYTHON) -m pytest tests/cluster -rs
