"""What the architect says, as Markdown for the conversation: with a plan, about a plan, and on turns without one."""
