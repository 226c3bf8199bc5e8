"""Django admin. Importing the package registers every model, as admin autodiscovery expects."""

from certhelper.admin import records as records
from certhelper.admin import site as site
