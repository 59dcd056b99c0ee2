"""Commands on cards, banks, formats and this machine."""
