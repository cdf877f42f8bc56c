"""The way from a key to a settled object: queue, observe, plan, gate (every API write), status. The same for every kind.

  a watch's event ──► key (kind, namespace, name) ──► queue: one worker a key, back-off a key
                                                        │
     observe              desired             plan      ▼      apply               status
   kube/ reads         kinds/X/desired.py   reconcile/plan    reconcile/gate     kinds/X/status.py
   Observed ────────►  Desired ──────────►  (Step, ...) ────► (Outcome, ...) ──► status(observed, desired, outcomes)
   frozen: spec,       children, calls,     create, apply,    each write bound   conditions and reasons;
   children, uses,     deletions,           call, delete,     to what was seen,  written once, last,
   users, `now`        finalizer, wake_at   finalizer         counted            and only if it changed

An event carries nothing but the key. Nothing waits inside a reconcile: what is not ready is a condition, an event that will
come, or `wake_at`. A settled system writes nothing.

Ask here: in which order things are written, and why a crash between two writes does no harm; when a child is left alone; what
becomes of an object that has a child's name and is not ours; when a failure is tried again; which change is an event for people; where
what was learned lies, and when it is written.
"""
