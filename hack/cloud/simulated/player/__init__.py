"""The program that plays virt-handler, virt-launcher and the guest, and what a kubelet measures, for every simulated node, in one process.

    watch ─► key ─► machines.py ─► turns.py, migration.py ─► one write ─► watch ...
                    (queue, I/O)   (pure: an instance, its
    virt-api ─► server.py ─► domain  domain, the time ─► the instance as it should be, and when to look again)
    metrics-server ─► kubelets.py ─► usage.py (pure: what each container uses, counted) ─► resource_metrics.py

No guest code runs. What virt-handler would write is written, by its identity; everything else is KWOK's and KubeVirt's.
"""
