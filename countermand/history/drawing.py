"""A story's trees on the screen."""

from collections.abc import Sequence

from rich.text import Text
from rich.tree import Tree

from countermand.history.rendering import STYLES, plain, short
from countermand.history.tree import Node
from countermand.screen import console


def draw(title: str, roots: Sequence[Node]) -> None:
    """Show trees one below the other, every step with the time since the one before."""
    console.print(Text(plain(title), style="bold"))
    for root in roots:
        tree = Tree(_label(root, None), guide_style="dim")
        _hang(tree, root)
        console.print(tree, no_wrap=True, overflow="ellipsis", highlight=False)


def _hang(tree: Tree, node: Node) -> None:
    for child in node.children:
        _hang(tree.add(_label(child, node)), child)


def _label(node: Node, parent: Node | None) -> Text:
    service = plain(node.service)
    line = Text()
    match node.kind:
        case "message":
            line.append(f"{short(node.id)}", style="bold")
            line.append("  heard" if node.at else "  from outside", style="dim")
        case "fact":
            line.append(plain(node.name), style="bold")
            line.append(f"  {service} {node.about['position']}", style=STYLES.get(service, ""))
        case "effect":
            attempts = node.about["attempts"]
            line.append(f"call: {plain(node.name)}", style="italic")
            line.append(f"  {service}", style=STYLES.get(service, ""))
            line.append(
                f"  {node.about['status']}, {attempts} attempts"[: -1 if attempts == 1 else None]
            )
            if node.about["status"] != "done" and node.about["last_error"]:
                line.append(f"  {plain(node.about['last_error'])}", style="red")
        case "nothing":
            line.append(f"{service}: nothing to do", style="dim")
        case "dead_letter":
            line.append(f"{service}: set aside, {plain(node.name)}", style="red")
            line.append(f"  {plain(node.about['detail'])}")
    line.append(_time(node, parent), style="dim")
    return line


def _time(node: Node, parent: Node | None) -> str:
    if node.at is None:
        return ""
    if parent is None or parent.at is None:
        return f"  {node.at:%Y-%m-%d %H:%M:%S.%f}"[:-3]
    return f"  {(node.at - parent.at).total_seconds():+.3f} s"
