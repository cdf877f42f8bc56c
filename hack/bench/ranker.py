"""python -m bench.ranker TABLE PORT: Vireo's extender on a load table that does not change, for the benchmark `extender`."""

import gc
import json
import sys
from pathlib import Path

import uvloop

from vireo.extender.protocol import Args, Fragments
from vireo.extender.server import Extender, serve
from vireo.formulas.balance import Amounts, Load, performance
from vireo.load.demand import Workload
from vireo.load.pods import requested, sensitivity
from vireo.load.table import Table


def main(file: str, port: str) -> None:
    """Serves until it is killed."""
    table, fragments = _table(json.loads(Path(file).read_text())), Fragments()

    def rank(args: Args) -> bytes:
        load = Load(requested(args.pod), performance(sensitivity=sensitivity(args.pod)))
        return fragments.answer(args.names, table.rank(load, args.names, now=0.0))

    gc.freeze()
    uvloop.run(serve(Extender(rank), int(port)))


def _table(written: dict[str, list[list[float]]]) -> Table:
    """One pod a node takes what the file says is taken there."""
    table = Table()
    for name, capacity, demand in zip(written["Names"], written["Capacity"], written["Demand"], strict=True):
        table.put_node(str(name), Amounts(*capacity))
        table.put(f"bench/{name}", Workload(str(name), requested=Amounts(*demand)), now=0.0)
    return table


if __name__ == "__main__":
    main(*sys.argv[1:])
