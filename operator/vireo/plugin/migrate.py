"""`kubectl vireo migrate`: a machine moves to another node while it runs."""

from vireo.plugin.operation import operate
from vireo.plugin.session import Session
from vireo.plugin.shown.operation import operation


async def run(session: Session) -> int:
    """As `operate`. What is only tried is always waited for: its outcome is the answer."""
    asked = session.asked
    where = {name: value for name, value in (("host", asked.to), ("awayFrom", asked.away_from)) if value}
    wished = operation(asked.vm, "Migrate", where, dry_run=asked.dry_run)
    return await operate(session, wished, wait=asked.wait or asked.dry_run)
