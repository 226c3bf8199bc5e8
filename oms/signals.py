"""What the mirror tells those who rest on it, without knowing them."""

from django.dispatch import Signal

# Sent in the transaction that writes the mirror, with `rows`: the runs of which run type, lumisections or recorded
# luminosity is another than before.
facts_changed = Signal()
