"""A release: one index of all platforms with statements about each, pushed to a registry under the tags it deserves."""
