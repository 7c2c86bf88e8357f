"""Microsoft Entra: who exists, and the tokens that they get."""
