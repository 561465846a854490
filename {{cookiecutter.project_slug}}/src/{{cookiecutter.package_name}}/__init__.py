"""What the tasks of this project have in common: functions, and the schemas of tables."""
