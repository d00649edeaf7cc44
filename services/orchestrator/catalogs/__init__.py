"""The three catalogues as the architect asks them."""

from services.orchestrator.catalogs.client import GrpcCatalogs
from services.orchestrator.catalogs.protocol import Catalogs, Components

__all__ = ["Catalogs", "Components", "GrpcCatalogs"]
