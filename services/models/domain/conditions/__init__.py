"""Conditions that a wish says in words beside what it wants: size, memory at a precision, licence, gate.

One grammar tells what each asks of models and where it stands: the first is for filtering, and the words are left out
of what the wish is read as, since they draw it to cards that speak of parameters and licences, and to no task.
"""
