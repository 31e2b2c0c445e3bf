"""Event files: what a person writes, checked and sealed into the record that workers follow."""
