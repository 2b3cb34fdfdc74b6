DROP TABLE session_endings_counter;
DROP TABLE session_endings;
