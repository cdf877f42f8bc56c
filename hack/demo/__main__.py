"""python -m demo"""

import sys

from cloud.settings import Settings
from cloud.steps import Failure
from cloud.up import up
from demo.story import tell


def main() -> int:
    """The exit code; a failure is told with what to do."""
    try:
        settings = up(Settings.from_environment())
        if not settings.real_nodes:
            print("No real node could run here, so no guest can boot: the demo ends with the cloud up.")
            return 0
        tell(settings)
    except Failure as failure:
        print(failure.report(), file=sys.stderr)
        return 1
    print(f"export KUBECONFIG={settings.kubeconfig}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
