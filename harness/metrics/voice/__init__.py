"""How the character speaks: markers, pronouns, politeness, taboo words."""
