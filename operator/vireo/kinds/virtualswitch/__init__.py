"""VirtualSwitch: port groups over a bridge that the nodes have, as attachments in the namespaces that may use them."""
