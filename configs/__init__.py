"""The presets that ship: review forms, models, chains. Data only; `common.config` reads them."""
