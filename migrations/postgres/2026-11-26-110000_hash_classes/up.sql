-- Scheme and cost of each hash, for the count of what is there, and which names without a hash are checked as if they had
-- one of which class. Null where the hash cannot be read. What is written here once reads bcrypt and Argon2, for there was
-- nothing else: of `$argon2id$v=19$m=1,t=2,p=3$salt$tag` all but the last two parts.
ALTER TABLE passwords ADD COLUMN class text COLLATE "C";

UPDATE passwords
SET class = CASE
    WHEN hash LIKE '$2_$__$%' THEN 'bcrypt$' || ltrim(substr(hash, 5, 2), '0')
    WHEN hash LIKE '$argon2%$v=%$m=%$%$%'
    THEN trim(rtrim(rtrim(rtrim(hash, replace(hash, '$', '')), '$'), replace(hash, '$', '')), '$')
END;

CREATE INDEX passwords_class_idx ON passwords (class);

CREATE TABLE decoy_plan (
    id bigint NOT NULL,
    plan text COLLATE "C" NOT NULL,
    CONSTRAINT decoy_plan_pkey PRIMARY KEY (id),
    CONSTRAINT decoy_plan_one_row_check CHECK (id = 1)
);

INSERT INTO decoy_plan (id, plan) VALUES (1, '');
