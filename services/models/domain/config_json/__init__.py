"""Dimensions of a model from its published configuration (`config.json`), whatever names its family gives them."""

from services.models.domain.config_json.dimensions import architecture_of
from services.models.domain.config_json.families import FamilyLayers, family_latent, family_layers, is_varied

__all__ = ["FamilyLayers", "architecture_of", "family_latent", "family_layers", "is_varied"]
