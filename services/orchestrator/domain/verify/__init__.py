"""Nothing false leaves: a plan is read again from the records that it cites, against what the user asked for.

What is promised, a function each, in this order: memory fits with a margin on every GPU; amounts add up to the cent;
price model, region and currency of the bill agree; every id, version, licence and figure is its record's; wishes are
kept, or told as broken with real ways out; charts go together, and with what is there; what is deployed is what was
chosen, and fits the machines. `evidence.py` reads from the records what is due; here the plan is held to it.

A check rests on the spec, the records, tables of facts (which image serves a task) and arithmetic (how large a volume
is). What the planner chose is taken from the plan alone, so a plan of a language model is held to the same. Each check
yields sentences; a plan without any is sound.
"""

from services.orchestrator.domain.verify.promises import verify, verify_parts

__all__ = ["verify", "verify_parts"]
