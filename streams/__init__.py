"""What runs: the Faust worker, the matcher, the ledger, the ways in and out."""
