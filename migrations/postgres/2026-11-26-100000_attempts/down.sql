DROP TABLE attempt_windows;
DROP TABLE attempt_tallies;
