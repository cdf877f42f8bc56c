"""The load table that extender, balancer and status share: what each node can give and each workload takes, by what is measured. Pure.

  Sample ─► samples.py (believed, smoothed) ─► demand.py (measured, else usual, else requested) ─► table.py ─► ranking.py ─► decision.py

Ask here: what a workload is taken to use, and on what ground; when a sample is not believed; where a pod would go, and why; how a
decision is computed again from its record.
"""
