"""What we say on turns without a plan: greetings, questions back, thanks, kind and plain refusals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.orchestrator.domain.answers.summary import summary
from services.orchestrator.domain.question import Question
from services.orchestrator.domain.understanding.types import Intent, RevisionKind, Understanding

_SECRETS: Final = {
    "private_key": "a private key",
    "aws_access_key": "an AWS access key",
    "aws_secret_key": "an AWS secret key",
    "openai_key": "an OpenAI key",
    "anthropic_key": "an Anthropic key",
    "huggingface_token": "a Hugging Face token",
    "github_token": "a GitHub token",
    "xai_key": "an xAI key",
    "azure_sas_signature": "an Azure SAS signature",
    "url_password": "a password in a URL",
    "password": "a password or key",
    "jwt": "a signed token",
    "secret": "a secret",
}
_WHAT_WE_DO: Final = "I plan AI workloads: GPUs, models and software with real prices, ready to deploy."
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


def clarify(understood: Understanding, questions: Sequence[Question], *, notes: Sequence[str] = ()) -> str:
    """Return the reply that asks: what is understood so far, what to look out for, and the questions."""
    parts: list[str] = []
    known = summary(understood.spec)
    if understood.intent is Intent.GREETING:
        parts.append(f"Hello! {_WHAT_WE_DO}")
    elif understood.intent is Intent.SMALL_TALK and not known:
        parts.append(_WHAT_WE_DO)
    if understood.revision is not None and understood.revision.kind is RevisionKind.START_OVER:
        parts.append("All right, we start afresh." + (f" So far: {known}." if known else ""))
    elif known:
        parts.append(f"So far I understand: {known}.")
    elif not parts:
        parts.append("Happy to help with that; a few answers and I can plan it.")
    parts += [f"Note: {note}" for note in notes]
    if not questions:
        parts.append(f"What would you like to run? {_INVITE}")
        return "\n\n".join(parts)
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
            stays = "The plan stays here; come" if understood.has_plan else "Come"
            return f"You are welcome. {stays} back whenever you want to run something or change it."
        case Intent.SMALL_TALK | Intent.GREETING:
            return "Glad to help. Tell me what to change about the plan, or what else you want to run."
        case Intent.LICENCE:
            return f"Name the model and I look up its licence. {_INVITE}"
        case Intent.PRICE:
            return f"I can price it as soon as I know what to run. {_INVITE}"
        case Intent.EXPLAIN | Intent.COMPARE | Intent.RENDER:
            return f"There is no plan yet that I could refer to. {_INVITE}"
        case _:
            return _INVITE


def unclear(stands: str) -> str:
    """Return the reply to words that ask for nothing we know. stands: the plan on the table, in a sentence."""
    return (
        f"I am not sure what you would like me to do with the plan, so it stands: {stands}\n\nYou can say, for "
        "example, “cheaper”, “in the EU”, “2 x L40S instead”, “at most $500 a month”, “why this GPU?” or “give me the "
        "YAML”."
    )


def about_secrets() -> str:
    """Return the answer to who asks for keys that were pasted before."""
    return (
        "I cannot show them: whatever looks like a secret is masked before a message is stored, so I do not have it. "
        "Please rotate every key that you pasted; it has left your hands."
    )


def _join(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
