"""Whether two builds of one commit gave the same bits, and which file they differ in where they did not."""
