"""Everything that builds, measures and verifies AutoArr's images. It never ships in one."""
