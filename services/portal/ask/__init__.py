"""The client at the terminal: sends the user's words, shows the turn, asks the questions, prints the plan."""
