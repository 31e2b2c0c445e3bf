"""X's v2 format: its payloads (`payload`), what lies beside a post (`included`), posts and compliance events."""
