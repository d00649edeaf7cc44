"""What we say on turns without a plan: greetings, questions back, thanks, kind and plain refusals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.orchestrator.domain.question import Question
from services.orchestrator.domain.traps import traps
from services.orchestrator.domain.understanding.summary import summary
from services.orchestrator.domain.understanding.types import Intent, Understanding

_SECRETS: Final = {
    "private_key": "a private key",
    "aws_access_key": "an AWS access key",
    "aws_secret_key": "an AWS secret key",
    "openai_key": "an OpenAI key",
    "anthropic_key": "an Anthropic key",
    "huggingface_token": "a Hugging Face token",
    "github_token": "a GitHub token",
    "url_password": "a password in a URL",
    "password": "a password or key",
    "jwt": "a signed token",
    "secret": "a secret",
}
_INVITE: Final = (
    "Tell me in your own words what you want to run, for example: a chatbot on an 8B model for 20 users at a time, "
    "fine-tuning on 50,000 examples, or transcribing 1,000 hours of calls, and what it may cost."
)


def notices(understood: Understanding) -> tuple[str, ...]:
    """Return what has to be said whatever the turn is about: that secrets were removed and must be rotated."""
    if not understood.secrets:
        return ()
    kinds = list(dict.fromkeys(_SECRETS.get(kind, f"a {kind.replace('_', ' ')}") for kind in understood.secrets))
    return (
        f"Your message held what looks like {_join(kinds)}. I removed it before anything was stored; please rotate it "
        "now, since it has left your hands.",
    )


def clarify(understood: Understanding, questions: Sequence[Question]) -> str:
    """Return the reply that asks: what is understood so far, what to look out for, and the questions."""
    parts: list[str] = []
    if understood.intent is Intent.GREETING:
        parts.append("Hello! I plan AI workloads: GPUs, models and software with real prices, ready to deploy.")
    if known := summary(understood.spec):
        parts.append(f"So far I understand: {known}.")
    elif understood.intent is Intent.UNCLEAR:
        parts.append("I did not find a workload in that.")
    parts += [f"Note: {trap}" for trap in traps(understood.spec)]
    if not questions:
        parts.append(f"What would you like to run? {_INVITE}")
        return "\n\n".join(parts)
    if not known and understood.intent is not Intent.GREETING:
        parts.append(_INVITE)
    parts.append("\n".join(_shown(n, question) for n, question in enumerate(questions, 1)))
    parts.append('Answer what you can; say "you choose" and I plan with the defaults.')
    return "\n\n".join(parts)


def _shown(number: int, question: Question) -> str:
    return f"{number}. {question.text} ({' / '.join(question.suggestions)}; otherwise I assume: {question.default})"


def refuse(understood: Understanding) -> str:
    """Return the reply that declines: plainly for an attack, kindly for another subject."""
    if understood.intent is Intent.ATTACK:
        return (
            "Sorry, I can't help with that. I plan AI workloads on machines you may use: if you have a model to run, "
            "train or fine-tune, tell me about it and I will look for the right GPUs and their prices."
        )
    return (
        "That is outside what I can help with: I am an architect for AI workloads, so I know GPUs, models, the "
        "software around them and what they cost. If you have something to run or train, I am glad to plan it."
    )


def without_plan(understood: Understanding) -> str:
    """Return the answer to what needs no plan, or to a question about a plan that is not there yet."""
    match understood.intent:
        case Intent.THANKS:
            return "You are welcome. The plan stays here; come back whenever something about the workload changes."
        case Intent.SMALL_TALK | Intent.GREETING:
            return "Glad to help. Tell me what to change about the plan, or what else you want to run."
        case Intent.LICENCE:
            named = _join(understood.spec.models) or "a model"
            return (
                f"I name the licence of {named} from its catalogue record as soon as there is a plan; whether "
                f"commercial use is allowed stands there too. {_INVITE}"
            )
        case Intent.PRICE:
            return f"I can price it as soon as I know what to run. {_INVITE}"
        case Intent.EXPLAIN | Intent.COMPARE | Intent.RENDER:
            return f"There is no plan yet that I could refer to. {_INVITE}"
        case _:
            return _INVITE


def _join(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
