"""What the user sees: progress on standard error, the answer on standard output."""

import sys

from google.protobuf.json_format import MessageToJson
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape

from stack8s.orchestrator.v1.conversation_pb2 import Completed, TextDelta, TurnEvent
from stack8s.orchestrator.v1.plan_pb2 import DeploymentPlan

_WIDTH_MAX = 120
_WIDTH_LOG = 200


class Screen:
    """Prints a turn as it happens. Standard output carries the answer alone, so that it can be piped."""

    def __init__(self) -> None:
        self._progress = Console(stderr=True, highlight=False)
        if not self._progress.is_terminal:
            self._progress.width = _WIDTH_LOG
        self._output = Console(highlight=False, width=min(Console().width, _WIDTH_MAX))

    def progress(self, text: str) -> None:
        """Show one line of what is going on."""
        self._progress.print(f"[dim]{escape(text)}[/dim]", no_wrap=True, overflow="ellipsis")

    def ask(self, text: str) -> None:
        """Show one line of a question."""
        self._progress.print(escape(text))

    def prompt(self, text: str) -> str:
        """Return what the user types; the end of the input counts as Enter."""
        try:
            return self._progress.input(escape(text))
        except EOFError:
            return ""

    def event(self, event: TurnEvent) -> None:
        """Show one event of the turn as progress; the answer itself is printed at the end."""
        match event.WhichOneof("event"):
            case "status":
                self.progress(f"  {event.status.text}")
            case "tool_started":
                self.progress(f"  → {event.tool_started.name}")
            case "tool_finished":
                done = event.tool_finished
                mark = "✗" if done.failed else "✓"
                self.progress(f"  {mark} {done.name} ({done.elapsed.ToMilliseconds()} ms)  {done.summary}")

    def completed(self, completed: Completed) -> None:
        """Show how the turn went."""
        tokens = completed.input_tokens + completed.output_tokens
        cost = f", {tokens} tokens" if tokens else ""
        self.progress(f"  done in {completed.elapsed.ToMilliseconds() / 1000:.1f} s by {completed.reasoner}{cost}")

    def markdown(self, text: str) -> None:
        """Print Markdown: laid out at a terminal, as it stands into a pipe."""
        if self._output.is_terminal:
            self._output.print(Markdown(text))
        else:
            sys.stdout.write(text.rstrip() + "\n")
        sys.stdout.flush()

    def json(self, answer: DeploymentPlan | TextDelta) -> None:
        """Print the whole plan, or the words of an answer without one, as JSON with the contract's names."""
        sys.stdout.write(MessageToJson(answer, preserving_proto_field_name=True, ensure_ascii=False) + "\n")
        sys.stdout.flush()
