"""What a shell is told that completes: from the table of commands at once, and names by asking the cluster."""

from vireo.plugin.shown.completion import answer, wanted


def complete(words: list[str]) -> str:
    """What is printed for the words behind the program's name, the last of which is being typed. It never fails."""
    asked = wanted(words)
    if asked.of is None or asked.of == "file":
        return answer(asked)
    from vireo.plugin.names import names  # here: reaching for a cluster takes a second, and most words need none

    return answer(asked, names(asked))
