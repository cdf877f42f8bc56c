"""`kubectl vireo restart`: a machine's guest is shut down, and started again."""

from vireo.plugin.operation import operate
from vireo.plugin.session import Session
from vireo.plugin.shown.operation import operation


async def run(session: Session) -> int:
    """As `operate`."""
    return await operate(session, operation(session.asked.vm, "Restart"), wait=session.asked.wait)
