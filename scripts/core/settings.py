"""Names that settings had in earlier versions, as stamps and published models of those still have them."""

RENAMED = {  # scripts/make/stamps.mk has the same
    "STRANGERS": "HELDOUT_VOICES",
    "START": "INIT",
    "BEGINNING_STEPS": "PRETRAIN_STEPS",
    "BEGINNING_VERSION": "PRETRAIN_VERSION",
}


def with_new_names(settings: dict[str, str]) -> dict[str, str]:
    """The same settings by the names they have now.

    >>> with_new_names({"SEED": "1", "START": "official"})
    {'SEED': '1', 'INIT': 'official'}
    """
    return {RENAMED.get(name, name): value for name, value in settings.items()}
