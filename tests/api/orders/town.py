"""Shops beside each other, each in a namespace of its own, and the operator that all of them have."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from queue import Empty, Queue
from typing import Final

from api.orders.shop import DATA, ROOT, Order, Shop
from api.replicas.field import Field
from api.replicas.replica import Replica, written
from api.server import Server

from vireo.api.resources import NAMESPACE

Story = Callable[[Shop, Order], None]

AT_ONCE: Final = 12
KEEPS: Final = (frozenset({DATA[1]}), frozenset({ROOT[1], DATA[1]}), frozenset({ROOT[1]}), frozenset[str]())
"""Which disks keep their data when they are deleted: in the example both."""


@dataclass
class Town:
    """`operators` starts operators, and reads what they wrote."""

    operators: Field
    namespaces: list[str] = field(default_factory=list)
    _free: Queue[str] = field(default_factory=Queue)
    _numbers: Iterator[int] = field(default_factory=count)

    def play(self, cases: Iterable[tuple[Story, Order]]) -> None:
        """Each story in a shop of its own, some beside each other. Fails as the first that fails."""
        self.until_led()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            told = [pool.submit(self._tell, number, *case) for number, case in enumerate(cases)]
            try:
                for one in told:
                    one.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _tell(self, number: int, story: Story, order: Order) -> None:
        with self.shop(number) as shop:
            story(shop, order)

    @contextmanager
    def shop(self, number: int) -> Iterator[Shop]:
        """An empty namespace; one whose shop went well is used again."""
        namespace = self._namespace()
        shop = Shop(Server(self.operators.kubeconfig), namespace, KEEPS[number % len(KEEPS)])
        yield shop
        shop.clear()
        self._free.put(namespace)

    def until_led(self) -> Replica:
        """An operator that works."""
        alive = [one for one in self.operators.replicas if not one.ended]
        operator = alive[0] if alive else self.operators.start()
        self.operators.until(lambda: operator.identity)
        return operator

    def kill_after(self, writes: int) -> None:
        """The operator, when it has done so much in the shops; nobody waits for its Lease."""
        since, operator = self.operators.mark(), self.until_led()
        self.operators.until(lambda: self._writes(since) >= writes)
        operator.kill()
        self.operators.forget_the_lead()

    def _writes(self, since: int) -> int:
        return sum(len(list(written(self.operators.audit_log, since, namespace))) for namespace in self.namespaces)

    def _namespace(self) -> str:
        try:
            return self._free.get_nowait()
        except Empty:
            name = f"{self.operators.namespace}-{next(self._numbers)}"
            self.operators.server.must("POST", NAMESPACE.path(), {"metadata": {"name": name}})
            self.namespaces.append(name)
            return name
