DROP TABLE decoy_plan;

DROP INDEX passwords_class_idx;

ALTER TABLE passwords DROP COLUMN class;
