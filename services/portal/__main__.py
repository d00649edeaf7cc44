"""Print Envoy's configuration for the settings in the environment: `python -m services.portal > envoy.yaml`."""

import sys

import yaml

from services.portal.envoy import envoy_config
from services.portal.settings import PortalSettings

if __name__ == "__main__":
    yaml.safe_dump(envoy_config(PortalSettings()), sys.stdout, sort_keys=False)
