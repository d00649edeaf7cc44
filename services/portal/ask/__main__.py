"""`python -m services.portal.ask`, which `make ask Q="..."` calls."""

import asyncio
import sys

from pydantic import ValidationError

from libs.errors import InvalidInputError, Stack8sError, Violation
from libs.rpc.client import open_channel
from services.portal.ask.questions import YOU_CHOOSE, answer_all, before_questions, describe
from services.portal.ask.screen import Screen
from services.portal.ask.settings import AskSettings, StackSettings
from services.portal.ask.turns import Architect, Turn, require_listener
from stack8s.orchestrator.v1.conversation_pb2 import TextDelta

_ROUNDS_MAX = 5
"""The architect never asks this often; a loop that does not end would be worse than an end without a plan."""


async def converse(settings: AskSettings, stack: StackSettings, screen: Screen, *, interactive: bool) -> None:
    """Hold the conversation until there is an answer, and print it. Raises Stack8sError."""
    await require_listener(stack.target)
    text = _words(settings, screen, interactive=interactive)
    async with open_channel(stack.target, stream_timeout_s=settings.timeout_s) as channel:
        architect = Architect(channel, timeout_s=settings.timeout_s)
        if settings.conversation:
            await architect.require(settings.conversation)
        conversation = settings.conversation or await architect.begin()
        screen.progress(f"Conversation {conversation}")
        for _ in range(_ROUNDS_MAX):
            turn = await architect.send(conversation, text, show=screen.event)
            if turn.completed is not None:
                screen.completed(turn.completed)
            if turn.plan is not None or not turn.questions:
                break
            text = _answer(turn, screen, interactive=interactive)
        await _print(turn, architect, screen, settings)
        screen.progress(f'\nGo on with: make ask CONVERSATION={conversation} Q="..."')


def _words(settings: AskSettings, screen: Screen, *, interactive: bool) -> str:
    text = settings.text.strip()
    if not text and interactive:
        text = screen.prompt("What do you want to run? ").strip()
    if not text:
        raise InvalidInputError([Violation("Q", 'say what you want to run: make ask Q="I have ... and want to ..."')])
    if any("\ud800" <= character <= "\udfff" for character in text):  # how Python shows bytes that are no text
        raise InvalidInputError([Violation("Q", "is not valid UTF-8 text")])
    return text


def _answer(turn: Turn, screen: Screen, *, interactive: bool) -> str:
    if preface := before_questions(turn.text, turn.questions):
        screen.ask(preface)
    if interactive:
        return answer_all(turn.questions, prompt=screen.prompt, show=screen.ask)
    for number, question in enumerate(turn.questions, start=1):
        for line in describe(number, question):
            screen.ask(line)
    screen.progress("Nobody is at the terminal to answer: the architect chooses")
    return YOU_CHOOSE


async def _print(turn: Turn, architect: Architect, screen: Screen, settings: AskSettings) -> None:
    if settings.format == "json":
        screen.json(turn.plan or TextDelta(text=turn.text))
    elif turn.plan is None:
        screen.markdown(turn.text)
    else:
        screen.markdown(await architect.markdown(turn.plan))


def main() -> int:
    """Ask once and return the exit code."""
    screen = Screen()
    try:
        settings, stack = AskSettings(), StackSettings()
        asyncio.run(converse(settings, stack, screen, interactive=sys.stdin.isatty()))
    except ValidationError as error:
        problems = "; ".join(f"{problem['loc'][0]}={problem['input']}: {problem['msg']}" for problem in error.errors())
        sys.stderr.write(f"stack8s: {problems}\n")
    except Stack8sError as error:
        sys.stderr.write(f"stack8s: {error.message}\n")
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
