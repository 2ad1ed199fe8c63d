"""Users, their logins and tokens, and what each may do."""
